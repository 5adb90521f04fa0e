"""What operators share: one sentence for a failure, progress in the status bar and the panels, a common poll."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..messages import Message, in_words, translated
from ..runtime_api import contract

SECONDS_BETWEEN_TICKS = 0.1
_messages: list[tuple[str, str]] = []  # kinds of report and sentences that are still to be shown


def poll_cast(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Return whether both actors have an armature; otherwise set the tooltip that says what to do."""
    if any(actor.armature is None for actor in context.scene.interact.actors):
        cls.poll_message_set("Cast two characters first")
        return False
    return True


class NeedsCast(bpy.types.Operator):
    """A verb for a scene in which both actors are cast."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_cast(cls, context)


def fail(operator: bpy.types.Operator, error: Exception) -> set[str]:
    """Report ``error`` as one sentence and return the operator's result."""
    operator.report({"ERROR"}, translated(in_words(error)))
    return {"CANCELLED"}


def say(operator: bpy.types.Operator, template: str, kind: str = "INFO", **fields: object) -> None:
    """Report a sentence with named fields, translated; ``fields`` may be messages too."""
    operator.report({kind}, translated(Message(template, **fields)))


def show_progress(context: bpy.types.Context, progress: contract.Progress) -> None:
    """Show ``progress`` at the mouse pointer, in the status bar and in the panels."""
    context.window_manager.progress_update(int(progress.fraction * 100))
    if context.workspace is not None:
        context.workspace.status_text_set(f"InterAct: {progress.stage} ({progress.fraction:.0%})   Esc: Cancel")
    redraw(context)


def clear_status() -> None:
    """Clear the status bar of every workspace: the user may have changed workspaces in the meantime."""
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(None)


def redraw(context: bpy.types.Context) -> None:
    """Redraw the sidebars of every window, so that the panels show the progress."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "SEQUENCE_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def redraw_status_bar() -> None:
    """Redraw the status bars; only changes that they listen to do that, and the name of a view layer is one."""
    bpy.msgbus.publish_rna(key=(bpy.types.ViewLayer, "name"))


def tell(messages: Iterable[tuple[str, str]]) -> None:
    """Report kinds and sentences from outside of an operator, such as a timer; without a window they are dropped."""
    windows = bpy.context.window_manager.windows
    if not windows:
        return
    _messages.extend(messages)
    if _messages:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.interact.tell("INVOKE_DEFAULT")


class INTERACT_OT_tell(bpy.types.Operator):
    """Show reports that came up while no operator was running"""

    bl_idname = "interact.tell"
    bl_label = "InterAct"
    bl_options = {"INTERNAL"}

    # Blender shows the reports of an operator that a script calls nowhere, but those of its answers to events.

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._timer = context.window_manager.event_timer_add(0.01, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        for kind, sentence in _messages:
            self.report({kind}, translated(sentence))
        _messages.clear()
        return {"FINISHED", "PASS_THROUGH"}


CLASSES = (INTERACT_OT_tell,)
