"""Blend resting postures of the hands over a motion, except where a captured hand is in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_closing, binary_erosion, gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions
from ...body_model.skeleton import INDEX, Skeleton
from ...common.easing import smootherstep
from ...contract import FPS, FloatArray
from .base_motion import Motion, body_positions
from .limbs import SIDES, trunk_of
from .resting_arms import ARM_JOINTS, Hold, Limbs, Rest, solved

_UP = np.array([0.0, 0.0, 1.0], np.float32)
_SLOW, _LOW = 0.05, 0.14  # m/s and m above the pelvis of a hand that rests in the lap, for a body of mean height
_FREE_BEFORE = 6  # frames before a hand leaves, from which on it may follow the trunk
BUSY = 0.09  # m from where it rests in the capture; a hand further away and raised is in use


class Held(NamedTuple):
    """From frame ``start`` to ``stop`` each of the ``hands`` (left, right) is in a resting posture, or free (None).

    The hands take ``lead`` frames to get there and ``trail`` frames, before ``stop``, to go back to the motion below;
    ``vary`` (-1..1) varies the posture of each.
    """

    start: int
    stop: int
    lead: int
    trail: int
    hands: tuple[Rest | None, Rest | None]
    vary: tuple[float, float]


def chained(held: Sequence[Held]) -> list[Held]:
    """Extend each until the next has begun, so that hands go straight from one posture to the next."""
    ordered = sorted(held, key=lambda h: h.start)
    result = []
    for item, following in zip(ordered, [*ordered[1:], None]):
        if following is not None and following.start <= item.stop:
            item = item._replace(stop=following.start + following.lead + 1, trail=0)
        result.append(item)
    return result


def hold_arms(captured: Motion, body: Motion, skeleton: Skeleton, held: Sequence[Held]) -> FloatArray:
    """Return rotations (T, 52, 4) of ``body`` with its hands in resting postures.

    ``captured`` is the motion before any posture: where a hand is in use there, it is not held.
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
        weight = smootherstep((at - item.start) / item.lead) if item.lead else np.ones(len(at))
        if item.trail:
            weight = weight * smootherstep((item.stop - 1 - at) / item.trail)
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


def hands_kept(
    root: FloatArray, before: FloatArray, after: FloatArray, skeleton: Skeleton, seated: FloatArray
) -> FloatArray:
    """Return rotations ``after`` (T, 52, 4) with the hands that rested in the lap in ``before`` (T, 52, 4) where they
    were: a trunk that turns with the gaze does not pull them along.

    ``seated`` (T,) 0..1 where the body sits. A hand rests that is low and slow against the pelvis.
    """
    result = after.copy()
    if seated.max() < 1e-3:
        return result
    here, there = _limbs(root, result, skeleton), _limbs(root, before, skeleton)
    pelvis = rot.conjugate(before[:, 0])
    for side in range(2):
        hold = _arm(before, there, side)
        local = rot.rotate(pelvis, hold.wrist - root) / skeleton.size
        slow = gaussian_filter1d(np.linalg.norm(np.gradient(local, axis=0), axis=-1), 3.0, mode="nearest") * FPS < _SLOW
        rests = binary_erosion(binary_closing(slow & (local[:, 2] < _LOW), iterations=5), iterations=_FREE_BEFORE)
        share = gaussian_filter1d(rests.astype(np.float32), 0.5 * _FREE_BEFORE, mode="nearest") * seated
        _lay(result, here, side, hold, np.where(share < 0.01, 0.0, share).astype(np.float32))
    return result


def _lay(rotations: FloatArray, limbs: Limbs, side: int, there: Hold, share: FloatArray) -> None:
    """Move one arm by the ``share`` (T,) of the way from where it is to ``there``, along a slight arch, in place."""
    joints = list(ARM_JOINTS[side])
    here = _arm(rotations, limbs, side)
    part = share[:, None]
    distance = np.linalg.norm(there.wrist - here.wrist, axis=-1, keepdims=True)
    arch = np.sin(np.pi * part) ** 2 * np.clip(0.45 * distance, 0.0, 0.07)
    wrist = here.wrist + (there.wrist - here.wrist) * part + arch * (0.8 * _UP + 0.5 * limbs.forward)
    # A hand that hangs beside a thigh moves around it.
    below = np.clip(there.wrist[:, 2:] - here.wrist[:, 2:], 0.0, 0.2)
    wrist = wrist + limbs.out(side) * below * 0.7 * np.sin(np.pi * np.sqrt(part)) ** 2
    elbow = np.asarray(rot.unit(here.elbow) * (1.0 - part) + rot.unit(there.elbow) * part, np.float32)
    between = Hold(wrist, rot.slerp(here.turn, there.turn, share), elbow)
    # Near the start the captured arm stays, as the twist of its forearm may differ a little from the solved one.
    rotations[:, joints] = rot.slerp(
        rotations[:, joints], solved(limbs, side, between), np.clip(5.0 * share, 0.0, 1.0)[:, None]
    )


def _arm(rotations: FloatArray, limbs: Limbs, side: int) -> Hold:
    """Return the present position and rotation of one hand as a target."""
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
    """Return (T, 2) 0..1 how much each captured hand is in use: raised from where it usually is."""
    positions = body_positions(body.root, body.rotations, skeleton)
    chest = trunk_of(body.root, body.rotations, skeleton).chest_rotation
    busy = np.zeros((body.frames, 2), np.float32)
    for side, name in enumerate(SIDES):
        wrist = rot.rotate(rot.conjugate(chest), positions[:, INDEX[f"{name}_wrist"]] - positions[:, INDEX["spine3"]])
        away = (wrist - _usual(wrist)) / (skeleton.size)
        # Only raised hands count: a held hand that is let go earlier would first drop to the captured one.
        raised = (np.linalg.norm(away, axis=-1) > BUSY) & (away[:, 2] > 0.7 * BUSY)
        active = binary_erosion(binary_closing(np.pad(raised, FPS), iterations=FPS // 2), iterations=3)[FPS:-FPS]
        busy[:, side] = gaussian_filter1d(active.astype(np.float32), 0.17 * FPS, mode="nearest")
    return np.where(busy < 0.02, 0.0, busy).astype(np.float32)


def _usual(places: FloatArray) -> FloatArray:
    """Return the running median (T, 3) of ``places`` (T, 3), sampled twice a second over ten seconds on either side."""
    step, half = FPS // 2, 20
    sampled = places[::step]
    padded = np.pad(sampled, ((half, half), (0, 0)), mode="reflect" if len(sampled) > half else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    medians = np.median(windows, axis=-1)
    knots = np.arange(len(sampled)) * step
    return np.stack([np.interp(np.arange(len(places)), knots, medians[:, k]) for k in range(3)], -1)
