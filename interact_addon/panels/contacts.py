"""Contacts: which two points touch, as strips of the pair."""

from __future__ import annotations

import bpy

from ..operators.contacts import active_contact
from ..properties import OBJECT, actor_name
from ..scene.contact_goals import trouble_with
from .sidebar import OfTheCast, lines


def draw_constraints(layout: bpy.types.UILayout, source: str) -> None:
    """Draw the buttons that make constraints of contacts, bake and remove them."""
    row = layout.row(align=True)
    row.operator("interact.constrain_contacts", icon="CONSTRAINT_BONE").source = source
    row.operator("interact.bake_constraints", text="", icon="KEYINGSET").source = source
    row.operator("interact.remove_constraints", text="", icon="X").source = source


class Contacts(OfTheCast):
    bl_label = "Contacts"

    def draw(self, context: bpy.types.Context) -> None:
        layout, choice = self.layout, context.scene.interact.contact
        names = [actor_name(actor) for actor in context.scene.interact.actors]
        self._draw_end(names, "who", "point")
        layout.label(text="touches", icon="HAND")
        self._draw_end(names, "whom", "" if choice.whom == OBJECT else "other_point")
        if choice.whom == OBJECT:
            layout.prop(choice, "target", text="")
        row = layout.row()
        row.use_property_split, row.use_property_decorate = True, False
        row.prop(choice, "gap")
        layout.operator("interact.pick_contact", icon="EYEDROPPER")
        row = layout.row(align=True)
        row.operator("interact.add_contact", icon="ADD")
        strip = active_contact(context)
        if strip is None:
            return
        row.operator("interact.change_contact")
        lines(layout, context, strip.name.strip(), "HAND")
        if trouble := trouble_with(context.scene, strip):
            lines(layout, context, trouble, "ERROR")
        draw_constraints(layout, "STRIPS")

    def _draw_end(self, names: list[str], whose: str, point: str) -> None:
        choice = bpy.context.scene.interact.contact
        column = self.layout.column(align=True)
        row = column.row(align=True)
        for number, name in enumerate(names):
            row.prop_enum(choice, whose, str(number), text=name or None)
        if whose == "whom":
            row.prop_enum(choice, whose, OBJECT)
        if point:
            column.prop(choice, point, text="")
