"""A clip of one body on the bones of another, and seats of another height."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions, reach
from ...body_model.skeleton import INDEX, Skeleton, heading_of
from ...contract import FloatArray


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
