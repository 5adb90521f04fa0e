"""Progress as lines of text: percent, stage and seconds left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from .progress import Progress

SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_UPDATES = 0.2  # on a terminal
_LEAST_SHARE = 0.02  # of the work must be done before the seconds left can be estimated


class ProgressPrinter:
    """Prints ``Progress`` to a copy of the standard output, which stays where it is if Blender's output is redirected.

    A log gets one line for each stage and one every ``SECONDS_BETWEEN_LINES``; a terminal gets one line for each stage,
    rewritten in place.
    """

    def __init__(
        self,
        output: TextIO | None = None,
        terminal: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        sys.stdout.flush()
        self._output = output or os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="replace")
        self._terminal = self._output.isatty() if terminal is None else terminal
        self._clock = clock
        self._last = Progress("", 1.0)
        self._started = self._shown = self._clock()
        self._begun = (self._started, 0.0)  # when the first share of the job was done, and how much that was
        self._width = 0  # of the line that the terminal's cursor is in

    def __call__(self, progress: Progress) -> None:
        now, last, self._last = self._clock(), self._last, progress
        if progress.fraction < last.fraction:
            self._started = now  # another job
        if progress.fraction < last.fraction or self._begun[1] == 0.0:
            self._begun = (now, progress.fraction)  # loading is over once a share is done: it says nothing of the rest
        pause = SECONDS_BETWEEN_UPDATES if self._terminal else SECONDS_BETWEEN_LINES
        if progress.stage == last.stage and now - self._shown < pause:
            return
        self._shown = now
        text = f"{progress.fraction:4.0%} {progress.stage}{self._seconds_left(now, progress.fraction)}"
        if not self._terminal:
            self._write(f"{text}\n")
            return
        if progress.stage != last.stage:
            self._end_line()
        self._write(f"\r{text.ljust(self._width)}")
        self._width = len(text)

    def say(self, sentence: object) -> None:
        """Print a line of its own."""
        self._end_line()
        self._write(f"{sentence}\n")

    def wrote(self, path: Path) -> None:
        """Name a file that exists now, with the seconds since its job began."""
        self.say(f"{path} ({self._clock() - self._started:.0f} s)")
        self._last = Progress("", 1.0)

    def _seconds_left(self, now: float, fraction: float) -> str:
        since, before = self._begun
        done = fraction - before
        return f", {(now - since) * (1.0 - fraction) / done:.0f} s left" if done >= _LEAST_SHARE else ""

    def _end_line(self) -> None:
        if self._width:
            self._write("\n")
            self._width = 0

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
