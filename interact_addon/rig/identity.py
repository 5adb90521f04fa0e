"""References to objects that hold over an undo, and never find another object of the same name."""

from __future__ import annotations

from dataclasses import dataclass

import bpy


@dataclass(frozen=True)
class ObjectReference:
    """One object of this session. ``name`` is for messages; ``uid`` is Blender's ``session_uid``.

    An undo replaces the object but keeps its ``session_uid``; a Python pointer to it would be invalid.
    """

    name: str
    uid: int

    def find(self) -> bpy.types.Object | None:
        """Return the object, also renamed; None if it is gone."""
        found = bpy.data.objects.get(self.name)
        if found is not None and found.session_uid == self.uid:
            return found
        return next((obj for obj in bpy.data.objects if obj.session_uid == self.uid), None)


def reference(obj: bpy.types.Object) -> ObjectReference:
    """Return a reference to an object."""
    return ObjectReference(obj.name, obj.session_uid)


def is_in_scene(obj: bpy.types.Object, scene: bpy.types.Scene) -> bool:
    """Return whether this very object is in a scene: another file may have linked one of the same name."""
    return scene.objects.get(obj.name) == obj or (
        obj.name in scene.objects and any(one == obj for one in scene.objects)
    )


def scene_with(uid: int) -> bpy.types.Scene | None:
    """Return the scene with this ``session_uid``, None once it is deleted. An undo makes other references invalid."""
    return next((scene for scene in bpy.data.scenes if scene.session_uid == uid), None)
