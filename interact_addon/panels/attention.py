"""Targets: what each actor looks at and holds on to, as strips with an object."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from ..messages import Message
from ..properties import actor_key
from ..scene.channels import GAZE, PINS
from ..scene.ownership import channels_of_all
from ..scene.ranges import active_strip_in
from .sidebar import OfTheCast, in_our_language

KINDS = (("gaze", "Look At"), ("left_hand", "Left"), ("right_hand", "Right"), ("head", "Head"), ("root", "Root"))


class Targets(OfTheCast):
    bl_label = "Targets"

    def draw(self, context: bpy.types.Context) -> None:
        layout, target = self.layout, context.active_object
        layout.label(
            text=in_our_language(
                Message("With {object}, for the frames of Labels", object=target.name)
                if target is not None
                else "Click an object first"
            ),
            icon="OBJECT_DATA",
            translate=False,
        )
        for number, row in self.rows(context, share=0.2):
            for kind, text in KINDS:
                button = row.operator("interact.add_target", text=text)
                button.kind, button.actor = kind, number
        strip = _active_strip(context)
        if strip is not None:
            layout.prop(strip, "interact_target", text=strip.name, icon="EMPTY_AXIS")


def _active_strip(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is one of gaze or pins of the two actors."""
    keys = [actor_key(actor) for actor in context.scene.interact.actors]
    own = channels_of_all(compat.sequencer_scene(context.scene), keys, (GAZE, PINS))
    return active_strip_in(context.scene, own)
