"""Limbs that jump for a frame are eased: where pieces of motion meet, near full stretch and where a leg or arm gives
way.

A limb whose joint accelerates harder than captured ones do is smoothed there, a little more each time it still does.
Only the frames around the jump change.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from ...body_model import rotations as rot
from ...body_model.feet import sole_points
from ...body_model.skeleton import INDEX, Skeleton
from ...contract import FPS, FloatArray
from ...metrics.labels import root_speed
from .base_motion import body_positions

# Per limb: the joints that turn, and those whose acceleration tells, with the hardest (m/s^2, body of 1.7 m) while the
# body
# stays where it is and while it goes. A little below what ``filter.HARDEST`` lets pass.
_LIMBS = tuple(
    (
        tuple(INDEX[f"{side}_{joint}"] for joint in turning),
        tuple((INDEX[f"{side}_{joint}"], limits) for joint, limits in telling),
    )
    for side in ("left", "right")
    for turning, telling in (
        (("hip", "knee", "ankle", "foot"), (("knee", (13.0, 85.0)), ("ankle", (18.0, 95.0)))),
        (("collar", "shoulder", "elbow", "wrist"), (("elbow", (55.0, 55.0)), ("wrist", (70.0, 70.0)))),
    )
)
_HEAD = ((INDEX["neck"], INDEX["head"]), ((INDEX["head"], (12.0, 26.0)),))
_SIGMAS = (1.2, 1.8, 2.6)  # frames
_GOING = 0.25  # m/s
_THROUGH = 0.004  # m of sole in the floor that shoes hide


def eased(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """Root (T, 3) and rotations (T, 52, 4) without jumps of legs, arms and head; feet that come below the floor by it
    lift the body.
    """
    result = np.array(rotations, np.float32)
    if len(root) < 8:
        return root, result
    # Somebody who sits down or gets up goes too.
    speed = np.maximum(
        uniform_filter1d(root_speed(root), FPS), np.abs(np.gradient(uniform_filter1d(root[:, 2], 7))) * FPS
    )
    going = maximum_filter1d(speed, FPS) > _GOING
    for sigma in _SIGMAS:
        positions = body_positions(root, result, skeleton)
        hard = np.zeros((len(root), positions.shape[1]), np.float32)
        hard[1:-1] = np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1) * (FPS**2 / skeleton.size)
        clean = True
        for turning, telling in (*_LIMBS, _HEAD):
            over = np.zeros(len(root), bool)
            for joint, (staying, moving) in telling:
                over |= hard[:, joint] > np.where(going, moving, staying)
            if over.any():
                clean = False
                _smooth(result, list(turning), over, sigma)
        if clean:
            break
    below = np.maximum(-sole_points(root, result, skeleton)[..., 2].min(axis=(1, 2)) - _THROUGH, 0.0)
    lifted = np.array(root, np.float32)
    lifted[:, 2] += gaussian_filter1d(maximum_filter1d(below, 7), 1.5, mode="nearest")
    return lifted, result


def _smooth(rotations: FloatArray, joints: list[int], where: NDArray[np.bool_], sigma: float) -> None:
    """Joints' rotations through a Gaussian of ``sigma`` frames around the frames ``where``, in place."""
    reach = round(3 * sigma)
    near = np.flatnonzero(maximum_filter1d(where, 2 * reach + 1))
    for part in np.split(near, np.flatnonzero(np.diff(near) > 1) + 1):
        a, b = max(0, part[0] - reach), min(len(rotations), part[-1] + reach + 1)
        piece = rot.continuous(rotations[a:b][:, joints])
        smooth = rot.normalize(gaussian_filter1d(piece, sigma, axis=0, mode="nearest"))
        weight = gaussian_filter1d(maximum_filter1d(where[a:b], 3).astype(np.float32), sigma, mode="nearest")
        weight = np.minimum(1.0, 1.6 * weight)[:, None]
        rotations[a:b, joints] = rot.slerp(piece, smooth, weight).astype(np.float32)
