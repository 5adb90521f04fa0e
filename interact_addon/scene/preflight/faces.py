"""Shape keys that would not show their keys: driven, muted, pinned, absolute, or with a slider that is too short."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...rig.channel import shape_path
from ...rig.identity import ObjectReference, reference
from .problem import Character, Face, Problem, counted, drivers_of, found, mute_drivers, some

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
            f"The face of '{actor}' would not show its keys: drivers move {counted(len(shapes), 'shape')} of "
            f"'{face.object.name}' ({some(shapes)}); mute them.",
            actor,
            True,
            "Mute Drivers",
            f"Muted the drivers of {counted(len(shapes), 'shape')} of '{face.object.name}'.",
            partial(_mute_drivers, reference(face.object), tuple(shapes)),
        )


def _muted(actor: str, face: Face) -> Iterator[Problem]:
    shapes = [shape for shape in face.shapes if face.keys.key_blocks[shape].mute]
    if shapes:
        yield Problem(
            "muted shapes",
            f"The face of '{actor}' would not show its keys: {counted(len(shapes), 'shape')} of '{face.object.name}' "
            f"{'is' if len(shapes) == 1 else 'are'} muted ({some(shapes)}); unmute them.",
            actor,
            True,
            "Unmute Shapes",
            f"Unmuted {counted(len(shapes), 'shape')} of '{face.object.name}'.",
            partial(_unmute, reference(face.object), tuple(shapes)),
        )


def _pinned(actor: str, face: Face) -> Iterator[Problem]:
    if face.object.show_only_shape_key:
        yield Problem(
            "pinned shape",
            f"The face of '{actor}' would stay still: '{face.object.name}' shows only its active shape key (the pin in "
            "Shape Keys is on); unpin it.",
            actor,
            True,
            "Unpin Shape",
            f"Unpinned the active shape key of '{face.object.name}'.",
            partial(_unpin, reference(face.object)),
        )


def _absolute(actor: str, face: Face) -> Iterator[Problem]:
    if not face.keys.use_relative:
        yield Problem(
            "absolute shapes",
            f"The face of '{actor}' would not show its keys: the shape keys of '{face.object.name}' are absolute; make "
            "them relative.",
            actor,
            True,
            "Make Relative",
            f"Made the shape keys of '{face.object.name}' relative.",
            partial(_make_relative, reference(face.object)),
        )


def _short_sliders(actor: str, face: Face) -> Iterator[Problem]:
    blocks = [face.keys.key_blocks[shape] for shape in face.shapes]
    short = [b.name for b in blocks if b.slider_max < 1.0 - _TOLERANCE or b.slider_min > _TOLERANCE]
    if short:
        yield Problem(
            "short sliders",
            f"The face of '{actor}' would be cut off: the sliders of {counted(len(short), 'shape')} of "
            f"'{face.object.name}' do not reach from 0 to 1 ({some(short)}); widen them.",
            actor,
            True,
            "Widen Sliders",
            f"Widened the sliders of {counted(len(short), 'shape')} of '{face.object.name}' to 0 and 1.",
            partial(_widen, reference(face.object), tuple(short)),
        )


def _not_finite(actor: str, face: Face) -> Iterator[Problem]:
    values = np.empty(len(face.keys.key_blocks), np.float32)
    face.keys.key_blocks.foreach_get("value", values)
    broken = [face.keys.key_blocks[int(index)].name for index in np.flatnonzero(~np.isfinite(values))]
    if broken:
        yield Problem(
            "shape values not finite",
            f"The face of '{actor}' would vanish: {counted(len(broken), 'shape')} of '{face.object.name}' "
            f"({some(broken)}) have a value that is no number; set them to 0.",
            actor,
            True,
            "Set to Zero",
            f"Set {counted(len(broken), 'shape')} of '{face.object.name}' to 0.",
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
