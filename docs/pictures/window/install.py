"""What Install Runtime looks like before it is pressed, in the preferences, with what it costs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bpy

from interact_addon.worker_client.interpreters import ENVIRONMENT_VARIABLE
from interact_addon.worker_client.libraries import PYTHONS, NotSupported, own_lock

INSTALLS = True
_REPOSITORY = Path(__file__).resolve().parents[3]


def steps() -> Iterator[float | str]:
    python = os.environ.pop(ENVIRONMENT_VARIABLE)  # a user has no runtime yet
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run((python, "-m", "interact_addon.packaging", folder), cwd=_REPOSITORY, check=True)
        zipped = next(Path(folder).glob("*.zip"))
        bpy.ops.extensions.package_install_files(filepath=str(zipped), repo="user_default", enable_on_install=True)
    preferences = bpy.context.preferences
    preferences.system.use_online_access = True
    module = next(addon.module for addon in preferences.addons if addon.module.endswith(".interact_addon"))
    try:
        own_lock()
    except NotSupported:  # a Blender of a Linux distribution
        found = [shutil.which(f"python{version}", path="/usr/bin") for version in PYTHONS]
        preferences.addons[module].preferences.python = next((one for one in found if one is not None), "")
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    area.type = "PREFERENCES"  # a window of its own may lie half outside of the screen
    preferences.active_section = "ADDONS"
    yield 2.0
    bpy.context.window_manager.addon_search = "InterAct"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.preferences.addon_expand(module=module)
    yield 5.0
    yield "install.webp"
