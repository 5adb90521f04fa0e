"""Resolve: what a check found as objects for renders, the solver at work, and what came of it.

The planted shot of the tests plays: a hand of Tom goes through Mia's chest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from mathutils import Vector

from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import area_of, region_of, until, window
from blender_tests.planted import THROUGH, plant
from interact_addon import panels
from interact_addon.operators import stepping
from interact_addon.properties.check import PENETRATION
from interact_addon.worker_client import generation

_AROUND, _HEIGHT = 1.9, 1.2  # metres from which they are looked at, and what height
_AT_WORK = 0.4  # of the progress of a Resolve, at which its picture is taken

for cls in panels.CLASSES:  # as after Ctrl and a click on Check's header, and one on Resolve
    cls.bl_options = set() if cls.bl_label in ("Check", "Resolve", "Show") else {"DEFAULT_CLOSED"}


def steps() -> Iterator[float | str]:
    yield from add_demo(window())
    yield from until_arranged(window())
    scene, area = window().scene, area_of("VIEW_3D")
    with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
        plant(scene)
        bpy.ops.screen.screen_full_area()
    yield 3.0
    space: Any = area_of("VIEW_3D").spaces.active
    _press(bpy.ops.interact.check)
    yield from until(lambda: stepping.progress() is None, 600.0)
    events = scene.interact.check.events
    between = [number for number, event in enumerate(events) if event.kind == PENETRATION and event.who != event.whom]
    scene.interact.check.active = max(between, key=lambda number: events[number].depth)
    scene.frame_set(THROUGH)
    view = space.region_3d
    view.view_perspective, view.view_distance, view.view_location = "PERSP", _AROUND, (0.0, -0.26, _HEIGHT)
    view.view_rotation = Vector((1.0, -0.2, 0.15)).to_track_quat("Z", "Y")
    yield 3.0
    _press(bpy.ops.interact.add_contact_objects)
    space.overlay.show_overlays, space.shading.color_type = False, "TEXTURE"
    yield 4.0
    yield "check_renders.webp"
    _press(bpy.ops.interact.remove_contact_objects)
    space.overlay.show_overlays, space.shading.color_type = True, "MATERIAL"
    scene.interact.resolve.frames_from, scene.interact.check.before = "EVENT", True
    _press(bpy.ops.interact.resolve)
    yield from until(_is_at_work, 900.0)
    yield "resolving.webp"
    yield from until(lambda: generation.current is None and stepping.progress() is None, 900.0)
    scene.frame_set(THROUGH)
    yield 4.0
    yield "resolve.webp"


def _press(operator: Any) -> None:
    area = area_of("VIEW_3D")
    with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
        operator("INVOKE_DEFAULT")


def _is_at_work() -> bool:
    job = generation.current
    return job is None or (job.progress is not None and job.progress.fraction >= _AT_WORK)
