"""Proportions and joints of a body, and its armature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector

from .fields import Array, vector

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True)
class Figure:
    """One character: height (m), widths relative to the average, rest pose, names of bones, colours."""

    name: str
    height: float
    shoulders: float
    hips: float
    chest: float
    waist: float
    bust: float
    limbs: float
    head: float
    arm_drop: float
    naming: str
    palette: dict[str, tuple[float, float, float]]
    hair: str
    feminine: float

    @property
    def scale(self) -> float:
        """Height relative to the average body of 1.70 m."""
        return self.height / 1.70


# A body of 1.70 m in a T-pose, metres, left side; near the means of Drillis and Contini (1966).
_CENTRE = {
    "pelvis": (0.0, 0.010, 0.945), "spine1": (0.0, 0.018, 1.045), "spine2": (0.0, 0.022, 1.150),
    "spine3": (0.0, 0.024, 1.250), "neck": (0.0, 0.036, 1.430), "head": (0.0, 0.018, 1.510),
    "head_end": (0.0, 0.018, 1.70),
}  # fmt: skip
_SIDE = {
    "hip": (0.092, 0.010, 0.880), "knee": (0.096, 0.004, 0.475), "ankle": (0.098, 0.026, 0.082),
    "ball": (0.104, -0.100, 0.022), "ball_end": (0.108, -0.172, 0.020), "collar": (0.028, 0.020, 1.364),
    "shoulder": (0.172, 0.034, 1.348), "elbow": (0.437, 0.038, 1.348), "wrist": (0.680, 0.034, 1.348),
}  # fmt: skip
# From the wrist, palm down, thumb forward.
_HAND = {
    "thumb": ((0.022, -0.026, -0.010), (0.052, -0.054, -0.016), (0.078, -0.078, -0.019), (0.101, -0.096, -0.021)),
    "index": ((0.094, -0.031, 0.002), (0.131, -0.036, 0.001), (0.155, -0.039, 0.000), (0.177, -0.041, -0.001)),
    "middle": ((0.098, -0.006, 0.004), (0.139, -0.006, 0.003), (0.166, -0.006, 0.002), (0.190, -0.006, 0.001)),
    "ring": ((0.092, 0.018, 0.002), (0.129, 0.022, 0.001), (0.154, 0.025, 0.000), (0.177, 0.028, -0.001)),
    "pinky": ((0.082, 0.040, -0.002), (0.111, 0.048, -0.003), (0.130, 0.053, -0.004), (0.149, 0.058, -0.005)),
}


def arm_rotation(figure: Figure, side: str) -> Array:
    """Return the rotation (3, 3) of the arm about the shoulder, from the T-pose to the rest pose."""
    angle = figure.arm_drop if side == "l" else -figure.arm_drop
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def joints_of(figure: Figure) -> dict[str, Array]:
    """Return the rest positions (3,) of all joints in the world, metres.

    Names: ``pelvis`` ..., ``hip_l`` ..., ``index1_l`` to ``index4_l`` (the tip).
    """
    scale = figure.scale
    joints = {name: vector(*value) * scale for name, value in _CENTRE.items()}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        flip = vector(sign, 1.0, 1.0)
        placed = {name: vector(*value) * scale for name, value in _SIDE.items()}
        for name in ("hip", "knee", "ankle", "ball", "ball_end"):
            placed[name][0] += (figure.hips - 1.0) * 0.09 * scale
        wide = (figure.shoulders - 1.0) * 0.172 * scale
        for name in ("shoulder", "elbow", "wrist"):
            placed[name][0] += wide
        for finger, points in _HAND.items():
            for number, point in enumerate(points, start=1):
                placed[f"{finger}{number}"] = placed["wrist"] + vector(*point) * scale
        turn = arm_rotation(figure, "l")
        shoulder = placed["shoulder"].copy()
        for name in placed:
            if name in ("elbow", "wrist") or name[:-1] in FINGERS:
                placed[name] = shoulder + turn @ (placed[name] - shoulder)
        joints.update({f"{name}_{side}": value * flip for name, value in placed.items()})
    return joints


# internal joint that starts the bone: (joint that ends it, parent bone)
_BONES_CENTRE = {"pelvis": ("spine1", ""), "spine1": ("spine2", "pelvis"), "spine2": ("spine3", "spine1"),
                 "spine3": ("neck", "spine2"), "neck": ("head", "spine3"), "head": ("head_end", "neck")}  # fmt: skip
_BONES_SIDE = {"collar": ("shoulder", "spine3"), "shoulder": ("elbow", "collar"), "elbow": ("wrist", "shoulder"),
               "wrist": ("middle1", "elbow"), "hip": ("knee", "pelvis"), "knee": ("ankle", "hip"),
               "ankle": ("ball", "knee"), "ball": ("ball_end", "ankle")}  # fmt: skip
_MIXAMO = {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
           "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg",
           "ankle": "Foot", "ball": "ToeBase"}  # fmt: skip
_UNREAL = {
    "pelvis": "pelvis", "spine1": "spine_01", "spine2": "spine_02", "spine3": "spine_03",
    "neck": "neck_01", "head": "head", "collar": "clavicle", "shoulder": "upperarm", "elbow": "lowerarm",
    "wrist": "hand", "hip": "thigh", "knee": "calf", "ankle": "foot", "ball": "ball",
}  # fmt: skip


def skeleton_bones() -> dict[str, tuple[str, str]]:
    """Return every bone by the joint it starts at: (joint it ends at, parent bone or '')."""
    bones = dict(_BONES_CENTRE)
    for side in "lr":
        for name, (end, parent) in _BONES_SIDE.items():
            bones[f"{name}_{side}"] = (f"{end}_{side}", parent if parent in _BONES_CENTRE else f"{parent}_{side}")
        for finger in FINGERS:
            for number in (1, 2, 3):
                parent = f"wrist_{side}" if number == 1 else f"{finger}{number - 1}_{side}"
                bones[f"{finger}{number}_{side}"] = (f"{finger}{number + 1}_{side}", parent)
    return bones


def bone_name(joint: str, naming: str) -> str:
    """Return the rig's name of the bone that starts at ``joint``; ``naming`` is 'mixamo' or 'unreal'."""
    name, _, side = joint.partition("_")
    finger = name[:-1] if name[:-1] in FINGERS else ""
    if naming == "unreal":
        if finger:
            return f"{finger}_0{name[-1]}_{side}"
        return _UNREAL[name] + (f"_{side}" if side else "")
    prefix = {"l": "Left", "r": "Right", "": ""}[side]
    if finger:
        return f"mixamorig:{prefix}Hand{finger.title()}{name[-1]}"
    return f"mixamorig:{prefix}{_MIXAMO[name]}"


