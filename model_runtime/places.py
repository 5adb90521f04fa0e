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
    """The places with a path to walk laid out before ``stop``, the window's end.

    ``walking`` (2, T) bool; ``here`` (2, 2) where the actors are on frame ``now``. An actor who walks until the frame of
    its next place gets a knot every ``KNOT_EVERY`` frames on the way there: straight, at even speed, bowed around the
    partner. The place itself may lie beyond the window.
    """
    position, has_position = places.position.clone(), places.has_position.clone()
    for a in range(2):
        ahead = torch.nonzero(places.has_position[a, now + 1 :])
        if not len(ahead):
            continue
        goal = now + 1 + int(ahead[0, 0])
        still = np.flatnonzero(~walking[a, now:goal])
        begin = now + int(still[-1]) + 1 if len(still) else now
        knots = np.arange(begin + KNOT_EVERY, min(goal, stop), KNOT_EVERY)
        if goal - begin < 2 * KNOT_EVERY or not len(knots):
            continue
        path = way_around(here[a], places.position[a, goal].numpy(), here[1 - a])
        share = walked_share((knots - begin) / FPS, (goal - begin) / FPS)
        position[a, knots] = torch.from_numpy(path(share)).to(position)
        has_position[a, knots] = True
    return Places(position, places.heading, has_position, places.has_heading)


def walked_share(t: Array, duration: float) -> Array:
    """Share of the way covered after ``t`` (N,) of ``duration`` seconds: speed rises, holds and falls evenly."""
    rise, fall = (min(x, duration / 2) for x in (SETTING_OFF, ARRIVING))
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
