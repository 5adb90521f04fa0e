"""Paths on the floor: candidates are steered through waypoints to their goals, all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...common.arrays import Array as FloatArray
from ...common.easing import smoothstep
from ...common.headings import facing, heading_towards, turned

STEP = 0.08  # m between the points of a path
LONGEST = 16.0  # m
_EASE = 0.45  # m over which the curvature rises and falls: a walking body does not change it at once
_BEFORE_GOAL = 0.9  # m; over the last stretch a path already has its final direction
_AT_WAYPOINT = 0.35  # m from a waypoint, where the next one is steered to
_NEAR_WAYPOINT, _PAST_WAYPOINT = 0.9, 1.5  # m and rad; so near and so far aside a waypoint counts as passed
_MISSED = 0.35  # m from its goal beyond which a path is dropped


@dataclass(frozen=True)
class Path:
    """``points`` (N, 2) on the floor every ``spacing`` metres and the headings of travel there, ``angles`` (N,)."""

    points: FloatArray
    angles: FloatArray
    spacing: float

    @property
    def length(self) -> float:
        return self.spacing * (len(self.points) - 1)

    def at(self, distance: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return positions (..., 2) and headings (...,) after ``distance`` metres; before the start and past the end
        the path is straight.
        """
        index = np.clip(np.asarray(distance, np.float64) / self.spacing, 0.0, len(self.points) - 1.0)
        low = np.minimum(index.astype(int), len(self.points) - 2)
        part = index - low
        angle = self.angles[low] * (1 - part) + self.angles[low + 1] * part
        place = self.points[low] * (1 - part)[..., None] + self.points[low + 1] * part[..., None]
        beyond = np.asarray(distance) - index * self.spacing
        return place + beyond[..., None] * facing(angle), angle

    def curvature(self) -> FloatArray:
        """Return the curvature (N,) in 1/m, left positive."""
        return np.gradient(self.angles, self.spacing)

    def beside(self, offset: Callable[[FloatArray], FloatArray]) -> Path:
        """Return the path of a companion ``offset(distance)`` metres to the left, ``distance`` (N,) being the metres
        along this path.

        Its points belong to the same moments as those here, so they are not evenly spaced; ``spacing`` stays that of
        this path.
        """
        distance = np.arange(len(self.points)) * self.spacing
        points = self.points + offset(distance)[:, None] * left_of(self.angles)
        return Path(points, directions(points), self.spacing)


@dataclass(frozen=True)
class PathCandidates:
    """M wanted paths: headings ``starts`` (M,) to set off with, ``waypoints`` (M, K, 2) with NaN for none, ``goals``
    (M, 2), headings ``arrivals`` (M,) at the goal with NaN for any.
    """

    starts: FloatArray
    waypoints: FloatArray
    goals: FloatArray
    arrivals: FloatArray


def steer(
    start: FloatArray, candidates: PathCandidates, obstacle: FloatArray, clearance: float, largest_curvature: float
) -> list[Path | None]:
    """Return a path from ``start`` (2,) for each candidate, None for those that do not reach their goal.

    Pure pursuit (Coulter 1992) of one waypoint after the other with a curvature of at most ``largest_curvature`` (1/m)
    that changes gently, past the ``obstacle`` (2,) at ``clearance`` metres.
    """
    count = len(candidates.goals)
    before_goal = np.where(np.isnan(candidates.arrivals), 0.0, _BEFORE_GOAL)[:, None]
    last: FloatArray = candidates.goals - before_goal * facing(np.nan_to_num(candidates.arrivals))
    stops = np.concatenate([candidates.waypoints, last[:, None], candidates.goals[:, None]], 1)
    at = np.broadcast_to(start, (count, 2)).astype(np.float64).copy()
    direction, bend = candidates.starts.astype(np.float64).copy(), np.zeros(count)
    target = np.zeros(count, int)
    arrived = np.full(count, -1)
    steps = int(LONGEST / STEP)
    trail = np.empty((steps + 1, count, 2))
    trail[0] = at
    rows = np.arange(count)
    for step in range(steps):
        goal = stops[rows, target]
        to_goal = goal - at
        distance = np.hypot(to_goal[:, 0], to_goal[:, 1])
        error = turned(heading_towards(to_goal), direction)
        final = target == stops.shape[1] - 1
        beside = (distance < _NEAR_WAYPOINT) & (np.abs(error) > _PAST_WAYPOINT)
        passed = np.isnan(distance) | (distance < np.where(final, STEP, _AT_WAYPOINT)) | beside
        arrived = np.where((arrived < 0) & final & passed, step, arrived)
        if (arrived >= 0).all():
            break
        target = np.where(passed & ~final, target + 1, target)
        turn = 2.0 * np.sin(np.clip(error, -1.5, 1.5)) / np.maximum(distance, 0.5)
        turn += _around(at, direction, goal, obstacle, clearance)
        turn = np.clip(np.nan_to_num(turn), -largest_curvature, largest_curvature)
        bend += (turn - bend) * min(1.0, STEP / _EASE * 1.6)
        direction = direction + bend * STEP
        at = at + STEP * facing(direction)
        trail[step + 1] = at
    return [
        _finished(trail[: arrived[c] + 1, c], candidates.goals[c], candidates.starts[c]) if arrived[c] > 3 else None
        for c in range(count)
    ]


