"""The places of the actors: the seats they sit on and the targets of their walks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from .. import compat
from ..properties import ActorKey, actor_key
from ..runtime_api import Array, contract, errors
from .attention import place_on_floor
from .channels import ACTIONS
from .evaluated import evaluated
from .ownership import strips_of
from .reading import Action, Clock, label_of

_INSIDE_THE_LABEL = 0.1  # seconds; a waypoint on the border of two labels could belong to the walk before the sit
_AHEAD = 1.5  # metres from where an actor stands to a target that nothing else places
_SECONDS_A_WAYPOINT = 1.0  # of a path along a curve


@dataclass(frozen=True)
class SeatPlace:
    """The middle of a seat (x, y) in metres, its heading in radians (the object's -Y), and the height of its top."""

    middle: tuple[float, float]
    heading: float
    top: float


def seat_place(seat: bpy.types.Object, scene: bpy.types.Scene) -> SeatPlace:
    """Return where a seat is: the same whether it is seen, hidden, excluded or in another scene."""
    with evaluated(seat, scene) as seen:
        matrix = seen.matrix_world
        x_axis = matrix.to_3x3() @ Vector((1.0, 0.0, 0.0))
        heading = float(np.arctan2(x_axis.y, x_axis.x))
        return SeatPlace(
            (matrix.translation.x, matrix.translation.y), heading, _seat_top(seen, seat.get("seat_height"))
        )


def seat_waypoints(place: SeatPlace, actions: Sequence[contract.ActionSpan]) -> list[contract.Waypoint]:
    """Return one waypoint a sit label, at the seat: the runtime plans how the actor sits down and rises."""
    return [
        contract.Waypoint(
            min(span.start + _INSIDE_THE_LABEL, 0.5 * (span.start + span.end)), place.middle, place.heading
        )
        for span in actions
        if span.label == "sit"
    ]


def lead_walks(
    actions: Sequence[Action], partner: bpy.types.Object, scene: bpy.types.Scene
) -> tuple[tuple[contract.ActionSpan, ...], list[contract.Waypoint]]:
    """Lead each walk to its own target and let stands face theirs; return the spans and the waypoints.

    The partner's armature, or a mesh it deforms, gives a walk to the partner and no waypoint; a curve gives the
    waypoints of a path; any other object gives its place at the end of the walk. Raises ``InvalidRequest`` for a curve
    without points.
    """
    spans, waypoints = [], []
    for action in actions:
        span, target = action.span, action.target
        if target is not None and span.label == "stand":
            if partner not in (target, target.find_armature()):  # whom it faces anyhow
                span = replace(span, facing=place_on_floor(target, scene))
        elif target is not None and partner in (target, target.find_armature()):
            span = replace(span, to_partner=True)
        elif target is not None and target.type == "CURVE":
            waypoints += path_waypoints(curve_points(target, scene), span)
        elif target is not None:
            with evaluated(target, scene) as seen:
                place = seen.matrix_world.translation
                waypoints.append(contract.Waypoint(span.end, (place.x, place.y)))
        spans.append(span)
    return tuple(spans), waypoints


def walk_strips(scene: bpy.types.Scene, actor: ActorKey | str) -> list[Any]:
    """Return the walk strips of an actor that are not muted, in order of time."""
    strips = strips_of(compat.sequencer_scene(scene), actor, ACTIONS, "COLOR")
    return [strip for strip in strips if label_of(strip.name) == "walk"]


def move_walk_targets(scene: bpy.types.Scene) -> None:
    """Give the targets that files of version 0.1 keep for each actor to the actor's last walk strip.

    An actor without a walk keeps it, as it did nothing there either.
    """
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        walks = walk_strips(scene, actor_key(actor)) if actor.walk_target is not None else []
        if walks:
            walks[-1].interact_target = walks[-1].interact_target or actor.walk_target
            actor.walk_target = None


def path_waypoints(points: Array, walk: contract.ActionSpan) -> list[contract.Waypoint]:
    """Return waypoints along ``points`` (N, 2 or more columns), evenly spaced in arc length and time.

    There is about one a second. The last one lies at the path's end, at the end of the walk; the first point is left
    out, because a walk begins where the actor stands.
    """
    steps = np.linalg.norm(np.diff(points[:, :2], axis=0), axis=-1)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(1, round((walk.end - walk.start) / _SECONDS_A_WAYPOINT))
    shares = np.arange(1, count + 1) / count
    x, y = (np.interp(shares * length[-1], length, points[:, axis]) for axis in (0, 1))
    times = walk.start + shares * (walk.end - walk.start)
    return [contract.Waypoint(float(t), (float(px), float(py))) for t, px, py in zip(times, x, y)]


def curve_points(curve: bpy.types.Object, scene: bpy.types.Scene) -> Array:
    """Return the points (N, 3) of a curve's first spline in world space, at the curve's own resolution.

    Modifiers, bevel and extrusion are left out; a cyclic spline ends where it begins. Raises ``InvalidRequest`` for a
    curve without points.
    """
    with evaluated(curve, scene) as seen:
        place = seen.matrix_world.copy()
    data: Any = curve.data.copy()
    bare = bpy.data.objects.new("interact path", data)
    try:
        data.dimensions, data.bevel_depth, data.extrude, data.bevel_object = "3D", 0.0, 0.0, None
        for spline in list(data.splines)[1:]:
            data.splines.remove(spline)
        mesh = bare.to_mesh()  # None without splines
        points = [place @ vertex.co for vertex in mesh.vertices] if mesh is not None else []
        bare.to_mesh_clear()
        if points and data.splines[0].use_cyclic_u:
            points.append(points[0])
    finally:
        bpy.data.objects.remove(bare)
        bpy.data.curves.remove(data)
    if not points:
        raise errors.InvalidRequest(f"The curve '{curve.name}' has no points; draw the path or choose another target.")
    return np.array(points)


def has_no_points(target: bpy.types.Object) -> bool:
    """Return whether a target is a curve without a path: its first spline, which a walk follows, has no points."""
    if target.type != "CURVE":
        return False
    data: Any = target.data
    return not any(len(spline.points) or len(spline.bezier_points) for spline in data.splines[:1])


def _seat_top(seat: bpy.types.Object, set_height: float | None) -> float:
    """Return the height of an evaluated seat's top, metres.

    ``set_height``, the custom property ``seat_height`` in the object's own units, comes first, then the first hit of a
    ray straight down through its origin, then the top of its bounding box; an object without faces gives the height of
    its origin.
    """
    matrix = seat.matrix_world
    if set_height is not None:
        return float((matrix @ Vector((0.0, 0.0, float(set_height)))).z)
    if seat.type == "MESH" and len(seat.data.polygons):
        inverse = matrix.inverted()
        origin = matrix.translation + Vector((0.0, 0.0, 100.0))
        hit, where, _, _ = seat.ray_cast(inverse @ origin, (inverse.to_3x3() @ Vector((0.0, 0.0, -1.0))).normalized())
        return (
            float((matrix @ where).z) if hit else float(max((matrix @ Vector(corner)).z for corner in seat.bound_box))
        )
    return float(matrix.translation.z)


def end_of_walk(scene: bpy.types.Scene, number: int, strip: Any, take: Any) -> Vector:
    """Return the place on the floor where a walk of the ``number``-th actor ends in a ``take``; 1.5 m ahead of where
    the actor stands without one, or where it cannot be read.
    """
    armature = scene.interact.actors[number].armature  # type: ignore[attr-defined]
    floor = armature.matrix_world.translation.z
    if take is not None:
        try:
            roots = take.load_performance().actors[number].root_positions
        except errors.InterActError:
            pass
        else:
            end = Clock(compat.sequencer_scene(scene), scene).span(strip)[1]
            x, y, _ = roots[min(round(end * contract.FPS), len(roots) - 1)]
            return Vector((float(x), float(y), floor))
    ahead = armature.matrix_world @ Vector((0.0, -_AHEAD / armature.matrix_world.to_scale().y, 0.0))
    return Vector((ahead.x, ahead.y, floor))
