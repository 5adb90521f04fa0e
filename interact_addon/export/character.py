"""Who is exported: the cast characters of a scene with their meshes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..properties import actor_name
from ..rig.cast import CastActor, cast_actor, skinned_meshes
from ..rig.identity import is_in_scene
from ..runtime_api import errors
from ..scene.request import cast_character


@dataclass(frozen=True, eq=False)
class Character:
    """One character. ``meshes``: those that are seen; ``hidden``: names of those that are switched off.

    ``actor``: what was chosen under Cast; None for an armature that is not cast.
    """

    name: str
    armature: bpy.types.Object
    meshes: tuple[bpy.types.Object, ...]
    hidden: tuple[str, ...] = ()
    actor: Any = None

    def cast(self) -> CastActor:
        """Return the character's rig in canonical terms. Raises ``RigNotRecognised`` or ``InvalidRequest``."""
        return cast_actor(self.name, self.armature) if self.actor is None else cast_character(self.actor)


def characters_of(scene: bpy.types.Scene, armatures: Sequence[bpy.types.Object] = ()) -> list[Character]:
    """Return ``armatures`` as characters, or the scene's cast if none are given.

    Raises ``InvalidRequest`` where there is none, or where one has no bones or is not in the scene.
    """
    if armatures:
        found = [_character(scene, armature.name, armature) for armature in armatures]
    else:
        found = [
            _character(scene, actor_name(actor), actor.armature, actor)
            for actor in scene.interact.actors  # type: ignore[attr-defined]
            if actor.armature is not None
        ]
    if len({one.armature for one in found}) < len(found):
        raise errors.InvalidRequest(f"'{found[0].armature.name}' is cast twice; choose another armature for one actor.")
    if not found:
        raise errors.InvalidRequest("There is no character to export; cast two armatures first.")
    return found


def ridden_bone(mesh: bpy.types.Object, armature: bpy.types.Object) -> str:
    """Return the bone that a mesh object, or what it hangs on, follows as a whole; "" where a modifier moves it."""
    if is_skinned(mesh):
        return ""
    obj: bpy.types.Object | None = mesh
    while obj is not None and obj.parent != armature:
        obj = obj.parent
    return obj.parent_bone if obj is not None and obj.parent_type == "BONE" else ""


def is_skinned(mesh: bpy.types.Object) -> bool:
    """Return whether an armature modifier moves a mesh."""
    return any(modifier.type == "ARMATURE" for modifier in mesh.modifiers)


def _character(scene: bpy.types.Scene, name: str, armature: bpy.types.Object, actor: Any = None) -> Character:
    if armature.type != "ARMATURE" or not len(armature.data.bones):
        raise errors.InvalidRequest(f"'{armature.name}' has no bones to export; choose the rig of '{name}' under Cast.")
    if not is_in_scene(armature, scene):
        raise errors.InvalidRequest(
            f"'{armature.name}' is not in the scene '{scene.name}'; export the scene it is in, or cast an armature of "
            "this one."
        )
    here = set(scene.objects)
    meshes = [mesh for mesh in skinned_meshes(armature) if mesh in here]
    seen = tuple(mesh for mesh in meshes if not mesh.hide_viewport)
    hidden = tuple(mesh.name for mesh in meshes if mesh.hide_viewport)
    return Character(name, armature, seen, hidden, actor)
