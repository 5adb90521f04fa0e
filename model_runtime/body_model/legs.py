"""Legs of a motion: where their joints are, and inverse kinematics that brings the ankles elsewhere."""

from __future__ import annotations

import numpy as np

from ..common.arrays import FloatArray
from . import rotations as rot
from .inverse_kinematics import aim, local_rotations, solve_two_bones
from .skeleton import INDEX, Skeleton

SIDES = ("left", "right")
_CHAIN = {side: tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")) for side in SIDES}
_STRAIGHTEST = 0.9985  # of the leg's length: a knee never locks


def leg_positions(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """Return world positions (T, 2, 4, 3) and world rotations (T, 2, 4, 4) of hip, knee, ankle and toe joint of both
    legs.
    """
    positions = np.empty((len(root), 2, 4, 3), np.float32)
    world = np.empty((len(root), 2, 4, 4), np.float32)
    for s, side in enumerate(SIDES):
        at, turn = root, rotations[:, 0]
        for k, joint in enumerate(_CHAIN[side]):
            at = at + rot.rotate(turn, skeleton.offsets[joint])
            turn = rot.multiply(turn, rotations[:, joint])
            positions[:, s, k], world[:, s, k] = at, turn
    return positions, world


def reach(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, ankles: FloatArray, feet: FloatArray
) -> FloatArray:
    """Return rotations (T, 52, 4) that bring the ankles to ``ankles`` (T, 2, 3) with world foot rotations ``feet`` (T,
    2, 4).

    Two-bone inverse kinematics; the knee stays in its plane. Targets out of reach are approached.
    """
    result = np.array(rotations, np.float32)
    positions, world = leg_positions(root, rotations, skeleton)
    for s, side in enumerate(SIDES):
        hip_joint, knee_joint, ankle_joint, _ = _CHAIN[side]
        lengths = np.linalg.norm(skeleton.offsets[[knee_joint, ankle_joint]], axis=-1)
        hip, knee = positions[:, s, 0], positions[:, s, 1]
        # A leg that is nearly straight has no plane of its own, so the thigh's forward axis helps to choose one.
        pole = knee - hip + 0.15 * rot.rotate(world[:, s, 0], np.array([0.0, -1.0, 0.0], np.float32))
        new_knee, new_ankle = solve_two_bones(hip, ankles[:, s], pole, lengths, straightest=_STRAIGHTEST)
        hip_world = aim(world[:, s, 0], skeleton.offsets[knee_joint], new_knee - hip)
        shin_world = rot.multiply(hip_world, rotations[:, knee_joint])
        knee_world = aim(shin_world, skeleton.offsets[ankle_joint], new_ankle - new_knee)
        chain = [rotations[:, 0], hip_world, knee_world, feet[:, s]]
        for joint, local in zip((hip_joint, knee_joint, ankle_joint), local_rotations(chain)):
            result[:, joint] = local
    return rot.normalize(result).astype(np.float32)
