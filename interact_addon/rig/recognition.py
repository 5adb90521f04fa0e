"""An armature recognised as a rig: by its bone names, else by its shape; and the sentence where it is neither."""

from __future__ import annotations

import bpy
import numpy as np

from ..messages import some
from .channel import bone_path
from .mapping import REQUIRED_JOINTS, RigMap, RigNotRecognised, control_table, map_assigned, map_bones, second_rig
from .topology import NoHumanShape, joints_by_shape

BY_SHAPE = "by shape"  # the name of a rig that no table knows
_BY_HAND = "choose the bones by hand under Cast > Bones"
_NEARLY_KNOWN = 5  # a rig that lacks fewer joints of a known one is spoken of as that


def map_rig(armature: bpy.types.Object) -> RigMap:
    """Recognise a rig and map its bones: by names, or by shape where no table fits. Raises ``RigNotRecognised``."""
    parents = parents_of(armature)
    if not parents:
        raise RigNotRecognised(f"'{armature.name}' has no bones; choose the armature that moves the character's mesh.")
    try:
        rig = map_bones(parents, armature.name)
    except RigNotRecognised as unknown:
        return _map_by_shape(armature, parents, unknown)
    other = "" if control_table(rig.rig) else second_rig(rig, parents)
    if other:
        raise RigNotRecognised(
            f"'{armature.name}' holds two skeletons, on '{rig.root}' and on '{other}'; separate one into an armature "
            "of its own (Edit Mode, P)."
        )
    return rig


def parents_of(armature: bpy.types.Object) -> dict[str, str | None]:
    """Return the bones of an armature, each with the bone above it."""
    return {bone.name: bone.parent.name if bone.parent else None for bone in armature.data.bones}


def carriers_of(armature: bpy.types.Object) -> dict[str, str | None]:
    """Return the bones of an armature, each with the bone that carries it: the one above, or the one that it copies.

    Control rigs hang a bone on a copy of a control, such as an arm on the shoulder's. A copy that a driver or little
    influence may take away does not count.
    """
    carriers = parents_of(armature)
    switched = driver_paths(armature)
    for bone in armature.pose.bones:
        for one in bone.constraints:
            if one.type == "COPY_TRANSFORMS" and one.enabled and one.influence == 1.0 and one.target == armature:
                path = f'{bone_path(bone.name)}.constraints["{bpy.utils.escape_identifier(one.name)}"]'
                if one.subtarget in carriers and not any(place.startswith(path) for place in switched):
                    carriers[bone.name] = one.subtarget
    return carriers


def driver_paths(armature: bpy.types.Object) -> list[str]:
    """Return the data paths of the drivers of an armature object."""
    animation = armature.animation_data
    return [driver.data_path for driver in animation.drivers] if animation is not None else []


def held_bones(armature: bpy.types.Object) -> set[str]:
    """Return the bones that constraints hold or turn."""
    return {
        bone.name
        for bone in armature.pose.bones
        if any(not one.mute and one.influence > 0.0 for one in bone.constraints)
    }


def bones_turned_by_drivers(armature: bpy.types.Object) -> set[str]:
    """Return the bones whose rotation has a driver."""
    paths = driver_paths(armature)
    return {
        bone.name
        for bone in armature.pose.bones
        if any(path.startswith(f"{bone_path(bone.name)}.rotation") for path in paths)
    }


def _map_by_shape(armature: bpy.types.Object, parents: dict[str, str | None], unknown: RigNotRecognised) -> RigMap:
    """Map bones by their places, none that a constraint holds: keys on it would not show.

    A rig that nearly is a known one is mapped only if its shape says the same as the names that are there.
    """
    bones, nearly = armature.data.bones, len(unknown.lacks) < _NEARLY_KNOWN
    heads, tails = ({bone.name: np.array(getattr(bone, end)) for bone in bones} for end in ("head_local", "tail_local"))
    held = held_bones(armature)
    try:
        joints = joints_by_shape(parents, heads, tails)
    except NoHumanShape as reason:
        raise (
            unknown if nearly else RigNotRecognised(_sentence(armature.name, str(reason), len(held)), unknown.found)
        ) from None
    if nearly and any(joints[joint] != bone for joint, bone in unknown.found.items() if joint in REQUIRED_JOINTS):
        raise unknown
    if stuck := [f"'{joints[joint]}'" for joint in (*REQUIRED_JOINTS, "spine:0") if joints[joint] in held]:
        raise (
            unknown
            if nearly
            else RigNotRecognised(
                f"'{armature.name}' is no rig known by its bone names, and by shape its bones are held by constraints, "
                f"{some(stuck)}; mute those, or choose the controls by hand under Cast > Bones.",
                unknown.found,
            )
        )
    return map_assigned({joint: bone for joint, bone in joints.items() if bone not in held}, parents, BY_SHAPE)


def _sentence(name: str, reason: str, held: int) -> str:
    if held >= len(REQUIRED_JOINTS):
        return (
            f"'{name}' is a control rig that is not known here: constraints hold {held} of its bones; {_BY_HAND}, "
            "its FK controls, and switch IK off."
        )
    return f"'{name}' is no rig known by its bone names, and {reason}; {_BY_HAND}, or another armature."
