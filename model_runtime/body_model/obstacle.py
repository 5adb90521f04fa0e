"""Furniture that bodies keep clear of: the distance to its surface on a grid, which is read anywhere in between.

A distance costs the same for a table as for a carved chair, and its slope says where the nearest way out is. Bodies are
compared by points along the axes of their capsules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ..common.arrays import Array, BoolArray, FloatArray
from .body_shape import IntArray
from .capsules import Capsules, bounds, radius_at
from .volume import without_side

SPACING = 0.025  # metres between two points along a capsule
# Of one who sits on it, what a seat holds: it gives way there, so that is contact and no overlap.
ON_A_SEAT = frozenset({"hips", "belly", "chest", "shoulder", "upper_arm", "thigh"})


@dataclass(frozen=True, eq=False)
class Obstacle:
    """A thing that stays where it is, called ``name``.

    ``distance`` (X, Y, Z): metres from each corner of a grid to its surface, negative inside; the first corner is at
    ``origin``, neighbours are ``cell`` metres apart. ``seated``: the actors who sit on it, by their place in the
    request.
    """

    name: str
    origin: tuple[float, float, float]
    cell: float
    distance: FloatArray
    seated: tuple[int, ...] = ()

    def moved(self, origin: tuple[float, float, float], unit: float) -> Obstacle:
        """Return it in a world whose origin is at ``origin`` and whose metre has ``unit`` metres of this one."""
        x, y, z = ((a - b) / unit for a, b in zip(self.origin, origin))
        return replace(
            self, origin=(x, y, z), cell=self.cell / unit, distance=(self.distance / unit).astype(np.float32)
        )

    def holds(self, actor: int, regions: tuple[str, ...]) -> BoolArray:
        """Return which (C,) capsules of an actor, by their ``regions``, may not be in it."""
        on_it = ON_A_SEAT if actor in self.seated else frozenset[str]()
        return np.array([without_side(region) not in on_it for region in regions], bool)

    def distance_at(self, places: Array) -> FloatArray:
        """Return the distance (...) of ``places`` (..., 3); outside of the grid, that over the grid."""
        return self.around(places, slopes=False)[0]

    def around(self, places: Array, slopes: bool = True) -> tuple[FloatArray, FloatArray]:
        """Return the distance (...) of ``places`` (..., 3) and its slope (..., 3), which leads out of the thing."""
        corner, within, beyond = self._cells(np.asarray(places, np.float32))
        weights = np.stack([1.0 - within, within], -1)  # (..., 3, 2)
        flat, (_, ny, nz) = self.distance.reshape(-1), self.distance.shape
        first = (corner[..., 0] * ny + corner[..., 1]) * nz + corner[..., 2]
        value, slope = np.zeros(first.shape, np.float32), np.zeros((*first.shape, 3), np.float32)
        for i in (0, 1):
            for j in (0, 1):
                for k in (0, 1):
                    there = flat[first + (i * ny + j) * nz + k]
                    w = weights[..., 0, i], weights[..., 1, j], weights[..., 2, k]
                    value += w[0] * w[1] * w[2] * there
                    if slopes:
                        slope[..., 0] += (2 * i - 1) * w[1] * w[2] * there
                        slope[..., 1] += (2 * j - 1) * w[0] * w[2] * there
                        slope[..., 2] += (2 * k - 1) * w[0] * w[1] * there
        out = np.sqrt(np.einsum("...i,...i->...", beyond, beyond))
        if slopes:
            slope = np.where(out[..., None] > 0.0, beyond / np.maximum(out, 1e-9)[..., None], slope / self.cell)
        return (value + out).astype(np.float32), slope

    def _cells(self, places: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the first corner (..., 3) of the cell of each place, where in it (..., 3) 0 to 1, and the way (..., 3)
        in metres from the grid to the place.
        """
        most = np.array(self.distance.shape, np.float32) - 1.0
        along = (places - np.array(self.origin, np.float32)) / np.float32(self.cell)
        inside = np.clip(along, 0.0, most)
        corner = np.minimum(inside.astype(np.int64), self.distance.shape - np.array(2))
        return corner, (inside - corner).astype(np.float32), (along - inside) * np.float32(self.cell)

    def away(self, places: Array) -> FloatArray:
        """Return how far (...) ``places`` (..., 3) are from the box of the grid, metres; 0 inside."""
        first = np.array(self.origin, np.float32)
        last = first + np.float32(self.cell) * (np.array(self.distance.shape, np.float32) - 1.0)
        beyond: FloatArray = np.maximum(np.maximum(first - places, places - last), 0.0)
        return np.linalg.norm(beyond, axis=-1)


class Stations(NamedTuple):
    """N points along the axes of capsules: the ``capsule`` (N,) of each, and where ``along`` it (N,), 0 to 1."""

    capsule: IntArray
    along: FloatArray


def stations_on(lengths: FloatArray, chosen: Array) -> Stations:
    """Return points no further than ``SPACING`` apart on the ``chosen`` (C,) of capsules of these ``lengths`` (C,)."""
    capsule, along = [], []
    for k in np.flatnonzero(chosen):
        count = 1 + int(np.ceil(lengths[k] / SPACING))
        capsule.append(np.full(count, k))
        along.append(np.linspace(0.0, 1.0, count) if count > 1 else np.zeros(1))
    if not capsule:
        return Stations(np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Stations(np.concatenate(capsule), np.concatenate(along).astype(np.float32))


class Inside(NamedTuple):
    """N capsules, each on one frame, that are in an obstacle or near it."""

    frame: IntArray
    capsule: IntArray
    along: FloatArray  # where along the capsule it is deepest, 0 to 1
    depth: FloatArray  # metres, negative apart
    place: FloatArray  # (N, 3) that point of the axis
    out: FloatArray  # (N, 3) unit vectors out of the obstacle there


def capsules_in(obstacle: Obstacle, capsules: Capsules, chosen: Array, near: float) -> Inside:
    """Return which of the ``chosen`` (C,) of capsules over T frames are in ``obstacle`` or ``near`` metres to it."""
    middle, reach = bounds(capsules)
    close = (obstacle.away(middle) < reach + near) & np.asarray(chosen, bool)
    lengths = np.linalg.norm(capsules.end - capsules.start, axis=-1).max(0, initial=0.0)
    station = stations_on(lengths, close.any(0))
    row, k = np.nonzero(close[:, station.capsule])
    which, along = station.capsule[k], station.along[k]
    start, end = capsules.start[row, which], capsules.end[row, which]
    places = start + along[:, None] * (end - start)
    depth = radius_at(capsules.radius[which], along) - obstacle.distance_at(places)
    count = capsules.start.shape[1]
    order = np.lexsort((depth, row * count + which))
    key = (row * count + which)[order]
    last = order[np.append(key[1:] != key[:-1], True)] if len(order) else order  # the deepest point of each capsule
    last = last[depth[last] > -near]
    _, slope = obstacle.around(places[last])
    out = slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)
    return Inside(row[last], which[last], along[last], depth[last].astype(np.float32), places[last], out)
