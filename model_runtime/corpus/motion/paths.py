"""Ways to go: many candidates are steered side by side through waypoints to their goals, and the one that fits best is
taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

FloatArray = NDArray[np.floating[Any]]
STEP = 0.08  # m between the points of a path
LONGEST = 16.0  # m
SHARPEST = 1.0 / 0.75  # 1/m; nobody walks a tighter bend than this at ease
_EASE = 0.45  # m over which the curvature itself comes and goes: a body does not turn like a tram on points
_BEFORE_GOAL = 0.9  # m; the last stretch, on which the wanted final direction is already taken


@dataclass(frozen=True)
class Path:
    """A way on the floor: ``points`` (N, 2) every ``spacing`` metres and the direction of travel ``angles`` (N,), 0
    along -Y.
    """

    points: FloatArray
    angles: FloatArray
    spacing: float

    @property
    def length(self) -> float:
        return self.spacing * (len(self.points) - 1)

    def at(self, way: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Places (..., 2) and directions (...,) after ``way`` metres; before the start and past the end it goes
        straight on.
        """
        index = np.clip(np.asarray(way, np.float64) / self.spacing, 0.0, len(self.points) - 1.0)
        low = np.minimum(index.astype(int), len(self.points) - 2)
        part = index - low
        angle = self.angles[low] * (1 - part) + self.angles[low + 1] * part
        place = self.points[low] * (1 - part)[..., None] + self.points[low + 1] * part[..., None]
        beyond = np.asarray(way) - index * self.spacing
        return place + beyond[..., None] * np.stack([np.sin(angle), -np.cos(angle)], -1), angle

    def curvature(self) -> FloatArray:
        """(N,) 1/m, left positive."""
        return np.gradient(self.angles, self.spacing)

    def beside(self, offset: Callable[[FloatArray], FloatArray]) -> Path:
        """The way of somebody ``offset(way)`` metres to the left, abreast: its points belong to the same moments, so
        its own spacing is not even; ``spacing`` stays that of this path.
        """
        way = np.arange(len(self.points)) * self.spacing
        left = np.stack([np.cos(self.angles), np.sin(self.angles)], -1)
        points = self.points + offset(way)[:, None] * left
        return Path(points, directions(points), self.spacing)


@dataclass(frozen=True)
class Wanted:
    """Candidates for a way, one a row: ``starts`` (M,) directions to set off in, ``waypoints`` (M, K, 2) with NaN for
    none, ``goals`` (M, 2), ``arrivals`` (M,) directions to arrive in with NaN for any.
    """

    starts: FloatArray
    waypoints: FloatArray
    goals: FloatArray
    arrivals: FloatArray


def steer(place: FloatArray, wanted: Wanted, avoid: FloatArray, keep: float, sharpest: float) -> list[Path | None]:
    """A path from ``place`` (2,) for each candidate that comes to its goal; None for those that do not.

    Pure pursuit (Coulter 1992) of one waypoint after the other with a curvature of at most ``sharpest`` that changes
    gently; ``avoid`` (2,) is gone around at ``keep`` metres.
    """
    count = len(wanted.goals)
    last = wanted.goals - np.where(np.isnan(wanted.arrivals), 0.0, _BEFORE_GOAL)[:, None] * heading(
        np.nan_to_num(wanted.arrivals)
    )
    stops = np.concatenate([wanted.waypoints, last[:, None], wanted.goals[:, None]], 1)
    at = np.broadcast_to(place, (count, 2)).astype(np.float64).copy()
    direction, bend = wanted.starts.astype(np.float64).copy(), np.zeros(count)
    target = np.zeros(count, int)
    arrived = np.full(count, -1)
    steps = int(LONGEST / STEP)
    trail = np.empty((steps + 1, count, 2))
    trail[0] = at
    rows = np.arange(count)
    for step in range(steps):
        goal = stops[rows, target]
        way = goal - at
        distance = np.hypot(way[:, 0], way[:, 1])
        error = wrap(np.arctan2(way[:, 0], -way[:, 1]) - direction)
        final = target == stops.shape[1] - 1
        passed = (
            np.isnan(distance) | (distance < np.where(final, STEP, 0.35)) | ((distance < 0.9) & (np.abs(error) > 1.5))
        )
        arrived = np.where((arrived < 0) & final & passed, step, arrived)
        if (arrived >= 0).all():
            break
        target = np.where(passed & ~final, target + 1, target)
        turn = 2.0 * np.sin(np.clip(error, -1.5, 1.5)) / np.maximum(distance, 0.5)
        turn += _around(at, direction, goal, avoid, keep)
        turn = np.nan_to_num(turn)
        bend += (np.clip(turn, -sharpest, sharpest) - bend) * min(1.0, STEP / _EASE * 1.6)
        direction = direction + bend * STEP
        at = at + STEP * heading(direction)
        trail[step + 1] = at
    return [
        _finished(trail[: arrived[c] + 1, c], wanted.goals[c], wanted.starts[c]) if arrived[c] > 3 else None
        for c in range(count)
    ]


