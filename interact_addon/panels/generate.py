"""Generate: the settings, the button, and why it cannot be pressed."""

from __future__ import annotations

import bpy

from ..operators.changes import known_change
from ..operators.generate import draw_progress
from ..worker_client import generation
from .install import draw_install, install_is_wanted
from .problems import draw_problems
from .sidebar import Sidebar, lines


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the big button: for what was changed since the take that is shown, with the whole shot beside it, or all.

    While something is generated, the progress is in its place and all else stays where it is.
    """
    job, changed = generation.current, known_change(context.scene)
    big = layout.row(align=True)
    big.scale_y = 1.8
    if job is not None:
        draw_progress(big, job.progress)
    elif changed is not None and changed.stretch is not None:
        split = big.split(factor=0.66, align=True)
        split.operator("interact.generate", text="Only What Changed", icon="PLAY").only_changed = True
        split.operator("interact.generate", text="Whole Shot").only_changed = False
    else:
        big.operator("interact.generate", icon="PLAY").only_changed = False


class Generate(Sidebar):
    bl_label = "Generate"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        layout = self.layout
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.row().prop(settings, "quality", expand=True)
        row = column.row(align=True)
        row.use_property_split = False  # side by side, so that the button is on screen with Labels open
        row.prop(settings, "seed")
        row.prop(settings, "takes")
        draw_button(layout, context)
        reason = "" if generation.current is not None else generation.disabled_reason(context.scene)
        if reason:
            lines(layout, context, reason)
        else:
            generation.warm_up_early(context.scene)  # a file that was saved with its cast
        draw_problems(layout, context, known_change(context.scene), is_ready=not reason)
        if install_is_wanted():
            draw_install(layout, context)


class Advanced(Sidebar):
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "generate"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "guidance")
        column.prop(settings, "keep_keys")
        column.prop(settings, "key_every_frame")
        self.layout.operator("interact.free_memory", icon="TRASH")
