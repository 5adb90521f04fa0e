"""Lays resting hands over a motion: from one resting place to the next, out of the way when a captured hand has
something to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_closing, binary_erosion, gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...contract import FPS, FloatArray
from .base_motion import Motion, body_positions
from .legs import leg_positions
from .limbs import SIDES, trunk_of
from .resting_arms import ARM_JOINTS, Hold, Limbs, Rest, solved

_UP = np.array([0.0, 0.0, 1.0], np.float32)
BUSY = 0.09  # m from where it rests in the capture; a hand further away and raised scratches, points or fidgets


class Held(NamedTuple):
    """From frame ``start`` to ``stop`` each hand (left, right) rests in its place, or is left as it is (None).

    The hands take ``lead`` frames to come and ``trail`` frames, before ``stop``, to go back to the motion below.
    """

    start: int
    stop: int
    lead: int
    trail: int
    hands: tuple[Rest | None, Rest | None]
    vary: tuple[float, float]


def chained(held: Sequence[Held]) -> list[Held]:
    """Each kept until the next has come, so that hands go straight from place to place; the last of a row lets go."""
    ordered = sorted(held, key=lambda h: h.start)
    result = []
    for item, following in zip(ordered, [*ordered[1:], None]):
        if following is not None and following.start <= item.stop:
            item = item._replace(stop=following.start + following.lead + 1, trail=0)
        result.append(item)
    return result


def hold_arms(captured: Motion, body: Motion, skeleton: Skeleton, held: Sequence[Held]) -> FloatArray:
    """Rotations (T, 52, 4) of ``body`` with its hands held; ``captured`` is the motion before any posture, in which
    hands do things.
    """
    rotations = body.rotations.copy()
    if not held:
        return rotations
    free = 1.0 - _busy(captured, skeleton)
    for item in held:
        start, stop = max(item.start, 0), min(item.stop, body.frames)
        if stop - start < 3:
            continue
        at = np.arange(start, stop)
        weight = _smoothstep((at - item.start) / item.lead) if item.lead else np.ones(len(at))
        if item.trail:
            weight = weight * _smoothstep((item.stop - 1 - at) / item.trail)
        limbs = _limbs(body.root[start:stop], rotations[start:stop], skeleton)
        for side, rest in enumerate(item.hands):
            if rest is not None:
                _lay(
                    rotations[start:stop],
                    limbs,
                    side,
                    rest(limbs, side, item.vary[side]),
                    weight * free[start:stop, side],
                )
    return rotations


def _lay(rotations: FloatArray, limbs: Limbs, side: int, there: Hold, share: FloatArray) -> None:
    """Take one arm the ``share`` (T,) of the way from where it is to ``there``, in place; the hand goes up a little on
    its way.
    """
    joints = list(ARM_JOINTS[side])
    here = _arm(rotations, limbs, side)
    part = share[:, None]
    distance = np.linalg.norm(there.wrist - here.wrist, axis=-1, keepdims=True)
    arch = np.sin(np.pi * part) ** 2 * np.clip(0.45 * distance, 0.0, 0.07)
    wrist = here.wrist + (there.wrist - here.wrist) * part + arch * (0.8 * _UP + 0.5 * limbs.forward)
    # A hand that hangs beside a thigh comes round it.
    below = np.clip(there.wrist[:, 2:] - here.wrist[:, 2:], 0.0, 0.2)
    wrist = wrist + limbs.out(side) * below * 0.7 * np.sin(np.pi * np.sqrt(part)) ** 2
    elbow = np.asarray(rot.unit(here.elbow) * (1.0 - part) + rot.unit(there.elbow) * part, np.float32)
    between = Hold(wrist, rot.slerp(here.turn, there.turn, share), elbow)
    # Near its start the arm is still the captured one, whose forearm may be turned a little otherwise.
    rotations[:, joints] = rot.slerp(
        rotations[:, joints], solved(limbs, side, between), np.clip(5.0 * share, 0.0, 1.0)[:, None]
    )


def _arm(rotations: FloatArray, limbs: Limbs, side: int) -> Hold:
    """Where one hand is."""
    trunk, offsets = limbs.trunk, limbs.skeleton.offsets
    shoulder, elbow, wrist = ARM_JOINTS[side]
    upper = rot.multiply(trunk.collars[:, side], rotations[:, shoulder])
    fore = rot.multiply(upper, rotations[:, elbow])
    middle = rot.rotate(upper, offsets[elbow])
    end = middle + rot.rotate(fore, offsets[wrist])
    return Hold(trunk.shoulders[:, side] + end, rot.multiply(fore, rotations[:, wrist]), middle)


def _limbs(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> Limbs:
    legs, _ = leg_positions(root, rotations, skeleton)
    left = rot.rotate(rotations[:, 0], np.array([1.0, 0.0, 0.0], np.float32)) * np.array([1, 1, 0], np.float32)
    left = left / np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), 1e-6)
    forward = np.stack([left[:, 1], -left[:, 0], np.zeros(len(left), np.float32)], -1)
    return Limbs(trunk_of(root, rotations, skeleton), legs[:, :, 0], legs[:, :, 1], forward, left, skeleton)


def _busy(body: Motion, skeleton: Skeleton) -> FloatArray:
    """(T, 2) 0..1 how much each captured hand is away from where it usually is, against the chest, within some twenty
    seconds.
    """
    positions = body_positions(body.root, body.rotations, skeleton)
    chest = trunk_of(body.root, body.rotations, skeleton).chest_rotation
    busy = np.zeros((body.frames, 2), np.float32)
    for side, name in enumerate(SIDES):
        wrist = rot.rotate(rot.conjugate(chest), positions[:, INDEX[f"{name}_wrist"]] - positions[:, INDEX["spine3"]])
        away = (wrist - _usual(wrist)) / (skeleton.size)
        # Let go only of hands that are up by themselves, or they would drop to where the captured ones hang before they
        # rise.
        raised = (np.linalg.norm(away, axis=-1) > BUSY) & (away[:, 2] > 0.7 * BUSY)
        active = binary_erosion(binary_closing(np.pad(raised, FPS), iterations=FPS // 2), iterations=3)[FPS:-FPS]
        busy[:, side] = gaussian_filter1d(active.astype(np.float32), 0.17 * FPS, mode="nearest")
    return np.where(busy < 0.02, 0.0, busy).astype(np.float32)


def _usual(places: FloatArray) -> FloatArray:
    """Running median (T, 3) of ``places``, from every half second of the ten seconds on either side."""
    step, half = FPS // 2, 20
    sampled = places[::step]
    padded = np.pad(sampled, ((half, half), (0, 0)), mode="reflect" if len(sampled) > half else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    medians = np.median(windows, axis=-1)
    knots = np.arange(len(sampled)) * step
    return np.stack([np.interp(np.arange(len(places)), knots, medians[:, k]) for k in range(3)], -1)


def _smoothstep(t: FloatArray) -> FloatArray:
    t = np.clip(t, 0.0, 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)
