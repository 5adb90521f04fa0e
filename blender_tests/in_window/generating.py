"""Generate in a Blender with a window while a person works, and write what happened to a JSON file.

blender --factory-startup --enable-event-simulate --python generating.py -- OUT.json
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from interact_addon.demo.scene import build_demo_scene
from interact_addon.worker_client import generation


def steps(seen: dict[str, Any]) -> Iterator[float]:
    window = bpy.context.window_manager.windows[0]
    scene = window.scene
    build_demo_scene(scene)
    scene.frame_end = scene.frame_start + 2 * scene.render.fps
    scene.interact.quality = "draft"
    in_view(window, lambda: bpy.ops.ed.undo_push(message="demo"))
    yield 0.5

    in_view(window, lambda: bpy.ops.interact.generate("INVOKE_DEFAULT"))
    in_view(window, lambda: bpy.ops.screen.animation_play())
    yield 0.5
    seen["played"] = window.screen.is_animation_playing
    window.event_simulate(type="ESC", value="PRESS", x=400, y=400)
    yield 0.1
    window.event_simulate(type="ESC", value="RELEASE", x=400, y=400)
    yield 0.5
    seen["esc_stopped_playback"] = not window.screen.is_animation_playing
    yield from until_done()
    seen["takes"] = [action.name for action in bpy.data.actions]
    in_view(window, lambda: bpy.ops.ed.undo())
    seen["after_undo"] = [action.name for action in bpy.data.actions]
    yield 0.5

    in_view(window, lambda: bpy.ops.interact.generate("INVOKE_DEFAULT"))
    in_view(window, lambda: bpy.ops.transform.translate("INVOKE_DEFAULT"))
    while generation.current is not None and "waits for the tool" not in generation.current.progress.stage:
        yield 0.2
    seen["waited_for_the_tool"] = not bpy.data.actions
    window.event_simulate(type="ESC", value="PRESS", x=400, y=400)
    yield from until_done()
    seen["after_the_tool"] = [action.name for action in bpy.data.actions]

    bpy.context.window_manager.windows[0].scene.interact.quality = "final"
    in_view(window, lambda: bpy.ops.interact.generate("INVOKE_DEFAULT"))
    yield 1.0
    in_view(window, lambda: bpy.ops.interact.cancel())
    yield from until_done()
    seen["after_cancel"] = [action.name for action in bpy.data.actions]


def in_view(window: bpy.types.Window, act: Any) -> None:
    """Call an operator as from the 3D view."""
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        act()


def until_done() -> Iterator[float]:
    while generation.current is not None:
        yield 0.2
    yield 0.5


if __name__ == "__main__":
    act(steps, sys.argv[-1])
