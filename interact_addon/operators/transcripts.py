"""Choosing the transcript of a voice strip by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import compat
from ..messages import Message, counted
from ..properties import ActorKey, actor_key, cast_in
from ..runtime_api import errors
from ..scene.channels import KINDS
from ..scene.ownership import Channels
from ..scene.ranges import active_strip
from ..scene.transcript_files import Transcript, read_transcript_file, read_transcript_text
from ..scene.transcripts import CHOSEN, choose_transcript, relative_path
from ..scene.voices import is_voice_of
from ..scene.words import add_words, copies_of, divide_words
from ..takes.words import known_words
from ..worker_client import generation
from . import word_search
from .feedback import fail, say


def active_voice(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is a voice of one of the two actors, else None."""
    strip = active_strip(context.scene)
    return strip if strip is not None and any(is_voice_of(strip, actor) for actor in _cast(context)) else None


def active_text(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is a text in a channel of one of the two actors, else None."""
    scene, strip = compat.sequencer_scene(context.scene), active_strip(context.scene)
    if strip is None or strip.type != "TEXT":
        return None
    channels = Channels(scene)
    own = any(channels.is_around(strip, actor, kind) for actor in _cast(context) for kind in KINDS)
    return strip if own else None


def _cast(context: bpy.types.Context) -> list[ActorKey]:
    return [actor_key(actor) for actor in cast_in(context.scene)]


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
        say(self, "'{strip}' says what is in '{file}'", strip=strip.name, file=Path(self.filepath).name)
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


class INTERACT_OT_paste_words(bpy.types.Operator):
    """Add the text that was copied over the active voice strip: its words are found in the voice and become text strips
    where they are spoken. Copied subtitles keep their times. Edit a text at any time: its words are found again
    """

    bl_idname = "interact.paste_words"
    bl_label = "Paste Words"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_voice(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            return _add_words(self, context, read_transcript_text(context.window_manager.clipboard))
        except errors.InterActError as error:
            return fail(self, error)


class INTERACT_OT_load_words(bpy.types.Operator):
    """Add the words of a file as text strips over the active voice strip, at their times if the file has any"""

    bl_idname = "interact.load_words"
    bl_label = "Words from File..."
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.TextGrid;*.textgrid;*.srt;*.vtt;*.txt", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_voice(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            return _add_words(self, context, read_transcript_file(Path(bpy.path.abspath(self.filepath))))
        except errors.InterActError as error:
            return fail(self, error)


class INTERACT_OT_divide_words(bpy.types.Operator):
    """Leave each part of a text strip that was cut with the words that are spoken in it, as far as they were found"""

    bl_idname = "interact.divide_words"
    bl_label = "Divide Words"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        strip = active_text(context)
        if strip is None or not copies_of(strip):
            cls.poll_message_set("Cut a text strip of an actor (K) and click one of its parts first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        strip = active_text(context)
        channels = Channels(strip.id_data)
        speaker = next(
            actor for actor in _cast(context) if any(channels.is_around(strip, actor, kind) for kind in KINDS)
        )
        try:
            texts = divide_words(context.scene, speaker, strip, known_words(speaker))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "{words}", words=" | ".join(texts))
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_choose_transcript,
    INTERACT_OT_clear_transcript,
    INTERACT_OT_paste_words,
    INTERACT_OT_load_words,
    INTERACT_OT_divide_words,
)


def _add_words(operator: bpy.types.Operator, context: bpy.types.Context, written: Transcript) -> set[str]:
    strip = active_voice(context)
    speaker = next(actor for actor in _cast(context) if is_voice_of(strip, actor))
    count = add_words(context.scene, speaker, strip, written)
    for caption in written.captions:
        word_search.look_for(speaker, caption.text)
    added = Message("Added {strips} of {actor}", strips=counted(count, "text strip"), actor=speaker.name)
    if generation.runtime_is_missing():
        added = Message("{added}; install the runtime, and the words are found in the voice", added=added)
    say(operator, "{sentence}", sentence=added)
    return {"FINISHED"}


def _poll_voice(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if active_voice(context) is None:
        cls.poll_message_set("Click a voice strip of an actor in the sequencer first")
        return False
    return True
