"""Copies of meshes as a file can hold them: in the axes of the new armature, with an armature modifier and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..runtime_api import Array
from .bake import Part
from .bendy import share_out
from .character import is_skinned, ridden_bone


def copy_of_mesh(
    stage: bpy.types.Scene,
    mesh: bpy.types.Object,
    names: Mapping[bpy.types.ID, str],
    armature: bpy.types.Object,
    part: Part,
) -> bpy.types.Object:
    """Add a copy of ``mesh`` to ``stage``, below the new ``armature``.

    ``names``: what the copies of blocks are called. Vertices and shapes are moved into the armature's axes, so that the
    object itself has no transform. A mesh that rides on one bone is skinned to that bone.
    """
    own, bone = part.character.armature, ridden_bone(mesh, part.character.armature)
    data = _plain_data(stage, mesh)
    data.name = names[mesh.data]
    world = _world_at_rest(mesh, own, part.seen.worlds[0])
    copy = bpy.data.objects.new(names[mesh], data)
    stage.collection.objects.link(copy)
    if is_skinned(mesh):
        share_out(copy, part.seen.bent, own, np.linalg.inv(part.seen.worlds[0]) @ world)
    to_axes = np.linalg.inv(part.motion.place) @ world
    data.transform(Matrix(to_axes), shape_keys=True)
    if np.linalg.det(to_axes[:3, :3]) < 0:
        data.flip_normals()
    copy.parent = armature
    for slot, old in zip(copy.material_slots, mesh.material_slots):
        if old.link == "OBJECT":
            slot.link, slot.material = "OBJECT", old.material
    if bone:
        copy.vertex_groups.clear()
        copy.vertex_groups.new(name=bone).add(range(len(data.vertices)), 1.0, "REPLACE")
    if bone or is_skinned(mesh):
        copy.modifiers.new("Armature", "ARMATURE").object = armature
    return copy


def other_modifiers(mesh: bpy.types.Object) -> list[bpy.types.Modifier]:
    """Return the modifiers that are seen, armatures left out."""
    return [modifier for modifier in mesh.modifiers if modifier.type != "ARMATURE" and modifier.show_viewport]


def _plain_data(stage: bpy.types.Scene, mesh: bpy.types.Object) -> Any:
    """Return a local copy of a mesh's data; modifiers are worked in where there are no shape keys."""
    own: Any = mesh.data
    data = _with_modifiers(stage, mesh) if own.shape_keys is None and other_modifiers(mesh) else own.copy()
    return data.make_local(clear_liboverride=True) if data.override_library is not None else data


def _with_modifiers(stage: bpy.types.Scene, mesh: bpy.types.Object) -> bpy.types.Mesh:
    """Return new data with the effect of all modifiers but armatures, at the first frame."""
    copy = mesh.copy()
    copy.parent, copy.matrix_world = None, mesh.matrix_world.copy()
    stage.collection.objects.link(copy)
    for modifier in [modifier for modifier in copy.modifiers if modifier.type == "ARMATURE"]:
        copy.modifiers.remove(modifier)
    stage.frame_set(stage.frame_start)
    graph = stage.view_layers[0].depsgraph  # asked for by the context, it would write to what the modifiers look at
    data = bpy.data.meshes.new_from_object(copy.evaluated_get(graph), preserve_all_data_layers=True, depsgraph=graph)
    bpy.data.objects.remove(copy)
    return data


def _world_at_rest(mesh: bpy.types.Object, armature: bpy.types.Object, world: Array) -> Array:
    """Return the matrix (4, 4) of a mesh object with all bones at rest and the armature object at ``world`` (4, 4)."""
    if mesh == armature:
        return world
    if mesh.parent is None or mesh.constraints:
        return np.array(mesh.matrix_world)
    above = _world_at_rest(mesh.parent, armature, world)
    if mesh.parent_type == "BONE" and mesh.parent == armature and mesh.parent_bone in armature.data.bones:
        bone = armature.data.bones[mesh.parent_bone]
        above = above @ np.array(bone.matrix_local) @ np.array(Matrix.Translation((0.0, bone.length, 0.0)))
    at_rest: Array = above @ np.array(mesh.matrix_parent_inverse) @ np.array(mesh.matrix_basis)
    return at_rest
