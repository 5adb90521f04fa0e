"""Small scenes for the solver: people who stand with their arms down."""

from __future__ import annotations

import numpy as np

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.arrays import Array, FloatArray
from model_runtime.refine.contacts import BodyMotion


def standing(height: float, x: float, facing: float, frames: int) -> BodyMotion:
    """A person of ``height`` metres at (``x``, 0) who faces +X (1) or -X (-1), with slightly bent elbows and knees."""
    skeleton = AVERAGE_SKELETON.scaled(height / AVERAGE_SKELETON.height)
    turns = np.zeros((frames, 52, 3))
    turns[:, 0, 2] = facing * np.pi / 2
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turns[:, INDEX[f"{side}_shoulder"], 1] = sign * 1.25
        turns[:, INDEX[f"{side}_elbow"], 2] = -sign * 0.3
        for part, bend in (("hip", -0.1), ("knee", 0.2), ("ankle", -0.1)):
            turns[:, INDEX[f"{side}_{part}"], 0] = bend
    legs = -float(skeleton.rest_positions[INDEX["left_ankle"], 2] - skeleton.rest_positions[INDEX["left_hip"], 2])
    root = np.tile(np.array([x, 0.0, skeleton.pelvis_height - (1.0 - np.cos(0.1)) * legs], np.float32), (frames, 1))
    return BodyMotion(root, rotations_of(turns), skeleton, default_body_shape(skeleton))


def rotations_of(turns: Array) -> FloatArray:
    """Return quaternions (T, 52, 4) of rotation vectors (T, 52, 3)."""
    return np.asarray(rot.from_axis_angle(turns), np.float32)
