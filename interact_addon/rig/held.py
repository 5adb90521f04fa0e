"""What must stand still while a performance plays: everything an older animation would move under it.

A take plays over the NLA and in the place of the action that was active. Where those animate a property that the take
does not key, an offset of a bone or the place of the object, that property gets one key with its present value: bones
of the body were reset before, object and root stand where they are on the first frame.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array
from .channel import Channel, bone_path
from .curves import curves_of
from .played import LAYER

_OBJECT = (
    "location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale",
    "delta_location", "delta_rotation_euler", "delta_rotation_quaternion", "delta_scale", "rotation_mode",
)  # fmt: skip
_BONE = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale", "rotation_mode")


def animated_paths(owner: Any) -> set[str]:
    """Return the data paths that the active action and the NLA of ``owner`` animate, muted or not."""
    return {curve.data_path for action, slot in _actions(owner) for curve in curves_of(action, slot)}


def object_is_animated(armature: bpy.types.Object) -> bool:
    """Return whether the object itself, not its bones, has keys."""
    return bool(animated_paths(armature) & set(_OBJECT))


def held_channels(
    armature: bpy.types.Object, bones: Collection[str], keyed: Collection[str], paths: Collection[str]
) -> list[Channel]:
    """Return one key for each of the animated ``paths`` of the object and of ``bones`` that is not ``keyed``.

    The values are those the properties have now.
    """
    places = [(path, armature, path, "Object Transforms") for path in _OBJECT]
    places += [(f"{bone_path(bone)}.{name}", armature.pose.bones[bone], name, bone) for bone in bones for name in _BONE]
    return [
        Channel(path, _value(holder, name), group)
        for path, holder, name, group in places
        if path in paths and path not in keyed
    ]


def held_modes(armature: bpy.types.Object, bones: Iterable[str]) -> list[Channel]:
    """Return one key for the rotation mode of each of ``bones`` that has an animated one, as it is now."""
    paths = animated_paths(armature)
    places = [(f"{bone_path(bone)}.rotation_mode", bone) for bone in bones]
    return [
        Channel(path, _value(armature.pose.bones[bone], "rotation_mode"), bone)
        for path, bone in places
        if path in paths
    ]


def _value(holder: Any, name: str) -> Array:
    """Return what a property is now as one row of components, the number of a choice."""
    value = getattr(holder, name)
    if isinstance(value, str):
        value = (holder.bl_rna.properties[name].enum_items[value].value,)
    return np.array([tuple(value)], np.float64)


def _actions(owner: Any) -> Iterator[tuple[bpy.types.Action, Any]]:
    animation = owner.animation_data
    if animation is None:
        return
    if animation.action is not None:
        yield animation.action, animation.action_slot
    strips = [strip for track in animation.nla_tracks for strip in track.strips]
    while strips:
        strip = strips.pop()
        strips += list(getattr(strip, "strips", ()))  # of a meta strip
        if strip.action is not None and LAYER not in strip.action:  # a layer lies over the take
            yield strip.action, strip.action_slot
