"""Choosing the transcript of a voice strip by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import compat
from ..properties import actor_key
from ..runtime_api import errors
from ..scene.transcripts import CHOSEN, choose_transcript, relative_path
from ..scene.voices import is_voice_of
from .feedback import fail


def active_voice(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is a voice of one of the two actors, else None."""
    scene = compat.sequencer_scene(context.scene)
    strip = scene.sequence_editor.active_strip if scene.sequence_editor is not None else None
    cast = [actor_key(actor) for actor in context.scene.interact.actors if actor.armature is not None]
    return strip if strip is not None and any(is_voice_of(strip, actor) for actor in cast) else None


class INTERACT_OT_choose_transcript(bpy.types.Operator):
    """Choose the file with the words of the active voice strip; without it, a file with the sound's name beside the
    sound is used
    """

    bl_idname = "interact.choose_transcript"
    bl_label = "Transcript..."
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", description="The file with the words of this voice")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.TextGrid;*.textgrid;*.srt;*.vtt;*.txt", options={"HIDDEN"})  # type: ignore[valid-type]
    relative_path: BoolProperty(  # type: ignore[valid-type]
        name="Relative Path", default=True, description="Keep the path relative to the saved .blend"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_voice(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        strip = active_voice(context)
        try:
            choose_transcript(strip, self._stored_path())
        except errors.InterActError as error:
            return fail(self, error)
        self.report({"INFO"}, f"'{strip.name}' says what is in '{Path(self.filepath).name}'")
        return {"FINISHED"}

    def _stored_path(self) -> str:
        if not self.relative_path or not bpy.data.filepath or self.filepath.startswith("//"):
            return self.filepath
        return relative_path(Path(self.filepath), Path(bpy.data.filepath).parent)


class INTERACT_OT_clear_transcript(bpy.types.Operator):
    """Remove the file chosen for the active voice strip; a file with the sound's name beside the sound is used again"""

    bl_idname = "interact.clear_transcript"
    bl_label = "Clear Transcript"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_voice(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        strip = active_voice(context)
        if CHOSEN in strip:
            del strip[CHOSEN]
        return {"FINISHED"}


CLASSES = (INTERACT_OT_choose_transcript, INTERACT_OT_clear_transcript)


def _poll_voice(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if active_voice(context) is None:
        cls.poll_message_set("Click a voice strip of an actor in the sequencer first")
        return False
    return True
