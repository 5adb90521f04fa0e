"""Print what a corpus of scenes holds, in numbers.

Scenes are read one at a time, so that any amount fits in memory. With ``--docs docs`` the pictures
``docs/images/corpus_*.png`` are drawn and the tables of ``docs/corpus.md`` filled in.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..contract import ACTION_LABELS, EMOTION_GROUPS, FPS, NEUTRAL
from ..datasets.scene import Scene
from ..drawing.documents import TABLE, fill_in, markdown
from .script import affect, personality
from .shards import ScenesUnfit, read_index
from .tally import DISTANCE_BINS, GAP_BINS, Tally

EMOTIONS = ("<!-- emotions -->", "<!-- /emotions -->")
PERSONALITY = ("<!-- personality -->", "<!-- /personality -->")


def tally_of(scenes: Iterable[Scene]) -> Tally:
    """Return the sums over ``scenes``, which are read once and one at a time."""
    tally = Tally()
    for scene in scenes:
        tally.add(scene)
    return tally


def summary(scenes: Iterable[Scene], refused: Sequence[str] = ()) -> dict[str, Any]:
    """Return the figures of ``scenes``, which are read once and one at a time; ``refused``: the faults of refused
    scenes.
    """
    return figures_of(tally_of(scenes), refused)


def figures_of(tally: Tally, refused: Sequence[str] = ()) -> dict[str, Any]:
    """Return plain numbers, ready for JSON. Minutes of labels, emotions and speech are summed over both actors."""
    groups = {emotion: group for group, emotions in EMOTION_GROUPS.items() for emotion in emotions}
    by_group: Counter[str] = Counter()
    for emotion, seconds in tally.emotions.items():
        by_group[groups.get(emotion, NEUTRAL)] += seconds
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
        "feet_on_the_floor": {
            name: _share(tally.feet[i], tally.feet.sum()) for i, name in enumerate(("none", "one", "two"))
        },
        "looking_at_the_partner": _share(tally.gaze[1], tally.gaze[0]),
        "seat_heights_m": {p: round(float(np.percentile(tally.seats, p)), 3) for p in (0, 50, 100)}
        if tally.seats
        else {},
        "refused": dict(Counter(reason.split()[0] for reason in refused).most_common()),
    }


def scenes_in(folder: Path) -> Iterator[Scene]:
    """Load the scenes of a folder one after the other."""
    for path in sorted(folder.glob("scene_*.npz")):
        yield Scene.load(path)


def _minutes(seconds: Counter[str]) -> dict[str, float]:
    return {name: round(value / 60, 2) for name, value in seconds.most_common()}


def _share(part: float, whole: float) -> float:
    return round(float(part) / max(float(whole), 1e-9), 3)


def _median(counts: Array, bins: Array) -> float | None:
    """Return the median of a histogram, linear inside its bin; None for an empty one."""
    if not counts.sum():
        return None
    below = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    k = int(np.searchsorted(below, 0.5)) - 1
    low, high = (float(np.clip(edge, bins[1], bins[-2])) for edge in (bins[k], bins[k + 1]))
    return round(low + (high - low) * (0.5 - below[k]) / max(below[k + 1] - below[k], 1e-9), 3)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"), metavar="DIR")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="draw images/corpus_*.png there and fill in corpus.md")


def run(options: argparse.Namespace) -> None:
    tally = tally_of(scenes_in(options.scenes))
    if not tally.scenes:
        raise ScenesUnfit(f"There is no scene_*.npz in '{options.scenes}'; compose some first.")
    figures = figures_of(tally, refusals_in(options.scenes))
    print(json.dumps(figures, indent=1))
    if options.docs:
        write_docs(tally, figures, options.docs)


def write_docs(tally: Tally, figures: dict[str, Any], docs: Path) -> None:
    """Fill in the tables of ``docs/corpus.md`` and draw ``docs/images/corpus_*.png`` if matplotlib is installed."""
    fill_in(docs / "corpus.md", TABLE, markdown(figures))
    fill_in(docs / "corpus.md", EMOTIONS, affect.markdown())
    fill_in(docs / "corpus.md", PERSONALITY, personality.markdown())
    try:
        from .summary_plots import draw_pictures
    except ImportError:
        print("matplotlib is not installed: no pictures")
        return
    for path in draw_pictures(tally, figures, docs / "images"):
        print(path)


def refusals_in(folder: Path) -> list[str]:
    """Return the reasons of refusal in the folder's record; none if there is no record."""
    try:
        return list(read_index(folder).refused.values())
    except ScenesUnfit:
        return []
