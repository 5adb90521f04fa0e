"""Exporting the two performing characters."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..export.shot import export_fbx
from ..runtime_api import errors
from .feedback import fail, poll_cast


class INTERACT_OT_export_fbx(bpy.types.Operator):
    """Export both characters with their animation into one FBX file"""

    bl_idname = "interact.export_fbx"
    bl_label = "Export FBX"

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.fbx", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_cast(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            self.filepath = str(Path(bpy.data.filepath or "performance").with_suffix(".fbx"))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".fbx")
        try:
            export_fbx(context.scene, path)
        except errors.InterActError as error:
            return fail(self, error)
        self.report({"INFO"}, f"Exported {path}")
        return {"FINISHED"}


CLASSES = (INTERACT_OT_export_fbx,)
