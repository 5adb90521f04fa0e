"""The InterAct tab in the sidebar of the 3D view and of the sequencer."""

from __future__ import annotations

import textwrap

import bpy

from . import compat
from .operators.transcripts import active_voice
from .properties import actor_name
from .runtime_api import contract
from .scene.channels import SPEECH, strips_of
from .scene.transcripts import chosen_transcript
from .worker_client import generation


class _Sidebar:
    bl_category = "InterAct"
    bl_region_type = "UI"
    bl_options: set[str] = set()
    inside = ""  # the panel that this one is a part of
    layout: bpy.types.UILayout


class _Cast(_Sidebar):
    bl_label = "Cast"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        layout = self.layout
        layout.operator("interact.cast_selected", icon="EYEDROPPER")
        for title, actor in zip(("First", "Second"), settings.actors):
            column = layout.column(align=True)
            column.use_property_split = True
            column.use_property_decorate = False
            column.prop(actor, "armature", text=title, icon="ARMATURE_DATA")
            if actor.armature is None:
                continue
            column.prop(actor, "name", text="Called", placeholder=actor.armature.name)
            column.prop(actor, "seat")
            if actor.seat is None:
                column.prop(actor, "seat_height")
            column.prop(actor, "walk_target")


class _Script(_Sidebar):
    bl_label = "Script"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if any(actor.armature is None for actor in context.scene.interact.actors):
            layout.label(text="Cast two characters first", icon="INFO")
            return
        strips = compat.sequencer_scene(context.scene)
        for index, actor in enumerate(context.scene.interact.actors):
            name = actor_name(actor)
            split = layout.row().split(factor=0.55)
            voices = len(strips_of(strips, name, SPEECH, "SOUND"))
            split.label(
                text=f"{name}: {voices} voice strip{'s' if voices > 1 else ''}" if voices else f"{name}: listens",
                icon="OUTLINER_OB_SPEAKER",
            )
            split.operator("interact.add_speech", text="Add Speech", icon="ADD").actor = str(index)
        voice = active_voice(context)
        if voice is not None:
            chosen = chosen_transcript(voice)
            row = layout.row(align=True)
            row.operator(
                "interact.choose_transcript",
                text=f"Transcript of {voice.name}..." if chosen is None else chosen.name,
                icon="TEXT",
            )
            if chosen is not None:
                row.operator("interact.clear_transcript", text="", icon="X")
        labels = layout.column(align=True)
        labels.operator("interact.add_action_labels", icon="SEQ_STRIP_DUPLICATE")
        labels.operator("interact.add_emotion_labels", icon="SEQ_STRIP_DUPLICATE")
        layout.label(text=f"Name action strips {', '.join(contract.ACTION_LABELS)}", icon="INFO")


class _Expression(_Sidebar):
    bl_label = "Expression"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        column = self.layout.column()
        column.use_property_split = True
        for actor in settings.actors:
            if actor.armature is None:
                continue
            both = column.column(align=True)
            both.prop(actor, "emotion", text=actor_name(actor))
            if actor.emotion != "neutral":
                both.prop(actor, "emotion_intensity")
        column.prop(settings, "relationship")
        column.prop(settings, "lips", slider=True)


class _Style(_Sidebar):
    bl_label = "Gesture Style"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "expression"

    def draw(self, context: bpy.types.Context) -> None:
        for actor in context.scene.interact.actors:
            if actor.armature is None:
                continue
            column = self.layout.column(align=True)
            column.use_property_split = True
            column.use_property_decorate = False
            column.prop(actor, "own_style", text=f"Own Style of {actor_name(actor)}")
            if actor.own_style:
                for slider in ("style_liveliness", "style_height", "style_reach"):
                    column.prop(actor, slider, slider=True)


class _Generate(_Sidebar):
    bl_label = "Generate"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        layout = self.layout
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.row().prop(settings, "quality", expand=True)
        column.prop(settings, "seed")
        column.prop(settings, "guidance")
        job = generation.current
        if job is not None:
            layout.progress(factor=job.progress.fraction, text=f"{job.progress.stage}  {job.progress.fraction:.0%}")
            layout.operator("interact.cancel", icon="X")
            return
        big = layout.row()
        big.scale_y = 1.8
        big.operator("interact.generate", icon="PLAY")
        reason = generation.disabled_reason(context.scene)
        if reason:
            _lines(layout, context, reason)
        if generation.runtime_is_missing():
            layout.operator("interact.install_runtime", icon="IMPORT")
        elif generation.runtime_is_loaded():
            layout.operator("interact.free_memory", icon="TRASH")


class _Export(_Sidebar):
    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("interact.export_fbx", icon="EXPORT")


def _in_both_editors(base: type) -> tuple[type[bpy.types.Panel], type[bpy.types.Panel]]:
    """Make the same panel for the 3D view and for the sequencer."""
    return (_panel(base, "VIEW_3D", ""), _panel(base, "SEQUENCE_EDITOR", "_sequencer"))


def _panel(base: type, space: str, suffix: str) -> type[bpy.types.Panel]:
    settings = {"bl_space_type": space}
    if base.inside:  # type: ignore[attr-defined]
        settings["bl_parent_id"] = f"INTERACT_PT_{base.inside}{suffix}"  # type: ignore[attr-defined]
    return type(f"INTERACT_PT_{base.__name__.strip('_').lower()}{suffix}", (base, bpy.types.Panel), settings)


CLASSES: tuple[type[bpy.types.Panel], ...] = tuple(
    cls for base in (_Cast, _Script, _Expression, _Style, _Generate, _Export) for cls in _in_both_editors(base)
)


def _lines(layout: bpy.types.UILayout, context: bpy.types.Context, text: str) -> None:
    """Draw a sentence over several lines: labels don't wrap by themselves."""
    width = context.region.width / (7 * context.preferences.system.ui_scale) if context.region is not None else 40
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, max(20, int(width) - 6))):
        column.label(text=line, icon="INFO" if number == 0 else "BLANK1")
