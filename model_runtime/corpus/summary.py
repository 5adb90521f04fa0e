"""What a corpus of scenes holds, in numbers, read scene by scene so that any amount fits in memory.

``python -m model_runtime.corpus.summary --scenes corpus/scenes --docs docs`` prints them, draws ``docs/images/corpus_*.png`` and
fills in the tables of ``docs/corpus.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..contract import ACTION_LABELS, EMOTION_GROUPS, FPS
from ..errors import InterActError
from ..evaluation.posed import Posed
from ..features.prosody import VOICE_ACTIVITY
from ..skeleton import Skeleton
from .scene import Scene
from .shards import ScenesUnfit, read_index
from .summary_page import TABLE, fill_in, markdown

Array = NDArray[Any]

SHORT_SILENCE = 0.5  # s inside a turn; a longer one ends a stretch of speech
INSIDE = 0.01  # m of depth from which bodies are said to be inside each other
EVERY = 4  # frames between those whose penetration is measured
TURN_BINS = np.concatenate([np.arange(0.0, 20.0, 1.0), [np.inf]])  # s
GAP_BINS = np.concatenate([[-np.inf], np.arange(-1.5, 3.01, 0.1), [np.inf]])  # s, negative is overlap
DISTANCE_BINS = np.concatenate([np.arange(0.0, 6.0, 0.1), [np.inf]])  # m
DEPTH_BINS = np.concatenate([np.arange(0.0, 0.08, 0.005), [np.inf]])  # m
SHARE_BINS = np.linspace(0.0, 1.0, 21)


class Turn(NamedTuple):
    """One actor has the floor from ``start`` to ``end`` (s)."""

    actor: int
    start: float
    end: float


@dataclass
class Tally:
    """Sums over scenes; minutes of one actor count for one, so a minute of scene gives two."""

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
    speaking: Array = field(default_factory=lambda: np.zeros(3))  # frames in which nobody, one, both speak
    turns: Array = field(default_factory=lambda: np.zeros(len(TURN_BINS) - 1))
    turn_seconds: float = 0.0
    gaps: Array = field(default_factory=lambda: np.zeros(len(GAP_BINS) - 1))
    back_channels: int = 0
    shares: Array = field(default_factory=lambda: np.zeros(len(SHARE_BINS) - 1))  # scenes by the share that the first actor speaks
    distances: Array = field(default_factory=lambda: np.zeros(len(DISTANCE_BINS) - 1))
    self_depths: Array = field(default_factory=lambda: np.zeros(len(DEPTH_BINS) - 1))
    pair_depths: Array = field(default_factory=lambda: np.zeros(len(DEPTH_BINS) - 1))
    inside: Array = field(default_factory=lambda: np.zeros(3))  # frames measured; inside oneself (of two actors); in each other
    feet: Array = field(default_factory=lambda: np.zeros(3))  # actor frames with no, one, two feet on the floor
    seats: list[float] = field(default_factory=list)
    gaze: Array = field(default_factory=lambda: np.zeros(2))  # actor frames known; looking

    def add(self, scene: Scene) -> None:
        self.scenes += 1
        self.frames += scene.frames
        self.splits[scene.split] += scene.duration  # type: ignore[assignment]
        self.labels += np.bincount(scene.labels.ravel(), minlength=len(ACTION_LABELS))
        self.kinds[scene.kind or "talk"] += scene.duration  # type: ignore[assignment]
        self.relationships[scene.relationship] += scene.duration  # type: ignore[assignment]
        for felt in (f for actor in scene.feelings for f in actor):
            self.emotions[felt.emotion] += max(0.0, min(felt.end, scene.duration) - felt.start)  # type: ignore[assignment]
        self.gestures.update(str(g["kind"]) for g in scene.gestures)
        self.hands.update(str(g["hand"]) for g in scene.gestures)
        self.voices.update(u.id.split("/")[0] for actor in scene.utterances for u in actor)
        self._add_talk(scene.prosody[:, :, VOICE_ACTIVITY] > 0.5)
        self._add_space(scene)

    def _add_talk(self, active: NDArray[np.bool_]) -> None:
        self.speaking += np.bincount(active.sum(axis=0), minlength=3)
        taken, back_channels = turns_of(active)
        lengths = np.array([turn.end - turn.start for turn in taken])
        self.turns += np.histogram(lengths, TURN_BINS)[0]
        self.turn_seconds += float(lengths.sum())
        self.gaps += np.histogram([b.start - a.end for a, b in pairwise(taken)], GAP_BINS)[0]
        self.back_channels += back_channels
        own = active.sum(axis=1)
        self.shares += np.histogram([own[0] / max(own.sum(), 1)], SHARE_BINS)[0]

    def _add_space(self, scene: Scene) -> None:
        apart = np.linalg.norm(scene.root_positions[0, :, :2] - scene.root_positions[1, :, :2], axis=-1)
        self.distances += np.histogram(apart, DISTANCE_BINS)[0]
        bodies = [Posed(scene.root_positions[a, ::EVERY], scene.rotations[a, ::EVERY], Skeleton(scene.skeletons[a])) for a in (0, 1)]
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
    """Turns in order, from who speaks when (2, T), and how many stretches of speech lay wholly inside the other's turn.

    Those are back-channels and tries that failed; they neither end nor make a turn. Silences of up to ``SHORT_SILENCE`` belong to
    the stretch around them.
    """
    stretches = sorted(
        (start / FPS, stop / FPS, actor) for actor in (0, 1) for start, stop in _spells(active[actor], round(SHORT_SILENCE * FPS))
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


def _spells(mask: NDArray[np.bool_], bridged: int) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    keep = np.ones(len(starts), bool)
    keep[1:] = starts[1:] - stops[:-1] > bridged
    firsts = np.flatnonzero(keep)
    for i, first in enumerate(firsts):
        last = (firsts[i + 1] if i + 1 < len(firsts) else len(starts)) - 1
        yield int(starts[first]), int(stops[last])


def tally_of(scenes: Iterable[Scene]) -> Tally:
    tally = Tally()
    for scene in scenes:
        tally.add(scene)
    return tally


def summary(scenes: Iterable[Scene], refused: Sequence[str] = ()) -> dict[str, Any]:
    """Figures of ``scenes``, which are read once and one at a time; ``refused`` are the faults of those that were thrown away."""
    return figures_of(tally_of(scenes), refused)


def figures_of(tally: Tally, refused: Sequence[str] = ()) -> dict[str, Any]:
    """Plain numbers, ready for JSON. Minutes of labels, emotions and speech are those of one actor."""
    groups = {emotion: group for group, emotions in EMOTION_GROUPS.items() for emotion in emotions}
    by_group: Counter[str] = Counter()
    for emotion, seconds in tally.emotions.items():
        by_group[groups.get(emotion, "neutral")] += seconds
    spoken = float(tally.speaking @ [0, 1, 2])
    actor_frames = max(2.0 * tally.frames, 1.0)
    measured = max(float(tally.inside[0]), 1.0)
    return {
        "scenes": tally.scenes,
        "minutes": round(tally.frames / FPS / 60, 2),
        "minutes_by_split": _minutes(tally.splits),
        "minutes_by_label": {name: round(float(tally.labels[i]) / FPS / 60, 2) for i, name in enumerate(ACTION_LABELS)},
        "minutes_by_kind": _minutes(tally.kinds),
        "minutes_by_relationship": _minutes(tally.relationships),
        "minutes_by_emotion": _minutes(tally.emotions),
        "minutes_by_emotion_group": _minutes(by_group),
        "utterances_by_voice": dict(tally.voices.most_common()),
        "speaking_share": round(spoken / actor_frames, 3),
        "overlap_share": _share(tally.speaking[2], tally.frames),
        "silence_share": _share(tally.speaking[0], tally.frames),
        "turns": int(tally.turns.sum()),
        "mean_turn_s": round(tally.turn_seconds / max(float(tally.turns.sum()), 1.0), 2),
        "median_gap_s": _median(tally.gaps, GAP_BINS),
        "gaps_that_overlap": _share(tally.gaps[GAP_BINS[:-1] < -0.05].sum(), tally.gaps.sum()),
        "back_channels_a_minute": round(tally.back_channels / max(tally.frames / FPS / 60, 1e-6), 2),
        "gestures": sum(tally.gestures.values()),
        "gestures_a_spoken_minute": round(sum(tally.gestures.values()) / max(spoken / FPS / 60, 1e-6), 1),
        "gestures_by_kind": dict(tally.gestures.most_common()),
        "gestures_by_hand": dict(tally.hands.most_common()),
        "median_distance_m": _median(tally.distances, DISTANCE_BINS),
        "nearer_than_1_m": _share(tally.distances[DISTANCE_BINS[1:] <= 1.0 + 1e-6].sum(), tally.distances.sum()),
        "inside_oneself": round(float(tally.inside[1]) / measured, 4),
        "inside_each_other": round(float(tally.inside[2]) / measured, 4),
        "feet_on_the_floor": {name: _share(tally.feet[i], tally.feet.sum()) for i, name in enumerate(("none", "one", "two"))},
        "looking_at_the_partner": _share(tally.gaze[1], tally.gaze[0]),
        "seat_heights_m": {p: round(float(np.percentile(tally.seats, p)), 3) for p in (0, 50, 100)} if tally.seats else {},
        "refused": dict(Counter(reason.split()[0] for reason in refused).most_common()),
    }


def scenes_in(folder: Path) -> Iterator[Scene]:
    for path in sorted(folder.glob("scene_*.npz")):
        yield Scene.load(path)


def _minutes(seconds: Counter[str]) -> dict[str, float]:
    return {name: round(value / 60, 2) for name, value in seconds.most_common()}


def _share(part: float, whole: float) -> float:
    return round(float(part) / max(float(whole), 1e-9), 3)


def _median(counts: Array, bins: Array) -> float | None:
    """Of a histogram, linear inside its bin; None for an empty one."""
    if not counts.sum():
        return None
    below = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    k = int(np.searchsorted(below, 0.5)) - 1
    low, high = (float(np.clip(edge, bins[1], bins[-2])) for edge in (bins[k], bins[k + 1]))
    return round(low + (high - low) * (0.5 - below[k]) / max(below[k + 1] - below[k], 1e-9), 3)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.corpus.summary", description="What a corpus of scenes holds.")
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"), metavar="DIR")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="draw images/corpus_*.png there and fill in corpus.md")
    given = parser.parse_args(arguments)
    try:
        tally = tally_of(scenes_in(given.scenes))
    except (InterActError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not tally.scenes:
        print(f"error: there is no scene_*.npz in '{given.scenes}'; compose some first.", file=sys.stderr)
        return 1
    figures = figures_of(tally, refusals_in(given.scenes))
    print(json.dumps(figures, indent=1))
    if given.docs:
        try:
            write_docs(tally, figures, given.docs)
        except (InterActError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def write_docs(tally: Tally, figures: dict[str, Any], docs: Path) -> None:
    """Draw ``docs/images/corpus_*.png``, where matplotlib is at hand, and fill in the table of ``docs/corpus.md``."""
    fill_in(docs / "corpus.md", TABLE, markdown(figures))
    try:
        from .summary_plots import draw_pictures
    except ImportError:
        print("matplotlib is not installed: no pictures")
        return
    for path in draw_pictures(tally, figures, docs / "images"):
        print(path)


def refusals_in(folder: Path) -> list[str]:
    """What the composing run refused, as the record of the folder tells; none where there is no record."""
    try:
        return list(read_index(folder).refused.values())
    except ScenesUnfit:
        return []


if __name__ == "__main__":
    sys.exit(main())
