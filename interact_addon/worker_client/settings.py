"""The runtime's settings in the preferences: its Python, weights and speech encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..runtime_api import errors
from .installation import find_runtime_python

ADDON = str(__package__).rpartition(".")[0]  # Blender's name of the add-on, wherever it is installed


def preferences() -> Any:
    """Return the add-on's preferences, or None if it is used without being enabled (Blender as a module)."""
    addon = bpy.context.preferences.addons.get(ADDON)
    return addon.preferences if addon is not None else None


def own_environment() -> Path | None:
    """Return the folder of the environment that Install Runtime makes; None outside an installed extension."""
    try:
        folder = bpy.utils.extension_path_user(ADDON, path="runtime")
    except ValueError:
        return None
    return Path(folder) / "environment"


def runtime_python() -> Path:
    """Return the Python of the worker; raises ``RuntimeMissing``."""
    user = preferences()
    return find_runtime_python(bpy.path.abspath(user.python) if user and user.python else "", own_environment())


def weights_folder() -> Path | None:
    """Return the folder of the user's own weights, or None."""
    user = preferences()
    return Path(bpy.path.abspath(user.weights)) if user and user.weights else None


def wav2vec2_folder() -> Path | None:
    """Return the folder of the user's wav2vec 2.0 speech encoder, or None."""
    user = preferences()
    return Path(bpy.path.abspath(user.wav2vec2)) if user and user.wav2vec2 else None


def runtime_state() -> str:
    """Return one line: the Python that runs the worker, or what to do if there is none."""
    try:
        return f"Runtime: {runtime_python()}"
    except errors.InterActError as error:
        return str(error)
