"""Export: the format, its choices and the button."""

from __future__ import annotations

import bpy

from ..properties import draw_export_choices, export_settings
from .sidebar import Sidebar, lines


class Export(Sidebar):
    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        choices = context.scene.interact.export
        draw_export_choices(self.layout, choices)
        settings = export_settings(choices)
        files = f"a {settings.suffix} for each actor" if settings.files_each else f"one {settings.suffix}"
        scene = context.scene
        lines(self.layout, context, f"What is seen from frame {scene.frame_start} to {scene.frame_end}, {files}")
        self.layout.operator("interact.export", icon="EXPORT")
