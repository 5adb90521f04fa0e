"""Ways that pass the partner at elbow's length, wherever the partner is at that moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array

Leg = tuple[int, int]  # first frame of a walk and its last
_AWAY = 2.5  # metres of way over which a bow leads out, and back
_SHORTEST = 0.6  # metres; a shorter way has no room to bow
_WIDEST, _FINER = 1.6, 0.1  # metres
_STEEPEST = 0.6  # metres aside for each metre of way
_AT_THE_ENDS = 0.06  # share of a way that is where it is, however near the partner


def avoid_collisions(
    ways: Array, legs: Sequence[Sequence[Leg]], room: float, units: tuple[float, float] = (1.0, 1.0)
) -> Array:
    """``ways`` (2, T, 2) in metres, NaN where none is known, bowed so that the two stay ``room`` apart at every moment.

    Only ``legs``, the walks of each, bow, sideways and not at their ends. Of two who walk at once each gives way by
    half, both to their right where they meet head on; what is then still too close the second takes. ``units`` as in
    ``HeightNormalisation``.
    """
    ways = ways.copy()
    for given in (0.5, 1.0):
        seen = ways if given == 1.0 else ways.copy()
        for a in (0, 1):
            theirs = _without_gaps(seen[1 - a]) * (units[1 - a] / units[a])
            for first, last in legs[a]:
                frames = slice(first, last + 1)
                at, bow = _bow(ways[a, frames], theirs[frames], room)
                both_walk = any(begin <= first + at <= end for begin, end in legs[1 - a])
                ways[a, frames] += (given if both_walk else 1.0) * bow
    return ways


def _bow(mine: Array, theirs: Array, room: float) -> tuple[int, Array]:
    """The frame of a way (T, 2) that is nearest to the partner's, and the smallest shift (T, 2) that passes there with
    room.
    """
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(mine, axis=0), axis=-1))])
    length = float(way[-1])
    judged = (way > _AT_THE_ENDS * length) & (way < (1 - _AT_THE_ENDS) * length)
    none = np.zeros_like(mine)
    apart = np.where(judged, np.linalg.norm(mine - theirs, axis=-1), np.inf)
    at = int(apart.argmin())
    if length < _SHORTEST or not apart[at] < room:
        return at, none
    out, back = min(_AWAY, way[at]), min(_AWAY, length - way[at])
    share = np.where(way < way[at], (way - way[at]) / out, (way - way[at]) / back)
    profile = 0.5 + 0.5 * np.cos(np.pi * np.clip(share, -1.0, 1.0))
    along = _at(mine, way, way + 0.3) - _at(mine, way, way - 0.3)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    right = np.stack([along[:, 1], -along[:, 0]], -1) * profile[:, None]
    widest = min(_WIDEST, _STEEPEST * min(out, back))
    shifts = [side * width * right for width in np.arange(0.0, widest + 1e-6, _FINER) for side in (1.0, -1.0)]
    costs = [
        max(0.0, room - float(np.linalg.norm(mine + s - theirs, axis=-1)[judged].min())) + 0.02 * float(np.abs(s).max())
        for s in shifts
    ]
    return at, shifts[int(np.argmin(np.round(costs, 4)))]


def _at(places: Array, way: Array, wanted: Array) -> Array:
    """Places (T, 2) by the way covered to them (T,), at other ways."""
    return np.stack([np.interp(wanted, way, places[:, axis]) for axis in (0, 1)], -1)


def _without_gaps(way: Array) -> Array:
    """(T, 2) with what is not known taken from before, at the beginning from after; nowhere near where nothing is
    known.
    """
    known = np.flatnonzero(~np.isnan(way[:, 0]))
    if not len(known):
        return np.full_like(way, 1e6)
    return way[known[np.clip(np.searchsorted(known, np.arange(len(way)), side="right") - 1, 0, None)]]
