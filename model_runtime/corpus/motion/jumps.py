"""Smooth limbs that jump for a frame, as where pieces of motion join, near full stretch, or where arms avoid the body.

A limb whose joint accelerates harder than captured ones do is smoothed around that frame, a little more in each round.
All other frames stay as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from ...body_model import rotations as rot
from ...body_model.feet import sole_points
from ...body_model.skeleton import INDEX, Skeleton
from ...common.masks import runs_of
from ...contract import FPS, FloatArray
from ...planning.motion_labels import root_speed
from .base_motion import body_positions

# Per limb: the joints to smooth, and the joints whose acceleration is watched with its largest value (m/s^2, body of
# mean height) while the body stays and while it moves, a little below the limits ``filter.HARDEST``.
_LIMBS = tuple(
    (
        tuple(INDEX[f"{side}_{joint}"] for joint in smoothed),
        tuple((INDEX[f"{side}_{joint}"], limits) for joint, limits in watched),
    )
    for side in ("left", "right")
    for smoothed, watched in (
        (("hip", "knee", "ankle", "foot"), (("knee", (13.0, 85.0)), ("ankle", (18.0, 95.0)))),
        (("collar", "shoulder", "elbow", "wrist"), (("elbow", (55.0, 55.0)), ("wrist", (70.0, 70.0)))),
    )
)
_HEAD = ((INDEX["neck"], INDEX["head"]), ((INDEX["head"], (12.0, 26.0)),))
_SIGMAS = (1.2, 1.8, 2.6)  # frames
_MOVING = 0.25  # m/s of the root, over a second
_UNDERGROUND = 0.004  # m of sole below the floor that shoes hide


def without_jumps(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """Return root (T, 3) and rotations (T, 52, 4) without jumps of legs, arms and head.

    Where smoothing brings a foot below the floor, the body is lifted.
    """
    result = np.array(rotations, np.float32)
    if len(root) < 8:
        return root, result
    # Sitting down and getting up count as moving.
    speed = np.maximum(
        uniform_filter1d(root_speed(root), FPS), np.abs(np.gradient(uniform_filter1d(root[:, 2], 7))) * FPS
    )
    goes = maximum_filter1d(speed, FPS) > _MOVING
    for sigma in _SIGMAS:
        positions = body_positions(root, result, skeleton)
        hard = np.zeros((len(root), positions.shape[1]), np.float32)
        hard[1:-1] = np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1) * (FPS**2 / skeleton.size)
        clean = True
        for smoothed, watched in (*_LIMBS, _HEAD):
            over = np.zeros(len(root), bool)
            for joint, (staying, moving) in watched:
                over |= hard[:, joint] > np.where(goes, moving, staying)
            if over.any():
                clean = False
                _smooth(result, list(smoothed), over, sigma)
        if clean:
            break
    below = np.maximum(-sole_points(root, result, skeleton)[..., 2].min(axis=(1, 2)) - _UNDERGROUND, 0.0)
    lifted = np.array(root, np.float32)
    lifted[:, 2] += gaussian_filter1d(maximum_filter1d(below, 7), 1.5, mode="nearest")
    return lifted, result


def _smooth(rotations: FloatArray, joints: list[int], where: NDArray[np.bool_], sigma: float) -> None:
    """Smooth ``joints`` by a Gaussian of ``sigma`` frames around the frames ``where`` (T,), in place."""
    reach = round(3 * sigma)
    for first, last in runs_of(maximum_filter1d(where, 2 * reach + 1)):
        a, b = max(0, first - reach), min(len(rotations), last + reach)
        piece = rot.continuous(rotations[a:b][:, joints])
        smooth = rot.normalize(gaussian_filter1d(piece, sigma, axis=0, mode="nearest"))
        weight = gaussian_filter1d(maximum_filter1d(where[a:b], 3).astype(np.float32), sigma, mode="nearest")
        weight = np.minimum(1.0, 1.6 * weight)[:, None]
        rotations[a:b, joints] = rot.slerp(piece, smooth, weight).astype(np.float32)
