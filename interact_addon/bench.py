"""The waiting times of *Generate* on this machine, which the manual quotes.

    python -m interact_addon bench [--page docs/manual/generate.md]
    python -m interact_addon bench --check [--page docs/manual/check.md]

The demo scene, cut to ten seconds, is generated as draft the way the button in the window does it: a timer's steps, the
worker process, voices mixed by other Blenders. Only the drawing of the window is missing. Times vary between machines
and with other load.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from . import bench_check
from .demo.scene import build_demo_scene
from .operators.generate import tick
from .progress import quiet
from .properties import actor_name
from .runtime_api import errors, files
from .scene.shot import mixed_in_steps
from .takes.library import show, takes_in
from .worker_client import generation, settings
from .worker_client.orders import whole_order

SECONDS = 10.0  # of the shot
LATER = 5.0  # seconds from casting to the first Generate of somebody who looks round first
MARKS = ("<!-- waiting times -->", "<!-- /waiting times -->")


@dataclass(frozen=True)
class Waited:
    """Seconds of one Generate.

    ``total``: from the click to keys that play; ``processor``: of all processes at work for it; ``computing``: of the
    runtime; ``keying``: both characters, and comparing what is seen; ``longest``: the longest step but for the last,
    which writes, and ``last`` that one.
    """

    total: float
    processor: float
    computing: float
    keying: float
    longest: float
    last: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table between the two comments of a page")
    parser.add_argument("--check", action="store_true", help="measure Check, Resolve and the overlay instead")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="how often each is measured; 3 by default")


def run(options: argparse.Namespace) -> None:
    """Measure, print the table, and write it into the page that is named."""
    with quiet():
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene: Any = bpy.context.scene
        build_demo_scene(scene)
        if options.check:
            marks, table = bench_check.MARKS, f"{bench_check.measured(scene, options.times)}\n\n{_about(options.times)}"
        else:
            marks, table = MARKS, _of_generate(scene, options.times)
    print(table)
    if options.page is not None:
        _fill_in(options.page, table, marks)


def _of_generate(scene: Any, times: int) -> str:
    """Return the table of *Generate*, ten seconds of the demo as draft."""
    scene.frame_end = scene.frame_start + round(SECONDS * scene.render.fps / scene.render.fps_base)
    scene.interact.quality = "draft"
    return _table(*measured(scene, times))


def measured(scene: Any, times: int) -> tuple[list[Waited], list[Waited], list[Waited], list[Waited], float]:
    """Return *Generate* as first thing after casting, ``LATER``, with new voices, and again, each ``times``; and the
    seconds to switch takes.
    """
    first, later, changed, again = list[Waited](), list[Waited](), list[Waited](), list[Waited]()
    for _ in range(times):
        _cast_anew(scene)
        first.append(pressed(scene, 0.0)[0])
        _cast_anew(scene)
        _work_in_the_background(scene)
        worker = 0.0  # processor seconds that it has taken
        for waited, is_changed in ((later, False), (again, False), (changed, True)):
            if is_changed:
                _change_voices(scene)
            one, worker = pressed(scene, worker)
            waited.append(one)
    switching = [_seconds(partial(show, scene, take)) for take in takes_in(scene)[-2:] * times]
    return first, later, changed, again, statistics.median(switching)


def _cast_anew(scene: Any) -> None:
    """Start the runtime as casting does, with voices that were not mixed yet."""
    generation.free_runtime()
    _change_voices(scene)
    generation.runtime().warm_up(settings.weights_folder(), settings.wav2vec2_folder())


def _work_in_the_background(scene: Any) -> None:
    """Do for ``LATER`` seconds what a timer does in a window."""
    until = time.monotonic() + LATER
    for _ in mixed_in_steps(lambda: scene, [actor_name(actor) for actor in scene.interact.actors]):
        time.sleep(0.1)
    time.sleep(max(until - time.monotonic(), 0.0))


def pressed(scene: Any, worker: float) -> tuple[Waited, float]:
    """Press *Generate* and wait for the keys. ``worker``: processor seconds that it has taken, before and returned."""
    started, processor = time.monotonic(), _processor()
    job = generation.Generation(scene, replace(whole_order(scene), undo=True, in_window=True))
    steps = [time.monotonic() - started]
    pause: float | None = 0.0
    while pause is not None:
        time.sleep(pause)
        began = time.monotonic()
        pause = tick(job)
        steps.append(time.monotonic() - began)
    total = time.monotonic() - started
    if job.performance is None:
        raise errors.InvalidRequest("Nothing was generated; press Generate in a window, which says why.")
    report = job.performance.report
    keying = report["seconds_keying"] + report["seen"]["seconds"]
    now = report["worker_processor_seconds"]
    spent = _processor() - processor + now - worker
    return Waited(total, spent, sum(report["seconds"].values()), keying, max(steps[:-1]), steps[-1]), now


def _processor() -> float:
    """Return the processor seconds of this Blender and, on systems that count them, of those that have mixed for it."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _change_voices(scene: Any) -> None:
    """Make both voices a little quieter, so that they are mixed anew."""
    for strip in scene.sequence_editor.strips:
        if strip.type == "SOUND":
            strip.volume *= 0.999


def _seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def _table(
    first: list[Waited], later: list[Waited], changed: list[Waited], again: list[Waited], switching: float
) -> str:
    """Return the medians as a table of Markdown."""
    whole = [*first, *later, *changed, *again]

    def median(waited: list[Waited], name: str) -> str:
        return f"{statistics.median(getattr(one, name) for one in waited):.1f}"

    def both(waited: list[Waited]) -> str:
        return f"{median(waited, 'total')} | {median(waited, 'processor')}"

    rows = {
        "click to keys, the runtime loaded": both(again),
        "the same after a change of voices, which are mixed first": both(changed),
        f"the same as the first thing, {LATER:.0f} seconds after casting": both(later),
        "the same right after casting: the runtime starts, voices are mixed": both(first),
        "of these the runtime computes": f"{median(again, 'computing')} |",
        "keying both characters and comparing what is seen, in one go": f"{median(whole, 'keying')} |",
        "the step that writes, with the undo step": f"{median(whole, 'last')} |",
        "the longest step before that": f"{max(one.longest for one in whole):.3f} |",
        "showing another take": f"{switching:.2f} |",
    }
    lines = [
        "| | seconds | of a processor |",
        "|---|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
    ]
    return "\n".join([*lines, "", _about(len(first), ", and the longest step of all")])


def _about(times: int, also: str = "") -> str:
    """Return in one sentence what was measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = f", {os.getloadavg()[0]:.1f} programs running on average" if hasattr(os, "getloadavg") else ""
    blender = ".".join(map(str, bpy.app.version[:2]))
    return f"Medians of {times} runs{also}; Blender {blender}, {cores} cores{load}."


def _fill_in(page: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    content, (first, last) = page.read_text("utf-8"), marks
    if any(content.count(mark) != 1 for mark in marks):
        raise errors.InvalidRequest(f"'{page}' needs the lines '{first}' and '{last}', once each.")
    before, rest = content.split(first)
    files.write_whole(page, f"{before}{first}\n{text}\n{last}{rest.split(last)[1]}")
