"""The graph of distance and depth over the shot, as plain data for the 3D view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..check.colours import Colour
from ..check.curves import highest_of
from ..check.shot_check import ShotCheck
from ..runtime_api import Array
from .boxes import Box

_GROUND: Colour = (0.0, 0.0, 0.0, 0.45)
_NOW: Colour = (1.0, 1.0, 1.0, 0.8)
_DISTANCE: Colour = (0.45, 0.75, 1.0, 0.9)
_DEPTH: Colour = (1.0, 0.3, 0.2, 1.0)
_DEEPEST, _FARTHEST = 0.05, 1.5  # metres at the top of the graph; of depth at least
_INSET = 4  # pixels
_OVER = 0.08  # metres over a head


@dataclass(frozen=True)
class Graph:
    """What a graph shows beside its curves: boxes, and texts at their places."""

    boxes: tuple[tuple[Box, Colour], ...]
    texts: tuple[tuple[tuple[float, float], str], ...]


def numbers_beside(found: ShotCheck, frame: float) -> list[tuple[Array, str]]:
    """Return a place (3,) in the world and the numbers of a scene's ``frame`` that stand there.

    Between the chests how far the two are apart or how deep in each other, over each head how deep it is in itself.
    """
    row = found.row_at(frame)
    if row is None:
        return []
    one, two = (body.points[row, body.shape.point("chest")] for body in found.bodies)
    depth = float(found.contacts.depth[row])
    told = f"{100.0 * depth:.1f} cm deep" if depth > 0.0 else f"{100.0 * found.contacts.distance[row]:.0f} cm"
    numbers = [(0.5 * (one + two), told)]
    for body, depths in zip(found.bodies, found.contacts.self_depth):
        if depths[row] > 0.0:
            over = body.points[row, body.shape.point("top_of_head")] + np.array([0.0, 0.0, _OVER])
            numbers.append((over, f"{100.0 * depths[row]:.1f} cm in oneself"))
    return numbers


def graph_of(found: ShotCheck, frame: float, box: Box) -> Graph:
    """Return the ground of a check's graph in a box, and the numbers of a scene's ``frame``."""
    left, low, right, high = box
    row = found.row_at(frame)
    boxes: tuple[tuple[Box, Colour], ...] = ((box, _GROUND),)
    if row is None:
        return Graph(boxes, ())
    now = left + (right - left) * row / max(len(found.contacts.distance) - 1, 1)
    words = f"{100.0 * found.contacts.distance[row]:.0f} cm apart" if found.contacts.depth[row] <= 0.0 else "touching"
    deepest = max(float(found.contacts.depth[row]), float(found.contacts.self_depth[:, row].max()))
    if deepest > 0.0:
        words = f"{words}, {100.0 * deepest:.1f} cm deep"
    return Graph((*boxes, ((now, low, now + 1.0, high), _NOW)), (((left + _INSET, high + _INSET), words),))


def curves_of(found: ShotCheck, box: Box) -> tuple[tuple[Array, Colour], ...]:
    """Return the curves of a check's graph in a box, the same at all frames: points (N, 2) in pixels, and a colour."""
    deepest = np.maximum(found.contacts.depth, found.contacts.self_depth.max(0))
    return (
        (_curve(found.contacts.distance / _FARTHEST, box), _DISTANCE),
        (_curve(deepest / max(_DEEPEST, float(deepest.max())), box), _DEPTH),
    )


def _curve(values: Array, box: Box) -> Array:
    """Return the points (N, 2) of ``values`` (T,), where 1 is the top; no more than one a pixel, the highest of it."""
    left, low, right, high = box
    highest, along = highest_of(values, max(2, int(right - left)))
    x = left + (right - left) * along
    return np.stack([x, low + (high - low) * np.clip(highest, 0.0, 1.0)], -1).astype(np.float32)
