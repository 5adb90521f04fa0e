"""Shape keys that would not show their keys: driven, muted, pinned, absolute, or with a slider that is too short."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...messages import Message, counted, some
from ...rig.channel import shape_path
from ...rig.identity import ObjectReference, reference
from .problem import Character, Face, Problem, drivers_of, found, mute_drivers

_TOLERANCE = 1e-4


def face_problems(character: Character) -> Iterator[Problem]:
    """Yield what keeps the keyed shapes of a character from being seen. A locked shape is none: keys move it."""
    for face in character.faces:
        name = character.name
        yield from _driven(name, face)
        yield from _muted(name, face)
        yield from _pinned(name, face)
        yield from _absolute(name, face)
        yield from _short_sliders(name, face)
        yield from _not_finite(name, face)


def _driven(actor: str, face: Face) -> Iterator[Problem]:
    paths = {shape_path(shape): shape for shape in face.shapes}
    shapes = [paths[driver.data_path] for driver in drivers_of(face.keys) if driver.data_path in paths]
    if shapes:
        yield Problem(
            "driven shapes",
            Message(
                "The face of '{actor}' would not show its keys: drivers move {count} of '{mesh}' ({names}); mute them.",
                actor=actor,
                count=counted(len(shapes), "shape"),
                mesh=face.object.name,
                names=some(shapes),
            ),
            actor,
            True,
            "Mute Drivers",
            Message(
                "Muted the drivers of {count} of '{mesh}'.", count=counted(len(shapes), "shape"), mesh=face.object.name
            ),
            partial(_mute_drivers, reference(face.object), tuple(shapes)),
        )


def _muted(actor: str, face: Face) -> Iterator[Problem]:
    shapes = [shape for shape in face.shapes if face.keys.key_blocks[shape].mute]
    if shapes:
        yield Problem(
            "muted shapes",
            Message(
                "The face of '{actor}' would not show its keys: mute is on for {count} of '{mesh}' ({names}); unmute "
                "them.",
                actor=actor,
                count=counted(len(shapes), "shape"),
                mesh=face.object.name,
                names=some(shapes),
            ),
            actor,
            True,
            "Unmute Shapes",
            Message("Unmuted {count} of '{mesh}'.", count=counted(len(shapes), "shape"), mesh=face.object.name),
            partial(_unmute, reference(face.object), tuple(shapes)),
        )


def _pinned(actor: str, face: Face) -> Iterator[Problem]:
    if face.object.show_only_shape_key:
        yield Problem(
            "pinned shape",
            Message(
                "The face of '{actor}' would stay still: '{mesh}' shows only its active shape key (the pin in "
                "Shape Keys is on); unpin it.",
                actor=actor,
                mesh=face.object.name,
            ),
            actor,
            True,
            "Unpin Shape",
            Message("Unpinned the active shape key of '{mesh}'.", mesh=face.object.name),
            partial(_unpin, reference(face.object)),
        )


def _absolute(actor: str, face: Face) -> Iterator[Problem]:
    if not face.keys.use_relative:
        yield Problem(
            "absolute shapes",
            Message(
                "The face of '{actor}' would not show its keys: the shape keys of '{mesh}' are absolute; make "
                "them relative.",
                actor=actor,
                mesh=face.object.name,
            ),
            actor,
            True,
            "Make Relative",
            Message("Made the shape keys of '{mesh}' relative.", mesh=face.object.name),
            partial(_make_relative, reference(face.object)),
        )


def _short_sliders(actor: str, face: Face) -> Iterator[Problem]:
    blocks = [face.keys.key_blocks[shape] for shape in face.shapes]
    short = [b.name for b in blocks if b.slider_max < 1.0 - _TOLERANCE or b.slider_min > _TOLERANCE]
    if short:
        yield Problem(
            "short sliders",
            Message(
                "The face of '{actor}' would be cut off: the sliders of {count} of '{mesh}' do not reach from 0 "
                "to 1 ({names}); widen them.",
                actor=actor,
                count=counted(len(short), "shape"),
                mesh=face.object.name,
                names=some(short),
            ),
            actor,
            True,
            "Widen Sliders",
            Message(
                "Widened the sliders of {count} of '{mesh}' to 0 and 1.",
                count=counted(len(short), "shape"),
                mesh=face.object.name,
            ),
            partial(_widen, reference(face.object), tuple(short)),
        )


def _not_finite(actor: str, face: Face) -> Iterator[Problem]:
    values = np.empty(len(face.keys.key_blocks), np.float32)
    face.keys.key_blocks.foreach_get("value", values)
    broken = [face.keys.key_blocks[int(index)].name for index in np.flatnonzero(~np.isfinite(values))]
    if broken:
        yield Problem(
            "shape values not finite",
            Message(
                "The face of '{actor}' would vanish: {count} of '{mesh}' ({names}) have a value that is no "
                "number; set them to 0.",
                actor=actor,
                count=counted(len(broken), "shape"),
                mesh=face.object.name,
                names=some(broken),
            ),
            actor,
            True,
            "Set to Zero",
            Message("Set {count} of '{mesh}' to 0.", count=counted(len(broken), "shape"), mesh=face.object.name),
            partial(_set_to_zero, reference(face.object), tuple(broken)),
        )


def _keys_of(mesh: ObjectReference) -> Any:
    return found(mesh).data.shape_keys


def _mute_drivers(mesh: ObjectReference, shapes: tuple[str, ...], scene: bpy.types.Scene) -> None:
    mute_drivers(_keys_of(mesh), {shape_path(shape) for shape in shapes})


def _unmute(mesh: ObjectReference, shapes: tuple[str, ...], scene: bpy.types.Scene) -> None:
    for shape in shapes:
        _keys_of(mesh).key_blocks[shape].mute = False


def _unpin(mesh: ObjectReference, scene: bpy.types.Scene) -> None:
    found(mesh).show_only_shape_key = False


def _make_relative(mesh: ObjectReference, scene: bpy.types.Scene) -> None:
    _keys_of(mesh).use_relative = True


def _widen(mesh: ObjectReference, shapes: tuple[str, ...], scene: bpy.types.Scene) -> None:
    for shape in shapes:
        block = _keys_of(mesh).key_blocks[shape]
        block.slider_min, block.slider_max = min(block.slider_min, 0.0), max(block.slider_max, 1.0)


def _set_to_zero(mesh: ObjectReference, shapes: tuple[str, ...], scene: bpy.types.Scene) -> None:
    for shape in shapes:
        _keys_of(mesh).key_blocks[shape].value = 0.0
