"""Places the actors are wanted at, and the paths laid towards them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.interpolate import CubicHermiteSpline
from torch import Tensor

from ..body_model.proxemics import ELBOW_ROOM
from ..common.arrays import Array
from ..common.masks import runs_of
from ..contract import FPS
from .avoidance import Leg, avoid_collisions

KNOT_EVERY = 15  # frames between the places of a path, as trained (`training/masks.py`)
SETTING_OFF, ARRIVING = 0.6, 0.4  # seconds to full speed and back


@dataclass
class RootConstraints:
    """Where the two are wanted: ``position`` (2, T, 2) metres and ``heading`` (2, T) radians in the world, each used
    where ``has_position`` / ``has_heading`` (2, T) bool is set. Frame 0 holds the start. ``elbow_room``: metres that
    paths keep from the partner, 0 for one who plays alone; ``units`` as in ``HeightNormalisation``.
    """

    position: Tensor
    heading: Tensor
    has_position: Tensor
    has_heading: Tensor
    elbow_room: float = ELBOW_ROOM
    units: tuple[float, float] = (1.0, 1.0)


def lead_towards(places: RootConstraints, walking: Array, here: Array, now: int, stop: int) -> RootConstraints:
    """The places with those of ``path_ahead`` among them, one every ``KNOT_EVERY`` frames of a walk before ``stop``."""
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
    """Where each actor should be on the frames from ``now`` to before ``stop``: (2, N, 2) metres, and where that is
    known (2, N).

    ``walking`` (2, T) bool; ``here`` (2, 2) places on frame ``now``. Who stands or sits stays, and is wherever it is
    wanted when that frame comes; who walks goes through the places wanted next so as to be there on their frames, and
    passes the partner with room. A walk without such a place leads anywhere, and from there on nothing is known until a
    place is.
    """
    ways, legs = zip(*(_way_ahead(places, walking[a], here[a], now, a) for a in (0, 1)))
    near = [[leg for leg in of_one if leg[0] < stop - now] for of_one in legs]
    path = avoid_collisions(np.stack(ways), near, places.elbow_room, places.units)[:, : stop - now]
    known = ~np.isnan(path[..., 0])
    return np.where(known[..., None], path, 0.0).astype(np.float32), known


def _way_ahead(places: RootConstraints, walking: Array, here: Array, now: int, a: int) -> tuple[Array, list[Leg]]:
    """The way (T - now, 2) of actor ``a`` as if nobody else was there, NaN where none is known, and its walks (``Leg``s
    from ``now``).
    """
    walks = walking[now:]
    wanted = 1 + np.flatnonzero(places.has_position[a, now + 1 :].numpy())
    position = places.position[a, now:].numpy().astype(np.float64)
    way, legs = np.full((len(walks), 2), np.nan), []
    place: Array | None = np.asarray(here, np.float64)
    runs, clock = runs_of(walks), 0
    for index, (begin, end) in enumerate([*runs, (len(walks), len(walks))]):
        place = _stay(way, clock, begin, place, wanted, position)
        following = runs[index + 1][0] if index + 1 < len(runs) else len(walks)
        # Of places wanted within a second of its end the first is where the walk leads; nothing later belongs to it.
        goals = wanted[(wanted > begin) & (wanted < min(following, end + FPS))]
        goals = goals[: int((goals < end).sum()) + 1]
        times, stops = np.minimum(goals, end), position[goals]
        if place is not None:
            times, stops = np.concatenate([[begin], times]), np.concatenate([place[None], stops])
        if len(times) > 1:
            frames = np.arange(times[0], min(times[-1] + 1, len(walks)))
            under_way = bool(begin == 0 and now > 0 and walking[now - 1])
            way[frames] = walked(times, stops, frames, under_way)
            legs.append((int(frames[0]), int(frames[-1])))
        place = stops[-1] if len(goals) and times[-1] >= end else None
        clock = end
    return way, legs


def _stay(way: Array, begin: int, end: int, place: Array | None, wanted: Array, position: Array) -> Array | None:
    """Standing or seated from ``begin`` to before ``end``, in place; a new place is moved to within a second. Returns
    the last one.
    """
    since = begin
    for frame in [*wanted[(wanted >= begin) & (wanted < end)], end]:
        there = position[frame] if frame < end else place
        if place is not None and there is not None:
            share = np.clip(1.0 - (frame - np.arange(since, frame)) / min(FPS, max(frame - since, 1)), 0.0, 1.0)[
                :, None
            ]
            way[since:frame] = place + share * (there - place)
        if frame < end:
            place, since = there, frame
    return place


def walked_share(t: Array, duration: float, setting_off: bool = True) -> Array:
    """Share of the way covered after ``t`` (N,) of ``duration`` seconds: speed rises, holds and falls evenly.

    Somebody who is under way already does not set off.
    """
    rise, fall = (min(x, duration / 2) for x in (SETTING_OFF if setting_off else 1e-3, ARRIVING))
    full = duration - 0.5 * (rise + fall)
    up = 0.5 * np.minimum(t, rise) ** 2 / rise
    even = np.clip(t - rise, 0.0, duration - rise - fall)
    left = np.minimum(duration - t, fall)
    down = 0.5 * (fall - left**2 / fall)
    return np.clip((up + even + np.where(t > duration - fall, down, 0.0)) / full, 0.0, 1.0)


def walked(times: Array, stops: Array, frames: Array, under_way: bool) -> Array:
    """Places (N, 2) on ``frames`` (N,) of a walk that is at ``stops`` (K, 2) on the frames ``times`` (K,), K > 1.

    Straight to a single place; through several on a curve (Catmull and Rom 1974) that slows down at the last one only.
    """
    if len(times) == 2:
        share = walked_share((frames - times[0]) / FPS, (times[1] - times[0]) / FPS, setting_off=not under_way)
        return stops[0] + share[:, None] * (stops[1] - stops[0])
    speed = np.zeros_like(stops)
    speed[1:-1] = (stops[2:] - stops[:-2]) / (times[2:] - times[:-2])[:, None]
    if under_way:
        speed[0] = (stops[1] - stops[0]) / (times[1] - times[0])
    return CubicHermiteSpline(times, stops, speed)(frames)
