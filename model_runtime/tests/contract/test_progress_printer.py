"""Progress as lines: few in a log, in place on a terminal, with an estimate of what is left."""

from __future__ import annotations

import io
from pathlib import Path

from model_runtime.contract import Progress, ProgressPrinter


class Clock:
    """Time that passes only when a test says so, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def printed(terminal: bool, steps: list[tuple[float, str, float]]) -> str:
    """Return the output for ``steps``: (time, stage, fraction)."""
    output, clock = io.StringIO(), Clock()
    printer = ProgressPrinter(output, terminal, clock)
    for clock.now, stage, fraction in steps:
        printer(Progress(stage, fraction))
    printer.wrote(Path("result.txt"))
    return output.getvalue()


def test_a_log_gets_a_line_for_each_stage_and_one_every_five_seconds() -> None:
    steps = [(0.1 * tick, "Walking" if tick < 100 else "Talking", tick / 200) for tick in range(200)]
    lines = printed(False, steps).splitlines()
    assert [line.split(",")[0].split()[1] for line in lines[:-1]] == ["Walking", "Walking", "Talking", "Talking"]
    assert lines[-1] == "result.txt (20 s)"


def test_a_terminal_gets_one_line_for_each_stage_rewritten_in_place() -> None:
    text = printed(True, [(float(tick), "Walking" if tick < 5 else "Talking", tick / 10) for tick in range(10)])
    assert text.count("\n") == 3
    assert text.count("\r") == 10


def test_seconds_left_follow_the_speed_since_the_first_share_was_done() -> None:
    # Loading takes 30 s, then a tenth every second.
    text = printed(False, [(0.0, "Loading", 0.0), (30.0, "Walking", 0.1), (34.0, "Talking", 0.5)])
    assert text.splitlines()[:3] == ["  0% Loading", " 10% Walking", " 50% Talking, 5 s left"]


def test_another_job_starts_another_estimate() -> None:
    text = printed(False, [(0.0, "A", 0.0), (50.0, "B", 0.9), (51.0, "C", 0.0), (52.0, "D", 0.1), (53.0, "E", 0.3)])
    assert text.splitlines()[-2:] == [" 30% E, 4 s left", "result.txt (2 s)"]
