"""The runtime itself: install it, free its memory."""

from __future__ import annotations

import bpy

from ..runtime_api import errors
from ..worker_client import generation, installation, settings
from .feedback import SECONDS_BETWEEN_TICKS, clear_status, fail, redraw, show_progress


class INTERACT_OT_free_memory(bpy.types.Operator):
    """End the runtime's process to free its memory; the next Generate starts it again"""

    bl_idname = "interact.free_memory"
    bl_label = "Free Memory"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not generation.runtime_is_loaded():
            cls.poll_message_set("The runtime is not loaded")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        generation.free_runtime()
        self.report({"INFO"}, "The runtime's memory is free again")
        return {"FINISHED"}


class INTERACT_OT_install_runtime(bpy.types.Operator):
    """Download torch and the other libraries (about 2 GB on disk) into a folder of their own; Esc cancels"""

    bl_idname = "interact.install_runtime"
    bl_label = "Install Runtime"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Allow online access in Preferences > System first")
            return False
        if settings.own_environment() is None:
            cls.poll_message_set("Install InterAct as an extension first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        user, environment = settings.preferences(), settings.own_environment()
        assert environment is not None
        try:
            base = installation.find_base_python(bpy.path.abspath(user.python) if user and user.python else "")
            self._installer = installation.Installer(base, environment)
        except (errors.InterActError, OSError) as error:
            return fail(self, error)
        self._shown = self._installer.poll()
        self._timer = context.window_manager.event_timer_add(SECONDS_BETWEEN_TICKS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            self._installer.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            progress = self._installer.poll()
        except errors.Cancelled:
            self.report({"INFO"}, "Cancelled; install again to go on where it stopped")
            return self._leave(context, {"CANCELLED"})
        except errors.InterActError as error:
            return self._leave(context, fail(self, error))
        if progress is None:
            self.report({"INFO"}, "The runtime is installed and has passed its test")
            return self._leave(context, {"FINISHED"})
        if progress != self._shown:
            self._shown = progress
            show_progress(context, progress)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._installer.cancel()
        self._leave(context, set())

    def _leave(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        clear_status()
        redraw(context)
        return result


CLASSES = (INTERACT_OT_free_memory, INTERACT_OT_install_runtime)
