"""What Check finds and draws: the list with graph and band, outlines of both bodies, heat on the skin.

The demo's first take plays, and Mia was moved so near to Tom that she cuts into him.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np

from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import area_of, until, window
from interact_addon import panels
from interact_addon.check.shot_check import known_check
from interact_addon.operators import stepping
from interact_addon.properties.check import PENETRATION
from interact_addon.worker_client import generation

_FRAME = 290  # Tom sits, Mia stands before him
_DEEP = 0.03  # metres
_AROUND = 1.6  # metres from which a place is looked at

for cls in panels.CLASSES:  # as after Ctrl and a click on Check's header, and one on Show
    cls.bl_options = set() if cls.bl_label in ("Check", "Show") else {"DEFAULT_CLOSED"}


def steps() -> Iterator[float | str]:
    yield from add_demo(window())
    yield from until_arranged(window())
    scene = window().scene
    _press(bpy.ops.interact.generate)
    yield from until(lambda: generation.current is None, 600.0)
    scene.frame_start, scene.frame_end = _FRAME - 90, _FRAME + 90
    yield from _checked()
    _move_together(scene)
    yield from _checked()
    scene.interact.check.graph = True
    scene.interact.check.order = "depth"
    _show_deepest(scene)
    yield 5.0
    yield "check.webp"
    stage = area_of("VIEW_3D").spaces.active
    stage.region_3d.view_perspective = "PERSP"
    stage.region_3d.view_distance = _AROUND
    scene.interact.check.graph, scene.interact.check.capsules = False, True
    _show_deepest(scene)
    yield 5.0
    yield "check_bodies.webp"
    scene.interact.check.capsules, scene.interact.check.heat = False, True
    yield 5.0
    yield "check_heat.webp"


def _press(operator: Any) -> None:
    with bpy.context.temp_override(window=window()):
        operator("INVOKE_DEFAULT")


def _checked() -> Iterator[float]:
    _press(bpy.ops.interact.check)
    yield from until(lambda: stepping.progress() is None, 600.0)
    yield 1.0


def _move_together(scene: bpy.types.Scene) -> None:
    """Move the first actor straight to the second, until their bodies overlap in the middle of the range."""
    found = known_check(scene)
    assert found is not None
    row = found.row_at(_FRAME)
    mia, tom = (body.root[row] for body in found.bodies)
    way = (tom - mia) * np.array([1.0, 1.0, 0.0])
    way *= (found.contacts.distance[row] + _DEEP) / np.linalg.norm(way)
    armature = scene.interact.actor_a.armature
    armature.location = [a + float(b) for a, b in zip(armature.location, way)]


def _show_deepest(scene: bpy.types.Scene) -> None:
    """Go to the deepest penetration of one body in the other."""
    events = scene.interact.check.events
    between = [number for number, event in enumerate(events) if event.kind == PENETRATION and event.who != event.whom]
    scene.interact.check.active = max(between, key=lambda number: events[number].depth)
