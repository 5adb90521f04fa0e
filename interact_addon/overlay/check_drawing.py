"""What a check found, drawn over the 3D view: bodies, contact points, heat on the skin, a graph over time."""

from __future__ import annotations

from typing import Any

import blf
import bpy
import gpu
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader

from ..check.colours import AT_REST, OF_ACTORS, Colour, colours_of_depth
from ..check.events import EARLIER
from ..check.shot_check import ShotCheck, is_current, known_check, state_before
from ..messages import translated
from ..rig.identity import ObjectReference, reference
from ..rig.measure import skinned_meshes
from ..runtime_api import Array
from . import capsules, heat
from .boxes import Box, draw_boxes
from .drawing import draw_batches, make_batches
from .graph import Graph, curves_of, graph_of, numbers_beside
from .lines import Strokes

_OUTLINE, _POINT = 1.5, 0.012  # pixels; metres
_MOVED = 0.005  # metres from which on a capsule is drawn where it was before a Resolve
_GHOST = np.array([1.0, 1.0, 1.0, 0.45], np.float32)
_NEAR = -0.02  # metres of depth from which on skin is looked at
_GRAPH_HEIGHT, _MARGIN, _TEXT = 64, 12, 11  # pixels at a scale of 1
_EARLIER = (1.0, 0.65, 0.2, 1.0)
_handlers: list[Any] = []
_heat: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())  # of which frame and state, and the batches to draw
_skins: tuple[int, dict[int, list[ObjectReference]]] = (-1, {})  # of which check, and meshes by the armature's uid
_curves: tuple[tuple[Any, ...], list[Any]] = ((), [])  # of which check and box, and the batches to draw
_changes = 0


def start() -> None:
    """Begin to draw; without a window there is nothing to draw on."""
    if not _handlers and not bpy.app.background:
        add = bpy.types.SpaceView3D.draw_handler_add
        _handlers.append(add(_draw_bodies, (), "WINDOW", "POST_VIEW"))
        _handlers.append(add(_draw_texts, (), "WINDOW", "POST_PIXEL"))


def stop() -> None:
    """Draw no longer, and forget what was read."""
    global _heat, _curves, _skins
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    _heat, _curves, _skins = ((), ()), ((), []), (-1, {})
    heat.forget()


@bpy.app.handlers.persistent
def scene_changed(*_arguments: object) -> None:
    """Look at the skin anew: it may have moved."""
    global _changes
    _changes += 1


def _draw_bodies() -> None:
    scene, space = bpy.context.scene, bpy.context.space_data
    check = scene.interact.check
    before = state_before(scene) if check.before else None
    if not space.overlay.show_overlays or not (check.capsules or check.points or check.heat or before):
        return
    found = known_check(scene)
    row = found.row_at(scene.frame_current_final) if found is not None else None
    if found is None or row is None:
        return
    if before is not None:
        draw_batches(make_batches(ghost_lines(before, found, scene.frame_current_final, space.region_3d)))
    if check.heat:
        _draw_heat(scene, found, row)
    lines = body_lines(found, row, space.region_3d) if check.capsules else []
    if check.points:
        lines += point_lines(found, row)
    draw_batches(make_batches(lines), over_everything=True)


def body_lines(found: ShotCheck, row: int, view: bpy.types.RegionView3D) -> list[Strokes]:
    """Return the outlines of both bodies at a row of the check, coloured by depth, as a view sees them."""
    eye, is_parallel = _eye(view)
    lines = []
    for body, depth, colour in zip(found.capsules, found.contacts.capsule_depth, OF_ACTORS):
        at_rest = np.array([*colour[:3], AT_REST], np.float32)
        colours = colours_of_depth(depth[row], at_rest)
        seen = capsules.outlines(body.start[row], body.end[row], body.radius, eye, is_parallel)
        lines.append(capsules.loops(seen, colours, _OUTLINE))
    return lines


def ghost_lines(before: ShotCheck, found: ShotCheck, frame: float, view: bpy.types.RegionView3D) -> list[Strokes]:
    """Return the outlines of what was elsewhere before a Resolve than it is now, at a frame of the scene."""
    was, now = before.row_at(frame), found.row_at(frame)
    if was is None or now is None:
        return []
    eye, is_parallel = _eye(view)
    lines = []
    for old, new in zip(before.capsules, found.capsules):
        if old.start.shape[1] != new.start.shape[1]:  # another character
            continue
        moved = np.linalg.norm(old.start[was] - new.start[now], axis=-1)
        moved = np.maximum(moved, np.linalg.norm(old.end[was] - new.end[now], axis=-1)) > _MOVED
        if moved.any():
            seen = capsules.outlines(old.start[was, moved], old.end[was, moved], old.radius[moved], eye, is_parallel)
            lines.append(capsules.loops(seen, np.tile(_GHOST, (len(seen), 1)), _OUTLINE))
    return lines


def _eye(view: bpy.types.RegionView3D) -> tuple[Array, bool]:
    """Return the place that a view sees from, or the direction to it in one without perspective, and which it is."""
    matrix = np.array(view.view_matrix.inverted())
    return (matrix[:3, 3], False) if view.is_perspective else (matrix[:3, 2], True)


def point_lines(found: ShotCheck, row: int) -> list[Strokes]:
    """Return a cross at each contact point of both bodies at a row of the check."""
    places = [body.points[row] for body in found.bodies]
    colours = [np.tile(np.array(colour, np.float32), (len(own), 1)) for own, colour in zip(places, OF_ACTORS)]
    return [capsules.crosses(np.concatenate(places), _POINT, np.concatenate(colours))]


