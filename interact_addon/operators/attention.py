"""Targets: let an actor look at an object, or hold a hand, the head or the root there, for the frames of the range."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from .. import compat
from ..messages import Message
from ..properties import actor_choice, actor_key
from ..runtime_api import errors
from ..scene import attention
from ..workspace import show_channels
from .feedback import fail, poll_cast, say
from .labels import label_span

_KINDS = (
    ("gaze", "Look At", "The eyes rest on the object, and the head turns to it"),
    ("left_hand", "Left Hand", "The left wrist is held at the object"),
    ("right_hand", "Right Hand", "The right wrist is held at the object"),
    ("head", "Head", "The middle of the head is held at the object: the body leans or sinks"),
    ("root", "Root", "The actor stands, or sits, where the object is; one that is turned says which way it faces"),
)


class INTERACT_OT_add_target(bpy.types.Operator):
    """Let the actor look at the active object, or be held there, from the playhead on or in the preview range"""

    bl_idname = "interact.add_target"
    bl_label = "Add Target"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", items=_KINDS, description="What the actor does with the object")  # type: ignore[valid-type]
    actor: actor_choice("Who looks or holds")  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if context.active_object is None:
            cls.poll_message_set("Click the object to look at or to hold first: an empty, for instance")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, target = compat.sequencer_scene(context.scene), context.active_object
        actor = context.scene.interact.actors[int(self.actor)]
        if actor.armature in (target, target.find_armature()):
            say(self, "'{object}' is the actor itself; click what it looks at or holds.", "ERROR", object=target.name)
            return {"CANCELLED"}
        try:
            start, end = label_span(context)
            if self.kind == "gaze":
                attention.add_gaze(scene, actor_key(actor), target, start, end)
            else:
                attention.add_pin(scene, actor_key(actor), self.kind, target, start, end)
        except errors.InterActError as error:
            return fail(self, error)
        show_channels(scene)
        span = {"object": target.name, "start": start, "end": end - 1}
        if self.kind == "gaze":
            say(self, "{actor} looks at '{object}' from frame {start} to {end}", actor=actor_key(actor).name, **span)
        else:
            say(
                self,
                "{actor} holds the {part} at '{object}' from frame {start} to {end}",
                actor=actor_key(actor).name,
                part=Message(attention.PIN_NAMES[self.kind]),
                **span,
            )
        return {"FINISHED"}


CLASSES = (INTERACT_OT_add_target,)
