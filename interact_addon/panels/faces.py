"""Shapes: which curve drives which shape key of which mesh, how strongly, and the ranges of face bones."""

from __future__ import annotations

from typing import Any

import bpy

from ..scene import shapes
from .sidebar import Sidebar, chosen_actor, in_our_language, lines


class INTERACT_UL_shapes(bpy.types.UIList):
    """The curves, each with its shape key; search finds both."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        same = item.shape == item.name
        split = layout.split(factor=0.75 if same else 0.5, align=True)
        split.label(text=item.name, icon=_icon(item), translate=False)
        row = split.row(align=True)
        if item.shape:
            row.label(text=_text(item, "" if same else item.shape), translate=False)
        else:
            row.active = False
            none = in_our_language("none")
            row.label(text=f"{item.near}?" if item.near and not item.found else none, translate=False)

    def filter_items(self, context: bpy.types.Context, data: Any, property: str) -> tuple[list[int], list[int]]:
        rows, wanted = getattr(data, property), self.filter_name.casefold()
        shown = [
            self.bitflag_filter_item
            if any(wanted in text.casefold() for text in (row.name, row.shape, row.near))
            else 0
            for row in rows
        ]
        return shown, []


class Shapes(Sidebar):
    bl_label = "Shapes"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "cast"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        actor = chosen_actor(layout, context)
        if actor is None:
            return
        row = layout.row(align=True)
        row.operator("interact.find_shapes", icon="VIEWZOOM")
        row.operator("interact.use_near_shapes", icon="SHADERFX")
        row.operator("interact.reset_shapes", text="", icon="LOOP_BACK")
        if actor.shapes:
            lines(layout, context, shapes.summary(actor), "SHAPEKEY_DATA")
            layout.template_list("INTERACT_UL_shapes", "", actor, "shapes", actor, "shape_shown", rows=8)
            if 0 <= actor.shape_shown < len(actor.shapes):
                _details(layout, actor, actor.shapes[actor.shape_shown])
        _face_bones(layout, actor)


def _details(layout: bpy.types.UILayout, actor: Any, row: Any) -> None:
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    mesh = column.row()
    mesh.enabled = not row.found
    mesh.prop(row, "mesh")
    field = column.row(align=True)
    field.prop(row, "shape", placeholder=row.near)
    field.operator("interact.reset_shape", text="", icon="LOOP_BACK")
    column.prop(row, "scale")
    column.prop(row, "offset")


def _face_bones(layout: bpy.types.UILayout, actor: Any) -> None:
    header, body = layout.panel("INTERACT_shapes_bones", default_closed=True)
    header.label(text="Face Bones")
    if body is None:
        return
    column = body.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    for prop in ("jaw_opens", "eyes_turn", "lids_close"):
        column.prop(actor, prop)


def _text(row: Any, shape: str) -> str:
    """Return a shape's name, and scale and offset where they are set."""
    scale = f" × {row.scale:.2f}" if row.scale != 1.0 else ""
    return shape + scale + (f" {row.offset:+.2f}" if row.offset else "")


def _icon(row: Any) -> str:
    """Return the icon of a row: chosen by hand, found, similar, or nothing."""
    if not row.is_as_found:
        return "VIEW_PAN"
    if row.found:
        return "CHECKMARK"
    return "QUESTION" if row.near else "BLANK1"
