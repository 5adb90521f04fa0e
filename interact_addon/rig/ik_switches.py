"""Whether a take plays the FK or the IK of its rig: keyed, and set on the rig as well."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from .channel import Channel, bone_path
from .curves import curves_of, write_channels
from .ik_limbs import IkLimb
from .mapping import RigMap
from .recognition import driver_paths


def switch(armature: bpy.types.Object, rig: RigMap, limbs: Sequence[IkLimb], bag: Any, start: int, ik: bool) -> None:
    """Key the switches of a rig to IK or to FK in ``bag``, the take's channels, and set them on the rig.

    Where a constraint turns the mapped bones themselves, it is its influence that is keyed, and it is enabled for IK.
    """
    written = []
    for control, prop, value in _properties(armature, rig):
        now = 1.0 - value if ik else value
        holder = armature.pose.bones[control]
        holder[prop] = type(holder[prop])(now)
        written.append(Channel(_switch_path(control, prop), np.array([[now]]), control))
    for bone, constraint in _constraints(armature, limbs):
        constraint.influence = float(ik)
        if ik:
            constraint.enabled = True
        written.append(Channel(_influence(bone, constraint.name), np.array([[float(ik)]]), bone))
    write_channels(bag, written, start)
    armature.update_tag()


@contextmanager
def fk_shown(armature: bpy.types.Object, rig: RigMap, limbs: Sequence[IkLimb], bag: Any) -> Iterator[None]:
    """Let a rig play its FK for a while, whatever the take keys; ``bag``: the take's channels."""
    constraints = [(constraint, constraint.influence) for _, constraint in _constraints(armature, limbs)]
    switches = [(armature.pose.bones[control], prop, value) for control, prop, value in _properties(armature, rig)]
    held = [(holder, prop, holder[prop]) for holder, prop, _ in switches]
    paths = {_influence(bone, constraint.name) for bone, constraint in _constraints(armature, limbs)}
    paths |= {_switch_path(holder.name, prop) for holder, prop, _ in switches}
    with muted(bag, paths):
        try:
            for constraint, _ in constraints:
                constraint.influence = 0.0
            for holder, prop, value in switches:
                holder[prop] = type(holder[prop])(value)
            armature.update_tag()
            yield
        finally:
            for constraint, influence in constraints:
                constraint.influence = influence
            for holder, prop, value in held:
                holder[prop] = value
            armature.update_tag()


@contextmanager
def muted(bag: Any, paths: Collection[str]) -> Iterator[None]:
    """Mute the curves of some data paths for a while."""
    curves = [curve for curve in bag.fcurves if curve.data_path in paths and not curve.mute]
    try:
        for curve in curves:
            curve.mute = True
        yield
    finally:
        for curve in curves:
            curve.mute = False


def switch_off_unkeyed(armature: bpy.types.Object, before: bpy.types.Action, after: bpy.types.Action) -> None:
    """Take away the influence of IK that a take keyed and the one shown after it does not: it would stay."""
    keyed, still = (
        {curve.data_path for slot in action.slots for curve in curves_of(action, slot)} for action in (before, after)
    )
    for bone in armature.pose.bones:
        for constraint in bone.constraints:
            if _influence(bone.name, constraint.name) in keyed - still:
                constraint.influence = 0.0


def _influence(bone: str, constraint: str) -> str:
    return f'{bone_path(bone)}.constraints["{bpy.utils.escape_identifier(constraint)}"].influence'


def _switch_path(control: str, prop: str) -> str:
    return f'{bone_path(control)}["{bpy.utils.escape_identifier(prop)}"]'


def _properties(armature: bpy.types.Object, rig: RigMap) -> Iterator[tuple[str, str, float]]:
    """Yield those of the rig's switches that lead from FK to IK, with their value for FK."""
    for control, prop, value in rig.switches:
        there = control in armature.pose.bones and prop in armature.pose.bones[control]
        if there and "ik" in prop.lower() and value in (0.0, 1.0):
            yield control, prop, value


def _constraints(armature: bpy.types.Object, limbs: Sequence[IkLimb]) -> Iterator[tuple[str, Any]]:
    """Yield the constraints that put IK onto mapped bones, each with its bone, but for those that drivers switch."""
    driven = set(driver_paths(armature))
    for bone, name in (pair for limb in limbs for pair in limb.switched):
        path = _influence(bone, name)
        if not driven & {path, *(path.removesuffix("influence") + prop for prop in ("mute", "enabled"))}:
            yield bone, armature.pose.bones[bone].constraints[name]
