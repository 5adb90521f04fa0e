"""Cast: the two characters, their seats and walks."""

from __future__ import annotations

import bpy

from ..properties import KEEP_BODY
from .sidebar import Sidebar


class Cast(Sidebar):
    bl_label = "Cast"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        layout = self.layout
        layout.operator("interact.cast_selected", icon="EYEDROPPER")
        for title, actor in zip(("First", "Second"), settings.actors):
            column = layout.column(align=True)
            column.use_property_split = True
            column.use_property_decorate = False
            column.prop(actor, "armature", text=title, icon="ARMATURE_DATA")
            if actor.armature is None:
                continue
            column.prop(actor, "name", text="Called", placeholder=actor.armature.name)
            column.prop(actor, "perform")
            if actor.perform == KEEP_BODY:  # seats and walks are those of the animation
                heading = column.row(heading="Generate Too", align=True)
                heading.prop(actor, "generate_head", toggle=True)
                heading.prop(actor, "generate_hands", toggle=True)
                continue
            column.prop(actor, "seat")
            if actor.seat is None:
                column.prop(actor, "seat_height")
            column.prop(actor, "walk_target")
