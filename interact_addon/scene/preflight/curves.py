"""What animates a property: curves of an action's slot, of NLA strips, drivers, and whether a thing moves by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np

from ...rig.curves import curves_of, key_coordinates
from .problem import drivers_of

OBJECT_TRANSFORMS = frozenset(
    f"{delta}{name}"
    for delta in ("", "delta_")
    for name in ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")
)
_STILL = 1e-4


def playing_curves(animation: Any, start: float, end: float) -> Iterator[bpy.types.FCurve]:
    """Yield the curves that play within the frames ``start`` to ``end``: the active action's and those of the NLA."""
    played = [(animation.action, animation.action_slot)]
    for track in animation.nla_tracks if animation.use_nla else ():
        for strip in track.strips:
            in_time = strip.frame_start <= end and (strip.frame_end >= start or strip.extrapolation != "NOTHING")
            if in_time and not track.mute and not strip.mute:
                played.append((strip.action, strip.action_slot))
    for action, slot in played:
        if action is not None:
            yield from (curve for curve in curves_of(action, slot) if not curve.mute)


def travel(curve: bpy.types.FCurve) -> float:
    """Return the difference between a curve's greatest and least key; infinite with modifiers, which may add any."""
    if any(not modifier.mute for modifier in curve.modifiers):
        return float("inf")
    _, values = key_coordinates(curve)
    return float(np.ptp(values)) if len(values) else 0.0


def driven_transforms(obj: bpy.types.Object) -> list[bpy.types.FCurve]:
    """Return the drivers of an object's own transform."""
    return [driver for driver in drivers_of(obj) if driver.data_path in OBJECT_TRANSFORMS]


def moves(obj: bpy.types.Object | None, scene: bpy.types.Scene, seen: frozenset[int] = frozenset()) -> bool:
    """Return whether an object's place changes over the shot: by its keys, drivers, constraints or parents."""
    if obj is None or obj.session_uid in seen:
        return False
    seen |= {obj.session_uid}
    return (
        _is_keyed(obj, scene)
        or bool(driven_transforms(obj))
        or any(constraint_moves(constraint, scene, seen) for constraint in obj.constraints)
        or moved_by_parent(obj, scene, seen)
    )


def moved_by_parent(obj: bpy.types.Object, scene: bpy.types.Scene, seen: frozenset[int] = frozenset()) -> bool:
    """Return whether the parent of an object, or the bone or shape it hangs on, changes its place over the shot."""
    parent = obj.parent
    if parent is None:
        return False
    posed = obj.parent_type == "BONE" and parent.animation_data is not None and parent.animation_data.action is not None
    return posed or moves(parent, scene, seen)


def constraint_moves(constraint: Any, scene: bpy.types.Scene, seen: frozenset[int] = frozenset()) -> bool:
    """Return whether a constraint on an object changes the object's place over the shot."""
    if not (constraint.enabled and constraint.is_valid):
        return False
    owner = constraint.id_data
    path = constraint.path_from_id("influence")
    if any(driver.data_path == path for driver in drivers_of(owner)):
        return True
    targets = [item.target for item in constraint.targets] if constraint.type == "ARMATURE" else []
    targets.append(getattr(constraint, "target", None))
    along_a_path = constraint.type == "FOLLOW_PATH" and not constraint.use_fixed_location
    on_a_bone = bool(getattr(constraint, "subtarget", "")) and any(
        t is not None and t.type == "ARMATURE" for t in targets
    )
    return constraint.influence > 0.0 and (
        along_a_path or on_a_bone or any(moves(target, scene, seen) for target in targets)
    )


def _is_keyed(obj: bpy.types.Object, scene: bpy.types.Scene) -> bool:
    animation = obj.animation_data
    if animation is None:
        return False
    curves = playing_curves(animation, scene.frame_start, scene.frame_end)
    return any(curve.data_path in OBJECT_TRANSFORMS and travel(curve) > _STILL for curve in curves)
