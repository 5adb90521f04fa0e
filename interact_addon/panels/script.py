"""Script: what each actor says and does."""

from __future__ import annotations

import bpy

from ..messages import Message, counted
from ..operators import word_search
from ..operators.problems import count_of_voices
from ..operators.transcripts import active_text, active_voice
from ..properties import actor_name
from ..scene.transcripts import chosen_transcript
from ..scene.words import copies_of
from .sidebar import Sidebar, in_our_language


class Script(Sidebar):
    bl_label = "Script"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if any(actor.armature is None for actor in context.scene.interact.actors):
            layout.label(text="Cast two characters first", icon="INFO")
            return
        counts = count_of_voices(context.scene)
        for index, (actor, voices) in enumerate(zip(context.scene.interact.actors, counts)):
            name = actor_name(actor)
            split = layout.row().split(factor=0.55)
            listens = Message("{actor}: listens", actor=name)
            speaks = Message("{actor}: {strips}", actor=name, strips=counted(voices, "voice strip"))
            told = in_our_language(speaks if voices else listens)
            split.label(text=told, icon="OUTLINER_OB_SPEAKER", translate=False)
            split.operator("interact.add_speech", text="Add Speech", icon="ADD").actor = str(index)
        voice = active_voice(context)
        if voice is not None:
            layout.prop(voice, "interact_voices")
            chosen = chosen_transcript(voice)
            row = layout.row(align=True)
            told = chosen.name if chosen else in_our_language(Message("Transcript of {voice}...", voice=voice.name))
            row.operator("interact.choose_transcript", text=told, icon="TEXT", translate=False)
            if chosen is not None:
                row.operator("interact.clear_transcript", text="", icon="X")
            layout.operator("interact.new_recording", text="New Recording...", icon="TIME")
            row = layout.row(align=True)
            row.operator("interact.paste_words", icon="PASTEDOWN")
            row.operator("interact.load_words", text="From File...", icon="FILEBROWSER")
        text = active_text(context)
        if text is not None:
            layout.prop(text, "text", text="Says", icon="TEXT")
            copies = len(copies_of(text))
            if copies:
                row = layout.row()
                both, all_parts = "Both parts say the same", Message("{count} parts say the same", count=copies)
                row.label(text=in_our_language(both if copies == 2 else all_parts), icon="INFO", translate=False)
                row.operator("interact.divide_words")
        word_search.draw(layout)
        layout.operator("interact.set_up_timeline", icon="SEQ_SEQUENCER")
