"""The scene as a ``Request``: who, where, what is said and done, and the places to be at."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..properties import relationship_of
from ..rig.cast import CastActor, cast_actor
from ..runtime_api import contract, errors
from .reading import heard_strips, read_actions, read_emotions, shot_duration
from .transcripts import read_transcript

SECONDS_TO_SIT_DOWN = 2.0
_SEATED_AT_ONCE = 0.1  # seconds: a sit strip that begins so early finds the actor seated already
_BEFORE_THE_SEAT = 0.40  # metres from the seat's middle to where one stands before sitting down


def cast_scene(scene: bpy.types.Scene) -> tuple[CastActor, CastActor]:
    """Both characters. Raises ``InvalidRequest`` where one is missing, gone or cast twice, ``RigNotRecognised``."""
    first, second = scene.interact.actors  # type: ignore[attr-defined]
    for number, actor in enumerate((first, second), 1):
        if actor.armature is None:
            raise errors.InvalidRequest(f"{_called(actor, number)} has no armature; select a character and cast it.")
        if scene.objects.get(actor.armature.name) is None:
            raise errors.InvalidRequest(
                f"'{actor.armature.name}' is not in the scene '{scene.name}'; cast an armature of this scene."
            )
    if first.armature == second.armature:
        raise errors.InvalidRequest(
            f"Both actors use the armature '{first.armature.name}'; cast two different characters."
        )
    return (
        cast_actor(first.name or first.armature.name, first.armature),
        cast_actor(second.name or second.armature.name, second.armature),
    )


def build_request(
    scene: bpy.types.Scene, cast: tuple[CastActor, CastActor] | None = None
) -> tuple[contract.Request, list[str]]:
    """Everything a generation needs, checked, and what the user should know about it (warnings).

    Raises the named errors of ``errors``; nothing in the scene is changed.
    """
    cast = cast or cast_scene(scene)
    settings = scene.interact  # type: ignore[attr-defined]
    duration = shot_duration(scene)
    warnings = [warning for who in cast for warning in who.warnings]
    request = contract.Request(
        duration=duration,
        actors=tuple(_actor(scene, who, directed, duration, warnings) for who, directed in zip(cast, settings.actors)),
        seed=settings.seed,
        quality=settings.quality,
        guidance=settings.guidance,
        relationship=relationship_of(settings),
        lips=settings.lips,
    )
    contract.check_request(request)
    return request, warnings + _silence(request)


def _called(actor: Any, number: int) -> str:
    return f"'{actor.name}'" if actor.name else f"Actor {number}"


def _silence(request: contract.Request) -> list[str]:
    return [f"'{a.name}' has no speech strip; '{a.name}' only listens." for a in request.actors if not a.speech]


def _actor(
    scene: bpy.types.Scene, who: CastActor, directed: Any, duration: float, warnings: list[str]
) -> contract.Actor:
    """One actor; what the user should know is added to ``warnings``."""
    actions = read_actions(scene, who.name)
    heard = heard_strips(scene, who.name)
    said, problems = read_transcript(scene, who.name, heard)
    warnings += problems
    position, heading, seat_height = who.rest.position, who.rest.heading, directed.seat_height
    waypoints: list[contract.Waypoint] = []
    if directed.walk_target is not None:
        waypoints += _walk_to(directed.walk_target, actions)
    if directed.seat is not None:
        place, seat_heading, top = seat_place(directed.seat)
        seat_height = top - who.rest.floor
        waypoints += _sit_on(place, seat_heading, actions, walks_elsewhere=bool(waypoints))
        if any(span.label == "sit" and span.start < _SEATED_AT_ONCE for span in actions):
            position, heading = place, seat_heading
    return contract.Actor(
        name=who.name,
        skeleton=who.rest.skeleton,
        position=position,
        heading=heading,
        speech=tuple(clip for _, clip in heard),
        actions=actions,
        waypoints=tuple(sorted((point for point in waypoints if point.time <= duration), key=lambda point: point.time)),
        seat_height=seat_height,
        emotions=read_emotions(scene, who.name, directed),
        words=said.words,
        captions=said.captions,
    )


def _walk_to(target: bpy.types.Object, actions: tuple[contract.ActionSpan, ...]) -> list[contract.Waypoint]:
    """The target is reached where the last walk ends."""
    walks = [span for span in actions if span.label == "walk"]
    place = target.matrix_world.translation
    return [contract.Waypoint(walks[-1].end, (place.x, place.y))] if walks else []


def _sit_on(
    place: tuple[float, float], heading: float, actions: tuple[contract.ActionSpan, ...], walks_elsewhere: bool
) -> list[contract.Waypoint]:
    """On the seat from shortly after a sit strip begins until it ends; a walk right before it ends in front of the
    seat.
    """
    points = []
    for span in actions:
        if span.label != "sit":
            continue
        seated = (
            _SEATED_AT_ONCE
            if span.start < _SEATED_AT_ONCE
            else span.start + min(SECONDS_TO_SIT_DOWN, 0.7 * (span.end - span.start))
        )
        points += [contract.Waypoint(seated, place, heading), contract.Waypoint(span.end, place, heading)]
        if not walks_elsewhere and any(walk.label == "walk" and abs(walk.end - span.start) < 0.25 for walk in actions):
            ahead = (
                place[0] + _BEFORE_THE_SEAT * float(np.sin(heading)),
                place[1] - _BEFORE_THE_SEAT * float(np.cos(heading)),
            )
            points.append(contract.Waypoint(span.start, ahead))
    return points


def seat_place(seat: bpy.types.Object) -> tuple[tuple[float, float], float, float]:
    """Middle of a seat (x, y), the heading of who sits on it (the object's -Y), and the height of its top, metres."""
    matrix = seat.matrix_world
    x_axis = matrix.to_3x3() @ Vector((1.0, 0.0, 0.0))
    heading = float(np.arctan2(x_axis.y, x_axis.x))
    top = _seat_top(seat)
    return (matrix.translation.x, matrix.translation.y), heading, top


def _seat_top(seat: bpy.types.Object) -> float:
    """The object's own word (custom property ``seat_height``), else what a plumb line through its origin hits first,
    else the height of its origin."""
    matrix = seat.matrix_world
    if "seat_height" in seat:
        return float((matrix @ Vector((0.0, 0.0, float(seat["seat_height"])))).z)
    if seat.type == "MESH" and len(seat.data.polygons):  # type: ignore[union-attr]
        inverse = matrix.inverted()
        origin = matrix.translation + Vector((0.0, 0.0, 100.0))
        hit, where, _, _ = seat.ray_cast(inverse @ origin, (inverse.to_3x3() @ Vector((0.0, 0.0, -1.0))).normalized())
        return (
            float((matrix @ where).z) if hit else float(max((matrix @ Vector(corner)).z for corner in seat.bound_box))
        )
    return float(matrix.translation.z)