def _draw_heat(scene: bpy.types.Scene, found: ShotCheck, row: int) -> None:
    global _heat
    key = (scene.session_uid, found.made, row, _changes)
    if key != _heat[0]:
        graph = bpy.context.evaluated_depsgraph_get()
        _heat = (key, _heat_batches(heat_of(scene, graph, found, row)))
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    gpu.state.blend_set("ALPHA")
    for batch, test in zip(_heat[1], ("LESS_EQUAL", "GREATER")):
        gpu.state.depth_test_set(test)
        batch.draw(shader)
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def heat_of(scene: bpy.types.Scene, graph: bpy.types.Depsgraph, found: ShotCheck, row: int) -> heat.HotSkin:
    """Return what of both skins lies inside of the other body."""
    skins = []
    for number, actor in enumerate(scene.interact.actors):  # type: ignore[attr-defined]
        other = found.capsules[1 - number]
        close = found.contacts.pair_depth[1 - number][row] > _NEAR
        if not close.any() or actor.armature is None:
            continue
        for obj in _skins_of(found, actor.armature):
            if obj.visible_get():
                skins.append(
                    heat.hot_skin(obj, graph, other.start[row, close], other.end[row, close], other.radius[close])
                )
    return heat.together([skin for skin in skins if skin is not None])


def _skins_of(found: ShotCheck, armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes that an armature moved when it was checked: to look for them takes longer than to tint them."""
    global _skins
    if _skins[0] != found.made:
        _skins = (found.made, {})
    known = _skins[1]
    if armature.session_uid not in known:
        known[armature.session_uid] = [reference(obj) for obj in skinned_meshes(armature)]
    seen = (held.find() for held in known[armature.session_uid])
    return [obj for obj in seen if obj is not None]


def _heat_batches(skin: heat.HotSkin) -> tuple[Any, ...]:
    """Return what is drawn of skin in sight, and of that behind what hides it: the deepest lies inside of the other."""
    if not len(skin.triangles):
        return ()
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    return tuple(
        batch_for_shader(shader, "TRIS", {"pos": skin.places, "color": colours}, indices=skin.triangles)
        for colours in (skin.colours, heat.colours_through(skin))
    )


def note_of(scene: bpy.types.Scene) -> str:
    """Return what is said over what is drawn of a check: that it is of an earlier state; "" where it is not."""
    check = scene.interact.check  # type: ignore[attr-defined]
    drawn = check.capsules or check.points or check.heat or check.graph
    return "" if not drawn or known_check(scene) is None or is_current(scene) else translated(EARLIER)


def _draw_texts() -> None:
    context = bpy.context
    scene, space, region = context.scene, context.space_data, context.region
    found = known_check(scene)
    if not space.overlay.show_overlays or found is None:
        return
    scale = context.preferences.system.ui_scale
    left, right = _free_width(context.area, region)
    if note := note_of(scene):
        blf.size(0, _TEXT * scale)
        blf.color(0, *_EARLIER)
        blf.position(0, left + _MARGIN * scale, (2 * _MARGIN + _GRAPH_HEIGHT + _TEXT) * scale, 0.0)
        blf.draw(0, note)
    if scene.interact.check.graph:
        _draw_graph(found, (left, right), scale)


def _draw_graph(found: ShotCheck, free: tuple[float, float], scale: float) -> None:
    scene, space, region = bpy.context.scene, bpy.context.space_data, bpy.context.region
    left, right = free
    box = (left + _MARGIN * scale, _MARGIN * scale, right - _MARGIN * scale, (_MARGIN + _GRAPH_HEIGHT) * scale)
    graph = graph_of(found, scene.frame_current_final, box)
    draw_boxes(graph.boxes)
    _draw_curves(found, box)
    _write(graph, scale)
    _write_beside(found, scene.frame_current_final, region, space.region_3d)


def _free_width(area: bpy.types.Area, region: bpy.types.Region) -> tuple[float, float]:
    """Return the pixels of a region from where to where no sidebar or toolbar lies over it."""
    left, right = 0.0, float(region.width)
    for other in area.regions:
        if other.type == "TOOLS" and other.width > 1:
            left = max(left, other.x + other.width - region.x)
        elif other.type == "UI" and other.width > 1:
            right = min(right, other.x - region.x)
    return left, right


def _draw_curves(found: ShotCheck, box: Box) -> None:
    global _curves
    shader = gpu.shader.from_builtin("FLAT_COLOR")
    if _curves[0] != (found.made, box):
        _curves = ((found.made, box), [_curve_batch(*curve) for curve in curves_of(found, box)])
    gpu.state.blend_set("ALPHA")
    for batch in _curves[1]:
        batch.draw(shader)
    gpu.state.blend_set("NONE")


def _curve_batch(points: Array, tint: Colour) -> Any:
    colours = np.tile(np.array(tint, np.float32), (len(points), 1))
    return batch_for_shader(
        gpu.shader.from_builtin("FLAT_COLOR"), "LINE_STRIP", {"pos": points.astype(np.float32), "color": colours}
    )


def _write_beside(
    found: ShotCheck, frame: float, region: bpy.types.Region, view: bpy.types.RegionView3D | None
) -> None:
    """Write this frame's numbers where the bodies are; the size of letters is that of the graph."""
    for place, text in numbers_beside(found, frame) if view is not None else ():
        at = location_3d_to_region_2d(region, view, place)
        if at is not None:
            blf.position(0, at.x - 0.5 * blf.dimensions(0, text)[0], at.y, 0.0)
            blf.draw(0, text)


def _write(graph: Graph, scale: float) -> None:
    blf.size(0, _TEXT * scale)
    blf.color(0, 1.0, 1.0, 1.0, 0.9)
    for (x, y), text in graph.texts:
        blf.position(0, x, y, 0.0)
        blf.draw(0, text)
