"""The table of shapes: list them, use similar ones, reset."""

from __future__ import annotations

import bpy

from ..messages import counted
from ..properties import actor_name
from ..scene import shapes
from .feedback import say
from .mapping import OnTheActor, shown_actor


class INTERACT_OT_find_shapes(OnTheActor, bpy.types.Operator):
    """List the shape keys that the face is driven by, and the curves that none was found for; what was set stays"""

    bl_idname = "interact.find_shapes"
    bl_label = "Find Shapes"

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        shapes.list_shapes(actor)
        say(self, "{actor}: {summary}", actor=actor_name(actor), summary=shapes.summary(actor))
        return {"FINISHED"}


class INTERACT_OT_use_near_shapes(OnTheActor, bpy.types.Operator):
    """Drive the shape keys with similar names for the curves that have none; look them through"""

    bl_idname = "interact.use_near_shapes"
    bl_label = "Use Similar"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not any(row.near and not row.shape for row in shown_actor(context).shapes):
            cls.poll_message_set("No shape key has a similar name")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = shapes.use_near_shapes(shown_actor(context))
        say(self, "Chose {shapes}; look them through", shapes=counted(count, "similar shape"))
        return {"FINISHED"}


class INTERACT_OT_reset_shapes(OnTheActor, bpy.types.Operator):
    """Take back all that was set for this actor's shapes and face bones"""

    bl_idname = "interact.reset_shapes"
    bl_label = "Reset All"

    def execute(self, context: bpy.types.Context) -> set[str]:
        shapes.reset_shapes(shown_actor(context))
        return {"FINISHED"}


class INTERACT_OT_reset_shape(OnTheActor, bpy.types.Operator):
    """Take back what was set for this shape"""

    bl_idname = "interact.reset_shape"
    bl_label = "Reset"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return super().poll(context) and 0 <= shown_actor(context).shape_shown < len(shown_actor(context).shapes)

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        shapes.reset_row(actor.shapes[actor.shape_shown])
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_find_shapes,
    INTERACT_OT_use_near_shapes,
    INTERACT_OT_reset_shapes,
    INTERACT_OT_reset_shape,
)
