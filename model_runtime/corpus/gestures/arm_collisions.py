"""Keep the arms of a gesture out of trunk, head and thighs, and the hands of a seated body above the lap.

``refine.arm_collisions`` clears finished scenes of both bodies with every capsule. A gesture is tried some four times
before it is taken, and the size of the push decides whether it fits at all. So here five capsules in the chest frame
stand for the body, and collisions that the motion below has by itself do not count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.inverse_kinematics import bend, local_rotations
from ...body_model.skeleton import INDEX, Skeleton
from ...common.arrays import Array
from ...common.easing import smootherstep
from ...contract import FloatArray
from ...refine.separation import widest
from .library import SIDES, arm_positions

ARM = {side: [INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")] for side in SIDES}
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))

# Radii (m, body of mean height) about the lines that stand for a body; arms have their own.
_TRUNK, _HEAD, _THIGH = 0.102, 0.085, 0.080
_ARM_RADII = (0.040, 0.034, 0.026, 0.018, 0.012)  # elbow, middle of the forearm, wrist, knuckles, fingertips
_SOFT = 0.012  # m that skin and cloth give way
_LARGEST_PUSH = 0.06  # m; a gesture that needs a larger push does not fit this body
_LEFT_INSIDE = 0.012  # m of penetration that may remain
_HIGHEST_LIFT = 0.14  # m; a gesture whose hands have to be raised further to pass above the lap does not fit either
_DOES_NOT_FIT = 1.0  # m, returned where penetration remains
_ROUNDS = 3  # the first reaches most of the goal, the last only measures what remains
_HOLD, _EASE = 4, 2.5  # frames over which a push is widened, and the deviation of the Gaussian that smooths it


def clear_arms_of_body(
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
    """Move the arms of ``result`` (F, 52, 4) out of the body and above the lap, in place; return the largest push in m.

    Only the frames ``span`` and the ``hands`` (left, right) of the gesture move. ``weight`` (F,) is how much of the
    gesture shows: where the motion ``below`` (F, 52, 4) shows instead, its own collisions, as of hands in a lap, stay.
    ``fade`` (F,) is 0 where the gesture has not begun or is over.
    """
    arms_below = arm_positions(below[span], skeleton)
    own_push = BodyCapsules(root[span], below[span], skeleton, seated[span]).pushes(arms_below)
    own = np.linalg.norm(own_push, axis=-1) * (1.0 - weight[span, None, None])
    body = BodyCapsules(root[span], result[span], skeleton, seated[span])
    lowest = np.minimum(body.lap[:, None], body.hand_heights(arms_below)) - 0.01
    largest = 0.0
    for attempt in range(_ROUNDS):
        arms = arm_positions(result[span], skeleton)
        push = body.pushes(arms)
        depth = np.linalg.norm(push, axis=-1)
        lift = np.maximum(lowest - body.hand_heights(arms), 0.0) * np.array(hands)
        needed = np.clip(depth - own, 0.0, None) * np.array(hands)[:, None]
        deepest, highest = float(needed.max(initial=0.0)), float(lift.max(initial=0.0))
        if attempt == 0:
            largest = max(deepest, highest - _HIGHEST_LIFT + _LARGEST_PUSH)
        elif attempt == _ROUNDS - 1:
            return largest if deepest < _LEFT_INSIDE else _DOES_NOT_FIT
        if max(deepest, highest) < 2e-3 or largest > 2 * _LARGEST_PUSH:
            break
        push = push * (needed / np.maximum(depth, 1e-6))[..., None]
        push[:, :, 2] += lift[..., None] * body.up[:, None]
        push = gaussian_filter1d(widest(push, _HOLD), _EASE, axis=0, mode="nearest")
        push *= smootherstep(fade[span] / 0.3)[:, None, None, None]
        for s, side in enumerate(SIDES):
            if hands[s] and np.abs(push[:, s]).max() > 1e-4:
                _move_arm(result, side, arms[:, s], push[:, s], skeleton, span)
    return largest


def _move_arm(result: FloatArray, side: str, arm: Array, push: Array, skeleton: Skeleton, span: slice) -> None:
    """Move elbow and wrist of one arm by ``push`` (F, 5, 3) in place; the hand keeps its rotation."""
    collar, shoulder, elbow, wrist = ARM[side]
    farther = np.linalg.norm(push[:, 4], axis=-1, keepdims=True) > np.linalg.norm(push[:, 3], axis=-1, keepdims=True)
    elbow_push = push[:, 0] + 0.5 * push[:, 1]
    wrist_push = push[:, 2] + np.where(farther, push[:, 4], push[:, 3]) + 0.5 * push[:, 1]
    upper = rot.multiply(result[span, collar], result[span, shoulder])
    fore = rot.multiply(upper, result[span, elbow])
    hand = rot.multiply(fore, result[span, wrist])
    back = rot.rotate(upper, np.array([0.0, 1.0, 0.0], np.float32))
    _, _, upper_turn, fore_turn = bend(arm[:, :3], back, np.stack([wrist_push, elbow_push], 1))
    upper, fore = rot.multiply(upper_turn, upper), rot.multiply(fore_turn, fore)
    chain = [result[span, collar], upper, fore, hand]
    for joint, local in zip((shoulder, elbow, wrist), local_rotations(chain)):
        result[span, joint] = local


class BodyCapsules:
    """Trunk, head and thighs of one body as capsules in the frame of spine3: ``lines`` of starts and ends (F, 3) with
    their radius, ``up`` (F, 3) the vertical, ``lap`` (F,) the height of a wrist on the lap, -inf where nobody sits.
    """

    def __init__(self, root: FloatArray, rotations: FloatArray, skeleton: Skeleton, seated: NDArray[np.bool_]) -> None:
        """``root`` (F, 3), ``rotations`` (F, 52, 4), ``seated`` (F,)."""
        self.size = skeleton.size
        turn, at = rotations[:, 0], np.array(root, np.float64)
        for joint in _SPINE:
            at = at + rot.rotate(turn, skeleton.offsets[joint])
            turn = rot.multiply(turn, rotations[:, joint])
        to_chest = rot.conjugate(turn)

        def local(points: Array) -> Array:
            return rot.rotate(to_chest, points - at).astype(np.float32)

        thighs = [tuple(local(end) for end in _thigh(root, rotations, skeleton, side)) for side in SIDES]
        trunk = [(local(hip), chest) for hip, chest in _trunk(root, rotations, self.size)]
        self.lines: list[tuple[Array, Array, float]] = [
            *((low, high, _TRUNK * self.size) for low, high in trunk),
            (*_head(rotations, skeleton), _HEAD * self.size),
            *((low, high, _THIGH * self.size) for low, high in thighs),
        ]
        self.up = rot.rotate(to_chest, np.array([0.0, 0.0, 1.0])).astype(np.float32)
        middle = np.mean([0.5 * (low + high) for low, high in thighs], axis=0)
        self.level = at[:, 2].astype(np.float32)
        lap = self.level + np.sum(middle * self.up, -1) + (_THIGH + _ARM_RADII[2]) * self.size
        self.lap = np.where(seated, lap, -np.inf).astype(np.float32)

    def hand_heights(self, arms: Array) -> Array:
        """Return (F, 2) metres of the wrists of ``arms`` (F, 2, 5, 3) above the floor."""
        return self.level[:, None] + np.sum(arms[:, :, 2] * self.up[:, None], -1)

    def pushes(self, arms: Array) -> Array:
        """Return (F, 2, 5, 3) metres out of the body for ``arms`` (F, 2, 5, 3): elbow, middle of the forearm, wrist,
        knuckles and fingertip.
        """
        points = np.concatenate([arms[:, :, 1:2], 0.5 * (arms[:, :, 1:2] + arms[:, :, 2:3]), arms[:, :, 2:]], axis=2)
        own = np.array(_ARM_RADII, np.float32) * self.size
        push = np.zeros_like(points)
        for low, high, radius in self.lines:
            a, line = low[:, None, None], (high - low)[:, None, None]
            length = np.maximum(np.sum(line * line, -1, keepdims=True), 1e-9)
            along = np.clip(np.sum((points - a) * line, -1, keepdims=True) / length, 0, 1)
            gap = points - a - along * line
            distance = np.linalg.norm(gap, axis=-1, keepdims=True)
            depth = np.maximum(radius + own[:, None] - _SOFT - distance, 0.0)
            push += gap / np.maximum(distance, 1e-6) * depth
        return push


def _trunk(root: FloatArray, rotations: FloatArray, size: float) -> list[tuple[Array, Array]]:
    """Two lines from the pelvis (F, 3), in the world, to the breast (F, 3), in the frame of spine3: right and left."""
    aside = np.array([0.050 * size, 0.0, 0.0], np.float32)
    pelvis = rot.rotate(rotations[:, 0], np.array([0.0, 0.0, -0.05 * size]))
    lines = []
    for sign in (-1.0, 1.0):
        low = root + pelvis + rot.rotate(rotations[:, 0], sign * aside)
        high = np.broadcast_to(sign * 1.1 * aside + np.array([0.0, 0.0, 0.10 * size], np.float32), low.shape)
        lines.append((low, high))
    return lines


def _head(rotations: FloatArray, skeleton: Skeleton) -> tuple[Array, Array]:
    """A line (F, 3), (F, 3) from the chin to the crown in the frame of spine3."""
    turn = rotations[:, INDEX["neck"]]
    head = skeleton.offsets[INDEX["neck"]] + rot.rotate(turn, skeleton.offsets[INDEX["head"]])
    turn = rot.multiply(turn, rotations[:, INDEX["head"]])
    low, high = (np.array(v) * skeleton.size for v in ((0.0, -0.02, 0.03), (0.0, -0.015, 0.11)))
    return (head + rot.rotate(turn, low)).astype(np.float32), (head + rot.rotate(turn, high)).astype(np.float32)


def _thigh(root: FloatArray, rotations: FloatArray, skeleton: Skeleton, side: str) -> tuple[Array, Array]:
    """Hip and knee (F, 3) in the world."""
    hip_joint, knee_joint = INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]
    hip = root + rot.rotate(rotations[:, 0], skeleton.offsets[hip_joint])
    thigh = rot.multiply(rotations[:, 0], rotations[:, hip_joint])
    return hip, hip + rot.rotate(thigh, skeleton.offsets[knee_joint])
