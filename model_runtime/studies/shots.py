"""Shots on which the body is measured: held-out scenes as requests, with the prosody that the scenes store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..body_model.skeleton import Skeleton, heading_of
from ..common.arrays import Array
from ..contract import ACTION_LABELS, FPS, ActionSpan, Actor, EmotionSpan, Request, TimedWord, Waypoint
from ..corpus.excerpt import excerpt
from ..datasets.scene import Scene
from ..metrics.shot import Shot
from ..training.body import split_scenes
from ..training.word_features import WordTracks


def held_out_shots(scenes: Path, seconds: float, count: int, words: WordTracks | None = None) -> list[Shot]:
    """Return up to ``count`` shots of ``seconds`` each from the scenes of the test split, one from each in turn.

    The stretch of a scene in which labels change most often comes first, since it is the hardest to follow.
    """
    shots: list[Shot] = []
    loaded = [(path.stem, Scene.load(path)) for path in split_scenes(scenes)[1]]
    length = round(seconds * FPS) + 1
    starts = [_busiest_first(scene, length) for _, scene in loaded]
    turn = 0
    while len(shots) < count and any(len(own) > turn for own in starts):
        for (name, scene), own in zip(loaded, starts):
            if len(own) > turn and len(shots) < count:
                shots.append(shot_of(scene, f"{name}@{own[turn] / FPS:.0f}", own[turn], own[turn] + length, words))
        turn += 1
    return shots


def _busiest_first(scene: Scene, length: int) -> list[int]:
    """Return the first frames of the scene's stretches of ``length`` frames, those with most changes of label first."""
    starts = range(0, scene.frames - length + 1, length)
    changes = {
        start: int((np.diff(scene.labels[:, start : start + length].astype(int)) != 0).sum()) for start in starts
    }
    return sorted(starts, key=lambda start: (-changes[start], start))


def shot_of(scene: Scene, name: str, start: int, stop: int, words: WordTracks | None = None) -> Shot:
    """Return frames ``start`` to ``stop`` of a scene as a shot: labels, walk targets, seats, emotions, relationship."""
    first, second = (_actor_of(scene, actor, start, stop, words) for actor in range(2))
    request = Request((stop - start - 1) / FPS, (first, second), relationship=scene.relationship)
    vectors = None if words is None else words.of(scene)[:, start:stop]
    prosody = [np.asarray(scene.prosody[a, start:stop], np.float32) for a in range(2)]
    cut = excerpt(scene, start, stop)
    found = [None if words is None else words.stressed(scene, a) for a in range(2)]
    stresses = [
        None if times is None else [t - start / FPS for t in times if start <= t * FPS < stop] for times in found
    ]
    return Shot(name, request, prosody, vectors, cut.root_positions, cut.rotations, cut, stresses)


def _actor_of(scene: Scene, actor: int, start: int, stop: int, words: WordTracks | None) -> Actor:
    """Return an actor of a scene between two frames as a request asks for it."""
    root, rotations = scene.root_positions[actor, start:stop], scene.rotations[actor, start:stop]
    labels, heading, begin = scene.labels[actor, start:stop], heading_of(rotations[:, 0]), start / FPS
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    spans = [(ACTION_LABELS[labels[first]], first, last) for first, last in pairwise(edges)]
    emotions = [
        EmotionSpan(span.emotion, span.intensity, max(span.start - begin, 0.0), span.end - begin)
        for span in scene.emotions[actor]
        if span.end * FPS > start and span.start * FPS < stop
    ]
    spoken = [
        TimedWord(word.text, word.start - begin, word.end - begin)
        for word in ([] if words is None else words.timed(scene, actor))
        if start <= word.start * FPS and word.end * FPS < stop
    ]
    return Actor(
        f"actor {actor}",
        Skeleton(scene.skeletons[actor]),
        (float(root[0, 0]), float(root[0, 1])),
        float(heading[0]),
        actions=tuple(ActionSpan(label, first / FPS, last / FPS) for label, first, last in spans),
        waypoints=_waypoints(root, heading, spans),
        seat_height=float(scene.seat_height[actor]),
        emotions=tuple(emotions),
        words=tuple(spoken),
    )


def _waypoints(root: Array, heading: Array, spans: Sequence[tuple[str, int, int]]) -> tuple[Waypoint, ...]:
    """Return where walks end, and the seat from a second after sitting down until half a second before getting up."""

    def at(frame: int, facing: float | None = None) -> Waypoint:
        return Waypoint(frame / FPS, (float(root[frame, 0]), float(root[frame, 1])), facing)

    points = []
    for label, first, last in spans:
        if label == "walk" and last < len(root):
            points.append(at(last))
        if label == "sit" and last - first > 2 * FPS:
            for frame in (first + FPS if first else 0, max(first + FPS, last - FPS // 2)):
                points.append(at(frame, float(heading[frame])))
    return tuple(points)
