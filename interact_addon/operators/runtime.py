"""The runtime itself: install it, watch and cancel that, free its memory."""

from __future__ import annotations

import bpy

from ..messages import translated
from ..runtime_api import errors
from ..worker_client import generation, installation, settings
from ..worker_client.libraries import own_lock
from .feedback import fail, redraw, say

_SECONDS_BETWEEN_LOOKS = 0.2


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
        say(self, "The runtime's memory is free again")
        return {"FINISHED"}


class INTERACT_OT_install_runtime(bpy.types.Operator):
    """Fetch PyTorch and the other libraries into the extension's own folder; nothing is put into Blender"""

    bl_idname = "interact.install_runtime"
    bl_label = "Install Runtime"

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return f"{cls.__doc__}. {install_summary()}"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = settings.why_not_install()
        if not reason and generation.current is not None:
            reason = "Wait for the generation."
        if reason:
            cls.poll_message_set(reason.removesuffix("."))
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = settings.own_folder()
        assert folder is not None
        try:
            installation.start(folder, settings.install_source(), settings.chosen_python())
        except errors.InterActError as error:
            return fail(self, error)
        if bpy.app.background:  # no window, no timers: a script waits for the end
            return self._wait()
        watch()
        return {"FINISHED"}

    def _wait(self) -> set[str]:
        assert installation.current is not None
        installation.current.wait()
        installation.finished()
        settings.forget()
        self.report({"INFO" if installation.succeeded else "ERROR"}, translated(installation.outcome))
        return {"FINISHED" if installation.succeeded else "CANCELLED"}


class INTERACT_OT_cancel_install(bpy.types.Operator):
    """Stop installing; what is downloaded is kept for the next time"""

    bl_idname = "interact.cancel_install"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return installation.current is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert installation.current is not None
        installation.current.cancel()
        return {"FINISHED"}


def install_summary() -> str:
    """Return what installing costs, in one sentence; empty for a Python that there are no libraries for."""
    try:
        return own_lock().summary()
    except errors.InterActError:
        return ""


def watch() -> None:
    """Redraw panels and preferences while the runtime is installed or a chosen Python is checked."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=_SECONDS_BETWEEN_LOOKS, persistent=True)


def stop_installing() -> None:
    """Cancel an installation that runs: the extension is disabled, or replaced by another version."""
    if installation.current is not None:
        installation.current.cancel()
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def _look() -> float | None:
    if installation.finished():
        settings.forget()
        if generation.current is None:
            generation.free_runtime()  # its libraries may be gone
    _redraw()
    check = settings.python_check()
    waiting = installation.current is not None or (check is not None and not check.sentence)
    return _SECONDS_BETWEEN_LOOKS if waiting else None


def _redraw() -> None:
    redraw(bpy.context)
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


CLASSES = (INTERACT_OT_free_memory, INTERACT_OT_install_runtime, INTERACT_OT_cancel_install)
