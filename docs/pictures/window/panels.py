"""No picture, but what each panel costs to draw in a full scene, for `docs/manual/timeline.md`; a minute's work.

300 strips, 20 takes and 838 events of a check stand in the scene without being generated: panels draw them alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from blender_tests.in_window import long_timeline
from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import window
from interact_addon.check import events as check_events
from interact_addon.properties.check import CONTACT, FLOOR, PENETRATION
from interact_addon.rig.keying import key_performance
from interact_addon.runtime_api import contract, skeleton
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.takes import library
from interact_addon.takes.record import record_take
from model_runtime.drawing.documents import fill_in

PAGE = Path(__file__).resolve().parents[2] / "manual" / "timeline.md"
MARKS = ("<!-- panels -->", "<!-- /panels -->")
EVENTS = 838
LEAST = 0.4  # ms; panels below it are not named

long_timeline.put_clocks()


def steps() -> Iterator[float | str]:
    long_timeline.put_clocks_on_classes()
    yield from add_demo(window())
    yield from until_arranged(window())
    scene, seen = window().scene, dict[str, Any]()
    _add_take(scene)
    long_timeline.fill(scene)
    long_timeline.add_takes(scene, long_timeline.TAKES)
    _add_events(scene)
    yield 3.0
    yield from long_timeline.measure_panels(scene, seen)
    full = len(scene.sequence_editor.strips), len(library.takes_in(scene)), len(scene.interact.check.events)
    if full != (long_timeline.STRIPS, long_timeline.TAKES, EVENTS) or library.shown_take(scene) is None:
        raise RuntimeError(f"The scene is not as full as the page says: {full} strips, takes and events")
    fill_in(PAGE, MARKS, table(seen["panels"]))
    for name, ms in sorted(seen["panels"].items(), key=lambda one: -one[1]):
        print(f"{name:45s} {ms:5.2f} ms", flush=True)


def table(panels: dict[str, float]) -> str:
    """Return the slowest panels as the page shows them, each in the editor where it takes longer."""
    slowest: dict[str, float] = {}
    for name, ms in panels.items():
        title = name.removeprefix("INTERACT_PT_").removesuffix("_sequencer").replace("_", " ").title()
        slowest[title] = max(ms, slowest.get(title, 0.0))
    rows = [(title, ms) for title, ms in sorted(slowest.items(), key=lambda one: -one[1]) if ms >= LEAST]
    lines = [f"| *{title}* | {ms:.1f} |" for title, ms in rows]
    return "\n".join(
        ["| panel | ms |", "|---|---|", *lines, f"| each of {len(slowest) - len(rows)} others | < {LEAST} |"]
    )


def _add_take(scene: bpy.types.Scene) -> None:
    """Key a take in which nobody moves."""
    cast = cast_scene(scene, first_frame=True)
    frames = contract.frame_count((scene.frame_end - scene.frame_start) / scene.render.fps)
    request, _ = build_request(scene, cast)
    performance = contract.Performance(tuple(_still(actor.name, frames) for actor in request.actors))
    record_take(key_performance(scene, cast, performance), request, performance, "//shot.takes/still.npz")
    library.remember_pair(scene)


def _still(name: str, frames: int) -> contract.ActorPerformance:
    """Return somebody who stands in the T-pose."""
    rotations = np.zeros((frames, len(skeleton.JOINTS), 4), np.float32)
    rotations[..., 0] = 1.0
    root = np.tile(np.array([0.0, 0.0, 0.95], np.float32), (frames, 1))
    face = np.zeros((frames, len(contract.ARKIT_NAMES)), np.float32)
    return contract.ActorPerformance(name, root, rotations, face, np.ones((frames, 4), np.float32))


def _add_events(scene: bpy.types.Scene) -> None:
    check: Any = scene.interact.check  # type: ignore[attr-defined]
    one, two = (actor.identity for actor in scene.interact.actors)  # type: ignore[attr-defined]
    kinds = itertools.cycle((PENETRATION, CONTACT, FLOOR))
    for number in range(EVENTS):
        event = check.events.add()
        event.kind, event.part, event.other_part = next(kinds), "left_hand", "chest"
        event.who, event.whom = (one, two) if number % 2 else (two, one)
        event.start = event.peak = 10.0 * number
        event.end, event.depth, event.seconds = event.start + 6.0, 0.03, 0.2
    check.is_checked, check.active = True, 3
    check_events.forget()
