"""Root constraints, and the paths planned towards them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..body_model.proxemics import ELBOW_ROOM
from ..common.arrays import Array
from ..common.masks import runs_of
from ..common.splines import cubic_hermite
from ..contract import FPS
from .avoidance import Leg, avoid_collisions

KNOT_EVERY = 15  # frames between the places of a path, as trained (`training/masks.py`)
SETTING_OFF, ARRIVING = 0.6, 0.4  # seconds to full speed and back


@dataclass
class RootConstraints:
    """Places and headings that two roots are wanted at.

    ``position`` (2, T, 2) metres and ``heading`` (2, T) radians in the world, each used where ``has_position`` and
    ``has_heading`` (2, T) are set. Frame 0 holds the start. ``elbow_room``: metres that paths keep from the partner, 0
    for an actor that plays alone; ``units`` as in ``HeightNormalisation``.
    """

    position: Tensor
    heading: Tensor
    has_position: Tensor
    has_heading: Tensor
    elbow_room: float = ELBOW_ROOM
    units: tuple[float, float] = (1.0, 1.0)


def lead_towards(places: RootConstraints, walking: Array, here: Array, now: int, stop: int) -> RootConstraints:
    """Return the constraints with knots of ``path_ahead`` added, one every ``KNOT_EVERY`` frames of a walk."""
    position, has_position = places.position.clone(), places.has_position.clone()
    path, known = path_ahead(places, walking, here, now, stop)
    for a in range(2):
        for begin, end in runs_of(walking[a, now:]):
            knots = np.arange(now + begin + KNOT_EVERY, min(now + end, stop), KNOT_EVERY)
            knots = knots[known[a, knots - now]] if len(knots) else knots
            if end - begin < 2 * KNOT_EVERY:
                continue
            position[a, knots] = torch.from_numpy(path[a, knots - now]).to(position)
            has_position[a, knots] = True
    return replace(places, position=position, has_position=has_position)


def path_ahead(places: RootConstraints, walking: Array, here: Array, now: int, stop: int) -> tuple[Array, Array]:
    """Return each actor's path on the frames from ``now`` to before ``stop``: (2, N, 2) metres, and where it is known
    (2, N).

    ``walking`` (2, T) bool; ``here`` (2, 2) places on frame ``now``. A standing or seated actor stays, and is at each
    wanted place on its frame. A walking actor passes through the wanted places on their frames, and keeps clear of the
    partner. A walk without such a place may lead anywhere: from there on the path is unknown until the next place.
    """
    paths, walks = zip(*(_path_ahead_of(places, walking[a], here[a], now, a) for a in (0, 1)))
    near = [[walk for walk in of_one if walk[0] < stop - now] for of_one in walks]
    path = avoid_collisions(np.stack(paths), near, places.elbow_room, places.units)[:, : stop - now]
    known = ~np.isnan(path[..., 0])
    return np.where(known[..., None], path, 0.0).astype(np.float32), known


def _path_ahead_of(places: RootConstraints, walking: Array, here: Array, now: int, a: int) -> tuple[Array, list[Leg]]:
    """Return the path (T - now, 2) of actor ``a`` without regard to the partner, NaN where unknown, and its walks.

    Walks are (first, last) frames counted from ``now``. A path that is given on every frame has none that may bend.
    """
    if bool(places.has_position[a, now:].all()):
        return places.position[a, now:].numpy().astype(np.float64), []
    walks = walking[now:]
    wanted = 1 + np.flatnonzero(places.has_position[a, now + 1 :].numpy())
    position = places.position[a, now:].numpy().astype(np.float64)
    path, legs = np.full((len(walks), 2), np.nan), []
    place: Array | None = np.asarray(here, np.float64)
    runs, clock = runs_of(walks), 0
    for index, (begin, end) in enumerate([*runs, (len(walks), len(walks))]):
        place = _stay(path, clock, begin, place, wanted, position)
        following = runs[index + 1][0] if index + 1 < len(runs) else len(walks)
        # The first place wanted within a second of a walk's end is its target; later ones do not belong to it.
        goals = wanted[(wanted > begin) & (wanted < min(following, end + FPS))]
        goals = goals[: int((goals < end).sum()) + 1]
        times, stops = np.minimum(goals, end), position[goals]
        if place is not None:
            times, stops = np.concatenate([[begin], times]), np.concatenate([place[None], stops])
        if len(times) > 1:
            frames = np.arange(times[0], min(times[-1] + 1, len(walks)))
            under_way = bool(begin == 0 and now > 0 and walking[now - 1])
            path[frames] = walked(times, stops, frames, under_way)
            legs.append((int(frames[0]), int(frames[-1])))
        place = stops[-1] if len(goals) and times[-1] >= end else None
        clock = end
    return path, legs


def _stay(path: Array, begin: int, end: int, place: Array | None, wanted: Array, position: Array) -> Array | None:
    """Write a stand or a seat into ``path`` from ``begin`` to before ``end`` and return its last place.

    A new place is moved to within a second.
    """
    since = begin
    for frame in [*wanted[(wanted >= begin) & (wanted < end)], end]:
        target = position[frame] if frame < end else place
        if place is not None and target is not None:
            share = np.clip(1.0 - (frame - np.arange(since, frame)) / min(FPS, max(frame - since, 1)), 0.0, 1.0)[
                :, None
            ]
            path[since:frame] = place + share * (target - place)
        if frame < end:
            place, since = target, frame
    return place


def walked_share(t: Array, duration: float, setting_off: bool = True) -> Array:
    """Return the share of a walk covered after ``t`` (N,) of ``duration`` seconds: speed rises, holds and falls evenly.

    ``setting_off``: whether the walk begins at rest.
    """
    rise, fall = (min(x, duration / 2) for x in (SETTING_OFF if setting_off else 1e-3, ARRIVING))
    full = duration - 0.5 * (rise + fall)
    up = 0.5 * np.minimum(t, rise) ** 2 / rise
    even = np.clip(t - rise, 0.0, duration - rise - fall)
    left = np.minimum(duration - t, fall)
    down = 0.5 * (fall - left**2 / fall)
    return np.clip((up + even + np.where(t > duration - fall, down, 0.0)) / full, 0.0, 1.0)


def walked(times: Array, stops: Array, frames: Array, under_way: bool) -> Array:
    """Return places (N, 2) on ``frames`` (N,) of a walk that is at ``stops`` (K, 2) on the frames ``times`` (K,), K >
    1.

    Straight to a single place; through several on a Catmull-Rom spline (1974) that slows down at the last one only.
    ``under_way``: whether the actor walks already on the first frame.
    """
    if len(times) == 2:
        share = walked_share((frames - times[0]) / FPS, (times[1] - times[0]) / FPS, setting_off=not under_way)
        return stops[0] + share[:, None] * (stops[1] - stops[0])
    speed = np.zeros_like(stops)
    speed[1:-1] = (stops[2:] - stops[:-2]) / (times[2:] - times[:-2])[:, None]
    if under_way:
        speed[0] = (stops[1] - stops[0]) / (times[1] - times[0])
    return cubic_hermite(times, stops, speed, frames)[0]
