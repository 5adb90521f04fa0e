"""Data that cannot be keyed or that two characters share: linked without an override, or one mesh on both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import bpy

from ...messages import Message
from ...properties import actor_key
from ...rig.identity import ObjectReference, reference
from ...rig.measure import skinned_meshes
from ..targets import walk_strips
from .problem import Character, Problem, found


def linked_problems(character: Character) -> Iterator[Problem]:
    """Yield the very blocks that would be keyed and are linked: the armature object, and each face's shape keys.

    An override of the objects leaves mesh and shape keys linked; an override of the mesh makes the keys editable.
    """
    armature = character.armature
    if armature.library is not None and character.driven:
        yield Problem(
            "linked armature",
            Message(
                "'{actor}' cannot be keyed: the armature '{armature}' is linked from '{library}'; make a library "
                "override of it, its meshes and their data.",
                actor=character.name,
                armature=armature.name,
                library=armature.library.name,
            ),
            character.name,
            True,
            "Make Override",
            Message("Made library overrides of '{armature}' and its meshes.", armature=armature.name),
            partial(_override_character, reference(armature)),
        )
        return
    for face in character.faces:
        if face.keys.library is not None:
            yield Problem(
                "linked shape keys",
                Message(
                    "The face of '{actor}' cannot be keyed: the mesh data of '{mesh}' is linked from '{library}', "
                    "though its object is not; make a library override of the mesh data.",
                    actor=character.name,
                    mesh=face.object.name,
                    library=face.keys.library.name,
                ),
                character.name,
                True,
                "Make Override",
                Message("Made a library override of the mesh data of '{mesh}'.", mesh=face.object.name),
                partial(_override_mesh, reference(face.object)),
            )


def shared_problems(characters: Sequence[Character]) -> Iterator[Problem]:
    """Yield meshes of the second character that are the first's (Alt+D): one face cannot show two performances."""
    if len(characters) < 2:
        return
    first, second = characters
    objects = {face.object for face in first.faces}
    meshes = {face.object.data: face.object for face in first.faces}
    for face in second.faces:
        if face.object in objects:
            yield Problem(
                "one mesh for both",
                Message(
                    "'{first}' and '{second}' have the same face mesh '{mesh}', which can show one performance only; "
                    "give each a mesh of its own.",
                    first=first.name,
                    second=second.name,
                    mesh=face.object.name,
                ),
                second.name,
                True,
            )
        elif face.object.data in meshes:
            yield Problem(
                "shared mesh",
                Message(
                    "'{mesh}' of '{second}' shares its mesh and shape keys with '{other}' of '{first}', so both "
                    "would show one face; make it single user.",
                    mesh=face.object.name,
                    second=second.name,
                    other=meshes[face.object.data].name,
                    first=first.name,
                ),
                second.name,
                True,
                "Make Single User",
                Message("Made the mesh of '{mesh}' single user.", mesh=face.object.name),
                partial(_own_mesh, reference(face.object)),
            )


def _override_character(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    """Override a linked armature and its meshes, and cast the override in its place."""
    linked = found(armature)
    collection = next(
        (c for c in scene.collection.children_recursive if c.library is not None and linked.name in c.all_objects), None
    )
    own = _override_objects(linked) if collection is None else _override_collection(collection, linked, scene)
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        for pointer in ("armature", "seat"):
            if getattr(actor, pointer) == linked:
                setattr(actor, pointer, own)
        for strip in walk_strips(scene, actor_key(actor)):
            if strip.interact_target == linked:
                strip.interact_target = own
    bpy.context.view_layer.update()
    for mesh in skinned_meshes(own):
        if mesh.library is None and mesh.data.library is not None and mesh.data.shape_keys is not None:
            _override_mesh(reference(mesh), scene)


def _override_objects(linked: Any) -> Any:
    """Override meshes and armature: what points to another comes first, so that it is remapped to the override."""
    for mesh in skinned_meshes(linked):
        if mesh.library is not None:
            mesh.override_create(remap_local_usages=True)
    return linked.override_create(remap_local_usages=True)


def _override_collection(collection: Any, linked: Any, scene: bpy.types.Scene) -> Any:
    """Put an override of a linked collection in its place in the scene; return that of the linked armature."""
    own = collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    for above in (scene.collection, *scene.collection.children_recursive):
        if above.library is None and collection in list(above.children):
            above.children.unlink(collection)
    return next(obj for obj in own.all_objects if obj.override_library and obj.override_library.reference == linked)


def _override_mesh(mesh: ObjectReference, scene: bpy.types.Scene) -> None:
    """Override the mesh data of one object alone: two characters linked from one file get one each."""
    obj = found(mesh)
    obj.data = obj.data.override_create(remap_local_usages=False)


def _own_mesh(mesh: ObjectReference, scene: bpy.types.Scene) -> None:
    obj = found(mesh)
    obj.data = obj.data.copy()
