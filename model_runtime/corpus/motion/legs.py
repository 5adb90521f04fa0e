"""Legs by inverse kinematics in numpy: one body's clip on another's bones, and seats of another height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton, heading_of
from ...contract import FloatArray

SIDES = ("left", "right")
_CHAIN = {side: tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")) for side in SIDES}
_REACH = 0.9985  # of the leg's length: a knee never locks


def leg_positions(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """World positions (T, 2, 4, 3) of hip, knee, ankle and toe joint of both legs, and their world quaternions (T, 2,
    4, 4).
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
    """Rotations (T, 52, 4) whose ankles come to ``ankles`` (T, 2, 3) with world foot rotations ``feet`` (T, 2, 4).

    Analytic two-bone solution; the knee stays in the plane it was in. Targets out of reach are approached.
    """
    result = np.array(rotations, np.float32)
    positions, world = leg_positions(root, rotations, skeleton)
    for s, side in enumerate(SIDES):
        hip_joint, knee_joint, ankle_joint, _ = _CHAIN[side]
        thigh, shin = (np.linalg.norm(skeleton.offsets[j]) for j in (knee_joint, ankle_joint))
        hip, knee = positions[:, s, 0], positions[:, s, 1]
        line = ankles[:, s] - hip
        distance = np.linalg.norm(line, axis=-1, keepdims=True)
        line = line / np.maximum(distance, 1e-6)
        distance = np.clip(distance, abs(thigh - shin) + 0.02, (thigh + shin) * _REACH)
        # A leg that is nearly straight has no plane of its own, so the thigh's forward axis helps to choose one.
        pole = knee - hip + 0.15 * rot.rotate(world[:, s, 0], np.array([0.0, -1.0, 0.0], np.float32))
        pole = pole - line * np.sum(pole * line, -1, keepdims=True)
        pole = pole / np.maximum(np.linalg.norm(pole, axis=-1, keepdims=True), 1e-6)
        along = (thigh**2 - shin**2 + distance**2) / (2.0 * distance)
        aside = np.sqrt(np.maximum(thigh**2 - along**2, 0.0))
        new_knee = hip + line * along + pole * aside
        new_ankle = hip + line * distance
        hip_world = _aim(world[:, s, 0], skeleton.offsets[knee_joint], new_knee - hip)
        knee_world = _aim(
            rot.multiply(hip_world, rotations[:, knee_joint]), skeleton.offsets[ankle_joint], new_ankle - new_knee
        )
        result[:, hip_joint] = rot.multiply(rot.conjugate(rotations[:, 0]), hip_world)
        result[:, knee_joint] = rot.multiply(rot.conjugate(hip_world), knee_world)
        result[:, ankle_joint] = rot.multiply(rot.conjugate(knee_world), feet[:, s])
    return rot.normalize(result).astype(np.float32)


def retarget(
    root: FloatArray, rotations: FloatArray, source: Skeleton, target: Skeleton, seat: tuple[float, float] | None = None
) -> tuple[FloatArray, FloatArray]:
    """A clip of ``source`` on ``target``'s bones: paths scale with the legs, feet come down where they should.

    ``seat``: (seated pelvis height in the clip, wanted seated pelvis height on the target), metres; the pelvis between
    standing and seated is moved in proportion and the feet stay where they are.
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


def _aim(world: FloatArray, bone: FloatArray, direction: FloatArray) -> NDArray[np.float32]:
    """``world`` (T, 4) turned the short way until ``bone`` points along ``direction`` (T, 3)."""
    return rot.multiply(rot.between(rot.rotate(world, bone), direction), world)
