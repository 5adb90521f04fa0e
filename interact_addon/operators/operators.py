"""What a user can do. Each operator calls the part that does it and turns a named error into one report."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import compat
from ..demo.scene import build_demo_scene
from ..export.fbx import export_fbx
from ..properties import actor_name
from ..runtime_api import errors
from ..scene import strips
from ..worker_client import generation
from . import transcripts as transcript_operators
from .feedback import SECONDS_BETWEEN_TICKS, clear_status, fail, redraw, show_progress


class INTERACT_OT_cast_selected(bpy.types.Operator):
    """Make the two selected armatures the two actors; the active one becomes the first"""

    bl_idname = "interact.cast_selected"
    bl_label = "Cast Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if len(_selected_armatures(context)) != 2:
            cls.poll_message_set("Select two armatures, or one mesh of each character")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.interact
        for actor, armature in zip(settings.actors, _selected_armatures(context)):
            actor.armature = armature
        self.report({"INFO"}, f"Cast {settings.actor_a.armature.name} and {settings.actor_b.armature.name}")
        return {"FINISHED"}


class INTERACT_OT_add_speech(bpy.types.Operator):
    """Put a sound file on the actor's speech channel at the current frame"""

    bl_idname = "interact.add_speech"
    bl_label = "Add Speech"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_sound: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    actor: EnumProperty(  # type: ignore[valid-type]
        name="Actor",
        items=(("0", "First", "The first actor"), ("1", "Second", "The second actor")),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_cast(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = _actor_name(context, int(self.actor))
        try:
            strip = strips.add_speech(
                _sequencer_scene(context), name, Path(bpy.path.abspath(self.filepath)), context.scene.frame_current
            )
        except errors.InterActError as error:
            return fail(self, error)
        self.report({"INFO"}, f"{name} says '{strip.name}'")
        return {"FINISHED"}


class INTERACT_OT_add_action_labels(bpy.types.Operator):
    """Fill both actors' action channels with Stand where nothing is said yet; cut, move and rename the strips to sit,
    walk or stand
    """

    bl_idname = "interact.add_action_labels"
    bl_label = "Add Action Labels"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_cast(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = _sequencer_scene(context)
        added = sum(strips.add_action_labels(scene, _actor_name(context, index)) for index in (0, 1))
        self.report({"INFO"}, f"Added {added} action strips" if added else "Every frame has an action already")
        return {"FINISHED"}


class INTERACT_OT_add_emotion_labels(bpy.types.Operator):
    """Fill both actors' emotion channels with their own emotion where nothing is said yet; cut, move and rename the
    strips, 'joy 150%' for instance
    """

    bl_idname = "interact.add_emotion_labels"
    bl_label = "Add Emotion Labels"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_cast(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = _sequencer_scene(context)
        actors = context.scene.interact.actors
        added = sum(
            strips.add_emotion_labels(scene, actor_name(actor), actor.emotion, actor.emotion_intensity)
            for actor in actors
        )
        self.report({"INFO"}, f"Added {added} emotion strips" if added else "Every frame has an emotion already")
        return {"FINISHED"}


class INTERACT_OT_generate(bpy.types.Operator):
    """Make both characters perform: bodies, hands and faces are keyed over the scene's frame range"""

    bl_idname = "interact.generate"
    bl_label = "Generate"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = generation.disabled_reason(context.scene)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            job = generation.generate_scene(context.scene)
        except errors.InterActError as error:
            return fail(self, error)
        return self._finish(job)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        try:
            self._job = generation.Generation(context.scene)
        except errors.InterActError as error:
            return fail(self, error)
        self._shown = self._job.progress
        manager = context.window_manager
        manager.progress_begin(0, 100)
        show_progress(context, self._shown)
        self._timer = manager.event_timer_add(SECONDS_BETWEEN_TICKS, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            self._job.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if generation.current is not self._job:  # another file, or Free Memory
            return self._leave(context, {"CANCELLED"})
        try:
            done = self._job.poll()
        except errors.Cancelled:
            self.report({"INFO"}, "Cancelled; nothing was changed")
            return self._leave(context, {"CANCELLED"})
        except errors.InterActError as error:
            return self._leave(context, fail(self, error))
        except Exception:
            self._leave(context, set())
            raise
        if done:
            return self._leave(context, self._finish(self._job))
        if self._job.progress != self._shown:  # drawing the window takes time that the runtime needs
            self._shown = self._job.progress
            show_progress(context, self._job.progress)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator by itself: the window closes or another file opens."""
        self._job.abandon()
        self._leave(context, set())

    def _finish(self, job: generation.Generation) -> set[str]:
        for warning in job.warnings:
            self.report({"WARNING"}, warning)
        self.report(
            {"INFO"}, f"Generated {job.request.duration:.1f} s for two in {job.seconds:.0f} s (seed {job.request.seed})"
        )
        return {"FINISHED"}

    def _leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        clear_status()
        redraw(context)
        return result


class INTERACT_OT_cancel(bpy.types.Operator):
    """Stop generating and leave the scene as it is"""

    bl_idname = "interact.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return generation.current is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if generation.current is not None:
            generation.current.cancel()
        return {"FINISHED"}


class INTERACT_OT_export_fbx(bpy.types.Operator):
    """Export both characters with their animation into one FBX file"""

    bl_idname = "interact.export_fbx"
    bl_label = "Export FBX"

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.fbx", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll_cast(cls, context)

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


class INTERACT_OT_add_demo_scene(bpy.types.Operator):
    """A new scene with two characters, a chair, their voices and actions: press Generate to see them perform"""

    bl_idname = "interact.add_demo_scene"
    bl_label = "InterAct Demo Scene"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = bpy.data.scenes.new("InterAct Demo")
        try:
            build_demo_scene(scene)
        except errors.InterActError as error:
            bpy.data.scenes.remove(scene)
            return fail(self, error)
        if context.window is not None:
            context.window.scene = scene
        compat.show_in_sequencer(scene)
        self.report({"INFO"}, "Two characters are cast and have something to say; press Generate in the InterAct tab")
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_cast_selected,
    INTERACT_OT_add_speech,
    INTERACT_OT_add_action_labels,
    INTERACT_OT_add_emotion_labels,
    *transcript_operators.CLASSES,
    INTERACT_OT_generate,
    INTERACT_OT_cancel,
    INTERACT_OT_export_fbx,
    INTERACT_OT_add_demo_scene,
)


def draw_add_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator(INTERACT_OT_add_demo_scene.bl_idname, icon="COMMUNITY")


def _poll_cast(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if any(actor.armature is None for actor in context.scene.interact.actors):
        cls.poll_message_set("Cast two characters first")
        return False
    return True


def _selected_armatures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The active one first; a selected mesh stands for the armature that moves it."""
    chosen = [context.object] if context.object is not None and context.object.select_get() else []
    chosen += [thing for thing in context.selected_objects if thing not in chosen]
    armatures = [thing if thing.type == "ARMATURE" else thing.find_armature() for thing in chosen]
    return list(dict.fromkeys(armature for armature in armatures if armature is not None))


def _actor_name(context: bpy.types.Context, index: int) -> str:
    return actor_name(context.scene.interact.actors[index])


def _sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    return compat.sequencer_scene(context.scene)
