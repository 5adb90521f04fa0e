"""The tutorial's pictures: the demo as it opens from the Add menu, which the README shows too, and its first take."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import until, window
from blender_tests.in_window.walk import is_at_rest
from interact_addon.worker_client import generation


def steps() -> Iterator[float | str]:
    yield from add_demo(window())
    yield from until_arranged(window())
    yield "panel.webp"
    with bpy.context.temp_override(window=window()):
        bpy.ops.interact.generate("INVOKE_DEFAULT")
    yield from until(lambda: generation.current is None, 600.0)
    window().scene.frame_set(290)
    yield 2.0
    yield from until(is_at_rest, 120.0)
    yield 1.0  # and drawn
    yield "first_steps_performance.webp"
