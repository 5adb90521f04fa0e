"""The InterAct workspace: the scene through its camera with the InterAct tab beside it, the script below."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import bpy

NAME = "InterAct"
_MARK = "interact"  # a custom property that finds the workspace again, whatever its name
_SCRIPT, _PLAYBACK = 0.28, 0.22  # heights: sequencer and timeline of the window, the timeline of these
_SECONDS_TO_DRAW = 0.05
_MOST_TRIES = 40
# Channels: what is seen under the first, over the highest (the ruler takes the height of one), without any strip.
_BELOW, _ABOVE, _FEWEST = 0.8, 2.0, 4


def interact_workspace() -> bpy.types.WorkSpace | None:
    """Return the workspace of this file, if it was ever opened."""
    return next((one for one in bpy.data.workspaces if one.get(_MARK)), None)


def open_workspace(window: bpy.types.Window, scene: bpy.types.Scene) -> None:
    """Show ``scene`` in the InterAct workspace, which is made the first time and left as it is later.

    Blender draws between the steps of making it, so they follow on a timer.
    """
    workspace = interact_workspace()
    is_new = workspace is None
    if workspace is None:
        there = set(bpy.data.workspaces)
        with bpy.context.temp_override(window=window):
            bpy.ops.workspace.duplicate()
        workspace = next(one for one in bpy.data.workspaces if one not in there)
        workspace.name, workspace[_MARK] = NAME, True
    window.workspace = workspace
    if hasattr(workspace, "sequencer_scene"):  # from 5.0 on
        workspace.sequencer_scene = scene
    if is_new:
        steps = _arrange()
        bpy.app.timers.register(lambda: next(steps, None), first_interval=_SECONDS_TO_DRAW)


def _arrange() -> Iterator[float]:
    """Arrange the window that shows the workspace; yield the seconds until the next step."""
    yield from _repeat_until(lambda: _window() is not None)
    yield from _cut()
    for area, kind in zip(_areas(), ("VIEW_3D", "SEQUENCE_EDITOR", "TIMELINE")):
        area.ui_type = kind
    yield _SECONDS_TO_DRAW
    window = _window()
    if window is None or len(window.screen.areas) != 3:
        return
    stage, script, _ = _areas()
    _show_stage(stage, window.scene)
    _show_script(script)
    yield from _repeat_until(_show_tab)
    _frame()


def _repeat_until(done: Callable[[], bool]) -> Iterator[float]:
    for _ in range(_MOST_TRIES):
        if done():
            return
        yield _SECONDS_TO_DRAW


def _cut() -> Iterator[float]:
    """Leave one area of those that were copied, and cut it into three."""
    while len(areas := _areas()) > 1:
        _operate(bpy.ops.screen.area_close, min(areas, key=lambda area: area.width * area.height))
        yield _SECONDS_TO_DRAW
        if len(_areas()) == len(areas):  # one that cannot be closed
            return
    for share in (_SCRIPT, _PLAYBACK):
        for area in _areas()[-1:]:
            _operate(bpy.ops.screen.area_split, area, direction="HORIZONTAL", factor=share)
        yield _SECONDS_TO_DRAW


def _frame() -> None:
    """Fit the camera's picture and the strips into their areas."""
    window = _window()
    if window is None:
        return
    stage, script, _ = _areas()
    if stage.spaces.active.region_3d.view_perspective == "CAMERA":
        _operate(bpy.ops.view3d.view_center_camera, stage)
    _frame_strips(script, window.scene)


def _window() -> bpy.types.Window | None:
    """Return the window that shows the workspace; it is looked up at each step, for it may be closed meanwhile."""
    workspace = interact_workspace()
    windows = bpy.context.window_manager.windows
    return next((one for one in windows if workspace is not None and one.workspace == workspace), None)


def _areas() -> list[bpy.types.Area]:
    """Return the areas of the workspace from top to bottom; none while it is not shown."""
    window = _window()
    return sorted(window.screen.areas, key=lambda area: -area.y) if window is not None else []


