"""Tracks of an actor frame by frame: action labels, emotions, and where the root should be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ..common.arrays import Array, BoolArray, FloatArray
from ..contract import ACTION_LABELS, EMOTION_CHOICES, EMOTIONS, FPS, Actor, Pin
from ..planning.trajectories import RootConstraints

_ENERGY_CHANGES = 6.0  # frames: deviation of the Gaussian over which one energy becomes another
_THERE = 0.05  # metres from a place at which a waypoint is there


def label_track(actor: Actor, frames: int) -> NDArray[np.int64]:
    """Return the action of each frame (T,) as an index into ``ACTION_LABELS``; ``stand`` in the gaps."""
    track = np.full(frames, ACTION_LABELS.index("stand"))
    for span in actor.actions:
        track[_frames(span.start, span.end)] = ACTION_LABELS.index(span.label)
    if frames > 1:
        track[-1] = track[-2]
    return track


def settled(labels: NDArray[np.int64]) -> BoolArray:
    """Return the frames (T,) that are a second away from any walk and any change of ``labels`` (T,).

    There the hands serve the voice; near a walk or a change they serve the body.
    """
    busy = (labels == ACTION_LABELS.index("walk")) | (np.diff(labels, prepend=labels[:1]) != 0)
    return ~binary_dilation(busy, iterations=FPS)


def emotion_track(actor: Actor, frames: int) -> FloatArray:
    """Return (T, 26) intensities in the order of ``EMOTIONS``, zeros where the actor is neutral."""
    track = np.zeros((frames, len(EMOTION_CHOICES)), np.float32)
    for span in actor.emotions:
        frames_of_span = _frames(span.start, span.end)
        track[frames_of_span] = 0.0
        track[frames_of_span, EMOTION_CHOICES.index(span.emotion)] = span.intensity
    if frames > 1:
        track[-1] = track[-2]
    return track[:, : len(EMOTIONS)]


def energy_track(actor: Actor, frames: int) -> FloatArray:
    """Return an actor's energy on each frame (T,), smooth where it changes; 1 in the gaps."""
    track = np.ones(frames, np.float32)
    for span in actor.energy:
        track[_frames(span.start, span.end)] = span.energy
    if frames > 1:
        track[-1] = track[-2]
    smooth: FloatArray = gaussian_filter1d(track, _ENERGY_CHANGES, mode="nearest") if actor.energy else track
    return smooth


def root_constraints_of(actors: tuple[Actor, ...], labels: Array, frames: int) -> RootConstraints:
    """Return where two actors are wanted over ``frames`` frames: the start of each and its waypoints.

    ``labels`` (2, T) as of ``label_track``. Two waypoints at one seat hold the frames between them.
    """
    position, heading = np.zeros((2, frames, 2), np.float32), np.zeros((2, frames), np.float32)
    has_position, has_heading = np.zeros((2, frames), bool), np.zeros((2, frames), bool)
    sit = ACTION_LABELS.index("sit")
    for a, actor in enumerate(actors):
        position[a, 0], heading[a, 0], has_position[a, 0], has_heading[a, 0] = actor.position, actor.heading, True, True
        last: tuple[int, tuple[float, float]] | None = None
        for point in sorted(actor.waypoints, key=lambda w: w.time):
            frame = round(point.time * FPS)
            if not 0 < frame < frames:
                continue
            first = frame
            if last is not None and np.hypot(*(np.subtract(point.position, last[1]))) < 0.05:
                first = last[0] if (labels[a, last[0] : frame] == sit).all() else frame
            span = slice(first, frame + 1)
            position[a, span], has_position[a, span] = point.position, True
            if point.heading is not None:
                heading[a, span], has_heading[a, span] = point.heading, True
            last = frame, point.position
        for span, place in _held_roots(actor, labels[a]):
            position[a, span], has_position[a, span] = place, True
    return RootConstraints(
        position=torch.from_numpy(position),
        heading=torch.from_numpy(heading),
        has_position=torch.from_numpy(has_position),
        has_heading=torch.from_numpy(has_heading),
    )


def _held_roots(actor: Actor, labels: Array) -> Iterator[tuple[slice, tuple[float, float]]]:
    """Yield the frames on which a pin holds the root of an actor, and the place (2,), as far as the plan leads there.

    ``labels`` (T,) as of ``label_track``. Within a sit the seat's own waypoints hold the root.
    """
    for pin in actor.pins:
        near = [p for p in actor.waypoints if np.hypot(*np.subtract(p.position, pin.places[0][:2])) < _THERE]
        since = min((p.time for p in near if p.time <= pin.end), default=0.0 if _starts_at(actor, pin) else np.inf)
        if pin.part != "root" or since >= pin.end:
            continue
        span = _frames(max(pin.start, since), pin.end)
        if (labels[span] == ACTION_LABELS.index("stand")).all():
            yield span, pin.places[0][:2]


def _starts_at(actor: Actor, pin: Pin) -> bool:
    return bool(np.hypot(*np.subtract(actor.position, pin.places[0][:2])) < _THERE)


def held(track: Array, frames: int) -> Array:
    """Return a track of ``frames`` frames that ends with its last value repeated."""
    return np.concatenate([track, np.repeat(track[-1:], frames - len(track), 0)])


def silent_after(track: Array, frames: int) -> Array:
    """Return a track of ``frames`` frames that ends with zeros."""
    return np.concatenate([track, np.zeros((frames - len(track), *track.shape[1:]), track.dtype)])


def _frames(start: float, end: float) -> slice:
    return slice(max(0, round(start * FPS)), max(0, round(end * FPS)))
