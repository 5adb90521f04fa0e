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
from .target_rows import markdown_beside, table_beside


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
    return markdown_beside(scenes.figures(), _figures(captured), REAL_MOTION, "held-out captured clips")


def table(scenes: Statistics, captured: Statistics | None) -> str:
    """Return the table as text; lines that miss their bounds say FAIL."""
    return table_beside(scenes.figures(), _figures(captured), REAL_MOTION, 54)


def _figures(captured: Statistics | None) -> dict[str, float]:
    return {} if captured is None else captured.figures()
