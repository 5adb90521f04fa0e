"""Collision avoidance for planned paths: each passes the partner at arm's length, wherever the partner is then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array

Leg = tuple[int, int]  # first frame of a walk and its last
_AWAY = 2.5  # metres of path over which a detour leads out, and back
_SHORTEST = 0.6  # metres; a shorter path has no room for a detour
_WIDEST, _FINER = 1.6, 0.1  # metres
_STEEPEST = 0.6  # metres aside for each metre of path
_AT_THE_ENDS = 0.06  # share of a path at each end that stays, however near the partner


def avoid_collisions(
    paths: Array, walks: Sequence[Sequence[Leg]], room: float, units: tuple[float, float] = (1.0, 1.0)
) -> Array:
    """Return ``paths`` (2, T, 2) in metres, NaN where unknown, with detours that keep the two ``room`` metres apart.

    Only ``walks`` of each actor change, sideways and not at their ends. Of two who walk at once each gives way by half,
    both to their right where they meet head on; the second actor takes what is then still missing. ``units`` as in
    ``HeightNormalisation``.
    """
    paths = paths.copy()
    for share in (0.5, 1.0):
        seen = paths if share == 1.0 else paths.copy()
        for a in (0, 1):
            partner = _without_gaps(seen[1 - a]) * (units[1 - a] / units[a])
            for first, last in walks[a]:
                frames = slice(first, last + 1)
                nearest, detour = _detour(paths[a, frames], partner[frames], room)
                both_walk = any(begin <= first + nearest <= end for begin, end in walks[1 - a])
                paths[a, frames] += (share if both_walk else 1.0) * detour
    return paths


def _detour(path: Array, partner: Array, room: float) -> tuple[int, Array]:
    """Return the frame of ``path`` (T, 2) nearest to ``partner`` (T, 2), and the smallest shift (T, 2) that keeps
    clear.
    """
    covered = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=-1))])
    length = float(covered[-1])
    judged = (covered > _AT_THE_ENDS * length) & (covered < (1 - _AT_THE_ENDS) * length)
    apart = np.where(judged, np.linalg.norm(path - partner, axis=-1), np.inf)
    nearest = int(apart.argmin())
    if length < _SHORTEST or not apart[nearest] < room:
        return nearest, np.zeros_like(path)
    out, back = min(_AWAY, covered[nearest]), min(_AWAY, length - covered[nearest])
    ahead = covered - covered[nearest]
    profile = 0.5 + 0.5 * np.cos(np.pi * np.clip(np.where(ahead < 0.0, ahead / out, ahead / back), -1.0, 1.0))
    along = _at(path, covered, covered + 0.3) - _at(path, covered, covered - 0.3)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    right = np.stack([along[:, 1], -along[:, 0]], -1) * profile[:, None]
    widest = min(_WIDEST, _STEEPEST * min(out, back))
    shifts = [side * width * right for width in np.arange(0.0, widest + 1e-6, _FINER) for side in (1.0, -1.0)]
    missing = [max(0.0, room - float(np.linalg.norm(path + s - partner, axis=-1)[judged].min())) for s in shifts]
    costs = [lack + 0.02 * float(np.abs(s).max()) for lack, s in zip(missing, shifts)]
    return nearest, shifts[int(np.argmin(np.round(costs, 4)))]


def _at(places: Array, covered: Array, wanted: Array) -> Array:
    """Return places (T, 2), given by the distance ``covered`` (T,) to them, at other distances."""
    return np.stack([np.interp(wanted, covered, places[:, axis]) for axis in (0, 1)], -1)


def _without_gaps(path: Array) -> Array:
    """Return (T, 2) with unknown places filled from before, at the beginning from after; far away if none is known."""
    known = np.flatnonzero(~np.isnan(path[:, 0]))
    if not len(known):
        return np.full_like(path, 1e6)
    return path[known[np.clip(np.searchsorted(known, np.arange(len(path)), side="right") - 1, 0, None)]]
