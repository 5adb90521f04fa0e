"""Labels: what each actor does when, set with one press, and where a walk leads."""

from __future__ import annotations

import bpy

from .. import compat
from ..messages import Message, counted
from ..operators.labels import LABELS, active_label
from ..scene.ranges import selected_strips
from ..scene.reading import label_of
from .sidebar import OfTheCast, in_our_language

_TARGETS = {  # by label: what its target is, and what is done without one
    "walk": ("Walk To", "Anywhere near, back to the partner"),
    "stand": ("Face", "The partner, or ahead"),
}


class Labels(OfTheCast):
    bl_label = "Labels"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.interact
        scene = compat.sequencer_scene(context.scene)
        if scene.use_preview_range:
            first, last = scene.frame_preview_start, scene.frame_preview_end
            told = Message("Preview range: frames {first} to {last}", first=first, last=last)
            layout.label(text=in_our_language(told), icon="PREVIEW_RANGE", translate=False)
        else:
            layout.prop(settings.labels, "seconds", text="Seconds from Playhead")
        for number, row in self.rows(context):
            for label, title, _ in LABELS:
                button = row.operator("interact.label_range", text=title)
                button.actor, button.label = number, label
        self._selected(context)

    def _selected(self, context: bpy.types.Context) -> None:
        """Draw the label of the selected strips and, for a walk, where it leads."""
        layout, strip = self.layout, active_label(context)
        chosen = selected_strips(context.scene)
        if not chosen:
            return
        column = layout.column(align=True)
        shown = label_of(strip.name).capitalize() if strip is not None else "Label"
        count = counted(len(chosen), "Selected Strip") if len(chosen) > 1 else "Selected Strip"
        split = column.split(factor=0.5, align=True)
        split.label(text=in_our_language(count), translate=False)
        split.operator_menu_enum("interact.label_selected", "label", text=shown)
        if strip is not None and label_of(strip.name) in _TARGETS:
            text, without = _TARGETS[label_of(strip.name)]
            column.prop(strip, "interact_target", text=text, icon="EMPTY_AXIS")
            if strip.interact_target is None:
                column.label(text=without, icon="INFO")
                if label_of(strip.name) == "walk":
                    column.operator("interact.add_walk_target", icon="EMPTY_AXIS")
