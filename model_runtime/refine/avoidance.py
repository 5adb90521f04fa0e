"""Collision avoidance for generated roots: the path bends aside, early and smoothly, where two bodies would intersect.

Planned paths already keep clear of the partner; this corrects the motion where it cuts corners. Only roots move, over
the floor, so it comes before feet are planted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_dilation, gaussian_filter1d

from ..body_model.body_shape import BodyShape
from ..body_model.capsules import Capsules, deepest_overlap
from ..body_model.proxemics import SHOULDERS
from ..body_model.skeleton import Skeleton, forward_kinematics
from ..body_model.volume import Volume, volumes_of
from ..common.arrays import Array
from ..common.masks import runs_of
from ..contract import FPS

_NEAR = 0.9  # m at 1.70 m between roots, further than which trunks and legs cannot touch
_TOUCH = 0.005  # m
_PASSES = 0.3  # m/s against each other, below which two stand together and do not pass
_AROUND = 8  # frames about the moment they are nearest, over which they are judged to move
_EARLY = round(0.5 * FPS)  # frames before and after the touch in which the way is already aside
_EASE = 0.35 * FPS  # frames, deviation of the Gaussian over which it bends
_FREE = ("forearm", "hand")  # regions that arm clearance takes care of


def avoid_partner(
    roots: Array,
    rotations: Array,
    skeletons: Sequence[Skeleton],
    fixed: Sequence[bool] = (False, False),
    shapes: Sequence[BodyShape | None] | None = None,
) -> NDArray[np.float32]:
    """Return roots (2, T, 3), moved where the two would walk through each other.

    An actor that is ``fixed`` stays; otherwise the faster one gives way more. ``shapes`` as for ``clear_arms``.
    """
    result = np.array(roots, np.float32)
    size = float(np.mean([skeleton.size for skeleton in skeletons]))
    between = roots[0, :, :2] - roots[1, :, :2]
    near = np.flatnonzero(np.linalg.norm(between, axis=-1) < _NEAR * size)
    if all(fixed) or len(near) < 2:
        return result
    depth = np.zeros(len(between))
    bodies = [
        _trunk_and_legs(volume, roots[a, near], rotations[a, near])
        for a, volume in enumerate(volumes_of(skeletons, shapes))
    ]
    depth[near] = deepest_overlap(*bodies)
    walks = gaussian_filter1d(np.gradient(roots[..., :2], axis=1) * FPS, 3.0, axis=1)
    touching = binary_closing(np.pad(depth > _TOUCH, _EARLY), iterations=_EARLY)[_EARLY:-_EARLY]
    for first, last in runs_of(touching):
        closest = first + int(np.linalg.norm(between[first:last], axis=-1).argmin())
        moment = slice(max(closest - _AROUND, 0), closest + _AROUND + 1)
        passing = (walks[0, moment] - walks[1, moment]).mean(0)
        if np.linalg.norm(passing) < _PASSES:
            continue
        aside = np.array([-passing[1], passing[0]]) / np.linalg.norm(passing)
        off = float(between[closest] @ aside)
        shift = max(SHOULDERS * size - abs(off), float(depth[first:last].max())) * (1.0 if off >= 0.0 else -1.0)
        profile = np.zeros(len(between))
        profile[first:last] = 1.0
        profile = gaussian_filter1d(
            binary_dilation(profile > 0.5, iterations=_EARLY).astype(np.float64), _EASE, mode="nearest"
        )
        pace = [0.0 if fixed[a] else float(np.linalg.norm(walks[a, moment], axis=-1).mean()) + 1e-3 for a in range(2)]
        for a, sign in ((0, 1.0), (1, -1.0)):
            result[a, :, :2] += (sign * pace[a] / sum(pace) * shift * profile)[:, None] * aside
    return result


def _trunk_and_legs(volume: Volume, root: Array, rotations: Array) -> Capsules:
    """Return the capsules of a body without forearms and hands."""
    posed = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), volume.skeleton)
    placed, free = volume.place(*posed), volume.of(*_FREE)
    kept = np.setdiff1d(np.arange(len(volume.regions)), free)
    return Capsules(placed.start[:, kept], placed.end[:, kept], placed.radius[kept])
