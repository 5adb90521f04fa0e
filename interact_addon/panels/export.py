"""Export: the files."""

from __future__ import annotations

import bpy

from .sidebar import Sidebar


class Export(Sidebar):
    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("interact.export_fbx", icon="EXPORT")
