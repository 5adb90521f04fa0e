"""The tutorial's pictures: the demo as it opens from the Add menu, which the README shows too, and its first take."""

from __future__ import annotations

from collections.abc import Iterator

import bpy


def steps() -> Iterator[float | str]:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.interact.add_demo_scene("INVOKE_DEFAULT")
    while window.workspace.name != "InterAct":
        yield 0.5
    yield 10.0
    yield "panel.png"
    with bpy.context.temp_override(window=window):
        bpy.ops.interact.generate("INVOKE_DEFAULT")
    while window.scene.interact.actor_a.armature.animation_data is None:
        yield 1.0
    window.scene.frame_set(290)
    yield 5.0
    yield "first_steps_performance.png"
