"""What operators share: one sentence for a failure, progress in the status bar and the panels, a common poll."""

from __future__ import annotations

import bpy

from ..runtime_api import contract

SECONDS_BETWEEN_TICKS = 0.1


def poll_cast(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Return whether both actors have an armature; otherwise set the tooltip that says what to do."""
    if any(actor.armature is None for actor in context.scene.interact.actors):
        cls.poll_message_set("Cast two characters first")
        return False
    return True


def fail(operator: bpy.types.Operator, error: Exception) -> set[str]:
    """Report ``error`` as one sentence and return the operator's result."""
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


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
