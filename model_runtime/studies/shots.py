"""Shots to measure the body on: held-out scenes as requests, their sound as the prosody that the scene keeps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from ..body_model.skeleton import Skeleton, heading_of
from ..contract import ACTION_LABELS, FPS, ActionSpan, Actor, EmotionSpan, Request, TimedWord, Waypoint
from ..corpus.excerpt import excerpt
from ..datasets.scene import Scene
from ..metrics.shot import Shot
from ..training.body import split_scenes
from ..training.word_features import WordTracks


def held_out_shots(scenes: Path, seconds: float, count: int, words: WordTracks | None = None) -> list[Shot]:
    """Up to ``count`` shots of ``seconds`` each from the scenes of the test split, one from each in turn.

    Of each scene the stretch in which labels change most often comes first: that is where a model shows whether it
    follows.
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
    """First frames of the scene's stretches of ``length`` frames, one after the other, those with most changes of label
    first.
    """
    starts = range(0, scene.frames - length + 1, length)
    changes = {
        start: int((np.diff(scene.labels[:, start : start + length].astype(int)) != 0).sum()) for start in starts
    }
    return sorted(starts, key=lambda start: (-changes[start], start))


def shot_of(scene: Scene, name: str, start: int, stop: int, words: WordTracks | None = None) -> Shot:
    """Frames ``start`` to ``stop`` of a scene as a request: its labels, walk targets, seats, feelings and relationship."""
    actors = []
    for a in range(2):
        root, rotations = scene.root_positions[a, start:stop], scene.rotations[a, start:stop]
        labels = scene.labels[a, start:stop]
        edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
        spans = [(ACTION_LABELS[labels[b]], b, e) for b, e in pairwise(edges)]
        heading = heading_of(rotations[:, 0])
        points = []
        for label, b, e in spans:
            if label == "walk" and e < len(root):
                points.append(Waypoint(e / FPS, (float(root[e, 0]), float(root[e, 1]))))
            if label == "sit" and e - b > 2 * FPS:  # on its seat once it has sat down, until it gets up
                for frame in (b + FPS if b else 0, max(b + FPS, e - FPS // 2)):
                    points.append(
                        Waypoint(frame / FPS, (float(root[frame, 0]), float(root[frame, 1])), float(heading[frame]))
                    )
        felt = [
            EmotionSpan(f.emotion, f.intensity, max(f.start - start / FPS, 0.0), f.end - start / FPS)
            for f in scene.emotions[a]
            if f.end * FPS > start and f.start * FPS < stop
        ]
        said = [] if words is None else words.timed(scene, a)
        told = tuple(
            TimedWord(w.text, w.start - start / FPS, w.end - start / FPS)
            for w in said
            if start <= w.start * FPS and w.end * FPS < stop
        )
        actors.append(
            Actor(
                f"actor {a}",
                Skeleton(scene.skeletons[a]),
                (float(root[0, 0]), float(root[0, 1])),
                float(heading[0]),
                actions=tuple(ActionSpan(label, b / FPS, e / FPS) for label, b, e in spans),
                waypoints=tuple(points),
                seat_height=float(scene.seat_height[a]),
                emotions=tuple(felt),
                words=told,
            )
        )
    request = Request((stop - start - 1) / FPS, (actors[0], actors[1]), relationship=scene.relationship)
    vectors = None if words is None else words.of(scene)[:, start:stop]
    heard = [np.asarray(scene.prosody[a, start:stop], np.float32) for a in range(2)]
    cut = excerpt(scene, start, stop)
    found = [None if words is None else words.stressed(scene, a) for a in range(2)]
    stressed = [
        None if times is None else [t - start / FPS for t in times if start <= t * FPS < stop] for times in found
    ]
    return Shot(name, request, heard, vectors, cut.root_positions, cut.rotations, cut, stressed)
