"""How an armature stands when the shot starts, wherever the playhead is: object, bones above the body, scaled bones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..runtime_api import Array
from .mapping import RigMap
from .watching import watched


@dataclass(frozen=True)
class Standing:
    """An armature as the shot starts.

    ``world``: armature space to world (4, 4), the pose of the bones above the body included. ``moved``: the world's
    change since now (4, 4), the identity where nothing moves the object. ``scales``: the custom scale of bones in the
    pose that have one, the mean of its three axes.
    """

    world: Matrix
    moved: Matrix
    scales: dict[str, float]


def standing(armature: bpy.types.Object, rig: RigMap, scene: bpy.types.Scene | None = None) -> Standing:
    """Return how an armature stands at the first frame of ``scene``, or now where there is none."""
    if scene is None or not _moves(armature):
        return _read(armature, armature, rig)
    with watched(scene, [armature], []) as moment:
        return _read(armature, armature.evaluated_get(moment(scene.frame_start)), rig)


def _read(armature: bpy.types.Object, shown: Any, rig: RigMap) -> Standing:
    above = armature.data.bones[rig.root].parent
    pose = Matrix.Identity(4)
    if above is not None and armature.data.pose_position != "REST":
        pose = shown.pose.bones[above.name].matrix @ above.matrix_local.inverted()
    scales = {} if rig.is_control_rig else {
        bone.name: float(np.mean(bone.scale)) for bone in shown.pose.bones if abs(np.mean(bone.scale) - 1.0) > 1e-6
    }  # fmt: skip
    return Standing(shown.matrix_world @ pose, shown.matrix_world @ armature.matrix_world.inverted_safe(), scales)


def _moves(obj: bpy.types.Object | None) -> bool:
    """Return whether anything may move an object, or the bones above its body, over time."""
    while obj is not None:
        animation = obj.animation_data
        if len(obj.constraints) or (animation is not None and (animation.action or animation.nla_tracks)):
            return True
        if animation is not None and len(animation.drivers):
            return True
        obj = obj.parent
    return False


def heads_and_tails(armature: bpy.types.Object, rig: RigMap, scales: dict[str, float]) -> dict[str, Array]:
    """Return the head and tail (2, 3) of every bone at rest in armature space, moved by the custom scales.

    A scaled bone keeps its head and moves what hangs on it. Scales above the body are part of where it stands.
    """
    bones = armature.data.bones
    places = {bone.name: np.array([bone.head_local, bone.tail_local]) for bone in bones}
    sizes = sizes_above(armature, rig, scales)
    if scales:
        for bone in bones:  # Blender lists parents first
            rest = np.array([bone.head_local, bone.tail_local])
            head = rest[0]
            if bone.parent is not None:
                above = bone.parent
                head = places[above.name][0] + sizes[bone.name] * (rest[0] - np.array(above.head_local))
            places[bone.name] = head + np.outer([0.0, _size(bone, sizes, scales)], rest[1] - rest[0])
    return places


def sizes_above(armature: bpy.types.Object, rig: RigMap, scales: dict[str, float]) -> dict[str, float]:
    """Return what a bone's parent scales the bone's place by, for every bone."""
    sizes: dict[str, float] = {}
    for bone in armature.data.bones:
        within = bone.parent is not None and bone.name != rig.root
        sizes[bone.name] = _size(bone.parent, sizes, scales) if within else 1.0
    carrying = armature.data.bones[rig.root].parent_recursive
    return sizes | {bone.name: 1.0 for bone in carrying}


def _size(bone: Any, sizes: dict[str, float], scales: dict[str, float]) -> float:
    """Return the scale a bone is shown with."""
    inherits = bone.inherit_scale not in ("NONE", "NONE_LEGACY")
    return scales.get(bone.name, 1.0) * (sizes[bone.name] if inherits else 1.0)
