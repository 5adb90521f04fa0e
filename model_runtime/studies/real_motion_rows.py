"""Motion beside captured clips that composing never uses: the rows of ``metrics.real_motion`` with their bounds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..datasets.clip import Clip
from ..datasets.held_out import HELD_OUT_SPLIT
from ..metrics.body_motion import BodyMotion
from ..metrics.real_motion import Statistics
from ..metrics.scene_measures import compares
from ..metrics.targets import REAL_MOTION


def captured_statistics(clips: Iterable[Clip], split: str = HELD_OUT_SPLIT) -> Statistics:
    """Return the statistics of the clips of ``split`` that show what also occurs in a talk.

    Performers of clips tagged as talk or gesture speak, those of clips tagged as listening listen.
    """
    statistics = Statistics()
    for clip in clips:
        if clip.split != split or not compares(clip):
            continue
        always, never = np.ones(clip.frames, bool), np.zeros(clip.frames, bool)
        listens = "listen" in clip.tags
        speaks = not listens and bool({"talk", "gesture"} & set(clip.tags))
        body = BodyMotion(clip.root_positions, clip.rotations, clip.skeleton)
        statistics.add(body, always if speaks else never, always if listens else never)
    return statistics


def markdown(scenes: Statistics, captured: Statistics | None) -> str:
    """Return the table in Markdown: composed scenes, held-out captured clips, bounds."""
    rows = [f"| {' | '.join(cells)} |" for cells in _cells(scenes, captured)]
    return "\n".join(["| | scenes | held-out captured clips | wanted | |", "|---|--:|--:|---|---|", *rows])


def table(scenes: Statistics, captured: Statistics | None) -> str:
    """Return the table as text; lines that miss their bounds say FAIL."""
    lines = [f"{'':54s} {'scenes':>9s} {'captured':>9s}  wanted"]
    for name, value, theirs, wanted, mark in _cells(scenes, captured, ("ok", "FAIL")):
        lines.append(f"{name:54s} {value:>9s} {theirs:>9s}  {wanted:16s} {mark}")
    return "\n".join(lines)


def _cells(
    scenes: Statistics, captured: Statistics | None, marks: tuple[str, str] = ("✓", "✗")
) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield name, figure of the scenes, figure of the clips, bounds and mark of each row."""
    figures, theirs = scenes.figures(), captured.figures() if captured is not None else {}
    for name, target in REAL_MOTION.items():
        value = figures[name]
        mark = "" if not np.isfinite(value) else marks[0] if target.reached(value) else marks[1]
        yield target.label, _shown(value), _shown(theirs.get(name, float("nan"))), target.bounds, mark


def _shown(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"
