"""Writing the script in the sequencer: speech, action labels, emotions."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import compat
from ..messages import Message, counted, translated
from ..properties import actor_choice, actor_key
from ..runtime_api import errors
from ..scene import setting_up, strips
from ..worker_client import generation
from ..workspace import show_channels
from .feedback import NeedsCast, fail, say
from .problems import search


class INTERACT_OT_add_speech(NeedsCast):
    """Put a sound file on the actor's speech channel at the current frame"""

    bl_idname = "interact.add_speech"
    bl_label = "Add Speech"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", description="The sound file with the actor's voice")  # type: ignore[valid-type]
    filter_sound: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    actor: actor_choice("The actor who speaks with this voice")  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, path = context.scene, Path(bpy.path.abspath(self.filepath))
        actor = actor_key(scene.interact.actors[int(self.actor)])
        try:
            strip = strips.add_speech(compat.sequencer_scene(scene), actor, path, scene.frame_current)
        except errors.InterActError as error:
            return fail(self, error)
        generation.warm_up(context.scene)
        say(self, "{actor} says '{voice}'", actor=actor.name, voice=strip.name)
        return {"FINISHED"}


class INTERACT_OT_set_up_timeline(NeedsCast):
    """Name a channel for what each actor says, does and feels, let both stand wherever nothing else is said, and
    widen a frame range that is still that of a new scene to the voices; then cut, move and change what they do
    """

    bl_idname = "interact.set_up_timeline"
    bl_label = "Set Up Timeline"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            done = setting_up.set_up_timeline(context.scene)
        except errors.InterActError as error:
            return fail(self, error)
        search(context.scene)
        show_channels(compat.sequencer_scene(context.scene))
        generation.warm_up(context.scene)
        parts = [Message("Named {channels}", channels=counted(done.channels, "channel"))] * bool(done.channels)
        parts += [Message("Added {strips}", strips=counted(done.actions, "action strip"))] * bool(done.actions)
        ends = Message("The range ends at frame {frame}", frame=context.scene.frame_end)
        for part in [*parts, *[ends] * done.range_widened] or [Message("The timeline was set up already")]:
            self.report({"INFO"}, translated(part))
        return {"FINISHED"}


class INTERACT_OT_add_action_labels(NeedsCast):
    """Fill the gaps in both actors' action channels with Stand; cut, move and rename strips to sit, walk or stand"""

    bl_idname = "interact.add_action_labels"
    bl_label = "Add Action Labels"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = compat.sequencer_scene(context.scene)
        actors = context.scene.interact.actors
        added = sum(strips.add_action_labels(scene, actor_key(actor)) for actor in actors)
        if added:
            say(self, "Added {strips}", strips=counted(added, "action strip"))
        else:
            say(self, "Every frame has an action already")
        return {"FINISHED"}


class INTERACT_OT_add_emotion_labels(NeedsCast):
    """Fill the gaps in both actors' emotion channels with their own emotion; cut, move and rename the strips, for
    example 'joy 150%'
    """

    bl_idname = "interact.add_emotion_labels"
    bl_label = "Add Emotion Labels"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = compat.sequencer_scene(context.scene)
        actors = context.scene.interact.actors
        added = sum(
            strips.add_emotion_labels(scene, actor_key(actor), actor.emotion, actor.emotion_intensity)
            for actor in actors
        )
        show_channels(scene)
        if added:
            say(self, "Added {strips}", strips=counted(added, "emotion strip"))
        else:
            say(self, "Every frame has an emotion already")
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_add_speech,
    INTERACT_OT_set_up_timeline,
    INTERACT_OT_add_action_labels,
    INTERACT_OT_add_emotion_labels,
)
