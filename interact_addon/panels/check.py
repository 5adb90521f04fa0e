"""Check: the list of contacts and penetrations, and what is drawn of them."""

from __future__ import annotations

from typing import Any

import bpy

from ..check import events as check_events
from ..check.resolving import frames_to_resolve
from ..check.shot_check import is_current
from ..messages import Message
from ..operators import stepping
from ..operators.check import STAGE
from ..operators.generate import draw_progress
from ..properties.check import CONTACT, FLOOR, PENETRATION
from ..runtime_api import contract, errors
from ..worker_client import generation
from .contacts import draw_constraints
from .sidebar import Sidebar, in_our_language, lines

_ICONS = {PENETRATION: "ERROR", CONTACT: "HAND", FLOOR: "CON_FLOOR"}
_WIDE = 360  # pixels at a scale of 1, from which on a row has room for names in full; the sentence below it has them
_NARROW_SHARE, _WIDE_SHARE = 0.27, 0.36  # of a row, before the names


class INTERACT_UL_events(bpy.types.UIList):
    """The events of the last check: when, which parts, how deep, how long."""

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
        region = context.region
        if region is None or region.width < _WIDE * context.preferences.system.ui_scale:
            share, text = _NARROW_SHARE, check_events.fact(item, data.order)
            title = check_events.short_title(context.scene, item)
        else:
            share, text, title = _WIDE_SHARE, check_events.facts(item), check_events.title(context.scene, item)
        split = layout.split(factor=share, align=True)
        split.label(text=text, icon=_ICONS[item.kind], translate=False)
        split.label(text=title, translate=False)

    def filter_items(self, context: bpy.types.Context, data: Any, property: str) -> tuple[list[int], list[int]]:
        table = check_events.table(context.scene)
        wanted, flag, shown = self.filter_name.casefold(), self.bitflag_filter_item, len(table.shown)
        if not wanted:
            return [flag if place < shown else 0 for place in table.places], list(table.places)
        fits = (place < shown and wanted in title.casefold() for place, title in zip(table.places, table.titles))
        return [flag if one else 0 for one in fits], list(table.places)


class Check(Sidebar):
    bl_label = "Check"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, check = self.layout, context.scene.interact.check
        progress = stepping.progress()
        row = layout.row(align=True)
        if progress is not None and progress.stage == STAGE:
            stepping.draw_work(row)
        else:
            row.operator("interact.check", icon="VIEWZOOM")
            row.prop(check, "tolerance", text="")
        if not check.is_checked:
            return
        if not is_current(context.scene):
            lines(layout, context, check_events.EARLIER)
        if not len(check.events):
            layout.label(text="Nothing touches, nothing slides", icon="CHECKMARK")
            return
        row = layout.row(align=True)
        row.prop(check, "shown", text="")
        row.prop(check, "order", text="")
        row.operator("interact.next_event", text="", icon="TRIA_LEFT").step = -1  # beside the list they would narrow it
        row.operator("interact.next_event", text="", icon="TRIA_RIGHT").step = 1
        layout.row(align=True).prop(check, "whose", expand=True)
        layout.template_list("INTERACT_UL_events", "", check, "events", check, "active", rows=5)
        if 0 <= check.active < len(check.events):
            event = check.events[check.active]
            lines(layout, context, f"{check_events.title(context.scene, event)}: {check_events.facts(event)}", "DOT")
            if event.kind == CONTACT:
                draw_constraints(layout, "EVENT")


class Resolve(Sidebar):
    bl_label = "Resolve"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "check"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        resolve, check = scene.interact.resolve, scene.interact.check
        column = layout.column(align=True)
        column.prop(resolve, "frames_from", text="")
        try:
            first, last = frames_to_resolve(scene)
        except errors.InterActError as error:
            lines(layout, context, str(error))
        else:
            may = Message("Frames {first} to {last} may change", first=f"{first:.0f}", last=f"{last:.0f}")
            column.label(text=in_our_language(may), icon="PREVIEW_RANGE")
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(resolve, "gives_way")
        column.prop(check, "tolerance")
        column.prop(resolve, "furthest")
        row = layout.row(align=True)
        for part in contract.MOVABLE:
            row.prop(resolve, part, toggle=True)
        row = layout.row()
        row.prop(resolve, "keep_contacts")
        row.prop(resolve, "own")
        if generation.current is not None and generation.current.edit:
            draw_progress(layout.row(align=True), generation.current.progress)
        else:
            layout.operator("interact.resolve", icon="MOD_PHYSICS")
        for number, sentence in enumerate(resolve.outcome.splitlines()):
            lines(layout, context, sentence, "INFO" if number == 0 else "DOT")


class Shown(Sidebar):
    bl_label = "Show"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "check"

    def draw(self, context: bpy.types.Context) -> None:
        check = context.scene.interact.check
        row = self.layout.row(align=True)
        for name in ("capsules", "points", "heat", "graph"):
            row.prop(check, name, toggle=True)
        row = self.layout.row()
        row.prop(check, "band")
        row.prop(check, "before")
        row = self.layout.row(align=True)
        row.operator("interact.add_contact_objects", icon="RENDER_STILL")
        row.operator("interact.remove_contact_objects", text="", icon="X")
