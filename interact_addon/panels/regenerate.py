"""Regenerate: which frames, actors and parts are generated anew, what is locked, and whether a result is kept."""

from __future__ import annotations

import bpy

from ..messages import Message
from ..properties import FROM_PREVIEW, PART_NAMES, actor_name
from ..runtime_api import errors
from ..scene.ranges import chosen_range
from ..takes.decision import stretch_of, undecided
from .sidebar import Sidebar, in_our_language, lines


class Regenerate(Sidebar):
    bl_label = "Regenerate a Stretch"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "generate"

    def draw(self, context: bpy.types.Context) -> None:
        scene, layout = context.scene, self.layout
        settings = scene.interact.regenerate
        self._draw_decision(context)
        column = layout.column(align=True)
        column.row(align=True).prop(settings, "frames_from", expand=True)
        try:
            first, last = chosen_range(scene)
        except errors.InterActError as error:
            lines(layout, context, str(error))
        else:
            rate = scene.render.fps / scene.render.fps_base
            start, end = (first - scene.frame_start) / rate, (last + 1 - scene.frame_start) / rate
            told = Message(
                "Frames {first} to {last} ({start} to {end} s)",
                first=first,
                last=last,
                start=f"{start:.1f}",
                end=f"{end:.1f}",
            )
            column.label(text=in_our_language(told), icon="PREVIEW_RANGE", translate=False)
        if settings.frames_from == FROM_PREVIEW and context.area.type == "SEQUENCE_EDITOR":
            drag = column.row()
            drag.operator_context = "INVOKE_REGION_WIN"  # dragged over the strips, not over this sidebar
            drag.operator("anim.previewrange_set", text="Drag a Range", icon="PREVIEW_RANGE")
        row = layout.row(align=True)
        for which, actor in zip(("actor_a", "actor_b"), scene.interact.actors):
            row.prop(settings, which, text=actor_name(actor) or None, toggle=True)
        grid = layout.grid_flow(row_major=True, columns=2, align=True)
        for part in PART_NAMES:
            grid.prop(settings, part, toggle=True)
        row = layout.row()
        row.use_property_split = True
        row.use_property_decorate = False
        row.prop(settings, "seed")
        layout.operator("interact.regenerate", icon="FILE_REFRESH")
        layout.operator("interact.in_between", icon="IPO_EASE_IN_OUT")

    def _draw_decision(self, context: bpy.types.Context) -> None:
        """Draw what was generated anew last, and the buttons that keep it or not."""
        take = undecided(context.scene)
        if take is None:
            return
        box = self.layout.box()
        told = Message("Shown: {stretch}, seed {seed}", stretch=stretch_of(take).in_words, seed=take.summary.seed)
        lines(box, context, told, "ACTION", inset=2)
        row = box.row(align=True)
        row.operator("interact.keep_stretch", icon="CHECKMARK")
        row.operator("interact.reject_stretch", icon="X")
        box.operator("interact.another_stretch", icon="FILE_REFRESH")


class Locks(Sidebar):
    bl_label = "Locks"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "generate"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        columns = layout.row()
        for actor in context.scene.interact.actors:
            column = columns.column(align=True)
            column.label(text=actor_name(actor), translate=False)
            for part in PART_NAMES:
                locked = getattr(actor.locks, part)
                column.prop(actor.locks, part, toggle=True, icon="LOCKED" if locked else "UNLOCKED")
