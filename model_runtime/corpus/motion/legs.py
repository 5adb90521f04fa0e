"""Inverse kinematics of legs: a clip of one body on the bones of another, and seats of another height."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...body_model.inverse_kinematics import aim, local_rotations, solve_two_bones
from ...body_model.skeleton import INDEX, Skeleton, heading_of
from ...contract import FloatArray

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


def retarget(
    root: FloatArray, rotations: FloatArray, source: Skeleton, target: Skeleton, seat: tuple[float, float] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return root (T, 3) and rotations (T, 52, 4) of a clip of ``source`` on the bones of ``target``: paths scale with
    the legs and the feet stand on the floor.

    ``seat`` holds the seated pelvis height in the clip and the one wanted on the target, in metres; between standing
    and seated the pelvis moves in proportion and the feet stay.
    """
    scale = target.pelvis_height / source.pelvis_height
    positions, world = leg_positions(root, rotations, source)
    new_root = root * scale
    ankles = positions[:, :, 2] * scale
    ankle_rest = [skeleton.rest_positions[INDEX["left_ankle"], 2] for skeleton in (source, target)]
    ankles[..., 2] += ankle_rest[1] - ankle_rest[0] * scale
    # Wider or narrower hips move the feet with them.
    lateral = rot.rotate(rot.about_z(heading_of(rotations[:, 0])), np.array([1.0, 0.0, 0.0]))
    for s, joint in enumerate((INDEX["left_hip"], INDEX["right_hip"])):
        ankles[:, s] += (target.offsets[joint, 0] - source.offsets[joint, 0] * scale) * lateral
    if seat is not None:
        seated = seat[0] * scale
        stood = target.pelvis_height
        share = np.clip((stood - new_root[:, 2]) / (stood - seated), 0.0, 1.2)
        new_root[:, 2] += share * (seat[1] - seated)
    return new_root.astype(np.float32), reach(new_root, rotations, target, ankles.astype(np.float32), world[:, :, 2])
