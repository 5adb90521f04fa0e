"""Watching characters at any moment without touching the user's scene: its playhead, its poses, its meshes.

A temporary scene holds the armatures alone. The dependency graph adds what moves them: parents, targets of constraints,
drivers. Meshes stay out, which is what makes it fast; an empty whose driver looks at the shape keys keeps those
evaluated. Poses without keys stay as they are, because only the graph's own copies are written.

Not seen: what handlers of the frame change write, and rigid bodies, which are simulated in their own scene alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from .. import compat


@contextmanager
def watched(
    scene: bpy.types.Scene, armatures: Sequence[bpy.types.Object], keys: Sequence[Any]
) -> Iterator[Callable[[float], Any]]:
    """Yield a function from a scene frame, also between whole ones, to a dependency graph of that moment.

    Bones and shape values are those of ``armature.evaluated_get(graph)`` and ``keys.evaluated_get(graph)``.
    """
    stage = bpy.data.scenes.new("InterAct Reading")
    probe = bpy.data.objects.new("InterAct Reading", None)
    hidden = [armature for armature in armatures if armature.hide_viewport]  # the graph leaves these out
    try:
        for name in ("fps", "fps_base", "frame_map_old", "frame_map_new"):
            setattr(stage.render, name, getattr(scene.render, name))
        for armature in hidden:
            armature.hide_viewport = False
        for obj in (*armatures, probe):
            stage.collection.objects.link(obj)
        _look_at(probe, keys)

        def moment(frame: float) -> Any:
            whole = int(np.floor(frame + 1e-6))
            stage.frame_set(whole, subframe=max(frame - whole, 0.0))
            return stage.view_layers[0].depsgraph  # asked for by the context, it would write to the user's own data

        yield moment
    finally:
        for armature in hidden:
            armature.hide_viewport = True
        compat.remove_scene(stage, probe)


def _look_at(probe: bpy.types.Object, keys: Sequence[Any]) -> None:
    """Make the dependency graph of ``probe`` evaluate all values of these ``Key`` blocks."""
    probe["seen"] = 0.0
    driver = probe.driver_add('["seen"]').driver
    driver.type = "SUM"
    for block in keys:
        target = driver.variables.new().targets[0]
        target.id_type, target.id, target.data_path = "KEY", block, "eval_time"
