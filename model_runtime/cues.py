"""What the two bodies are told, frame by frame: a request as conditions, places and motion kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from torch import Tensor

from .body_features import body_size
from .checkpoint import WEIGHTS
from .contract import ACTION_LABELS, EMOTIONS, FPS, RELATIONSHIPS, Actor, FloatArray, Request, TimedWord
from .features.prominence import stress_bumps, stress_track
from .kept_features import KeptFeatures
from .networks.duet_denoiser import conditions_of
from .places import ELBOW_ROOM, Places
from .skeleton import Skeleton
from .style import STYLE_SIZE
from .windows import padded_frames

Stresses = tuple[Sequence[float], Sequence[TimedWord]]  # times in s, and the words that could not be found in the voice


@dataclass(frozen=True)
class Cue:
    """Over ``frames`` frames, the arrays padded to whole windows: ``conditions`` by name (1, 2, T, size), ``body`` (1, 2, 6).

    ``alone``: the second actor only stands in for a partner who is missing.
    """

    frames: int
    skeletons: tuple[Skeleton, Skeleton]
    conditions: dict[str, Tensor]
    body: Tensor
    places: Places
    keep: KeptFeatures
    alone: bool = False


def cue_of(
    request: Request, heard: list[FloatArray], hears: Collection[str], units: tuple[float, float] = (1.0, 1.0), alone: bool = False,
    weights: Path = WEIGHTS, stressed: Sequence[Stresses | None] = (None, None),
) -> Cue:  # fmt: skip
    """What a request for two tells the bodies. ``heard``: prosody (T, 28) of each actor; ``units`` as in ``HumanScale``.

    ``hears``: which of ``CONDITIONS`` the networks hear; words and stresses that none hears are not worked out. ``alone``: the second
    actor is neither heard nor in the way. ``weights``: the folder of what turns voices and words into numbers. ``stressed``: of each actor
    the stresses its words tell and the words that tell none (``features.told_stress``); None where nobody looked.
    """
    padded = padded_frames(request.frames)
    labels = np.stack([_held(label_track(actor, request.frames), padded) for actor in request.actors])
    feelings = [_held(emotion_track(actor, request.frames), padded) for actor in request.actors]
    body = body_size(torch.from_numpy(np.stack([actor.skeleton.offsets for actor in request.actors]))[None])
    seats = torch.tensor([actor.seat_height for actor in request.actors])[None] / body[..., 0]
    conditions = conditions_of(
        torch.from_numpy(labels)[None],
        torch.from_numpy(np.stack([_silent_after(track, padded) for track in heard]))[None],
        seats[..., None, None].expand(-1, -1, padded, 1),
        emotion=torch.from_numpy(np.stack(feelings))[None] if any(actor.emotions for actor in request.actors) else None,
        relationship=torch.tensor([RELATIONSHIPS.index(request.relationship)]) if request.relationship else None,
        words=spoken_words(request.actors, padded, weights) if "words" in hears else None,
        stress=stresses(request.actors, heard, padded, weights, stressed) if "stress" in hears else None,
        style=styles(request.actors) if any(actor.style for actor in request.actors) else None,
    )
    if alone:
        del conditions["partner_speech"]
    places = replace(wanted_places(request.actors, labels, padded), units=units, elbow_room=0.0 if alone else ELBOW_ROOM)
    keep = KeptFeatures(request.actors, padded)
    keep.join_places(places)
    skeletons = (request.actors[0].skeleton, request.actors[1].skeleton)
    return Cue(request.frames, skeletons, conditions, body, places, keep, alone)


def label_track(actor: Actor, frames: int) -> NDArray[np.int64]:
    """The action of each frame as an index into ``ACTION_LABELS``; ``stand`` where nothing is said."""
    track = np.full(frames, ACTION_LABELS.index("stand"))
    for span in actor.actions:
        track[max(0, round(span.start * FPS)) : max(0, round(span.end * FPS))] = ACTION_LABELS.index(span.label)
    if frames > 1:
        track[-1] = track[-2]
    return track


def settled(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(T,) frames that are a second away from any walk and from any change of ``labels`` (T,): hands serve the voice there, not the body."""
    busy = (labels == ACTION_LABELS.index("walk")) | (np.diff(labels, prepend=labels[:1]) != 0)
    return ~binary_dilation(busy, iterations=FPS)


