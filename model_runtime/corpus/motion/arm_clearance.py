"""Keeps hands and forearms outside thighs, trunk, head and each other: arms that were captured on another body, or laid
over it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.capsules import CAPSULES, SOFT_CONTACT, body_capsules, closest_points, radius_at
from ...body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ...contract import FloatArray
from .limbs import SIDES, reach_hand, trunk_of
from .resting_arms import ARM_JOINTS

_PARTS = ("forearm", "palm", "fingers")
_ROUNDS = 4
_WRIST = np.radians(42.0)  # between hand and forearm, where an arm is moved
_QUICKER = np.radians(25.0)  # in a frame
_HOLD = 5  # frames before and after a touch in which the arm has already given way
_EASE = 3.5  # frames, deviation of the Gaussian over which an arm gives way
_BODY = tuple(
    k
    for k, name in enumerate(CAPSULES)
    if name.endswith(("hips", "belly", "chest", "thigh")) or name in ("neck", "head")
)


def clear_arms(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, margin: float = 0.002
) -> NDArray[np.float32]:
    """Rotations (T, 52, 4) in which the arms give way where they went into the body by more than touching; the rest is
    untouched.

    Hands keep their turn in the world and move out by the depth, smoothly in time, elbows with them.
    """
    result = np.array(rotations, np.float32)
    frames = np.arange(len(root))
    for _ in range(_ROUNDS):
        push, turn = _pushes(root[frames], result[frames], skeleton, margin)
        touched = np.linalg.norm(push, axis=-1).max(1) > 1e-4
        if not touched.any():
            break
        # Later rounds look only at what was touched and some frames around it, in the order of time.
        keep = binary_dilation(touched, iterations=2 * _HOLD + int(5 * _EASE))
        frames, push, turn = frames[keep], push[keep], turn[keep]
        push, turn = (_smooth(field, frames) for field in (push, turn))
        _give_way(root, result, frames, push, turn, skeleton)
    return _without_flips(np.asarray(rotations, np.float32), result)


def _without_flips(before: FloatArray, after: FloatArray) -> NDArray[np.float32]:
    """``after`` (T, 52, 4), but ``before`` about moments at which an arm has come to turn much quicker than it did:
    better in than broken.
    """
    for joints in ARM_JOINTS:
        moved = list(joints[:2])
        quick = (_steps(after[:, moved]) > _steps(before[:, moved]) + _QUICKER).any(1)
        if quick.any():
            share = gaussian_filter1d(binary_dilation(quick, iterations=_HOLD).astype(np.float32), _EASE)
            arm = list(joints)
            after[:, arm] = rot.slerp(after[:, arm], before[:, arm], np.where(share > 0.01, share, 0.0)[:, None])
    return after


def _steps(rotations: FloatArray) -> FloatArray:
    """(T, J) radians that each of (T, J, 4) turns from the frame before; 0 for the first."""
    dot = np.abs(np.sum(rotations[1:] * rotations[:-1], axis=-1))
    return np.concatenate([np.zeros_like(dot[:1]), 2.0 * np.arccos(np.clip(dot, 0.0, 1.0))])


def _pushes(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, margin: float
) -> tuple[FloatArray, FloatArray]:
    """Metres (T, 2, 3) that each wrist has to move, and that each elbow should."""
    capsules = body_capsules(root, rotations, skeleton)
    size = skeleton.size
    wrists, elbows = np.zeros((len(root), 2, 3), np.float32), np.zeros((len(root), 2, 3), np.float32)
    for side, name in enumerate(SIDES):
        other = SIDES[1 - side]
        arm = [CAPSULES.index(f"{other}_{part}") for part in ("upper_arm", *_PARTS)]
        deepest = np.zeros(len(root), np.float32)
        for part in _PARTS:
            mine = CAPSULES.index(f"{name}_{part}")
            against = np.array([*_BODY, *arm])
            soft = SOFT_CONTACT["forearm" if part == "forearm" else "hand"] * size
            a, b = capsules.start[:, mine, None], capsules.end[:, mine, None]
            c, d = capsules.start[:, against], capsules.end[:, against]
            s, t, gap = closest_points(a, b, c, d)
            depth = radius_at(capsules.radius[mine], s) + radius_at(capsules.radius[against], t) - gap - soft + margin
            depth[:, len(_BODY) :] *= 0.55  # the other arm gives way as well
            worst = depth.argmax(1)
            rows = np.arange(len(root))
            deep = depth[rows, worst]
            s, t = s[rows, worst], t[rows, worst]
            mine_at = a[:, 0] + (b - a)[:, 0] * s[:, None]
            way = mine_at - (c[rows, worst] + (d - c)[rows, worst] * t[:, None])
            way = way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-4)
            take = (deep > margin) & (deep > deepest)
            deepest = np.where(take, deep, deepest)
            along = np.maximum(s, 0.35) if part == "forearm" else np.ones_like(s)
            wrists[take, side] = (way * (deep / along)[:, None])[take]
            elbows[take, side] = (way * (deep * (1.0 - s if part == "forearm" else 0.0 * s))[:, None])[take]
    return wrists, elbows


def _give_way(
    root: FloatArray,
    result: FloatArray,
    frames: NDArray[np.int64],
    push: FloatArray,
    turn: FloatArray,
    skeleton: Skeleton,
) -> None:
    """Move the arms at ``frames`` by ``push`` (F, 2, 3) at the wrist and ``turn`` (F, 2, 3) at the elbow, in place."""
    positions, world = forward_kinematics(root[frames], result[frames], skeleton)
    trunk = trunk_of(root[frames], result[frames], skeleton)
    # A solved arm may turn about itself otherwise than the captured one, so it comes in over some frames before it has
    # to move.
    shares = _smooth((np.linalg.norm(push, axis=-1, keepdims=True) > 0.001).astype(np.float32), frames)[..., 0]
    for side, name in enumerate(SIDES):
        moved = shares[:, side] > 0.004
        if not moved.any():
            continue
        elbow, wrist = positions[moved, INDEX[f"{name}_elbow"]], positions[moved, INDEX[f"{name}_wrist"]]
        shoulder = trunk.shoulders[moved, side]
        hint = elbow + 1.5 * turn[moved, side] - shoulder
        mine = type(trunk)(*(part[moved] for part in trunk))
        local = reach_hand(
            mine, skeleton, side, wrist + push[moved, side], world[moved, INDEX[f"{name}_wrist"]], hint, _WRIST
        )
        joints = list(ARM_JOINTS[side])
        at = frames[moved]
        before = result[at][:, joints]
        result[at[:, None], joints] = rot.slerp(before, local, shares[moved, side][:, None]).astype(np.float32)


def _smooth(field: FloatArray, frames: NDArray[np.int64]) -> FloatArray:
    """``field`` (F, 2, 3) smoothed over time where ``frames`` follow one another."""
    result = np.empty_like(field)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(frames) > 1) + 1, [len(frames)]])
    for first, last in pairwise(edges.tolist()):
        result[first:last] = gaussian_filter1d(_widest(field[first:last]), _EASE, axis=0, mode="nearest")
    return result


def _widest(field: FloatArray) -> FloatArray:
    """For each frame and arm the longest vector within ``_HOLD`` frames, so that smoothing does not take a short push
    away.
    """
    result, longest = field.copy(), np.linalg.norm(field, axis=-1)
    frames = len(field)
    for shift in range(1, min(_HOLD, frames - 1) + 1):
        for mine, other in ((slice(shift, None), slice(None, -shift)), (slice(None, -shift), slice(shift, None))):
            length = np.linalg.norm(field[other], axis=-1)
            more = length > longest[mine]
            result[mine][more], longest[mine][more] = field[other][more], length[more]
    return result
