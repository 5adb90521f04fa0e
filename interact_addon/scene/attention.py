"""What actors look at, face and hold on to: strips with a target in the channels "<actor> Gaze" and "<actor> Pins"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from .. import compat
from ..properties import ActorKey, as_key
from ..rig.watching import watched
from ..runtime_api import contract, errors
from .channels import GAZE, PINS
from .ownership import ensure_channel, strips_of
from .reading import Clock, label_of
from .strips import keep_labels_out_of_renders

GAZE_COLOUR, PIN_COLOUR = (0.55, 0.42, 0.72), (0.62, 0.36, 0.40)
PIN_NAMES = {part: part.replace("_", " ") for part in contract.PINNED}  # by part, what a strip of it is called
_PLACES_A_SECOND = 10.0
_STILL = 1e-4  # metres
_TURNED = 0.02  # radians by which an object is turned, for it to say which way a root faces

AHEAD = Vector((0.0, -1.0, 0.0))  # of an object that is faced along

Places = tuple[tuple[float, float, float], ...]


def add_gaze(scene: bpy.types.Scene, actor: ActorKey | str, target: bpy.types.Object, start: int, end: int) -> Any:
    """Add a strip from frame ``start`` up to, not including, ``end`` in which an actor looks at an object."""
    return _add(scene, actor, GAZE, f"look at {target.name}", GAZE_COLOUR, target, start, end)


def add_pin(
    scene: bpy.types.Scene, actor: ActorKey | str, part: str, target: bpy.types.Object, start: int, end: int
) -> Any:
    """Add a strip in which a part of the body, one of ``contract.PINNED``, is held at an object."""
    return _add(scene, actor, PINS, PIN_NAMES[part], PIN_COLOUR, target, start, end)


def read_gaze(
    scene: bpy.types.Scene, actor: ActorKey | str, floor: float, partner: bpy.types.Object
) -> tuple[contract.GazeSpan, ...]:
    """Return what an actor is told to look at within the shot; a strip with the partner as target says nothing new.

    ``floor``: the height it stands at. Raises ``InvalidRequest`` for a strip without a target.
    """
    spans = []
    for strip, start, end in _strips(scene, actor, GAZE):
        target = _target(strip, GAZE, actor)
        if partner not in (target, target.find_armature()):
            spans.append(contract.GazeSpan(start, end, places_of(scene, target, start, end, floor)))
    return tuple(spans)


def read_pins(scene: bpy.types.Scene, actor: ActorKey | str, floor: float) -> tuple[contract.Pin, ...]:
    """Return where hands, head and root of an actor are held within the shot; arguments and errors as of ``read_gaze``.

    An object that is turned about the vertical says which way a root faces: along its -Y axis.
    """
    pins, parts = [], {name: part for part, name in PIN_NAMES.items()}
    for strip, start, end in _strips(scene, actor, PINS):
        target, part = _target(strip, PINS, actor), parts[_pin_name(strip)]
        heading = _heading(scene, target, start) if part == "root" else None
        pins.append(contract.Pin(part, start, end, places_of(scene, target, start, end, floor), heading))
    return tuple(pins)


def place_on_floor(target: bpy.types.Object, scene: bpy.types.Scene) -> tuple[float, float]:
    """Return where an object is (x, y) on the first frame of the shot."""
    ((x, y, _),) = _sampled(scene, target, [scene.frame_start])
    return x, y


def _add(
    scene: bpy.types.Scene,
    actor: ActorKey | str,
    kind: str,
    name: str,
    colour: tuple[float, float, float],
    target: bpy.types.Object,
    start: int,
    end: int,
) -> Any:
    sequencer: Any = scene.sequence_editor or scene.sequence_editor_create()
    strip = compat.new_color_strip(sequencer, name, ensure_channel(scene, actor, kind), start, end)
    strip.color, strip.interact_target = colour, target
    keep_labels_out_of_renders(scene)
    return strip


def _strips(scene: bpy.types.Scene, actor: ActorKey | str, kind: str) -> list[tuple[Any, float, float]]:
    """Return the strips of a kind within the shot, with start and end (s); one that begins later ends the one before.

    Each part of the body has strips of its own, so pins end only those of the same name.
    """
    source = compat.sequencer_scene(scene)
    clock, found = Clock(source, scene), list[tuple[Any, float, float]]()
    for strip in strips_of(source, actor, kind, "COLOR"):
        start, end = clock.span(strip)
        if end - start <= 1e-6:
            continue
        same = kind == GAZE
        found = [
            (one, first, min(last, start) if same or label_of(one.name) == label_of(strip.name) else last)
            for one, first, last in found
        ]
        found.append((strip, start, end))
    return [(strip, start, end) for strip, start, end in found if end - start > 1e-6]


def trouble_with_target(strip: Any, kind: str, actor: ActorKey | str) -> str:
    """Return a sentence that says why a strip of gaze or pins says nothing, and what to do; empty if it does."""
    name = as_key(actor).name
    if kind == PINS and _pin_name(strip) not in PIN_NAMES.values():
        return f"The pin '{strip.name}' of '{name}' is not known; name it one of: {', '.join(PIN_NAMES.values())}."
    if strip.interact_target is None:
        return f"The strip '{strip.name}' of '{name}' has no target; choose one under Script > Targets."
    return ""


def _pin_name(strip: Any) -> str:
    return label_of(strip.name).replace("_", " ")


def _target(strip: Any, kind: str, actor: ActorKey | str) -> bpy.types.Object:
    if sentence := trouble_with_target(strip, kind, actor):
        raise errors.InvalidRequest(sentence)
    target: bpy.types.Object = strip.interact_target
    return target


def places_of(scene: bpy.types.Scene, target: bpy.types.Object, start: float, end: float, floor: float) -> Places:
    """Return where an object is over a span (s), above the floor: one place for one that stays."""
    clock = Clock(scene, scene)
    count = max(2, round((end - start) * _PLACES_A_SECOND) + 1)
    step = (end - start) / (count - 1)
    frames = [clock.frame(start + number * step) for number in range(count)]
    places = [(x, y, z - floor) for x, y, z in _sampled(scene, target, frames)]
    stays = all(abs(a - b) < _STILL for place in places for a, b in zip(place, places[0]))
    return tuple(places[:1] if stays else places)


def _heading(scene: bpy.types.Scene, target: bpy.types.Object, time: float) -> float | None:
    """Return the heading of an object at a time (s), None of one that is not turned."""
    with watched(scene, [target], []) as moment:
        ahead = target.evaluated_get(moment(Clock(scene, scene).frame(time))).matrix_world.to_3x3() @ AHEAD
    return heading_when_turned(ahead)


def heading_when_turned(ahead: Vector) -> float | None:
    """Return the heading of an object whose -Y axis points ``ahead``, None where that is as in an object not turned."""
    heading = float(np.arctan2(ahead.x, -ahead.y))
    return heading if abs(heading) > _TURNED else None


def _sampled(scene: bpy.types.Scene, target: bpy.types.Object, frames: Sequence[float]) -> Places:
    with watched(scene, [target], []) as moment:
        found = []
        for frame in frames:
            place = target.evaluated_get(moment(frame)).matrix_world.translation
            found.append((float(place.x), float(place.y), float(place.z)))
    return tuple(found)
