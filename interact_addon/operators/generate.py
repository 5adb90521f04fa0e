"""Generating: start, watch and cancel."""

from __future__ import annotations

import bpy

from ..runtime_api import errors
from ..worker_client import generation
from .feedback import SECONDS_BETWEEN_TICKS, clear_status, fail, redraw, show_progress


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
        """Abandon the job when Blender ends the operator: the window closes or another file opens."""
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


CLASSES = (INTERACT_OT_generate, INTERACT_OT_cancel)