def _around(
    at: FloatArray, direction: FloatArray, goal: FloatArray, obstacle: FloatArray, clearance: float
) -> FloatArray:
    """Return the curvature (M,) that leads past the ``obstacle``, 0 where the goal is nearer than the obstacle."""
    way = obstacle - at
    distance = np.hypot(way[:, 0], way[:, 1])
    bearing = turned(heading_towards(way), direction)
    ahead = np.clip(np.cos(bearing), 0.0, 1.0) * (distance < np.hypot(*(goal - at).T) + clearance)
    near = np.clip((clearance + 0.9 - distance) / 0.9, 0.0, 1.5)
    return -np.where(bearing >= 0, 1.0, -1.0) * 1.6 * near * ahead


def _finished(points: FloatArray, goal: FloatArray, start: float) -> Path | None:
    """Return an evenly spaced path that ends exactly at ``goal``: what the points miss is spread over its length."""
    missing = goal - points[-1]
    if np.hypot(*missing) > _MISSED:
        return None
    points = points + smoothstep(np.linspace(0.0, 1.0, len(points)))[:, None] * missing
    distance = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    even = np.linspace(0.0, distance[-1], len(points))
    points = np.stack([np.interp(even, distance, points[:, k]) for k in range(2)], -1)
    angles = directions(points)
    # A path starts exactly with the heading of the body.
    angles = angles + turned(start, angles[0]) * np.clip(1.0 - even / 0.5, 0.0, 1.0)
    return Path(points, angles, float(distance[-1] / (len(points) - 1)))


def directions(points: FloatArray) -> FloatArray:
    """Return the headings (N,) of travel along ``points`` (N, 2), slightly smoothed, unwrapped."""
    return gaussian_filter1d(np.unwrap(heading_towards(np.gradient(points, axis=0))), 1.5, mode="nearest")


def left_of(heading: FloatArray) -> FloatArray:
    """Return unit vectors (..., 2) to the left of the ``heading`` (...)."""
    return np.stack([np.cos(heading), np.sin(heading)], -1)


def started_at(path: Path, place: FloatArray, over: float) -> Path:
    """Return the path from ``place`` (2,), near its start; the difference is made up over the first ``over`` metres."""
    share = np.clip(1.0 - np.arange(len(path.points)) * path.spacing / over, 0.0, 1.0)
    return replace(path, points=path.points + smoothstep(share)[:, None] * (place - path.points[0]))


def distance_to(path: Path, seconds: FloatArray, others: FloatArray, fps: float, doubt: float = 0.7) -> FloatArray:
    """Return the least distance (N,) to a partner whose positions from now on are ``others`` (T, 2).

    ``seconds`` (N,) are the times at which the points of the path are reached, give or take ``doubt`` seconds.
    """
    nearest = np.full(len(path.points), np.inf)
    for late in np.linspace(-doubt, doubt, 5):
        index = np.clip(((seconds + late) * fps).astype(int), 0, len(others) - 1)
        nearest = np.minimum(nearest, np.linalg.norm(path.points - others[index], axis=-1))
    return nearest


def inside(points: FloatArray, centre: FloatArray, half: float) -> NDArray[np.bool_]:
    """Return (N,) whether ``points`` (N, 2) lie within ``half`` metres of ``centre`` (2,) along both axes."""
    return (np.abs(points - centre) <= half).all(axis=-1)
