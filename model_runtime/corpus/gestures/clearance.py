"""Arms moved out of the body they are laid on: trunk, head and thighs as capsules, and hands of the seated above the
lap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...common.arrays import Array
from ...contract import FloatArray
from .library import SIDES, arm_positions

ARM = {side: [INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")] for side in SIDES}
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))

# Half the width of flesh (m, at 1.7 m) about the lines that stand for a body; arms count with their own on top.
_TRUNK, _HEAD, _THIGH = 0.102, 0.085, 0.080
_ARM_FLESH = (0.040, 0.034, 0.026, 0.018, 0.012)  # elbow, middle of the forearm, wrist, knuckles, fingers
_ALLOWED = 0.012  # m that flesh gives way
_LARGEST_PUSH = 0.06  # m; a gesture that would have to be moved further is not for this body
_LEFT_INSIDE = 0.012  # m; nor one that cannot be moved out this near
_HIGHEST_LIFT = 0.14  # m; nor one whose hands, while seated, would have to be raised further to pass above the lap


def clear_of_body(
    root: FloatArray,
    result: FloatArray,
    below: FloatArray,
    seated: NDArray[np.bool_],
    hands: tuple[bool, bool],
    skeleton: Skeleton,
    span: slice,
    weight: Array,
    fade: Array,
) -> float:
    """Move arms of ``result`` out of the body and hands of the seated up to their lap, in place; the largest way (m)
    any had to go.

    What the body below does with its own arms, as hands in a lap, is left to it as far as it shows.
    """
    before, flesh_before = arm_positions(below[span], skeleton), Flesh(root[span], below[span], skeleton, seated[span])
    flesh = Flesh(root[span], result[span], skeleton, seated[span])
    own = np.linalg.norm(flesh_before.pushes(before), axis=-1)
    floor = np.minimum(flesh.lap[:, None], flesh_before.hand_heights(before)) - 0.01
    largest = 0.0
    for attempt in range(3):  # the first reaches most of the way, the last sees what is left
        arms = arm_positions(result[span], skeleton)
        out = flesh.pushes(arms)
        depth = np.linalg.norm(out, axis=-1)
        lift = np.maximum(floor - flesh.hand_heights(arms), 0.0) * np.array(hands)
        owed = np.clip(depth - own * (1.0 - weight[span, None, None]), 0.0, None) * np.array(hands)[:, None]
        if attempt == 0:
            largest = max(float(owed.max(initial=0.0)), float(lift.max(initial=0.0)) - _HIGHEST_LIFT + _LARGEST_PUSH)
        elif attempt == 2:
            return largest if owed.max(initial=0.0) < _LEFT_INSIDE else 1.0
        if max(float(owed.max(initial=0.0)), float(lift.max(initial=0.0))) < 2e-3 or largest > 2 * _LARGEST_PUSH:
            break
        out = out * (owed / np.maximum(depth, 1e-6))[..., None]
        out[:, :, 2] += lift[..., None] * flesh.up[:, None]
        # Wide before smooth, so that the smooth way out is far enough where it has to be.
        widened = np.stack([maximum_filter1d(np.maximum(sign * out, 0.0), 9, axis=0) for sign in (1.0, -1.0)])
        out = (
            gaussian_filter1d(widened[0] - widened[1], 2.5, axis=0, mode="nearest")
            * smoothstep(fade[span] / 0.3)[:, None, None, None]
        )
        for s, side in enumerate(SIDES):
            if hands[s] and np.abs(out[:, s]).max() > 1e-4:
                _move_arm(result, side, arms[:, s], out[:, s], skeleton, span)
    return largest


def _move_arm(result: FloatArray, side: str, arm: Array, out: Array, skeleton: Skeleton, span: slice) -> None:
    """Aim upper arm and forearm anew so that elbow and wrist go the ways ``out`` (F, 5, 3), the hand keeping its turn;
    in place.
    """
    collar, shoulder, elbow, wrist = ARM[side]
    farther = np.linalg.norm(out[:, 4], axis=-1, keepdims=True) > np.linalg.norm(out[:, 3], axis=-1, keepdims=True)
    elbow_way, hand_way = (
        out[:, 0] + 0.5 * out[:, 1],
        out[:, 2] + np.where(farther, out[:, 4], out[:, 3]) + 0.5 * out[:, 1],
    )
    turn0 = result[span, collar]
    turn1 = rot.multiply(turn0, result[span, shoulder])
    turn2 = rot.multiply(turn1, result[span, elbow])
    turn3 = rot.multiply(turn2, result[span, wrist])
    upper = arm[:, 1] - arm[:, 0]
    aimed1 = rot.multiply(rot.between(upper, upper + elbow_way + 0.4 * hand_way), turn1)
    at_elbow = arm[:, 0] + rot.rotate(aimed1, skeleton.offsets[elbow])
    carried = rot.multiply(aimed1, result[span, elbow])
    now = rot.rotate(carried, skeleton.offsets[wrist])
    aimed2 = rot.multiply(rot.between(now, arm[:, 2] + hand_way - at_elbow), carried)
    result[span, shoulder] = rot.multiply(rot.conjugate(turn0), aimed1)
    result[span, elbow] = rot.multiply(rot.conjugate(aimed1), aimed2)
    result[span, wrist] = rot.multiply(rot.conjugate(aimed2), turn3)


class Flesh:
    """Where trunk, head and thighs of one actor are, in the frame of spine3, frame by frame. ``seated`` (T,) bool."""

    def __init__(self, root: FloatArray, rotations: FloatArray, skeleton: Skeleton, seated: NDArray[np.bool_]) -> None:
        self.size = skeleton.size
        turn, at = rotations[:, 0], np.array(root, np.float64)
        for joint in _SPINE:
            at = at + rot.rotate(turn, skeleton.offsets[joint])
            turn = rot.multiply(turn, rotations[:, joint])
        back = rot.conjugate(turn)

        def local(points: Array) -> Array:
            return rot.rotate(back, points - at).astype(np.float32)

        aside = np.array([0.050 * self.size, 0.0, 0.0], np.float32)
        pelvis = rot.rotate(rotations[:, 0], np.array([0.0, 0.0, -0.05 * self.size]))
        self.lines: list[tuple[Array, Array, float]] = []
        for sign in (-1.0, 1.0):
            low = local(root + pelvis + rot.rotate(rotations[:, 0], sign * aside))
            high = np.broadcast_to(sign * 1.1 * aside + np.array([0.0, 0.0, 0.10 * self.size], np.float32), low.shape)
            self.lines.append((low, high, _TRUNK * self.size))
        neck = skeleton.offsets[INDEX["neck"]]
        turn_up = rotations[:, INDEX["neck"]]
        head = neck + rot.rotate(turn_up, skeleton.offsets[INDEX["head"]])
        turn_up = rot.multiply(turn_up, rotations[:, INDEX["head"]])
        ends = [head + rot.rotate(turn_up, np.array(v) * self.size) for v in ((0.0, -0.02, 0.03), (0.0, -0.015, 0.11))]
        self.lines.append((ends[0].astype(np.float32), ends[1].astype(np.float32), _HEAD * self.size))
        for side in SIDES:
            hip = root + rot.rotate(rotations[:, 0], skeleton.offsets[INDEX[f"{side}_hip"]])
            knee = hip + rot.rotate(
                rot.multiply(rotations[:, 0], rotations[:, INDEX[f"{side}_hip"]]),
                skeleton.offsets[INDEX[f"{side}_knee"]],
            )
            self.lines.append((local(hip), local(knee), _THIGH * self.size))
        self.up = rot.rotate(back, np.array([0.0, 0.0, 1.0])).astype(np.float32)
        middle = np.mean([0.5 * (low + high) for low, high, _ in self.lines[-2:]], axis=0)
        self.level = at[:, 2].astype(np.float32)
        lap = self.level + np.sum(middle * self.up, -1) + (_THIGH + _ARM_FLESH[2]) * self.size
        self.lap = np.where(seated, lap, -np.inf).astype(np.float32)

    def hand_heights(self, arms: Array) -> Array:
        """(F, 2) metres of the wrists of ``arms`` (F, 2, 5, 3) above the floor."""
        return self.level[:, None] + np.sum(arms[:, :, 2] * self.up[:, None], -1)

    def pushes(self, arms: Array) -> Array:
        """(F, 2, 5, 3) ways out of the flesh for elbow, middle of the forearm, wrist, knuckles, fingertips of ``arms``
        (F, 2, 5, 3).
        """
        points = np.concatenate([arms[:, :, 1:2], 0.5 * (arms[:, :, 1:2] + arms[:, :, 2:3]), arms[:, :, 2:]], axis=2)
        own = np.array(_ARM_FLESH, np.float32) * self.size
        out = np.zeros_like(points)
        for low, high, radius in self.lines:
            a, way = low[:, None, None], (high - low)[:, None, None]
            along = np.clip(
                np.sum((points - a) * way, -1, keepdims=True) / np.maximum(np.sum(way * way, -1, keepdims=True), 1e-9),
                0,
                1,
            )
            gap = points - a - along * way
            distance = np.linalg.norm(gap, axis=-1, keepdims=True)
            depth = np.maximum(radius + own[:, None] - _ALLOWED - distance, 0.0)
            out += gap / np.maximum(distance, 1e-6) * depth
        return out


def smoothstep(t: Array) -> Array:
    t = np.clip(t, 0.0, 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)
