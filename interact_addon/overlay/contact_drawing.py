"""Contacts that are asked for, drawn over the 3D view on their frames: both points, and what is left between them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..check.colours import OF_ACTORS, Colour
from ..rig.body_shape import body_shape_in_steps
from ..rig.cast import CastActor
from ..rig.read_back import seen_now
from ..runtime_api import Array, body_shape, contacts, errors, finished
from ..scene import contact_picking
from ..scene.casting import character_of
from ..scene.contact_goals import contact_strips, ends_of, trouble_with
from ..scene.reading import Clock
from .drawing import draw_batches, make_batches
from .lines import Line, line

_DOT, _LINE = (0.004, 0.008, 0.012), 2.0  # metres, radii of the circles of a dot; pixels
_PICKED = (*_DOT, 0.02)  # the same of what is under the mouse
_MET: Colour = (0.35, 0.85, 0.40, 1.0)
_APART: Colour = (0.95, 0.25, 0.15, 1.0)
_OF_OBJECTS: Colour = (0.85, 0.85, 0.85, 1.0)
_NEAR = 0.02  # metres beyond the distance that is asked for, up to which a contact is met
_PAUSE = 0.001  # seconds between two steps of fitting a body
_handlers: list[Any] = []
_drawn: tuple[tuple[Any, ...], list[tuple[float, Any]]] = ((), [])  # of which frame and state, and the batches
_changes = 0
_shapes: dict[str, tuple[CastActor, body_shape.BodyShape]] = {}  # by the actor's id, without its thickness
_fitting: Generator[None, None, None] | None = None


def start() -> None:
    """Begin to draw; without a window there is nothing to draw on."""
    if not _handlers and not bpy.app.background:
        for draw in (_draw, _draw_picking):
            _handlers.append(bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", "POST_VIEW"))


def stop() -> None:
    """Draw no longer."""
    global _drawn
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    if bpy.app.timers.is_registered(_fit):
        bpy.app.timers.unregister(_fit)
    _drawn = ((), [])
    _shapes.clear()


@bpy.app.handlers.persistent
def scene_changed(*_arguments: object) -> None:
    """Look at the points anew: they may have moved."""
    global _changes
    _changes += 1


def _draw() -> None:
    global _drawn
    scene, space = bpy.context.scene, bpy.context.space_data
    if not space.overlay.show_overlays or not scene.interact.overlay.plan:
        return
    key = (scene.session_uid, scene.frame_current_final, _changes)
    if key != _drawn[0]:
        strips = _strips_now(scene)
        if strips and not _is_fitted(scene):
            return
        lines = contact_lines(scene, bpy.context.evaluated_depsgraph_get(), strips) if strips else []
        _drawn = (key, make_batches(lines))
    draw_batches(_drawn[1], over_everything=True)


def _draw_picking() -> None:
    """Draw what is under the mouse while points are picked."""
    picked = contact_picking.hovered
    if picked is not None:
        colour = _OF_OBJECTS if picked.object is not None else OF_ACTORS[picked.number]
        draw_batches(make_batches(_dot(picked.place, colour, _PICKED)), over_everything=True)


def _is_fitted(scene: bpy.types.Scene) -> bool:
    """Return whether the bodies are known; where they are not, a timer fits them between two redraws."""
    try:
        cast = [(actor.identity, character_of(actor)) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    except errors.InterActError:
        return False
    if all(_shapes.get(identity, (None,))[0] is character for identity, character in cast):
        return True
    if not bpy.app.timers.is_registered(_fit):
        bpy.app.timers.register(_fit, first_interval=0.0)
    return False


def _fit() -> float | None:
    global _fitting, _changes
    if _fitting is None:
        _fitting = _fit_in_steps(bpy.context.scene)
    try:
        next(_fitting)
        return _PAUSE
    except StopIteration:
        _changes += 1
    except errors.InterActError:  # a character that cannot be read just now; Generate says why
        pass
    _fitting = None
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
    return None


def _fit_in_steps(scene: bpy.types.Scene) -> Generator[None, None, None]:
    cast = [(actor.identity, character_of(actor)) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    for identity, character in cast:
        shape = yield from body_shape_in_steps(character)
        _shapes[identity] = (character, shape)


def _strips_now(scene: bpy.types.Scene) -> list[Any]:
    """Return the contact strips under the playhead of which something can be drawn."""
    source = compat.sequencer_scene(scene)
    clock, shot = Clock(source, scene), Clock(scene, scene)
    now = shot.time(scene.frame_current_final)
    found = []
    for strip in contact_strips(source):
        start, end = clock.span(strip)
        if start - 1e-6 <= now < end - 1e-6 and not trouble_with(scene, strip):
            found.append(strip)
    return found


def contact_lines(scene: bpy.types.Scene, graph: bpy.types.Depsgraph, strips: list[Any] | None = None) -> list[Line]:
    """Return a line, then two dots, for each contact that is asked for on the current frame, as both stand there."""
    if not _is_fitted(scene):
        finished(_fit_in_steps(scene))
    points: dict[str, contacts.Body] = {}
    colours = dict(zip((actor.identity for actor in scene.interact.actors), OF_ACTORS))
    found = list[Line]()
    try:
        for strip in _strips_now(scene) if strips is None else strips:
            ends = ends_of(strip)
            mine = _point(scene, graph, points, ends.actor, ends.point)
            if ends.other:
                theirs = _point(scene, graph, points, ends.other, ends.other_point)
            else:
                assert ends.target is not None
                theirs = np.array(ends.target.evaluated_get(graph).matrix_world.translation, np.float32)
            apart = float(np.linalg.norm(theirs - mine)) - ends.gap
            found.append(line(np.stack([mine, theirs]), _MET if apart <= _NEAR else _APART, _LINE))
            found += _dot(mine, colours[ends.actor])
            found += _dot(theirs, colours.get(ends.other, _OF_OBJECTS))
    except errors.InterActError:  # a character that cannot be read just now; Generate says why
        return []
    return found


def _dot(place: Array, colour: Colour, sizes: tuple[float, ...] = _DOT) -> list[Line]:
    """Return a small ball: circles about all three axes, filled by smaller ones."""
    turn = np.linspace(0.0, 2.0 * np.pi, 13)
    circle = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], -1)
    return [line(place + size * np.roll(circle, axis, axis=1), colour, _LINE) for size in sizes for axis in range(3)]


def _point(
    scene: bpy.types.Scene, graph: bpy.types.Depsgraph, bodies: dict[str, contacts.Body], identity: str, point: str
) -> Array:
    """Return where a point of an actor is seen (3,), metres."""
    if identity not in bodies:
        actor = next(one for one in scene.interact.actors if one.identity == identity)  # type: ignore[attr-defined]
        character = character_of(actor)
        motion = seen_now(character, graph)
        rest = character.rest
        root = motion.root_positions + np.array([0.0, 0.0, rest.floor], np.float32)
        shape = _shapes[identity][1].thickened(actor.thickness)
        bodies[identity] = contacts.Body(shape, rest.skeleton, root, motion.rotations, rest.floor)
    body = bodies[identity]
    place: Array = body.points[0, body.shape.point(point)]
    return place
