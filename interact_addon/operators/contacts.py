"""Contacts that are asked for: two points touch for the frames of a strip in the pair's contact channel."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from ..properties import OBJECT
from ..runtime_api import errors
from ..scene import contact_goals
from ..scene.channels import CONTACT
from ..scene.contact_goals import Ends
from ..scene.ownership import channels_of_pair
from ..scene.ranges import active_strip_in
from ..workspace import show_channels
from .feedback import NeedsCast, fail, poll_cast
from .labels import label_span


def selected_contacts(context: bpy.types.Context) -> list[Any]:
    """Return the selected contact strips."""
    return [strip for strip in contact_goals.all_contacts(compat.sequencer_scene(context.scene)) if strip.select]


def active_contact(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is a contact strip, else None."""
    own = channels_of_pair(compat.sequencer_scene(context.scene), CONTACT)
    return active_strip_in(context.scene, own)


def _chosen(context: bpy.types.Context) -> Ends:
    """Return what is chosen in the panel."""
    settings, choice = context.scene.interact, context.scene.interact.contact
    who = settings.actors[int(choice.who)].identity
    if choice.whom == OBJECT:
        return Ends(who, choice.point, target=choice.target, gap=choice.gap)
    return Ends(who, choice.point, settings.actors[int(choice.whom)].identity, choice.other_point, gap=choice.gap)


class INTERACT_OT_add_contact(NeedsCast):
    """Ask for the chosen points to touch from the playhead on, or in the preview range. Generate and Resolve meet it"""

    bl_idname = "interact.add_contact"
    bl_label = "Add Contact"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = compat.sequencer_scene(context.scene)
        try:
            start, end = label_span(context)
            strip = contact_goals.add_contact(scene, _chosen(context), start, end)
        except errors.InterActError as error:
            return fail(self, error)
        show_channels(scene)
        self.report({"INFO"}, f"{strip.name.strip()} from frame {start} to {end - 1}")
        return {"FINISHED"}


class INTERACT_OT_change_contact(bpy.types.Operator):
    """Let the selected contact strips ask for the points that are chosen above"""

    bl_idname = "interact.change_contact"
    bl_label = "Change Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if not selected_contacts(context):
            cls.poll_message_set("Select contact strips in the sequencer first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        strips = selected_contacts(context)
        try:
            for strip in strips:
                contact_goals.set_ends(compat.sequencer_scene(context.scene), strip, _chosen(context))
        except errors.InterActError as error:
            return fail(self, error)
        self.report({"INFO"}, strips[0].name.strip())
        return {"FINISHED"}


CLASSES = (INTERACT_OT_add_contact, INTERACT_OT_change_contact)