def build_armature(figure: Figure, collection: bpy.types.Collection) -> bpy.types.Object:
    """Build the armature at the world's origin, in rest pose, soles on the floor."""
    joints = joints_of(figure)
    data = bpy.data.armatures.new(figure.name)
    rig = bpy.data.objects.new(figure.name, data)
    # Bones are made in edit mode, which works only in the scene on screen; the demo's may be another.
    bench, layer = bpy.context.scene.collection, bpy.context.view_layer
    active = layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    bench.objects.link(rig)
    layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    _make_bones(data, figure, joints)
    bpy.ops.object.mode_set(mode="OBJECT")
    bench.objects.unlink(rig)
    collection.objects.link(rig)
    if active is not None and active.name in layer.objects:
        layer.objects.active = active
    data.display_type = "STICK"
    rig.show_in_front = True
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    return rig


def _make_bones(data: bpy.types.Armature, figure: Figure, joints: dict[str, Array]) -> None:
    edit = data.edit_bones
    made: dict[str, bpy.types.EditBone] = {}
    root = None
    if figure.naming == "unreal":
        root = edit.new("root")
        root.head, root.tail = (0.0, 0.0, 0.0), (0.0, 0.0, 0.12)
        root.use_deform = False
    for joint, (end, parent) in skeleton_bones().items():
        bone = edit.new(bone_name(joint, figure.naming))
        bone.head, bone.tail = Vector(joints[joint]), Vector(joints[end])
        bone.parent = made[parent] if parent else root
        # The Z axis of arms and fingers points up, of all others forward: what importers of these rigs make.
        arm = joint.split("_")[0] in ("collar", "shoulder", "elbow", "wrist") or joint[:-3] in FINGERS
        bone.align_roll(Vector((0.0, 0.0, 1.0) if arm else (0.0, -1.0, 0.0)))
        made[joint] = bone
    if figure.naming == "mixamo":
        for side, prefix in (("l", "Left"), ("r", "Right")):
            toe = edit.new(f"mixamorig:{prefix}Toe_End")
            end = Vector(joints[f"ball_end_{side}"])
            toe.head, toe.tail, toe.parent = end, end + Vector((0.0, -0.03, 0.0)), made[f"ball_{side}"]
            toe.use_deform = False
        top = edit.new("mixamorig:HeadTop_End")
        end = Vector(joints["head_end"])
        top.head, top.tail, top.parent = end, end + Vector((0.0, 0.0, 0.05)), made["head"]
        top.use_deform = False
