"""Places the actors are wanted at, and the paths laid towards them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .contract import FPS

KNOT_EVERY = 15  # frames between the places of a path, as trained (`training/masks.py`)
SETTING_OFF, ARRIVING = 0.6, 0.4  # seconds to full speed and back
ELBOW_ROOM = 0.8  # metres between a path and the partner
Array = NDArray[Any]


@dataclass
class Places:
    """Where the two are wanted: ``position`` (2, T, 2) metres and ``heading`` (2, T) radians in the world, each
    used where ``has_position`` / ``has_heading`` (2, T) bool is set. Frame 0 holds the start."""

    position: Tensor
    heading: Tensor
    has_position: Tensor
    has_heading: Tensor


def lead_towards(places: Places, walking: Array, here: Array, now: int, stop: int) -> Places:
    """The places with those of ``path_ahead`` among them, one every ``KNOT_EVERY`` frames of a walk before ``stop``."""
    position, has_position = places.position.clone(), places.has_position.clone()
    path, known = path_ahead(places, walking, here, now, stop)
    for a in range(2):
        for begin, end in _runs(walking[a, now:]):
            knots = np.arange(now + begin + KNOT_EVERY, min(now + end, stop), KNOT_EVERY)
            knots = knots[known[a, knots - now]] if len(knots) else knots
            if end - begin < 2 * KNOT_EVERY:
                continue
            position[a, knots] = torch.from_numpy(path[a, knots - now]).to(position)
            has_position[a, knots] = True
    return Places(position, places.heading, has_position, places.has_heading)


def path_ahead(places: Places, walking: Array, here: Array, now: int, stop: int) -> tuple[Array, Array]:
    """Where each actor should be on the frames from ``now`` to before ``stop``: (2, N, 2) metres, and where that is known (2, N).

    ``walking`` (2, T) bool; ``here`` (2, 2) places on frame ``now``. Who stands or sits stays; who walks goes straight, bowed
    around the partner, to the place wanted next, at even speed so as to arrive on its frame. A walk without such a place
    leads anywhere, and from there on nothing is known until a place is.
    """
    frames = walking.shape[1]
    path, known = np.zeros((2, stop - now, 2), np.float32), np.zeros((2, stop - now), bool)
    for a in range(2):
        wanted = now + 1 + np.flatnonzero(places.has_position[a, now + 1 :].numpy())
        place: Array | None = np.asarray(here[a], np.float32)
        runs = [(now + b, now + e) for b, e in _runs(walking[a, now:])]
        clock = now
        for index, (begin, end) in enumerate([*runs, (frames, frames)]):
            for frame in range(clock, min(begin, stop)):  # standing or seated
                if places.has_position[a, frame] and frame > now:
                    place = places.position[a, frame].numpy()
                if place is not None:
                    path[a, frame - now], known[a, frame - now] = place, True
            if begin >= stop:
                break
            following = runs[index + 1][0] if index + 1 < len(runs) else frames
            clock, leg = end, begin
            goals = wanted[(wanted > begin) & (wanted < following)]
            # Of places wanted while standing after the walk the first is where it leads; nothing later belongs to it.
            goals = goals[: int((goals < end).sum()) + 1]
            for goal in goals:
                target = places.position[a, int(goal)].numpy()
                until = min(int(goal), end)
                if place is not None and until > leg:
                    t = np.arange(leg, min(until, stop))
                    share = walked_share((t - leg) / FPS, (until - leg) / FPS, setting_off=leg > now or not walking[a, max(now - 1, 0)])
                    path[a, t - now], known[a, t - now] = way_around(place, target, here[1 - a])(share), True
                place, leg = target, until
            if not len(goals) or leg < end:
                place = None
    return path, known


def _runs(flags: Array) -> list[tuple[int, int]]:
    """(first, one past the last) of each run of true in (T,) bool."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(b), int(e)) for b, e in edges.reshape(-1, 2)]


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


def way_around(start: Array, goal: Array, partner: Array) -> Any:
    """A path from ``start`` to ``goal`` (2,): called with shares (N,) gives places (N, 2), bowed clear of ``partner`` (2,)."""
    along = goal - start
    length = float(np.linalg.norm(along))
    bow = np.zeros(2)
    if length > 1e-3:
        nearest = float(np.clip(np.dot(partner - start, along) / length**2, 0.0, 1.0))
        apart = start + nearest * along - partner
        distance = float(np.linalg.norm(apart))
        if 0.1 < nearest < 0.9 and distance < ELBOW_ROOM:
            side = apart / distance if distance > 0.05 else np.array([-along[1], along[0]]) / length
            bow = side * (ELBOW_ROOM - distance) / np.sin(np.pi * nearest)
    return lambda share: start + share[:, None] * along + np.sin(np.pi * share)[:, None] * bow
