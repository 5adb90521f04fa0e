"""Interactions: what the two do to each other, and which of it the model plays."""

from __future__ import annotations

from typing import Any

import bpy

from ..messages import Message
from ..operators.interactions import active_of_pair
from ..properties import actor_name
from ..runtime_api import contract
from ..scene import pair
from .sidebar import OfTheCast, lines


class Interactions(OfTheCast):
    bl_label = "Interactions"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.label(text="Of both, for the frames of Labels", icon="COMMUNITY")
        for number, row in self.rows(context):
            for operator, text in (
                ("interact.add_interaction", "Interaction..."),
                ("interact.add_prompt", "Prompt..."),
            ):
                row.operator(operator, text=text).acting = number
        strip = active_of_pair(context)
        if strip is not None:
            _draw_strip(layout, context, strip)


def _draw_strip(layout: bpy.types.UILayout, context: bpy.types.Context, strip: Any) -> None:
    """Draw what a strip asks for, who acts, and what of it is played."""
    part = pair.played_part(context.scene, strip)
    column = layout.column(align=True)
    if strip.type == "TEXT":
        column.prop(strip, "text", text="", icon="TEXT")
    else:
        shown = pair.category_of(strip).title() or strip.name.strip()
        column.operator("interact.change_interaction", text=shown, icon="VIEWZOOM", translate=False)
    split = column.split(factor=0.35, align=True)
    split.label(text="Who Acts")
    split.menu("INTERACT_MT_who_acts", text=_called(context, part.who), translate=False)
    if not part.who:
        lines(layout, context, pair.nobody_acts(strip), "ERROR")
    elif part.left_out:
        lines(layout, context, part.left_out, "INFO" if part.category else "ERROR")
    else:
        lines(layout, context, _what_is_played(context, part), "CHECKMARK")


def _called(context: bpy.types.Context, who: tuple[int, ...]) -> str:
    if len(who) > 1:
        return "Both"
    return actor_name(context.scene.interact.actors[who[0]]) if who else "Nobody"


def _what_is_played(context: bpy.types.Context, part: contract.PlayedPart) -> str:
    names = [actor_name(actor) for actor in context.scene.interact.actors]
    if part.category == "chat":
        return "Both are free, as without the strip."
    if len(part.who) > 1:
        return "Both walk to each other and meet halfway."
    return Message("{first} walks to {second}, who waits.", first=names[part.who[0]], second=names[1 - part.who[0]])
