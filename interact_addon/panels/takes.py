"""Takes: the list, what made the one that is shown, and what can be done with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import bpy

from ..messages import Message, both, counted
from ..operators.changes import is_edited
from ..operators.stepping import draw_work
from ..properties import actor_name
from ..scene.ik import why_no_ik
from ..takes import comparison, library
from ..takes.layers import layers_in
from ..takes.record import TakeRecord
from ..takes.settings import AMPLITUDES
from .sidebar import Sidebar, in_our_language, lines


class INTERACT_UL_takes(bpy.types.UIList):
    """The takes of this scene's cast, the newest first: a row is the first action of a take."""

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
        summary = library.summary_of(item)
        split = layout.split(factor=0.55, align=True)
        split.prop(item.interact, "title", text="", emboss=False, icon="ACTION")
        row = split.row(align=True)
        made = row.row()
        made.active = False
        quality = "" if summary is None else in_our_language(_quality(summary))
        made.label(text=f"{summary.seed} {quality}" if summary is not None else "", translate=False)
        star = "SOLO_ON" if item.interact.favourite else "SOLO_OFF"
        row.prop(item.interact, "favourite", text="", icon=star, emboss=False)

    def filter_items(self, context: bpy.types.Context, data: Any, property: str) -> tuple[list[int], list[int]]:
        actions = getattr(data, property)
        order = {take.written[0].session_uid: place for place, take in enumerate(library.takes_in(context.scene))}
        wanted = self.filter_name.casefold()
        shown, places = [], []
        for action in actions:
            place = order.get(action.session_uid)
            fits = place is not None and wanted in action.interact.title.casefold()
            shown.append(self.bitflag_filter_item if fits else 0)
            places.append(len(actions) if place is None else len(order) - 1 - place)
        ranks = sorted(range(len(places)), key=lambda number: (places[number], number))
        new_order = [0] * len(places)
        for rank, number in enumerate(ranks):
            new_order[number] = rank
        return shown, new_order


class Takes(Sidebar):
    bl_label = "Takes"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        if not library.takes_in(scene):
            layout.label(text="Every Generate adds a take here", icon="INFO")
            return
        row = layout.row()
        row.template_list("INTERACT_UL_takes", "", bpy.data, "actions", scene, "interact_take_shown", rows=3)
        side = row.column(align=True)
        side.operator("interact.next_take", text="", icon="TRIA_UP").step = 1
        side.operator("interact.next_take", text="", icon="TRIA_DOWN").step = -1
        side.separator()
        side.operator("interact.delete_take", text="", icon="TRASH")
        draw_work(layout)
        take = library.shown_take(scene)
        facts = layout.row()
        picture = take.written[0].preview if take is not None else None
        if picture is not None:
            facts.template_icon(icon_value=picture.icon_id, scale=3.0)
        column = facts.column()
        told = facts_of(take.summary) if take is not None else ("No take is shown",)
        for text, icon in zip(told, ("SETTINGS", "TIME", "CHECKMARK")):
            lines(column, context, text, icon, inset=10)
        playing = zip(scene.interact.actors, library.shown(scene))
        edited = [actor_name(actor) for actor, action in playing if is_edited(action)]
        if edited:
            lines(layout, context, Message("Edited by hand since: {actors}", actors=both(edited)), "GREASEPENCIL")
            layout.operator("interact.keep_as_layer", icon="NLA")
        _draw_layers(layout, scene)
        row = layout.row(align=True)
        if comparison.comparison_in(scene) is None:
            row.operator("interact.compare_takes", icon="MOD_ARRAY")
        else:
            row.operator("interact.end_comparison", icon="X")
        row.operator("interact.push_take", icon="NLA_PUSHDOWN")
        layout.operator("interact.make_take_again", icon="FILE_REFRESH")


def _draw_layers(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    """Draw the layers over the takes, the topmost first, each with its influence on body and face."""
    for layer in reversed(layers_in(scene)):
        column = layout.column(align=True)
        row = column.row(align=True)
        row.label(text=layer.action.name, icon="NLA", translate=False)
        for track in layer.tracks:
            icon = "CHECKBOX_DEHLT" if track.mute else "CHECKBOX_HLT"
            row.prop(track, "mute", text="", invert_checkbox=True, icon=icon)
        remove = row.operator("interact.remove_layer", text="", icon="X")
        remove.actor, remove.layer = layer.actor, layer.action.name
        column.prop(layer.action.interact, "influence", slider=True)


class Adjust(Sidebar):
    bl_label = "Adjust"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "takes"

    def draw(self, context: bpy.types.Context) -> None:
        take = library.shown_take(context.scene)
        if take is None:
            self.layout.label(text="Choose a take in the list first", icon="INFO")
            return
        for actor, action in zip(context.scene.interact.actors, take.actions):
            if action is None or library.summary_of(action) is None:
                continue
            column = self.layout.column(align=True)
            column.use_property_split = True
            column.use_property_decorate = False
            column.label(text=actor_name(actor), translate=False)
            for which in AMPLITUDES:
                column.prop(action.interact, which, slider=True)
        row = self.layout.row(align=True)
        row.operator("interact.offset_take", icon="TIME")
        row.operator("interact.mirror_take", icon="MOD_MIRROR")
        self.layout.operator("interact.thin_keys", icon="DECORATE_KEYFRAME")
        if not why_no_ik(context.scene):
            self.layout.operator_menu_enum("interact.key_ik_controls", "play", icon="CON_KINEMATIC")


def facts_of(summary: TakeRecord) -> tuple[str, ...]:
    """Return what a take was made with beside its seed, which the list has, when, and how well. Room is narrow."""
    measures = summary.measures
    guidance, seconds, overlap = (measures.get(name) for name in ("guidance", "seconds", "overlap"))
    obeyed, skate = (measures.get(name) for name in ("label_obedience", "foot_skate_cm_per_s"))
    first, last = summary.frames
    settings = [_quality(summary), Message("frames {first}-{last}", first=first, last=last)]
    settings += [Message("guidance {weight}", weight=f"{guidance:.2g}")] if guidance is not None else []
    made = [datetime.fromisoformat(summary.date).strftime("%d %b %H:%M")]
    made += [Message("in {seconds} s", seconds=f"{sum(seconds.values()):.0f}")] if isinstance(seconds, dict) else []
    made += [counted(len(measures["warnings"]), "warning")] if measures.get("warnings") else []
    measured = [Message("labels {share}", share=f"{obeyed:.0%}")] if obeyed is not None else []
    measured += [Message("feet slide {speed} cm/s", speed=f"{skate:.1f}")] if skate is not None else []
    measured += [Message("overlap {depth} cm", depth=f"{100 * overlap:.1f}")] if overlap is not None else []
    return tuple(", ".join(map(in_our_language, words)) for words in (settings, made, measured) if words)


def _quality(summary: TakeRecord) -> Message:
    return Message("Draft") if summary.quality == "draft" else Message("Final")


class Overlay(Sidebar):
    bl_label = "Overlay"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "takes"

    def draw(self, context: bpy.types.Context) -> None:
        overlay = context.scene.interact.overlay
        row = self.layout.row(align=True)
        for name in ("plan", "trails", "ghosts"):
            row.prop(overlay, name, toggle=True)
        if overlay.trails or overlay.ghosts:
            self.layout.prop(overlay, "reach")
        for setting in ("show_band", "show_words"):
            self.layout.prop(context.scene.interact.labels, setting)
