"""Cast: the two characters and their seats. Open until both are there, then folded to their names."""

from __future__ import annotations

import bpy

from ..operators.cast import two_are_selected
from ..properties import KEEP_BODY, INTERACT_PG_actor, actor_name
from ..worker_client import generation
from ..workspace import interact_workspace
from .sidebar import Sidebar, lines


def _is_cast(context: bpy.types.Context) -> bool:
    return all(actor.armature is not None for actor in context.scene.interact.actors)


class Casting(Sidebar):
    bl_label = "Cast"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not _is_cast(context)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        lines(layout, context, "Select two characters, then press Cast Selected")
        if two_are_selected(context):
            generation.warm_up_early()
        big = layout.row()
        big.scale_y = 1.4
        big.operator("interact.cast_selected", icon="EYEDROPPER")
        column = _split_column(layout)
        for title, actor in zip(("First", "Second"), context.scene.interact.actors):
            column.prop(actor, "armature", text=title, icon="ARMATURE_DATA")
        _draw_workspace(layout, context)


class Cast(Sidebar):
    bl_label = "Cast"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _is_cast(context)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        names = " and ".join(actor_name(actor) for actor in context.scene.interact.actors)
        self.layout.label(text=names, translate=False)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator("interact.cast_selected", icon="EYEDROPPER")
        for title, actor in zip(("First", "Second"), context.scene.interact.actors):
            _draw_actor(_split_column(layout), title, actor)
        _split_column(layout).prop(context.scene.interact, "furniture")
        _draw_workspace(layout, context)


def _draw_actor(column: bpy.types.UILayout, title: str, actor: INTERACT_PG_actor) -> None:
    column.prop(actor, "armature", text=title, icon="ARMATURE_DATA")
    column.prop(actor, "name", text="Called", placeholder=actor.armature.name)
    column.prop(actor, "perform")
    column.prop(actor, "thickness")
    if actor.perform == KEEP_BODY:  # seats and walks are those of the animation
        heading = column.row(heading="Generate Too", align=True)
        heading.prop(actor, "generate_head", toggle=True)
        heading.prop(actor, "generate_hands", toggle=True)
        return
    column.prop(actor, "seat")
    height = column.row()
    height.active = actor.seat is None  # a seat that is an object has its own
    height.prop(actor, "seat_height")


def _draw_workspace(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Offer the InterAct workspace from any other one."""
    if context.workspace is not None and context.workspace != interact_workspace():
        layout.operator("interact.open_workspace", icon="WORKSPACE")


def _split_column(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    return column
