"""Sums over composed scenes, from which the summary and its plots are made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..common.masks import runs_of, without_short_runs
from ..contract import ACTION_LABELS, FPS
from ..datasets.scene import Scene
from ..metrics.body_motion import BodyMotion
from ..speech.prosody import VOICE_ACTIVITY

SHORT_SILENCE = 0.5  # s inside a turn; a longer one ends a stretch of speech
INSIDE = 0.01  # m of depth that counts as penetration
EVERY = 4  # penetration is measured in every so many frames
TURN_BINS = np.concatenate([np.arange(0.0, 20.0, 1.0), [np.inf]])  # s
GAP_BINS = np.concatenate([[-np.inf], np.arange(-1.5, 3.01, 0.1), [np.inf]])  # s, negative is overlap
DISTANCE_BINS = np.concatenate([np.arange(0.0, 6.0, 0.1), [np.inf]])  # m
DEPTH_BINS = np.concatenate([np.arange(0.0, 0.08, 0.005), [np.inf]])  # m
SHARE_BINS = np.linspace(0.0, 1.0, 21)


class Turn(NamedTuple):
    """``actor`` has the floor from ``start`` to ``end`` (s)."""

    actor: int
    start: float
    end: float


@dataclass
class Tally:
    """Sums over scenes. Times of an actor are summed over both actors."""

    scenes: int = 0
    frames: int = 0
    splits: Counter[str] = field(default_factory=Counter)  # seconds of scene
    labels: Array = field(default_factory=lambda: np.zeros(len(ACTION_LABELS)))
    kinds: Counter[str] = field(default_factory=Counter)
    relationships: Counter[str] = field(default_factory=Counter)
    emotions: Counter[str] = field(default_factory=Counter)  # seconds of an actor
    gestures: Counter[str] = field(default_factory=Counter)
    hands: Counter[str] = field(default_factory=Counter)
    voices: Counter[str] = field(default_factory=Counter)  # utterances
    speaking: Array = field(default_factory=lambda: np.zeros(3))  # frames in which none, one, both speak
    turns: Array = field(default_factory=lambda: np.zeros(len(TURN_BINS) - 1))
    turn_seconds: float = 0.0
    gaps: Array = field(default_factory=lambda: np.zeros(len(GAP_BINS) - 1))
    back_channels: int = 0
    shares: Array = field(default_factory=lambda: np.zeros(len(SHARE_BINS) - 1))  # scenes by the first actor's share
    distances: Array = field(default_factory=lambda: np.zeros(len(DISTANCE_BINS) - 1))
    self_depths: Array = field(default_factory=lambda: np.zeros(len(DEPTH_BINS) - 1))
    pair_depths: Array = field(default_factory=lambda: np.zeros(len(DEPTH_BINS) - 1))
    inside: Array = field(default_factory=lambda: np.zeros(3))  # frames: measured, self-penetration (mean of two), pair
    feet: Array = field(default_factory=lambda: np.zeros(3))  # actor frames with no, one, two feet on the floor
    seats: list[float] = field(default_factory=list)
    gaze: Array = field(default_factory=lambda: np.zeros(2))  # actor frames known; looking

    def add(self, scene: Scene) -> None:
        """Add one scene to all sums."""
        self.scenes += 1
        self.frames += scene.frames
        self.splits[scene.split] += scene.duration  # type: ignore[assignment]
        self.labels += np.bincount(scene.labels.ravel(), minlength=len(ACTION_LABELS))
        self.kinds[scene.kind or "talk"] += scene.duration  # type: ignore[assignment]
        self.relationships[scene.relationship] += scene.duration  # type: ignore[assignment]
        for span in (span for actor in scene.emotions for span in actor):
            self.emotions[span.emotion] += max(0.0, min(span.end, scene.duration) - span.start)  # type: ignore[assignment]
        self.gestures.update(str(g["kind"]) for g in scene.gestures)
        self.hands.update(str(g["hand"]) for g in scene.gestures)
        self.voices.update(u.id.split("/")[0] for actor in scene.utterances for u in actor)
        self._add_talk(scene.prosody[:, :, VOICE_ACTIVITY] > 0.5)
        self._add_space(scene)

    def _add_talk(self, active: NDArray[np.bool_]) -> None:
        self.speaking += np.bincount(active.sum(axis=0), minlength=3)
        turns, back_channels = turns_of(active)
        lengths = np.array([turn.end - turn.start for turn in turns])
        self.turns += np.histogram(lengths, TURN_BINS)[0]
        self.turn_seconds += float(lengths.sum())
        self.gaps += np.histogram([b.start - a.end for a, b in pairwise(turns)], GAP_BINS)[0]
        self.back_channels += back_channels
        own = active.sum(axis=1)
        self.shares += np.histogram([own[0] / max(own.sum(), 1)], SHARE_BINS)[0]

    def _add_space(self, scene: Scene) -> None:
        apart = np.linalg.norm(scene.root_positions[0, :, :2] - scene.root_positions[1, :, :2], axis=-1)
        self.distances += np.histogram(apart, DISTANCE_BINS)[0]
        bodies = [
            BodyMotion(scene.root_positions[a, ::EVERY], scene.rotations[a, ::EVERY], Skeleton(scene.skeletons[a]))
            for a in (0, 1)
        ]
        pair, own = bodies[0].depth_in(bodies[1]), np.concatenate([body.self_depth for body in bodies])
        self.self_depths += np.histogram(own, DEPTH_BINS)[0]
        self.pair_depths += np.histogram(pair, DEPTH_BINS)[0]
        self.inside += [len(pair), 0.5 * (own > INSIDE).sum(), (pair > INSIDE).sum()]
        feet = scene.contacts.reshape(2, scene.frames, 2, 2).any(axis=-1).sum(axis=-1)
        self.feet += np.bincount(feet.ravel(), minlength=3)
        for actor in (0, 1):
            if (scene.labels[actor] == ACTION_LABELS.index("sit")).any():
                self.seats.append(float(scene.seat_height[actor]))
        if scene.gaze.shape[1] == scene.frames:
            self.gaze += [scene.gaze.size, scene.gaze.sum()]


def turns_of(active: NDArray[np.bool_]) -> tuple[list[Turn], int]:
    """Return the turns in order and the number of back-channels, from voice activity ``active`` (2, T).

    Silences of up to ``SHORT_SILENCE`` belong to the stretch of speech around them. Stretches wholly inside the other's
    turn are back-channels, or failed attempts to take the floor; they neither end nor make a turn.
    """
    bridged = round(SHORT_SILENCE * FPS)
    stretches = sorted(
        (start / FPS, stop / FPS, actor)
        for actor in (0, 1)
        for start, stop in runs_of(without_short_runs(active[actor], bridged, False))
    )
    turns: list[Turn] = []
    inside = 0
    for start, end, actor in stretches:
        if turns and end <= turns[-1].end and actor != turns[-1].actor:
            inside += 1
        elif turns and actor == turns[-1].actor:
            turns[-1] = Turn(actor, turns[-1].start, max(end, turns[-1].end))
        else:
            turns.append(Turn(actor, start, end))
    return turns, inside
