"""What the scripts in this folder share: they act step by step in a Blender with a window and write what they saw."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

import interact_addon
from interact_addon.compat import end_process

LONGEST_WAIT = 240.0  # seconds; software OpenGL on a busy machine


def act(
    steps: Callable[[dict[str, Any]], Iterator[float | str]],
    out: str,
    longest: float = LONGEST_WAIT,
    register: bool = True,
) -> None:
    """Run ``steps``, which fills what was seen and yields the seconds to wait, write it to the file ``out`` as JSON,
    and end Blender.

    A string that is yielded is the name of a picture, which is taken elsewhere. ``longest``: seconds until Blender is
    ended in any case. ``register``: use the add-on of this repository; else one that was installed.
    """
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.system.viewport_aa = "OFF"  # a picture is drawn once then, and not eight times
    if register:
        interact_addon.register()
    seen: dict[str, Any] = {}
    doing = steps(seen)
    bpy.app.timers.register(lambda: _run(doing, seen, Path(out)), first_interval=1.0, persistent=True)
    bpy.app.timers.register(lambda: end_process(2), first_interval=longest, persistent=True)


def _run(doing: Iterator[float | str], seen: dict[str, Any], out: Path) -> float | None:
    try:
        for pause in doing:
            if not isinstance(pause, str):
                return pause
    except Exception:
        traceback.print_exc()
        end_process(1)
    out.write_text(json.dumps(seen), "utf-8")
    end_process(0)