def emotion_track(actor: Actor, frames: int) -> NDArray[np.float32]:
    """(T, 26) intensity of each of ``EMOTIONS``; plain ``neutral`` where nothing is said."""
    track = np.zeros((frames, len(EMOTIONS)), np.float32)
    track[:, EMOTIONS.index("neutral")] = 1.0
    for felt in actor.emotions:
        span = slice(max(0, round(felt.start * FPS)), max(0, round(felt.end * FPS)))
        track[span] = 0.0
        track[span, EMOTIONS.index(felt.emotion)] = felt.intensity
    if frames > 1:
        track[-1] = track[-2]
    return track


def feeling_track(actor: Actor, frames: int) -> NDArray[np.float32]:
    """(T, 26) as faces are told it: nothing at all where an actor is neutral."""
    track = emotion_track(actor, frames)
    track[:, EMOTIONS.index("neutral")] = 0.0
    return track


def styles(actors: tuple[Actor, ...]) -> Tensor:
    """(1, 2, 3) how each gestures, NaN where that is not said."""
    return torch.tensor([[[np.nan] * STYLE_SIZE if actor.style is None else list(astuple(actor.style)) for actor in actors]])


def stresses(actors: tuple[Actor, ...], heard: list[FloatArray], frames: int, weights: Path, told: Sequence[Stresses | None]) -> Tensor:
    """(1, 2, T, 2) stressed syllables, heard or told by words."""
    tracks = []
    for voice, actor, found in zip(heard, actors, told):
        track = stress_track(voice, actor.words if found is None else found[1], weights)
        if found is not None:
            known = stress_bumps(found[0], len(voice))
            track = np.stack([np.maximum(known, track[:, 0]) if found[1] else known, np.ones_like(known)], -1)
        tracks.append(_silent_after(track, frames))
    return torch.from_numpy(np.stack(tracks))[None]


def spoken_words(actors: tuple[Actor, ...], frames: int, weights: Path) -> Tensor | None:
    """(1, 2, T, 48) vectors of what is said, or None where no transcript is known; an actor without words is silent."""
    if not any(actor.words for actor in actors):
        return None
    from .features.words import WordFeatures  # brings transformers with it

    features = WordFeatures.load(weights)
    return torch.from_numpy(np.stack([features.track(actor.words, frames) for actor in actors]))[None]


def wanted_places(actors: tuple[Actor, ...], labels: NDArray[np.int64], frames: int) -> Places:
    """The start of each actor and its waypoints; two waypoints at one seat hold the frames between them."""
    position, heading = np.zeros((2, frames, 2), np.float32), np.zeros((2, frames), np.float32)
    has_position, has_heading = np.zeros((2, frames), bool), np.zeros((2, frames), bool)
    for a, actor in enumerate(actors):
        position[a, 0], heading[a, 0], has_position[a, 0], has_heading[a, 0] = actor.position, actor.heading, True, True
        last: tuple[int, tuple[float, float]] | None = None
        for point in sorted(actor.waypoints, key=lambda w: w.time):
            frame = round(point.time * FPS)
            if not 0 < frame < frames:
                continue
            first = frame
            if last is not None and np.hypot(*(np.subtract(point.position, last[1]))) < 0.05 and (labels[a, last[0] : frame] == 0).all():
                first = last[0]
            span = slice(first, frame + 1)
            position[a, span], has_position[a, span] = point.position, True
            if point.heading is not None:
                heading[a, span], has_heading[a, span] = point.heading, True
            last = frame, point.position
    return Places(torch.from_numpy(position), torch.from_numpy(heading), torch.from_numpy(has_position), torch.from_numpy(has_heading))


def _held(track: NDArray, frames: int) -> NDArray:
    """The track with its last value repeated."""
    return np.concatenate([track, np.repeat(track[-1:], frames - len(track), 0)])


def _silent_after(track: NDArray, frames: int) -> NDArray:
    return np.concatenate([track, np.zeros((frames - len(track), *track.shape[1:]), track.dtype)])
