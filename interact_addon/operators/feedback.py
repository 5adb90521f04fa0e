"""What the user hears from a running operator: one sentence for a failure, progress in the status bar and the panels."""

from __future__ import annotations

import bpy

from ..runtime_api import contract

SECONDS_BETWEEN_TICKS = 0.1


def fail(operator: bpy.types.Operator, error: Exception) -> set[str]:
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


def show_progress(context: bpy.types.Context, progress: contract.Progress) -> None:
    context.window_manager.progress_update(int(progress.fraction * 100))
    if context.workspace is not None:
        context.workspace.status_text_set(f"InterAct: {progress.stage} ({progress.fraction:.0%})   Esc: Cancel")
    redraw(context)


def clear_status() -> None:
    """In every workspace: the user may have changed it in the meantime."""
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(None)


def redraw(context: bpy.types.Context) -> None:
    """The panels show the progress, in every window."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "SEQUENCE_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
