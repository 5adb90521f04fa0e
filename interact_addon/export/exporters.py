"""Blender's own exporters: enabled where they are add-ons, and their failures as named errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..runtime_api import errors

_OPERATORS = {"io_scene_fbx": "EXPORT_SCENE_OT_fbx", "io_scene_gltf2": "EXPORT_SCENE_OT_gltf"}
_NO_ROOM = ("No space left", "Permission denied", "Read-only file system", "Disk quota")


def add_on(module: str) -> None:
    """Enable an add-on that comes with Blender, for this session alone. Raises ``ExportFailed``."""
    if hasattr(bpy.types, _OPERATORS[module]):
        return
    import addon_utils

    if addon_utils.enable(module) is None:
        raise errors.ExportFailed(f"Blender's add-on '{module}' cannot be enabled; enable it in the preferences.")


def built_in(operator: str, label: str) -> None:
    """Raise ``ExportFailed`` where this Blender was built without ``operator`` of ``bpy.ops.wm``."""
    if operator not in dir(bpy.ops.wm):
        raise errors.ExportFailed(f"This Blender was built without {label}; choose another format.")


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Raise ``OutOfSpace`` where a file cannot be written, ``ExportFailed`` where an exporter fails otherwise."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        reason = _reason(error)
        if isinstance(error, OSError) or any(words in str(error) for words in _NO_ROOM):
            raise errors.OutOfSpace(
                f"'{path}' cannot be written ({reason}); free some space or choose another folder."
            ) from error
        raise errors.ExportFailed(
            f"Blender's exporter could not make '{path.name}' ({reason}); try another format."
        ) from error


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip() and not line.startswith("Location:")]
    return lines[-1].strip() if lines else type(error).__name__
