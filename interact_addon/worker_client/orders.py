"""What is ordered of a generation: the whole shot around what is locked, or a stretch of the active takes."""

from __future__ import annotations

from functools import partial

import bpy

from ..rig.keying import KeyedPerformance
from ..runtime_api import contract, errors
from ..scene.request import cast_scene
from ..scene.shot import Shot
from ..scene.stretch import Stretch
from ..takes.changed import what_changed
from ..takes.stretches import PlannedStretch, key_planned, plan_around_locks, plan_stretch
from .generation import Order


def whole_order(scene: bpy.types.Scene) -> Order:
    """Order the whole shot; locked parts stay as they are. Raises named errors with nothing changed."""
    planned = plan_around_locks(scene)
    return Order() if planned is None else _order(planned)


def stretch_order(scene: bpy.types.Scene, stretch: Stretch) -> Order:
    """Order a stretch; all else is given and stays. Raises named errors with nothing changed."""
    return _order(plan_stretch(scene, cast_scene(scene, first_frame=True), stretch))


def changed_order(scene: bpy.types.Scene) -> Order:
    """Order what was changed since the take that is shown. Raises named errors with nothing changed."""
    changed = what_changed(scene)
    if changed is None:
        raise errors.InvalidRequest("No take is shown to compare with; generate the whole shot.")
    if changed.stretch is None:
        raise errors.InvalidRequest(f"{changed}; generate the whole shot to make it again.")
    return stretch_order(scene, changed.stretch)


def _order(planned: PlannedStretch) -> Order:
    what = "" if planned.whole else str(planned.stretch)
    return Order(constraints=planned.given, key=partial(_key, planned), what=what)


def _key(
    planned: PlannedStretch, scene: bpy.types.Scene, shot: Shot, performance: contract.Performance
) -> KeyedPerformance:
    return key_planned(scene, shot.cast, performance, planned)
