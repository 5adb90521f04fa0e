"""When the file is saved, the files of its takes go along. Saving never fails because of it."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from ..takes import saving
from .feedback import tell


@bpy.app.handlers.persistent
def before_save(path: str, *_: object) -> None:
    """Bring the files of takes along, and say what could not be; the start-up file has no path."""
    if not path:
        return
    warnings = saving.bring_along(Path(path))
    if bpy.app.background:
        for warning in warnings:
            print(f"warning: {warning}", file=sys.stderr)
    else:
        tell(("WARNING", warning) for warning in warnings)


@bpy.app.handlers.persistent
def after_save(path: str, *_: object) -> None:
    if path:
        saving.saved(Path(path))


@bpy.app.handlers.persistent
def save_failed(*_: object) -> None:
    saving.take_back()


def handlers() -> tuple[tuple[list[object], object], ...]:
    """Return Blender's lists of handlers of saving, each with what is done there."""
    lists = bpy.app.handlers
    return (lists.save_pre, before_save), (lists.save_post, after_save), (lists.save_post_fail, save_failed)
