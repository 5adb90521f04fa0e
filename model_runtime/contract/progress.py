"""How far a job is, by stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a job is: ``stage`` in words a person reads, ``fraction`` of the whole in [0, 1]."""

    stage: str
    fraction: float


ProgressCallback = Callable[[Progress], None]


class StageClock:
    """Reports progress stage by stage and keeps the seconds each stage took.

    ``ends``: stage -> where it ends on the progress bar, in [0, 1], in order.
    """

    def __init__(self, ends: dict[str, float], progress: ProgressCallback = lambda _: None) -> None:
        self.ends, self.progress = ends, progress
        self.seconds: dict[str, float] = {}
        self.stage, self.low, self.high = "", 0.0, 0.0
        self.started = time.perf_counter()

    def begin(self, stage: str) -> None:
        """End the stage before and begin another."""
        self.end()
        stages = list(self.ends)
        index = stages.index(stage)
        self.low, self.high = (self.ends[stages[index - 1]] if index else 0.0), self.ends[stage]
        self.stage, self.started = stage, time.perf_counter()
        self.share(0.0)

    def share(self, done: float) -> None:
        """Report the share in [0, 1] of the current stage that is done."""
        self.progress(Progress(self.stage, self.low + (self.high - self.low) * done))

    def end(self) -> dict[str, float]:
        """End the current stage; return the seconds of each so far."""
        if self.stage:
            self.seconds[self.stage] = round(time.perf_counter() - self.started, 3)
        return self.seconds
