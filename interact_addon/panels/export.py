"""Export: the format, its choices and the button."""

from __future__ import annotations

import bpy

from ..messages import Message
from ..properties import draw_export_choices, export_settings
from .sidebar import Sidebar, lines


class Export(Sidebar):
    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        choices = context.scene.interact.export
        draw_export_choices(self.layout, choices)
        settings = export_settings(choices)
        scene, suffix = context.scene, settings.suffix
        one, each = Message("one {file}", file=suffix), Message("a {file} for each actor", file=suffix)
        told = Message(
            "What is seen from frame {first} to {last}, {files}",
            first=scene.frame_start,
            last=scene.frame_end,
            files=each if settings.files_each else one,
        )
        lines(self.layout, context, told)
        self.layout.operator("interact.export", icon="EXPORT")
