"""Capsules and contact points as lines: what a check measures, drawn over the characters."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array
from .lines import Strokes

_ARC = 10  # segments of half an outline


def outlines(start: Array, end: Array, radius: Array, eye: Array, is_parallel: bool) -> Array:
    """Return the outline (C, N, 3) of tapered capsules as it is seen, closed: the first point is the last one.

    ``start`` and ``end`` (C, 3), ``radius`` (C, 2) at both, metres; ``eye`` (3,) is the place that they are seen from
    or, if ``is_parallel``, the direction to it. Seen from afar, an outline is the convex hull of two circles.
    """
    view = np.broadcast_to(eye, start.shape) if is_parallel else eye - 0.5 * (start + end)
    view = view / np.maximum(np.linalg.norm(view, axis=-1, keepdims=True), 1e-9)
    axis = end - start
    axis = axis - np.sum(axis * view, -1, keepdims=True) * view
    length = np.linalg.norm(axis, axis=-1, keepdims=True)
    across = np.cross(view, [0.0, 0.0, 1.0]) + 1e-6 * np.array([1.0, 0.3, 0.1])  # of what is seen from its end
    along = np.where(length > 1e-6, axis / np.maximum(length, 1e-9), across)
    along = along / np.linalg.norm(along, axis=-1, keepdims=True)
    side = np.cross(view, along)
    tangent = np.arccos(np.clip((radius[:, :1] - radius[:, 1:]) / np.maximum(length, 1e-9), -1.0, 1.0))
    share = np.linspace(0.0, 1.0, _ARC + 1)
    at_end = -tangent + 2.0 * tangent * share
    at_start = tangent + 2.0 * (np.pi - tangent) * share
    points = [
        middle[:, None] + size[:, :1, None] * _directions(angles, along, side)
        for middle, size, angles in ((end, radius[:, 1:], at_end), (start, radius[:, :1], at_start))
    ]
    loop = np.concatenate(points, axis=1)
    return np.concatenate([loop, loop[:, :1]], axis=1).astype(np.float32)


def _directions(angles: Array, along: Array, side: Array) -> Array:
    return np.cos(angles)[..., None] * along[:, None] + np.sin(angles)[..., None] * side[:, None]


def loops(outlines: Array, colours: Array, width: float) -> Strokes:
    """Return outlines (C, N, 3) as strokes, each in one of the ``colours`` (C, 4)."""
    points = np.stack([outlines[:, :-1], outlines[:, 1:]], 2)
    tints = np.broadcast_to(colours[:, None, None], (*points.shape[:3], 4))
    return Strokes(points.reshape(-1, 2, 3), tints.reshape(-1, 2, 4), width)


def crosses(places: Array, size: float, colours: Array) -> Strokes:
    """Return a small cross at each of the ``places`` (P, 3): three strokes of ``size`` metres; ``colours`` (P, 4)."""
    axes = np.eye(3, dtype=np.float32) * np.float32(0.5 * size)
    points = places[:, None, None] + np.stack([-axes, axes], 1)
    tints = np.broadcast_to(colours[:, None, None], (*points.shape[:3], 4))
    return Strokes(points.reshape(-1, 2, 3), tints.reshape(-1, 2, 4), 1.0)
