"""Expression and gesture style: how each actor feels and moves."""

from __future__ import annotations

import bpy

from ..properties import actor_name
from ..runtime_api import contract
from .sidebar import Sidebar


class Expression(Sidebar):
    bl_label = "Expression"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        column = self.layout.column()
        column.use_property_split = True
        for actor in settings.actors:
            if actor.armature is None:
                continue
            both = column.column(align=True)
            both.prop(actor, "emotion", text=actor_name(actor))
            if actor.emotion != contract.NEUTRAL:
                both.prop(actor, "emotion_intensity")
        column.prop(settings, "relationship")
        column.prop(settings, "lips", slider=True)
        self.layout.operator("interact.add_emotion_labels", icon="SEQ_STRIP_DUPLICATE")


class Style(Sidebar):
    bl_label = "Gesture Style"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "expression"

    def draw(self, context: bpy.types.Context) -> None:
        for actor in context.scene.interact.actors:
            if actor.armature is None:
                continue
            column = self.layout.column(align=True)
            column.use_property_split = True
            column.label(text=actor_name(actor), translate=False)
            column.prop(actor, "energy", slider=True)
            column = column.column(align=True)
            column.use_property_decorate = False
            column.prop(actor, "leading_hand")
            column.prop(actor, "own_style", text="Own Style")
            if actor.own_style:
                for slider in ("style_liveliness", "style_height", "style_reach"):
                    column.prop(actor, slider, slider=True)
