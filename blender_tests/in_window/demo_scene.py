"""Add the demo scene as a user does, in a Blender with a window, and write what is on screen to a JSON file.

blender --factory-startup --window-geometry 0 0 1600 900 --python demo_scene.py -- OUT.json
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act


def steps(seen: dict[str, Any]) -> Iterator[float]:
    window = bpy.context.window_manager.windows[0]
    workspaces = len(bpy.data.workspaces)
    yield from add_demo(window)
    yield from until_arranged(window)
    areas = areas_of(window)
    view = areas[0].spaces.active
    seen["areas"] = [area.ui_type for area in areas]
    seen["perspective"] = view.region_3d.view_perspective
    seen["lines"] = [view.overlay.show_bones, view.overlay.show_extras, view.overlay.show_relationship_lines]
    seen["scene"] = window.scene.name
    seen["in_sequencer"] = getattr(window.workspace, "sequencer_scene", window.scene).name
    seen["new_workspaces"] = len(bpy.data.workspaces) - workspaces
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo()
        yield 1.0
        seen["after_undo"] = window.scene.name
        bpy.ops.ed.redo()
    yield 1.0
    seen["after_redo"] = window.scene.name
    seen["in_sequencer_after_redo"] = getattr(window.workspace, "sequencer_scene", window.scene).name
    yield from add_demo(window)
    while window.scene.name != "InterAct Demo.001":
        yield 0.1
    seen["in_sequencer_of_the_second"] = getattr(window.workspace, "sequencer_scene", window.scene).name
    seen["workspaces_of_the_second"] = len(bpy.data.workspaces) - workspaces


def add_demo(window: bpy.types.Window) -> Iterator[float]:
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.interact.add_demo_scene("INVOKE_DEFAULT")
    yield 0.1


def until_arranged(window: bpy.types.Window) -> Iterator[float]:
    """Wait until the InterAct workspace is shown, cut into its areas, and drawn."""
    while not _is_arranged(window):
        yield 0.5
    yield 3.0


def _is_arranged(window: bpy.types.Window) -> bool:
    areas = areas_of(window)
    is_cut = window.workspace.name == "InterAct" and len(areas) == 3 and areas[0].ui_type == "VIEW_3D"
    return is_cut and tab_of(areas[0]) == "InterAct"


def areas_of(window: bpy.types.Window) -> list[bpy.types.Area]:
    """Return the areas of a window from top to bottom."""
    return sorted(window.screen.areas, key=lambda area: -area.y)


def tab_of(area: bpy.types.Area) -> str:
    return str(next(region for region in area.regions if region.type == "UI").active_panel_category)


if __name__ == "__main__":
    act(steps, sys.argv[-1])
