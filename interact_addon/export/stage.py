"""The stage: a scene with copies of the characters that hold nothing but what a file can hold.

An armature of the bones that deform, keyed on every frame; meshes with one armature modifier, their shape keys keyed as
they are seen. Controls, constraints, drivers, NLA and object scale are gone, as they are worked into the keys. The
copies have the originals' names, so these step aside until the stage is struck.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .. import compat
from ..rig.channel import Channel, bone_path, shape_path
from ..rig.curves import write_channels
from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .bake import Motion, Part, basis
from .meshes import copy_of_mesh

_SAME_SCALE = 1e-4


@contextmanager
def _scene_like(scene: bpy.types.Scene, name: str) -> Iterator[bpy.types.Scene]:
    """Yield a scene without objects, with the frame range, rate and units of ``scene``; it is removed at the end."""
    other = bpy.data.scenes.new(name)
    try:
        other.render.fps, other.render.fps_base = scene.render.fps, scene.render.fps_base
        other.frame_start, other.frame_end = scene.frame_start, scene.frame_end
        other.unit_settings.scale_length = scene.unit_settings.scale_length
        with bpy.context.temp_override(scene=other, view_layer=other.view_layers[0]):
            yield other
    finally:
        compat.remove_scene(other)


@contextmanager
def staged(scene: bpy.types.Scene, parts: Sequence[Part], name: str) -> Iterator[bpy.types.Scene]:
    """Yield a scene named ``name`` with the characters as a file shall hold them; all of it is removed at the end."""
    with ExitStack() as cleanup:
        names = cleanup.enter_context(_stepped_aside(_named_blocks(parts)))
        cleanup.callback(_remove_all_but, {block for kind in _KINDS for block in getattr(bpy.data, kind)})
        stage = cleanup.enter_context(_scene_like(scene, name))
        for part in parts:
            _put(stage, part, names)
        stage.frame_set(stage.frame_start)
        yield stage


def _put(stage: bpy.types.Scene, part: Part, names: Mapping[bpy.types.ID, str]) -> None:
    armature = _armature(stage, part, names)
    action = bpy.data.actions.new(part.character.name)
    rest = np.array([armature.data.bones[bone].matrix_local for bone in part.motion.bones])
    body = list(_body_channels(part.motion, rest))
    write_channels(_bag(armature, "OBJECT", action), body, stage.frame_start)
    for mesh, shapes in zip(part.character.meshes, part.seen.shapes):
        copy = copy_of_mesh(stage, mesh, names, armature, part)
        keys: Any = copy.data.shape_keys
        if keys is None or shapes is None:
            continue
        keys.animation_data_clear()
        curves = _shape_channels(keys, shapes)
        if curves:
            write_channels(_bag(keys, "KEY", action), curves, stage.frame_start)


def _armature(stage: bpy.types.Scene, part: Part, names: Mapping[bpy.types.ID, str]) -> bpy.types.Object:
    """Add an armature with the bones of the motion at rest, standing at its place."""
    motion, own = part.motion, part.character.armature
    armature = bpy.data.objects.new(part.object_name or names[own], bpy.data.armatures.new(names[own.data]))
    stage.collection.objects.link(armature)
    armature.matrix_world = Matrix(motion.place_in_units())
    layer: Any = stage.view_layers[0]
    layer.objects.active = armature
    with bpy.context.temp_override(active_object=armature, object=armature, selected_objects=[armature]):
        bpy.ops.object.mode_set(mode="EDIT")
        edit = armature.data.edit_bones
        new = [edit.new(bone) for bone in motion.bones]
        for number, bone in enumerate(new):
            bone.head, bone.tail = Vector(motion.heads[number]), Vector(motion.tails[number])
            bone.align_roll(Vector(motion.axes[number, :, 2]))
            if motion.parents[number] >= 0:
                bone.parent = new[motion.parents[number]]
        bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def _body_channels(motion: Motion, rest: Array) -> Iterator[Channel]:
    """Yield rotations of all bones, and locations and scales of those that have any."""
    local = basis(motion, rest)
    scales = np.linalg.norm(local[..., :3, :3], axis=-2)
    turns = rot.continuous(rot.normalize(rot.from_matrix(local[..., :3, :3] / scales[..., None, :])))
    for number, bone in enumerate(motion.bones):
        path = bone_path(bone)
        yield Channel(f"{path}.rotation_quaternion", turns[:, number], bone)
        yield Channel(f"{path}.location", local[:, number, :3, 3], bone)
        if np.abs(scales[:, number] - 1.0).max() > _SAME_SCALE:
            yield Channel(f"{path}.scale", scales[:, number], bone)


def _shape_channels(keys: Any, shapes: Array) -> list[Channel]:
    """Return curves of the shapes that are ever seen, and set the others to 0."""
    channels = []
    for number, block in enumerate(keys.key_blocks):
        if block == keys.reference_key:
            continue
        block.mute, block.value = False, 0.0
        if shapes[:, number].any():
            channels.append(Channel(shape_path(block.name), shapes[:, [number]], "Shapes"))
    return channels


def _bag(owner: Any, id_type: str, action: bpy.types.Action) -> Any:
    """Return the channelbag of ``owner`` in a slot of its own."""
    animation = owner.animation_data_create()
    animation.action = action
    animation.action_slot = action.slots.new(id_type, owner.name)
    return compat.channelbag(action, animation.action_slot)


_KINDS = ("objects", "meshes", "armatures", "actions")


def _remove_all_but(kept: set[bpy.types.ID]) -> None:
    for kind in _KINDS:
        collection = getattr(bpy.data, kind)
        for block in [block for block in collection if block not in kept]:
            collection.remove(block)


def _named_blocks(parts: Sequence[Part]) -> list[bpy.types.ID]:
    """Return the blocks whose names the copies take."""
    found: dict[bpy.types.ID, None] = {}
    for part in parts:
        for obj in (part.character.armature, *part.character.meshes):
            found[obj] = found[obj.data] = None
        if part.object_name and part.object_name in bpy.data.objects:
            found[bpy.data.objects[part.object_name]] = None
    return list(found)


@contextmanager
def _stepped_aside(blocks: Sequence[bpy.types.ID]) -> Iterator[dict[bpy.types.ID, str]]:
    """Give ``blocks`` other names for a while and yield their own; those of linked blocks are no obstacle."""
    names = {block: block.name for block in blocks}
    local = [block for block in blocks if block.library is None]
    for number, block in enumerate(local):
        block.name = f"InterAct aside {number}"
    try:
        yield names
    finally:
        for block in local:
            block.name = names[block]
