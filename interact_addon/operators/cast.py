"""Casting: two armatures of the scene become the two actors."""

from __future__ import annotations

import bpy

from ..worker_client import generation
from .feedback import say


class INTERACT_OT_cast_selected(bpy.types.Operator):
    """Make the two selected armatures the two actors; the active one becomes the first"""

    bl_idname = "interact.cast_selected"
    bl_label = "Cast Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not two_are_selected(context):
            cls.poll_message_set("Select two armatures, or one mesh of each character")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.interact
        for actor, armature in zip(settings.actors, _selected_armatures(context)):
            actor.armature = armature
        generation.warm_up(context.scene)
        first, second = (actor.armature.name for actor in settings.actors)
        say(self, "Cast {first} and {second}", first=first, second=second)
        return {"FINISHED"}


CLASSES = (INTERACT_OT_cast_selected,)


def two_are_selected(context: bpy.types.Context) -> bool:
    """Return whether two armatures, or meshes of two, are selected."""
    return len(_selected_armatures(context)) == 2


def _selected_armatures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Return the selected armatures, the active one first; a selected mesh counts as the armature that deforms it."""
    chosen = [context.object] if context.object is not None and context.object.select_get() else []
    chosen += [thing for thing in context.selected_objects if thing not in chosen]
    armatures = [thing if thing.type == "ARMATURE" else thing.find_armature() for thing in chosen]
    return list(dict.fromkeys(armature for armature in armatures if armature is not None))