def _around(at: FloatArray, direction: FloatArray, goal: FloatArray, avoid: FloatArray, keep: float) -> FloatArray:
    """Curvature (M,) that leads past whoever stands at ``avoid``, unless the goal is nearer than they are."""
    way = avoid - at
    distance = np.hypot(way[:, 0], way[:, 1])
    bearing = wrap(np.arctan2(way[:, 0], -way[:, 1]) - direction)
    ahead = np.clip(np.cos(bearing), 0.0, 1.0) * (distance < np.hypot(*(goal - at).T) + keep)
    near = np.clip((keep + 0.9 - distance) / 0.9, 0.0, 1.5)
    return -np.where(bearing >= 0, 1.0, -1.0) * 1.6 * near * ahead


def _finished(points: FloatArray, goal: FloatArray, start: float) -> Path | None:
    """Evenly spaced points that end at ``goal`` to the millimetre: what is missing is spread over the way."""
    missing = goal - points[-1]
    if np.hypot(*missing) > 0.35:
        return None
    share = np.linspace(0.0, 1.0, len(points))
    points = points + (share * share * (3 - 2 * share))[:, None] * missing
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    even = np.linspace(0.0, way[-1], len(points))
    points = np.stack([np.interp(even, way, points[:, k]) for k in range(2)], -1)
    angles = directions(points)
    # It sets off exactly where the body points to.
    angles = angles + (wrap(start - angles[0])) * np.clip(1.0 - even / 0.5, 0.0, 1.0)
    return Path(points, angles, float(way[-1] / (len(points) - 1)))


def directions(points: FloatArray) -> FloatArray:
    """(N,) direction of travel along points (N, 2), a little smoothed."""
    step = np.gradient(points, axis=0)
    return gaussian_filter1d(np.unwrap(np.arctan2(step[:, 0], -step[:, 1])), 1.5, mode="nearest")


def heading(angle: FloatArray) -> FloatArray:
    """Unit vectors (..., 2) of directions (...,)."""
    return np.stack([np.sin(angle), -np.cos(angle)], -1)


def angle_of(way: FloatArray) -> float:
    """Direction (radians) of a vector (2,)."""
    return float(np.arctan2(way[0], -way[1]))


def wrap(angle: FloatArray) -> FloatArray:
    """The same angles within -pi to pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def wrapped(angle: float) -> float:
    """The same angle within -pi to pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


def clearance(path: Path, seconds: FloatArray, others: FloatArray, fps: float, doubt: float = 0.7) -> FloatArray:
    """(N,) least distance to somebody whose places from now on are ``others`` (T, 2), about the ``seconds`` (N,) at
    which the points are reached, give or take ``doubt``.
    """
    nearest = np.full(len(path.points), np.inf)
    for late in np.linspace(-doubt, doubt, 5):
        index = np.clip(((seconds + late) * fps).astype(int), 0, len(others) - 1)
        nearest = np.minimum(nearest, np.linalg.norm(path.points - others[index], axis=-1))
    return nearest


def inside(points: FloatArray, centre: FloatArray, half: float) -> NDArray[np.bool_]:
    """(N,) whether points (N, 2) lie in a square room."""
    return (np.abs(points - centre) <= half).all(axis=-1)
