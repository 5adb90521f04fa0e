"""Where an actor is told to look or to hold on to, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array, BoolArray
from ..common.timing import FPS
from .request import Actor, Request
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


def hands_touching(request: Request) -> BoolArray | None:
    """Return the frames (A, T) on which a hand of each actor is asked to touch something; None without contacts."""
    if not request.contacts:
        return None
    touching = np.zeros((len(request.actors), request.frames), bool)
    names = [actor.name for actor in request.actors]
    for goal in request.contacts:
        rows = span_frames(goal.start, goal.end, request.frames)
        for name, point in ((goal.actor, goal.point), (goal.other, goal.other_point)):
            if name and is_of_hand(point):
                touching[names.index(name), rows] = True
    return touching


def is_of_hand(point: str) -> bool:
    """Return whether a contact point is part of a hand."""
    return point.endswith(("palm", "hand", "fist", "_tip"))


def span_frames(start: float, end: float, frames: int) -> slice:
    """Return the frames of a span of time (s) in a shot of ``frames`` frames, at least one of them."""
    first = min(max(round(start * FPS), 0), frames - 1)
    return slice(first, min(max(round(end * FPS), first + 1), frames))


def places_at(places: Sequence[Sequence[float]], count: int) -> Array:
    """Return ``count`` places (count, 3) evenly along the places of a span."""
    known = np.asarray(places, np.float32)
    at = np.linspace(0.0, len(known) - 1.0, count)
    return np.stack([np.interp(at, np.arange(len(known)), known[:, axis]) for axis in range(3)], -1).astype(np.float32)
