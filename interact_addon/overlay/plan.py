"""The plan of a shot as lines: seats, walks and their targets, what is faced, looked at and held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector

from .. import compat
from ..check.colours import OF_ACTORS, Colour
from ..properties import ActorKey, actor_key
from ..rig.identity import ObjectReference, reference
from ..runtime_api import Array, contract, errors, skeleton
from ..scene.attention import AHEAD, heading_when_turned
from ..scene.channels import GAZE, PINS
from ..scene.evaluated import is_seen
from ..scene.ownership import strips_of
from ..scene.reading import Clock, label_of, read_actions
from ..scene.targets import seat_place
from .lines import ON_THE_FLOOR, Line, arrow_head, line, ring
from .motion import JointPaths

WALK, FACE, SIT, LOOK, HOLD, STAY = "walk", "face", "sit", "look", "hold", "stay"
_JOINTS = {"left hand": "left_wrist", "right hand": "right_wrist", "head": "head", "root": "pelvis"}  # of pins
_FAINT = 0.4  # opacity of what is not a way
_SEAT, _TARGET, _CROSS, _ARROW = 0.24, 0.10, 0.06, 0.14  # metres


@dataclass(frozen=True)
class Mark:
    """What an actor, the ``place``-th of the cast, does with an object from ``start`` to ``end`` (s).

    ``joint``: what looks or holds. ``height``: of a seat above the origin of its object (m).
    """

    kind: str
    place: int
    target: ObjectReference
    start: float
    end: float
    joint: str = "pelvis"
    height: float = 0.0


def read_marks(scene: bpy.types.Scene) -> list[Mark]:
    """Return what the script of a scene says of objects, in order of time; nothing of an actor it is wrong for."""
    found = []
    for place, actor in enumerate(scene.interact.actors):
        if actor.armature is None:
            continue
        try:
            actions = read_actions(scene, actor_key(actor))
        except errors.InvalidRequest:
            continue
        for action in actions:
            span, target = action.span, actor.seat if action.span.label == "sit" else action.target
            if target is not None:
                kind = {"walk": WALK, "stand": FACE, "sit": SIT}[span.label]
                height = _height_of_seat(target, scene) if kind == SIT else 0.0
                found.append(Mark(kind, place, reference(target), span.start, span.end, height=height))
        found += _attention(scene, place, actor_key(actor))
    return found


def _attention(scene: bpy.types.Scene, place: int, key: ActorKey) -> list[Mark]:
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    found = []
    for kind, channel in ((LOOK, GAZE), (HOLD, PINS)):
        for strip in strips_of(source, key, channel, "COLOR"):
            name = label_of(strip.name).replace("_", " ")
            joint = "head" if kind == LOOK else _JOINTS.get(name, "")
            if strip.interact_target is not None and joint:
                what = STAY if joint == "pelvis" else kind
                found.append(Mark(what, place, reference(strip.interact_target), *clock.span(strip), joint))
    return found


def plan_lines(scene: bpy.types.Scene, marks: Sequence[Mark], paths: JointPaths | None, seconds: float) -> list[Line]:
    """Return the lines of a plan where its objects are now; ``seconds``: the time of the shot that is shown.

    ``paths``: where the actors are in the take that is shown, if one is.
    """
    found = list[Line]()
    for place, actor in enumerate(scene.interact.actors):
        if actor.armature is None:
            continue
        at = _start(actor.armature, paths, place)
        for mark in sorted((one for one in marks if one.place == place), key=lambda one: one.start):
            target = mark.target.find()
            if target is None:
                continue
            lines, at = _lines_of(mark, target, at, OF_ACTORS[place])
            found += lines
            if mark.kind in (LOOK, HOLD) and paths is not None and mark.start <= seconds < mark.end:
                row = min(max(round(seconds * contract.FPS), 0), paths.frames - 1)
                joint = paths.places[place][row, skeleton.INDEX[mark.joint]]
                found.append(line(np.stack([joint, _place(target)]), _faint(OF_ACTORS[place]), 1.5))
    return found


def _lines_of(mark: Mark, target: bpy.types.Object, at: Array, colour: Colour) -> tuple[list[Line], Array]:
    """Return the lines of one mark, and where the actor is after it, given that it is ``at`` a place (3,) before."""
    where = _place(target)
    floor = np.array([where[0], where[1], at[2]])
    if mark.kind == WALK:
        way = np.vstack([at, _along(target, at[2])]) if target.type == "CURVE" else np.stack([at, floor])
        last = way[-1] - way[-2]
        return [line(way, colour, 2.0), arrow_head(way[-1], last, _ARROW, colour, 2.0)], way[-1]
    if mark.kind == SIT:
        ahead = np.array(target.matrix_world.to_3x3() @ AHEAD)
        top = where + np.array([0.0, 0.0, mark.height])
        tip = top + 1.6 * _SEAT * ahead
        lines = [ring(top, _SEAT, colour), line(np.stack([top + _SEAT * ahead, tip]), colour)]
        return [*lines, arrow_head(tip, ahead, 0.5 * _ARROW, colour)], floor
    if mark.kind == FACE:
        return [line(np.stack([at, floor]), _faint(colour), 1.5), ring(floor, _TARGET, _faint(colour))], at
    if mark.kind == STAY:
        return _spot(target, floor, colour), floor
    if mark.kind == HOLD:
        return [ring(where, _TARGET / 2, colour)], at
    return [line(np.stack([where - by, where + by]), colour) for by in _CROSS * np.eye(3)], at


def _spot(target: bpy.types.Object, floor: Array, colour: Colour) -> list[Line]:
    """Return a ring with a cross where a root is held, and the way it faces if its object is turned."""
    lines = [ring(floor, _SEAT, colour)]
    lines += [line(np.stack([floor - by, floor + by]), colour) for by in _CROSS * np.eye(3)[:2]]
    ahead = np.array(target.matrix_world.to_3x3() @ AHEAD) * [1.0, 1.0, 0.0]
    if heading_when_turned(Vector(ahead)) is not None:
        tip = floor + 1.6 * _SEAT * ahead / np.linalg.norm(ahead)
        lines.append(arrow_head(tip, ahead, 0.5 * _ARROW, colour))
    return lines


def _start(armature: bpy.types.Object, paths: JointPaths | None, place: int) -> Array:
    """Return where an actor starts, on its floor (3,)."""
    if paths is not None:
        return np.array([*paths.places[place][0, 0, :2], paths.floors[place] + ON_THE_FLOOR])
    x, y, z = armature.matrix_world.translation
    return np.array([x, y, z + ON_THE_FLOOR])


def _place(target: bpy.types.Object) -> Array:
    return np.array(target.matrix_world.translation, np.float64)


def _along(curve: bpy.types.Object, height: float) -> Array:
    """Return the control points (N, 3) of a curve's first spline, on the floor."""
    spline = curve.data.splines[0] if len(curve.data.splines) else None
    points = [] if spline is None else (spline.bezier_points or spline.points)
    places = [curve.matrix_world @ point.co.to_3d() for point in points]
    return np.array([[place.x, place.y, height] for place in places] or [[*_place(curve)[:2], height]])


def _height_of_seat(seat: bpy.types.Object, scene: bpy.types.Scene) -> float:
    """Return how far above an object's origin somebody sits (m); of one that is hidden, the top of its bounds."""
    if is_seen(seat, scene):
        return seat_place(seat, scene).top - seat.matrix_world.translation.z
    corners = [(seat.matrix_world @ Vector(corner)).z for corner in seat.bound_box]
    return float(max(corners)) - seat.matrix_world.translation.z if seat.type == "MESH" else 0.0


def _faint(colour: Colour) -> Colour:
    return (*colour[:3], _FAINT)
