"""Where an actor is told to look or to hold on to, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array, BoolArray
from ..common.timing import FPS
from .request import Actor
from .vocabulary import HANDS


def gaze_places(actor: Actor, frames: int) -> tuple[Array, BoolArray]:
    """Return what an actor is told to look at: places (T, 3) in metres, and the frames (T,) on which it is."""
    where, told = np.zeros((frames, 3), np.float32), np.zeros(frames, bool)
    for span in actor.gaze:
        rows = span_frames(span.start, span.end, frames)
        where[rows], told[rows] = places_at(span.places, len(range(*rows.indices(frames)))), True
    return where, told


def hands_held(actor: Actor, frames: int) -> BoolArray:
    """Return the frames (T,) on which a hand of an actor is pinned."""
    held = np.zeros(frames, bool)
    for pin in actor.pins:
        if pin.part in HANDS:
            held[span_frames(pin.start, pin.end, frames)] = True
    return held


def span_frames(start: float, end: float, frames: int) -> slice:
    """Return the frames of a span of time (s) in a shot of ``frames`` frames, at least one of them."""
    first = min(max(round(start * FPS), 0), frames - 1)
    return slice(first, min(max(round(end * FPS), first + 1), frames))


def places_at(places: Sequence[Sequence[float]], count: int) -> Array:
    """Return ``count`` places (count, 3) evenly along the places of a span."""
    known = np.asarray(places, np.float32)
    at = np.linspace(0.0, len(known) - 1.0, count)
    return np.stack([np.interp(at, np.arange(len(known)), known[:, axis]) for axis in range(3)], -1).astype(np.float32)
