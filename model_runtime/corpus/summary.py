"""What a corpus of scenes holds, in numbers, read scene by scene so that any amount fits in memory.

``python -m model_runtime.corpus.summary --scenes corpus/scenes --docs docs`` prints them, draws
``docs/images/corpus_*.png`` and fills in the tables of ``docs/corpus.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..contract import ACTION_LABELS, EMOTION_GROUPS, FPS
from ..datasets.scene import Scene
from ..drawing.documents import TABLE, fill_in, markdown
from ..errors import InterActError
from .shards import ScenesUnfit, read_index
from .tally import DISTANCE_BINS, GAP_BINS, Tally


def tally_of(scenes: Iterable[Scene]) -> Tally:
    tally = Tally()
    for scene in scenes:
        tally.add(scene)
    return tally


def summary(scenes: Iterable[Scene], refused: Sequence[str] = ()) -> dict[str, Any]:
    """Figures of ``scenes``, which are read once and one at a time; ``refused`` are the faults of those that were
    thrown away.
    """
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
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.corpus.summary", description="What a corpus of scenes holds."
    )
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
