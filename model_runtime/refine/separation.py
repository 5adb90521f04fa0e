"""Part two limbs that overlap: in which direction, how far, and widened in time so that smoothing keeps the peak."""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array


def parting_directions(normals: Array, gap: Array, clearance: Array, sides: Array) -> tuple[Array, Array]:
    """Return depths (T, P) metres and unit directions (T, P, 3) in which bones leave the ones they overlap.

    ``normals`` (T, P, 3) are unit vectors between the nearest points of two bones ``gap`` (T, P) metres apart that
    should be ``clearance`` (T, P) metres apart. ``sides`` (T, P, 3) point from one limb to the other's. Where two bones
    cross, the normal says nothing, and beyond that it points the wrong way: the deeper they overlap, the more the
    direction follows ``sides``.
    """
    overlap = np.clip(1.0 - gap / np.maximum(clearance, 1e-4), 0.0, 1.0)[..., None]
    unit_sides = sides / np.maximum(np.linalg.norm(sides, axis=-1, keepdims=True), 1e-4)
    directions = (1.0 - overlap) * normals + overlap * unit_sides
    directions /= np.maximum(np.linalg.norm(directions, axis=-1, keepdims=True), 1e-4)
    return depth_along(directions, normals, gap, clearance), directions


def depth_along(directions: Array, normals: Array, gap: Array, clearance: Array) -> Array:
    """Return how far (T, P) in metres along ``directions`` a bone moves until it is ``clearance`` from the other.

    It starts ``gap`` (T, P) metres from the other in direction ``normals`` (T, P, 3).
    """
    towards = gap * np.sum(normals * directions, -1)
    return np.sqrt(np.maximum(clearance**2 - gap**2 + towards**2, 0.0)) - towards


def widest(push: Array, hold: int) -> Array:
    """Return for each frame and joint the longest ``push`` (T, ..., 3) within ``hold`` frames.

    A push that lasts a few frames then survives the smoothing that follows.
    """
    result, longest = push.copy(), np.linalg.norm(push, axis=-1)
    lengths = longest.copy()
    for shift in range(1, min(hold, len(push) - 1) + 1):
        for mine, other in ((slice(shift, None), slice(None, -shift)), (slice(None, -shift), slice(shift, None))):
            more = lengths[other] > longest[mine]
            result[mine][more], longest[mine][more] = push[other][more], lengths[other][more]
    return result
