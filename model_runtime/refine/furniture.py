"""Hands and forearms beside furniture: how deep they are in it, and which way they leave.

Above a table and below it are both outside, and half way through its top the nearest way out is either. So for an arm
the room below a top counts as inside: it goes over it, or back from its edge where that is much nearer. One whose hand
goes below a table and comes back from there, as from a lap, may stay there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..body_model.capsules import Capsules, bounds, radius_at
from ..body_model.obstacle import Obstacle, stations_on
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.masks import runs_of

_OVER = 1.05  # metres above the floor, up to which arms go over a top
_ASIDE = 3.0  # times as far up as aside are arms readily moved from below a top


class InFurniture(NamedTuple):
    """N capsules, each on one frame, that are in a thing or near it."""

    frame: Array
    capsule: Array
    along: FloatArray  # where along the capsule, 0 to 1
    depth: FloatArray  # metres, negative apart
    direction: FloatArray  # (N, 3) unit vectors by which they leave


@dataclass(frozen=True, eq=False)
class Top:
    """A thing as it is, and ``solid``, without the room below its tops.

    ``below`` (X, Y, Z): the corners of its grid in that room; ``covered`` (X, Y): those with a top above the floor.
    """

    thing: Obstacle
    solid: Obstacle
    below: BoolArray
    covered: BoolArray

    def is_beside(self, hand: Array) -> BoolArray:
        """Return the frames (T,) on which a hand at ``hand`` (T, 3) is below a top or beside it, and goes through none.

        One that is below has come from aside and leaves so. One that was on both sides before it left went through.
        """
        most = np.array(self.below.shape) - 1
        corner = np.round((hand - np.array(self.thing.origin, np.float32)) / self.thing.cell).astype(np.int64)
        aside = ((corner[:, :2] < 0) | (corner[:, :2] > most[:2])).any(1)
        i, j, k = np.clip(corner, 0, most).T
        over = self.covered[i, j] & ~aside
        highest = np.flatnonzero(self.below.any((0, 1))).max(initial=-1)
        below, beside = self.below[i, j, k] & over, ~over & (corner[:, 2] <= highest)
        above = over & ~below & (self.thing.distance_at(hand) > 0.0)
        for first, stop in runs_of(over):
            beside[first:stop] = below[first:stop].any() and not above[first:stop].any()
        return beside


def top_of(thing: Obstacle, size: float) -> Top:
    """Return a thing as arms meet it, for a body ``size`` times that of 1.70 m.

    In the room that ``solid`` has no more, a distance is how far up the top is, or ``_ASIDE`` times that to the nearest
    side.
    """
    levels = int(np.clip(round((_OVER * size - thing.origin[2]) / thing.cell), 0, thing.distance.shape[2]))
    # A board thinner than a cell may have no corner inside.
    solid = thing.distance < 0.25 * thing.cell
    low = solid[:, :, :levels][:, :, ::-1]
    above = np.zeros_like(solid)
    above[:, :, : max(levels - 1, 0)] = np.maximum.accumulate(low, 2)[:, :, ::-1][:, :, 1:]
    filled = above & (thing.distance > 0.0)
    covered = solid[:, :, :levels].any(2)
    if not filled.any():
        return Top(thing, thing, filled, covered)
    inside = filled | (thing.distance < 0.0)
    cell = thing.cell
    into = distance_transform_edt(inside, sampling=(_ASIDE * cell, _ASIDE * cell, cell)).astype(np.float32)
    beside = distance_transform_edt(~filled).astype(np.float32) * np.float32(cell)
    half = np.float32(0.5 * cell)  # the surface lies between two corners
    distance = np.where(inside, np.minimum(thing.distance, half - into), np.minimum(thing.distance, beside - half))
    distance = np.where(filled, np.minimum(half - into, 0.0), distance).astype(np.float32)
    return Top(thing, replace(thing, distance=distance), filled, covered)


def in_furniture(thing: Obstacle, capsules: Capsules, near: float) -> InFurniture:
    """Return where ``capsules`` over T frames are in a thing or ``near`` metres to it: of each the deepest point."""
    middle, reach = bounds(capsules)
    close = thing.away(middle) < reach + near
    lengths = np.linalg.norm(capsules.end - capsules.start, axis=-1).max(0, initial=0.0)
    station = stations_on(lengths, close.any(0))
    row, k = np.nonzero(close[:, station.capsule])
    which, along = station.capsule[k], station.along[k]
    start, end = capsules.start[row, which], capsules.end[row, which]
    value, slope = thing.around(start + along[:, None] * (end - start))
    steep = np.linalg.norm(slope, axis=-1)
    depth = radius_at(capsules.radius[which], along) - np.where(value < 0.0, value / np.maximum(steep, 1.0), value)
    key = row * capsules.start.shape[1] + which
    order = np.lexsort((depth, key))
    deepest = order[np.append(np.diff(key[order]) != 0, True)] if len(order) else order
    deepest = deepest[depth[deepest] > -near]
    direction = slope[deepest] / np.maximum(steep[deepest], 1e-6)[:, None]
    return InFurniture(row[deepest], which[deepest], along[deepest], depth[deepest], direction.astype(np.float32))
