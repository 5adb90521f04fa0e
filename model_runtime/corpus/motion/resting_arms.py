"""Postures of resting hands: on the thighs, in the lap, folded, clasped, on the hips.

Each posture places hands and forearms on the surface of the body's capsules, so that they touch without penetration at
every size and lean of the body. Forms and names follow Dael, Mortillaro and Scherer 2012 ("The Body Action and Posture
coding system").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.capsules import RADII, breadth
from ...body_model.skeleton import INDEX, Skeleton
from ...contract import FloatArray
from .limbs import SIDES, Trunk, hand_rotation, reach_hand

ARM_JOINTS = tuple(tuple(INDEX[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist")) for side in SIDES)
_PALM = 0.020  # m, half the thickness of a hand at 1.70 m
_WRIST = np.radians(32.0)  # between hand and forearm; resting wrists are bent little
_UP = np.array([0.0, 0.0, 1.0], np.float32)


class Limbs(NamedTuple):
    """A body's trunk, its thighs from ``hips`` to ``knees`` (T, 2, 3), and its horizontal axes ``forward`` and ``left``
    (T, 3).
    """

    trunk: Trunk
    hips: FloatArray
    knees: FloatArray
    forward: FloatArray
    left: FloatArray
    skeleton: Skeleton

    @property
    def size(self) -> float:
        return self.skeleton.size

    def out(self, side: int) -> FloatArray:
        """Return the direction (T, 3) away from the middle of the body on ``side``."""
        return self.left if side == 0 else -self.left

    def thigh(self, side: int, share: float) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Return at ``share`` of the thigh from the hip a point on the bone, the bone's direction, its upper side (T, 3
        each) and its radius (m).
        """
        bone = self.knees[:, side] - self.hips[:, side]
        along = rot.unit(bone)
        top = rot.unit(_UP - along * along[:, 2:])
        start, end = RADII["thigh"]
        return self.hips[:, side] + share * bone, along, top, (start + (end - start) * share) * self.size


class Hold(NamedTuple):
    """The target of a hand: ``wrist`` (T, 3), its world rotation ``turn`` (T, 4), the side of the ``elbow`` (T, 3)."""

    wrist: FloatArray
    turn: FloatArray
    elbow: FloatArray


Rest = Callable[[Limbs, int, float], Hold]
"""(limbs, side, variation -1..1) -> the target of that hand; side 0 is the left."""


