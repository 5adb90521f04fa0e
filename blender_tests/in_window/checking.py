"""Check half a minute of two in a Blender with a window, and write how long it took and what the overlay adds.

blender --factory-startup --window-geometry 0 0 1600 900 --python checking.py -- OUT.json

Read are both from their curves and, with a constraint on each rig, frame by frame as Blender evaluates them.
"""

from __future__ import annotations

import functools
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import until, window
from interact_addon.bench_check import VERTICES, subdivide, sway
from interact_addon.check import shot_check
from interact_addon.operators import stepping
from interact_addon.overlay import check_drawing

SECONDS = 25.0
_FRAMES = 12
_PARTS = ("capsules", "points", "heat", "graph", "before")
_drawn: list[float] = []  # ms of each of our draws, of the processor


def steps(seen: dict[str, Any]) -> Iterator[float]:
    yield from add_demo(window())
    yield from until_arranged(window())
    scene = window().scene
    sway(scene, SECONDS)
    yield 3.0
    yield from _check("from_curves", seen)
    for actor in scene.interact.actors:
        actor.armature.pose.bones[0].constraints.new("LIMIT_SCALE")
    yield 2.0
    shot_check.forget()
    yield from _check("as_evaluated", seen)
    for actor in scene.interact.actors:
        subdivide(actor.armature, VERTICES)
    yield 3.0
    shot_check.forget()
    yield from _check("of_dense_bodies", seen)
    yield from _scrub(scene, seen, "off", ())
    for name in _PARTS:
        yield from _scrub(scene, seen, name, (name,))
    yield from _scrub(scene, seen, "all", _PARTS)


def _check(name: str, seen: dict[str, Any]) -> Iterator[float]:
    began = time.monotonic()
    with bpy.context.temp_override(window=window()):
        bpy.ops.interact.check("INVOKE_DEFAULT")
    yield from until(lambda: stepping.progress() is None, 600.0)
    seen[name] = time.monotonic() - began
    yield 1.0


def _scrub(scene: bpy.types.Scene, seen: dict[str, Any], name: str, shown: tuple[str, ...]) -> Iterator[float]:
    for each in _PARTS:
        setattr(scene.interact.check, each, each in shown)
    found = shot_check.known_check(scene)
    assert found is not None
    deepest = sorted(range(len(found.contacts.depth)), key=lambda row: -found.contacts.depth[row])[:_FRAMES]
    yield 1.0
    _drawn.clear()
    shares = []
    for row in deepest:
        with bpy.context.temp_override(window=window()):
            scene.frame_set(round(found.frame_at(row)))
            window().view_layer.update()
            _drawn.clear()
            bpy.ops.wm.redraw_timer(type="DRAW_WIN", iterations=1)
            shares.append(sum(_drawn))
        yield 0.05
    seen[f"overlay_{name}"] = statistics.median(shares)


def _clocked(name: str) -> None:
    function = getattr(check_drawing, name)

    @functools.wraps(function)
    def call() -> None:
        began = time.thread_time()
        try:
            function()
        finally:
            _drawn.append(1000.0 * (time.thread_time() - began))

    setattr(check_drawing, name, call)


if __name__ == "__main__":
    for each in ("_draw_bodies", "_draw_texts"):
        _clocked(each)
    act(steps, sys.argv[-1], longest=900.0)
