"""Exporting the two performing characters."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..export.shot import export_fbx, export_shot
from ..formats import Settings
from ..messages import translated
from ..properties import ExportChoices, draw_export_choices, export_settings
from ..runtime_api import errors
from .feedback import NeedsCast, fail, poll_cast, say

_CHOICES = ("format", "preset", "one_each", "root_motion", "rate", "bend")
_FILE = "The file that is written, or the name that all files begin with"


class INTERACT_OT_export(ExportChoices, bpy.types.Operator):
    """Export what is seen of both characters over the scene's frame range"""

    bl_idname = "interact.export"
    bl_label = "Export"

    filepath: StringProperty(subtype="FILE_PATH", description=_FILE)  # type: ignore[valid-type]
    filter_glob: StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_cast(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._take_settings(context)
        if not self.filepath:
            self.filepath = str(Path(bpy.data.filepath or "performance"))
        self.check(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Give the file the suffix of its format while the user chooses."""
        suffix = self._settings().suffix
        path = str(Path(self.filepath).with_suffix(suffix)) if Path(self.filepath).name else self.filepath
        changed: bool = path != self.filepath or self.filter_glob != f"*{suffix}"
        self.filepath, self.filter_glob = path, f"*{suffix}"
        return changed

    def draw(self, context: bpy.types.Context) -> None:
        draw_export_choices(self.layout, self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._take_settings(context)
        if not Path(self.filepath).name:
            return fail(self, errors.InvalidRequest("The file has no name; give it one."))
        try:
            done = export_shot(context.scene, bpy.path.abspath(self.filepath), self._settings())
        except errors.InterActError as error:
            return fail(self, error)
        for warning in done.warnings:
            self.report({"WARNING"}, translated(warning))
        say(self, "Exported {files}", files=", ".join(map(str, done.files)))
        return {"FINISHED"}

    def _take_settings(self, context: bpy.types.Context) -> None:
        """Take from the scene what the caller did not say."""
        for name in _CHOICES:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(context.scene.interact.export, name))

    def _settings(self) -> Settings:
        return export_settings(self)


class INTERACT_OT_export_fbx(NeedsCast):
    """Export both characters with their animation into one plain FBX file"""

    bl_idname = "interact.export_fbx"
    bl_label = "Export FBX"

    filepath: StringProperty(subtype="FILE_PATH", description=_FILE)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            path = export_fbx(context.scene, Path(bpy.path.abspath(self.filepath)).with_suffix(".fbx"))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "Exported {files}", files=path)
        return {"FINISHED"}


CLASSES = (INTERACT_OT_export, INTERACT_OT_export_fbx)