def _operate(operator: Any, area: bpy.types.Area, window: bpy.types.Window | None = None, **arguments: Any) -> None:
    """Call an operator in an area, of our workspace's window or another; what cannot be done is said in the console and
    left.
    """
    window = window or _window()
    region = next((one for one in area.regions if one.type == "WINDOW"), None)
    try:
        with bpy.context.temp_override(window=window, screen=window.screen, area=area, region=region):  # type: ignore[union-attr]
            operator(**arguments)
    except (RuntimeError, TypeError) as error:
        print(f"InterAct workspace: {error}", file=sys.stderr)


def _show_stage(area: bpy.types.Area, scene: bpy.types.Scene) -> None:
    """Show what the camera sees in the materials' colours, without the lines that are drawn over it."""
    space = area.spaces.active
    space.show_region_ui, space.show_region_toolbar, space.show_region_tool_header = True, False, False
    space.shading.type, space.shading.light, space.shading.color_type = "SOLID", "STUDIO", "MATERIAL"
    if scene.camera is not None:
        space.region_3d.view_perspective = "CAMERA"
    overlay = space.overlay
    overlay.show_extras = overlay.show_relationship_lines = overlay.show_cursor = False
    overlay.show_text = overlay.show_floor = overlay.show_axis_x = overlay.show_axis_y = False
    # Who has still to cast has to see and click the bones.
    overlay.show_bones = any(actor.armature is None for actor in scene.interact.actors)


def _show_script(area: bpy.types.Area) -> None:
    """Show strips and the names of their channels."""
    space = area.spaces.active
    space.view_type = "SEQUENCER"
    space.timeline_overlay.show_strip_source = space.timeline_overlay.show_strip_duration = False
    space.show_region_channels, space.show_region_ui, space.show_region_toolbar = True, False, False
    if hasattr(space, "show_region_footer"):  # from 5.0 on: buttons that the timeline below has, too
        space.show_region_footer = False


def show_channels(scene: bpy.types.Scene) -> None:
    """Let the sequencers of all windows reach to the highest channel in use, if it lies above what they show.

    For what adds strips: in a new channel they would be out of view, as if nothing had happened.
    """
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "PREVIEW":
                region = next(region for region in area.regions if region.type == "WINDOW")
                _, high = region.view2d.view_to_region(0.0, _highest(scene) + _ABOVE, clip=False)
                if high > region.height:
                    _, low = region.view2d.view_to_region(0.0, _BELOW, clip=False)
                    _zoom(window, area, (0, region.width, low, high))


def _highest(scene: bpy.types.Scene) -> int:
    """Return the highest channel with a strip."""
    strips = scene.sequence_editor.strips if scene.sequence_editor is not None else ()
    return max((strip.channel for strip in strips), default=_FEWEST)


def _frame_strips(area: bpy.types.Area, scene: bpy.types.Scene) -> None:
    """Fill the sequencer with the frame range and the channels in use; *View All* would leave room for ten."""
    margin = 0.02 * (scene.frame_end - scene.frame_start)
    view = next(region for region in area.regions if region.type == "WINDOW").view2d
    left, low = view.view_to_region(scene.frame_start - margin, _BELOW, clip=False)
    right, high = view.view_to_region(scene.frame_end + margin, _highest(scene) + _ABOVE, clip=False)
    _zoom(_window(), area, (left, right, low, high))


def _zoom(window: bpy.types.Window | None, area: bpy.types.Area, box: tuple[int, int, int, int]) -> None:
    """Fill an editor with what is seen in a box: left, right, low and high, pixels of its region."""
    left, right, low, high = box
    arguments = {"xmin": left, "xmax": right, "ymin": low, "ymax": high, "wait_for_input": False}
    _operate(bpy.ops.view2d.zoom_border, area, window, **arguments)


def _show_tab() -> bool:
    """Choose the InterAct tab beside the stage; return whether it is chosen."""
    for area in _areas()[:1]:
        sidebar = next(region for region in area.regions if region.type == "UI")
        try:
            sidebar.active_panel_category = "InterAct"
        except (AttributeError, TypeError):  # not drawn yet, and so without tabs
            return False
        return bool(sidebar.active_panel_category == "InterAct")
    return False
