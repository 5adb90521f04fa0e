"""Install Runtime as it is drawn in the Generate panel and in the preferences: costs, progress, cancel, outcome."""

from __future__ import annotations

import bpy

from ..operators.runtime import install_summary
from ..worker_client import generation, installation, settings
from .sidebar import in_our_language, lines


def install_is_wanted() -> bool:
    """Return whether the runtime is missing, of an earlier version, or being installed."""
    return generation.runtime_is_missing() or settings.is_outdated() or installation.current is not None


def draw_install(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button with what it costs, or the progress of an installation with its own button to cancel."""
    if (running := installation.current) is not None:
        progress = running.progress
        layout.progress(factor=progress.fraction, text=f"{in_our_language(progress.stage)}  {progress.fraction:.0%}")
        layout.operator("interact.cancel_install", icon="X")
        return
    layout.operator("interact.install_runtime", text=_button(), icon="IMPORT")
    if installation.outcome:
        lines(layout, context, installation.outcome)
    if reason := settings.why_not_install():
        lines(layout, context, reason, "ERROR")
        if not settings.install_source().online:
            layout.operator("screen.userpref_show", text="System Preferences", icon="PREFERENCES").section = "SYSTEM"
    elif not settings.chosen_python():
        lines(layout, context, install_summary())


def _button() -> str:
    if generation.runtime_is_missing():
        return "Install Runtime"
    return "Update Runtime" if settings.is_outdated() else "Install Again"
