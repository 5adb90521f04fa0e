"""The likely cause of a bone or a shape that is not shown as it is keyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .channel import bone_path, shape_path
from .played import strip_under_layers


def cause_of_bone(armature: bpy.types.Object, bone: str) -> str:
    """Return in words what moves a bone apart from its keys, on it or on a bone above; empty if nothing is found."""
    pose_bone: Any = armature.pose.bones.get(bone)
    if armature.data.pose_position == "REST":
        return f"'{armature.name}' shows its rest position"
    while pose_bone is not None:
        for constraint in pose_bone.constraints:
            if not constraint.mute and constraint.influence > 0.0:
                return f"'{pose_bone.name}' has the constraint '{constraint.name}'"
        if _driver(armature, bone_path(pose_bone.name)):
            return f"'{pose_bone.name}' is driven by {_driver(armature, bone_path(pose_bone.name))}"
        pose_bone = pose_bone.parent
    return next(_causes_of_object(armature), "") or _cause_of_animation(armature)


def cause_of_shape(mesh: bpy.types.Object, shape: str) -> str:
    """Return in words what sets a shape apart from its keys; empty if nothing is found."""
    keys: Any = mesh.data.shape_keys
    block = keys.key_blocks[shape]
    if driver := _driver(keys, shape_path(shape)):
        return f"'{shape}' is driven by {driver}"
    if block.mute:
        return f"'{shape}' is muted"
    if mesh.show_only_shape_key:
        return f"the shape '{mesh.active_shape_key.name}' of '{mesh.name}' is pinned"
    if block.slider_max < 1.0 or block.slider_min > 0.0:
        return f"the range of '{shape}' ends at {block.slider_min:.2f} and {block.slider_max:.2f}"
    return _cause_of_animation(keys)


def _driver(owner: Any, start: str) -> str:
    """Return what drives a property whose path begins with ``start``: a target's name, or an expression."""
    animation = owner.animation_data
    for curve in animation.drivers if animation is not None else ():
        if curve.data_path.startswith(start) and not curve.mute:
            targets = [
                target.id.name for variable in curve.driver.variables for target in variable.targets if target.id
            ]
            return f"'{targets[0]}'" if targets else f"the expression '{curve.driver.expression}'"
    return ""


def _causes_of_object(armature: bpy.types.Object) -> Iterator[str]:
    for constraint in armature.constraints:
        if not constraint.mute and constraint.influence > 0.0:
            yield f"the object '{armature.name}' has the constraint '{constraint.name}'"
    if (driver := _driver(armature, "")) and not _driver(armature, "pose."):
        yield f"the object '{armature.name}' is driven by {driver}"
    if armature.parent is not None:
        yield f"the object '{armature.name}' moves with its parent '{armature.parent.name}'"


def _cause_of_animation(owner: Any) -> str:
    animation = owner.animation_data
    strip = strip_under_layers(owner)
    if animation is None or (strip is None and animation.action is None):
        return "its take is not its active action any more"
    for track in animation.nla_tracks:
        if track.is_solo:
            return f"the NLA track '{track.name}' is soloed"
    if strip is not None:
        return f"'{animation.action.name}' plays over its take" if animation.action is not None else ""
    if animation.action_influence < 1.0 or animation.action_blend_type != "REPLACE":
        return "its active action has little influence or is blended"
    return ""
