"""Rename, copy and label strips as a user does, in a Blender with a window, and write how they look then.

blender --factory-startup --window-geometry 0 0 1600 900 --python labels.py -- OUT.json
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from interact_addon import compat
from interact_addon.scene.label_names import LABEL_COLOURS
from interact_addon.scene.labels import action_strips
from interact_addon.scene.strips import add_action_labels

DRAWN = 1.5  # seconds until handlers and timers have run and the window is drawn


def steps(seen: dict[str, Any]) -> Iterator[float]:
    scene, window = bpy.context.scene, bpy.context.window_manager.windows[0]
    for name, actor in zip(("Mia", "Tom"), scene.interact.actors):
        actor.armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
        scene.collection.objects.link(actor.armature)
        add_action_labels(scene, name)
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.type = area.ui_type = "SEQUENCE_EDITOR"
    compat.show_in_sequencer(scene)
    yield DRAWN
    region = next(region for region in area.regions if region.type == "WINDOW")

    def call(operator: Any, **options: Any) -> None:
        with bpy.context.temp_override(window=window, area=area, region=region):
            operator(**options)
            bpy.ops.ed.undo_push(message="step")

    scene.frame_current = 91
    call(bpy.ops.interact.label_range, label="walk", actor="0")
    yield DRAWN
    seen["labelled"] = looks(bpy.context.scene)
    active = bpy.context.scene.sequence_editor.active_strip
    active.name = "Sit"  # as a name that is typed, this tells who listens to names
    yield DRAWN
    seen["renamed"] = looks(bpy.context.scene)
    call(bpy.ops.sequencer.duplicate)
    yield DRAWN
    seen["copied"] = looks(bpy.context.scene)
    call(bpy.ops.ed.undo)
    yield DRAWN
    seen["undone"] = looks(bpy.context.scene)

    def row(channel: float) -> int:
        return int(region.view2d.view_to_region(0.0, channel, clip=False)[1])

    box = {"xmin": 0, "xmax": region.width, "ymin": row(0.8), "ymax": row(3.0)}
    call(bpy.ops.view2d.zoom_border, **box, wait_for_input=False)
    yield DRAWN
    seen["out_of_view"] = row(4.0) > region.height
    call(bpy.ops.interact.add_prompt, text="they chat")
    yield DRAWN
    strip = bpy.context.scene.sequence_editor.active_strip
    seen["in_view"] = [strip.type, row(strip.channel) >= 0, row(strip.channel + 1) <= region.height]


def looks(scene: bpy.types.Scene) -> list[list[str]]:
    """Return of Mia's strips the name as it is seen, and the label whose colour each has."""
    found = []
    for strip in action_strips(scene, "Mia"):
        colour = min(
            LABEL_COLOURS, key=lambda label: sum(abs(a - b) for a, b in zip(LABEL_COLOURS[label], strip.color))
        )
        found.append([strip.name.strip(), colour])
    return found


if __name__ == "__main__":
    act(steps, sys.argv[-1])
