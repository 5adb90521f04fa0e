"""The tutorial's pictures that show a performance: the demo of `python3 build.py demo`, opened in the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy

DEMO = Path(__file__).parents[3] / "out" / "demo" / "demo.blend"


def steps() -> Iterator[float | str]:
    bpy.ops.wm.open_mainfile(filepath=str(DEMO), load_ui=False)
    yield 2.0
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.ops.interact.open_workspace()
    yield 10.0
    window.scene.frame_set(290)
    yield 3.0
    yield "first_steps_performance.png"
