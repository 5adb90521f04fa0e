"""Targets: let an actor look at an object, or hold a hand, the head or the root there, for the frames of the range."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty

from .. import compat
from ..messages import Message
from ..properties import actor_choice, actor_key
from ..runtime_api import errors
from ..scene import attention, targets
from ..scene.reading import label_of
from ..takes.library import shown_take
from ..workspace import show_channels
from .feedback import fail, poll_cast, say
from .labels import active_label, label_span

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


class INTERACT_OT_add_walk_target(bpy.types.Operator):
    """Add an empty to which the active walk strip leads, where the walk of the shown take ends, to be dragged"""

    bl_idname = "interact.add_walk_target"
    bl_label = "New Target"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if _walk(context) is None:
            cls.poll_message_set("Select a walk strip first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = _walk(context)
        if found is None:
            return {"CANCELLED"}
        scene, (number, strip) = context.scene, found
        actor = scene.interact.actors[number]
        target = bpy.data.objects.new(f"{actor_key(actor).name} Walk Target", None)
        target.empty_display_type, target.empty_display_size = "PLAIN_AXES", 0.25
        target.location = targets.end_of_walk(scene, number, strip, shown_take(scene))
        scene.collection.objects.link(target)
        for other in context.view_layer.objects.selected:
            other.select_set(False)
        context.view_layer.objects.active = target
        target.select_set(True)
        strip.interact_target = target
        say(self, "'{strip}' leads to '{object}': drag it to where {actor} is to go", strip=label_of(strip.name),
            object=target.name, actor=actor_key(actor).name)  # fmt: skip
        return {"FINISHED"}


def _walk(context: bpy.types.Context) -> tuple[int, Any] | None:
    """Return the active walk strip, and whose it is by the place in the cast."""
    strip = active_label(context)
    if strip is None or label_of(strip.name) != "walk":
        return None
    for number, actor in enumerate(context.scene.interact.actors):
        if strip in targets.walk_strips(context.scene, actor_key(actor)):
            return number, strip
    return None


CLASSES = (INTERACT_OT_add_target, INTERACT_OT_add_walk_target)
