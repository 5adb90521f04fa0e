"""The runtime's settings in the preferences: its Python, the wheels it is installed from, weights, speech encoder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from ..runtime_api import errors
from . import installation, interpreters
from .process import Interpreter, RuntimeMissing

ADDON = str(__package__).rpartition(".")[0]  # Blender's name of the add-on, wherever it is installed

_found: tuple[tuple[object, ...], Interpreter | str, bool] | None = None
_check: interpreters.PythonCheck | None = None


def preferences() -> Any:
    """Return the add-on's preferences, or None if it is used without being enabled (Blender as a module)."""
    addon = bpy.context.preferences.addons.get(ADDON)
    return addon.preferences if addon is not None else None


def own_folder() -> Path | None:
    """Return the extension's folder for the runtime; None outside an installed extension."""
    try:
        return Path(bpy.utils.extension_path_user(ADDON, path="runtime"))
    except ValueError:
        return None


def chosen_python() -> str:
    """Return the path of the Python that the user chose, or an empty text."""
    user = preferences()
    return bpy.path.abspath(user.python) if user and user.python else ""


def runtime_python() -> Interpreter:
    """Return the Python of the worker with its libraries; raises ``RuntimeMissing``.

    Panels ask at every redraw: the answer is kept until ``forget`` or until one of the choices changes.
    """
    found, _ = _look()
    if isinstance(found, str):
        raise RuntimeMissing(found)
    return found


def is_outdated() -> bool:
    """Return whether the worker runs with libraries of an earlier version of the add-on."""
    return _look()[1]


def _look() -> tuple[Interpreter | str, bool]:
    global _found
    chosen, variable, folder = chosen_python(), os.environ.get(interpreters.ENVIRONMENT_VARIABLE, ""), own_folder()
    check = _check if _check is not None and _check.chosen == chosen else None
    question = (chosen, variable, folder, check and check.usable)
    if check is not None and check.usable is False:
        return check.sentence, False
    if _found is None or _found[0] != question:
        try:
            found = interpreters.find_runtime(chosen, folder)
            _found = question, found, folder is not None and interpreters.are_outdated(found, folder)
        except errors.InterActError as error:
            _found = question, str(error), False
    return _found[1], _found[2]


def forget() -> None:
    """Look for the runtime anew when it is asked for next."""
    global _found, _check
    _found = _check = None


def python_check() -> interpreters.PythonCheck | None:
    """Return the check of the chosen Python, started here if it is new; None where none is chosen."""
    global _check
    chosen = chosen_python()
    if not chosen:
        _check = None
    elif _check is None or _check.chosen != chosen:
        _check = interpreters.PythonCheck(chosen, own_folder())
    return _check


def install_source() -> installation.Source:
    """Return where the runtime is installed from."""
    user = preferences()
    return installation.Source(
        Path(bpy.path.abspath(user.wheels)) if user and user.wheels else None, bpy.app.online_access
    )


def why_not_install() -> str:
    """Return in one sentence why Install Runtime cannot be pressed; empty if it can."""
    if installation.current is not None:
        return "The runtime is being installed."
    return installation.why_not(install_source(), own_folder(), chosen_python())


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
        found = runtime_python()
    except errors.InterActError as error:
        return str(error)
    return f"Runtime: {found.python}" + (f" with {found.libraries}" if found.libraries else "")
