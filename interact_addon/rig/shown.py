"""Which bone shows what a control rig's limb does: with inverse kinematics on, the FK controls stay behind."""

from __future__ import annotations

import re

import bpy

from .mapping import RigMap

# Rigify and Auto-Rig Pro: FK control of a limb -> the bone that follows either FK or IK.
_NAMES = (
    (re.compile(r"(upper_arm|forearm|hand|thigh|shin|foot|toe)_fk(\.[LR])"), r"ORG-\1\2"),
    (re.compile(r"c_(arm|forearm|hand|thigh|leg|foot)_fk(\.[lr])"), r"\1\2"),
)
_TOGETHER = 0.02  # of the bone's length: how far apart the two may lie at rest


def shown_bones(armature: bpy.types.Object, rig: RigMap) -> dict[str, str]:
    """Return, by driven bone, the bone that shows what it does, where that is another."""
    return {drive.bone: _shown(armature, drive.bone) for drive in rig.drives} if rig.is_control_rig else {}


def _shown(armature: bpy.types.Object, control: str) -> str:
    bones = armature.data.bones
    for pattern, name in _NAMES:
        if match := pattern.fullmatch(control):
            other = bones.get(match.expand(name))
            steered = other is not None and len(armature.pose.bones[other.name].constraints) > 0
            if other is not None and steered and _apart(bones[control], other) < _TOGETHER * bones[control].length:
                return other.name
    return control


def _apart(bone: bpy.types.Bone, other: bpy.types.Bone) -> float:
    return (bone.head_local - other.head_local).length
