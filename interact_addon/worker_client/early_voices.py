"""Voices that are mixed as soon as they are there, so that the first Generate finds them mixed.

Other Blenders mix; this one asks now and then whether they are done. A Generate that comes earlier mixes them itself.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import bpy

from ..properties import actor_key
from ..rig.identity import scene_with
from ..runtime_api import errors
from ..scene.shot import Voices, mixed_in_steps

_SOON, _PAUSE = 0.3, 0.1  # seconds

_running: Generator[str, None, Voices] | None = None


def begin(scene: bpy.types.Scene) -> None:
    """Mix the voices of both actors in the background; what ran before is given up."""
    global _running
    stop()
    names = [actor_key(actor).name for actor in scene.interact.actors]  # type: ignore[attr-defined]
    _running = mixed_in_steps(partial(_scene_of, scene.session_uid), names)
    bpy.app.timers.register(partial(_tick, _running), first_interval=_SOON)


def stop() -> None:
    """End the other Blenders, where some are mixing."""
    global _running
    running, _running = _running, None
    if running is not None:
        running.close()


def _tick(steps: Generator[str, None, Voices]) -> float | None:
    """Do one step; return the seconds until the next one, or None after the last.

    Nothing is said of what is wrong: *Generate* meets it too, and says it.
    """
    global _running
    if steps is not _running:
        return None
    try:
        next(steps)
    except (StopIteration, errors.InterActError):
        _running = None
        return None
    return _PAUSE


def _scene_of(uid: int) -> bpy.types.Scene:
    scene = scene_with(uid)
    if scene is None:
        raise errors.InvalidRequest("The scene was deleted while its voices were mixed.")
    return scene
