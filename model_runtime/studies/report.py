"""The result of a generation measured: ``report.json`` with every figure and ``report.html`` with plots.

python -m model_runtime report REQUEST.json PERFORMANCE.npz --out DIR
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..common.files import write_whole
from ..conditioning.tracks import label_track
from ..contract import Performance, Progress, ProgressCallback, ProgressPrinter, Request, request_from_json
from ..generate import generate
from ..metrics.measures import measure_pair
from ..speech.audio import mix_speech
from ..speech.prosody import prosody
from .behaviour import Generate, check_behaviour, seconds_to_generate
from .measures_file import stored_measures
from .report_page import page
from .report_plots import draw_plots
from .target_rows import target_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", type=Path)
    parser.add_argument("performance", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--behaviour", action="store_true", help="also generate again: other seeds, swapped voices, silence"
    )


def run(options: argparse.Namespace) -> None:
    request = request_from_json(options.request.read_text("utf-8"))
    performance = Performance.load(options.performance)
    printer = ProgressPrinter()
    extra = check_behaviour(request, performance, _with_progress(request, printer)) if options.behaviour else None
    report = write_report(request, performance, options.out, extra)
    for name in ("report.json", "report.html"):
        printer.wrote(options.out / name)
    for row in target_rows(report["measures"]):
        if row.value is not None:
            print(f"{row.target.label:32s} {float(row.value):8.3f}   (wanted {row.target.bounds})")


def _with_progress(request: Request, progress: ProgressCallback) -> Generate:
    """Return ``generate``, reporting how much of what ``check_behaviour`` asks for is done."""
    total, done = seconds_to_generate(request), 0.0

    def make(again: Request) -> Performance:
        nonlocal done
        before = done
        done += again.duration
        share = again.duration / total
        return generate(
            again, lambda update: progress(Progress("Generating again", before / total + share * update.fraction))
        )

    return make


def write_report(
    request: Request, performance: Performance, out: Path, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Measure, write ``report.json`` and ``report.html`` into ``out`` and return the contents of the former.

    ``extra``: figures that were taken elsewhere (by generating again, say), put beside the measured ones. The figures
    of the weights on held-out voices are quoted as ``held_out``.
    """
    prosodies, labels = prosody_and_labels(request, performance.frames)
    measures = measure_pair(performance, [actor.skeleton for actor in request.actors], labels, prosodies)
    seconds = performance.report.get("seconds", {})
    if seconds:
        measures["seconds_per_minute"] = 60.0 * sum(seconds.values()) / request.duration
    if (memory := performance.report.get("worker_memory_mb")) is not None:
        measures["worker_memory_mb"] = memory
    report = plain({**performance.report, "measures": {**measures, **(extra or {})}})
    if held_out := stored_measures():
        report["held_out"] = held_out
    write_whole(out / "report.json", json.dumps(report, indent=1))
    plots = draw_plots(request, performance, labels, prosodies)
    write_whole(out / "report.html", page(request, report, plots, (out / "preview.png").is_file()))
    return report


def prosody_and_labels(request: Request, frames: int) -> tuple[list[Array], list[Array]]:
    """Return the prosody (T, 28) and the label indices (T,) of both actors."""
    voices = [prosody(mix_speech(actor.speech, request.duration), frames) for actor in request.actors]
    return voices, [label_track(actor, frames) for actor in request.actors]


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: numpy numbers become Python's, NaN and infinity None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    return value