def on_thigh(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """The palm on the thigh of its own side, nearer to the knee or to the lap."""
    place, along, top, radius = limbs.thigh(side, 0.60 + 0.12 * vary)
    inward = -limbs.out(side)
    palm = place + top * (radius + _PALM * limbs.size) + inward * 0.010
    fingers = rot.unit(along + inward * (0.45 - 0.2 * vary))
    return _laid(limbs, palm, fingers, top, side, limbs.out(side) * 0.8 - limbs.forward * 0.6 - _UP * 0.3)


def in_lap_below(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    return _in_lap(limbs, side, 0.0, vary)


def in_lap_above(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """On the back of the other hand."""
    return _in_lap(limbs, side, 1.0, vary)


def on_other_thigh(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """Across the lap on the upper leg of crossed legs, or on the other thigh."""
    other = 1 - side
    place, along, top, radius = limbs.thigh(other, 0.50 + 0.05 * vary)
    palm = place + top * (radius + (_PALM + 0.008) * limbs.size)
    fingers = rot.unit(along * 0.5 - limbs.out(side))
    return _laid(limbs, palm, fingers, top, side, limbs.out(side) * 1.0 - limbs.forward * 0.3)


def between_knees(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """Hands together before the knees, forearms resting on the thighs: for a body that leans forward."""
    size, out = limbs.size, limbs.out(side)
    ends = [limbs.thigh(k, 0.86) for k in (0, 1)]
    middle = 0.5 * (ends[0][0] + ends[1][0])
    height = np.maximum(*(end[0][:, 2] + end[3] for end in ends)) + 0.030 * size
    palm = middle + limbs.forward * (0.03 + 0.02 * vary) * size + out * 0.030 * size
    palm[:, 2] = height
    fingers = rot.unit(limbs.forward * 0.7 - out * 0.35 - _UP * 0.45)
    return _laid(limbs, palm, fingers, rot.unit(out + 0.25 * _UP), side, out * 0.9 - _UP * 0.5 - limbs.forward * 0.2)


def folded_below(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    return _folded(limbs, side, 0.0, vary)


def folded_above(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """The forearm that lies in front when arms are crossed."""
    return _folded(limbs, side, 1.0, vary)


def clasped_below(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    return _clasped(limbs, side, 0.0, vary)


def clasped_above(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """The hand that holds the other before the belly."""
    return _clasped(limbs, side, 1.0, vary)


def on_hip(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """The hand on the crest of the hip, the elbow out to the side."""
    size = limbs.size
    forward, left, up = _axes(limbs.trunk.pelvis_rotation)
    out = left if side == 0 else -left
    palm = (
        limbs.trunk.pelvis
        + out * 0.188 * size
        + forward * (0.035 + 0.01 * vary) * size
        + up * (0.045 + 0.015 * vary) * size
    )
    fingers = rot.unit(forward * 0.6 - up * 0.7 - out * 0.15)
    return _laid(limbs, palm, fingers, rot.unit(out + 0.1 * up), side, out * 1.0 - forward * (0.55 + 0.2 * vary))


def folded_hands_behind(limbs: Limbs, side: int, vary: float = 0.0) -> Hold:
    """Hands together behind the back."""
    size = limbs.size
    forward, left, up = _axes(limbs.trunk.pelvis_rotation)
    out = left if side == 0 else -left
    over = 1.0 if side == 0 else 0.0
    palm = (
        limbs.trunk.pelvis
        - forward * (0.150 + 0.034 * over) * size
        + out * 0.035 * size
        + up * (0.01 + 0.02 * vary - 0.01 * over) * size
    )
    return _laid(limbs, palm, rot.unit(-out * 0.7 - up * 0.7), forward, side, out * 0.8 - forward)


def solved(limbs: Limbs, side: int, hold: Hold) -> NDArray[np.float32]:
    """Return local rotations (T, 3, 4) of shoulder, elbow and wrist; the hand turns towards the forearm where the wrist
    would bend too far.
    """
    return reach_hand(limbs.trunk, limbs.skeleton, side, hold.wrist, hold.turn, hold.elbow, _WRIST)


def _in_lap(limbs: Limbs, side: int, above: float, vary: float) -> Hold:
    size, out = limbs.size, limbs.out(side)
    thighs = [limbs.thigh(k, 0.40 + 0.08 * vary) for k in (0, 1)]
    middle = 0.5 * (thighs[0][0] + thighs[1][0])
    # Between open thighs hands are a little lower than over closed ones, as the forearms hold them up.
    apart = np.linalg.norm(thighs[0][0] - thighs[1][0], axis=-1)
    height = (
        np.maximum(*(t[0][:, 2] + t[3] for t in thighs))
        + (_PALM - 0.10 * np.clip(apart / size - 0.17, 0.0, 0.15)) * size
    )
    palm = middle + out * 0.022 * size + limbs.forward * 0.012 * above
    palm[:, 2] = height + 0.036 * size * above
    fingers = rot.unit(-out * 0.8 + limbs.forward * 0.6 - _UP * 0.08)
    return _laid(
        limbs, palm, fingers, rot.unit(_UP + 0.25 * limbs.forward), side, out * 0.9 - _UP * 0.5 - limbs.forward * 0.3
    )


def _folded(limbs: Limbs, side: int, above: float, vary: float) -> Hold:
    size = limbs.size
    forward, left, up = _axes(limbs.trunk.chest_rotation)
    out = left if side == 0 else -left
    wide = breadth(limbs.skeleton)
    other = limbs.trunk.shoulders[:, 1 - side]
    upper = float(np.linalg.norm(limbs.skeleton.offsets[INDEX["left_elbow"]]))
    # Each hand is at the other upper arm: the upper hand on its outside, the lower one against its inner side.
    wrist = other - up * (0.62 - 0.12 * above + 0.03 * vary) * upper + out * (0.125 + 0.01 * above) * size * wide
    depth = (RADII["chest"][0] + RADII["forearm"][1] + 0.014 + 0.074 * above) * size
    wrist = wrist + forward * (depth - np.sum((wrist - limbs.trunk.chest) * forward, -1, keepdims=True))
    fingers = rot.unit(-out * 0.95 + up * (0.14 - 0.04 * above) - forward * (0.25 * above))
    return Hold(
        wrist, hand_rotation(fingers, rot.unit(forward + 0.2 * up), side), out * 0.55 - up * 0.9 + forward * 0.15
    )


def _clasped(limbs: Limbs, side: int, above: float, vary: float) -> Hold:
    size = limbs.size
    forward, left, up = _axes(limbs.trunk.pelvis_rotation)
    out = left if side == 0 else -left
    palm = (
        limbs.trunk.pelvis
        + forward * (0.155 + 0.036 * above) * size
        + out * 0.012 * size
        + up * (-0.03 + 0.05 * vary + 0.012 * above) * size
    )
    fingers = rot.unit(-out * 0.6 - up * (0.8 - 0.2 * above))
    return _laid(limbs, palm, fingers, forward, side, out * 0.9 - forward * 0.45)


def _laid(limbs: Limbs, palm: FloatArray, fingers: FloatArray, back: FloatArray, side: int, elbow: FloatArray) -> Hold:
    """Return the target of a hand whose palm is centred at ``palm`` (T, 3); the wrist lies behind by the skeleton's
    size.
    """
    turn = hand_rotation(fingers, back, side)
    knuckles = limbs.skeleton.offsets[INDEX[f"{SIDES[side]}_middle1"]]
    return Hold((palm - rot.rotate(turn, 0.6 * knuckles)).astype(np.float32), turn, elbow)


def _axes(turn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return forward, left and up (T, 3) of a body part with world rotation ``turn`` (T, 4)."""
    forward, left, up = (rot.rotate(turn, np.array(v, np.float32)) for v in ((0, -1, 0), (1, 0, 0), (0, 0, 1)))
    return forward, left, up


# By posture the lower and the upper hand; either may be the left.
STANDING: dict[str, tuple[Rest, Rest]] = {
    "folded": (folded_below, folded_above), "clasped": (clasped_below, clasped_above),
    "hips": (on_hip, on_hip), "behind": (folded_hands_behind, folded_hands_behind),
}  # fmt: skip
