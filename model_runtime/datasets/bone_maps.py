"""Maps from the canonical joints to the bones of known rigs, by name."""

from __future__ import annotations

from ..body_model.skeleton import HAND_JOINTS
from .source_rig import BoneMap

_SIDES = {"left": ("L", "Left", "l"), "right": ("R", "Right", "r")}
# MotionBuilder's limbs and fingers, which others took over.
_LIMBS = {
    "hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot", "collar": "{}Shoulder", "shoulder": "{}Arm",
    "elbow": "{}ForeArm", "wrist": "{}Hand",
}  # fmt: skip
_FINGERS = {finger.lower(): f"{{}}Hand{finger}#" for finger in ("Index", "Middle", "Ring", "Pinky", "Thumb")}


def _map(
    centre: dict[str, str],
    limbs: dict[str, str],
    fingers: dict[str, str],
    spelling: int,
    last_finger: int = 3,
    neck: str | None = None,
    foot_pitch: float | None = None,
) -> BoneMap:
    """Return a map from bone names with placeholders: {} for the side, # for a finger's number. ``spelling``: the index
    in ``_SIDES``; ``neck``: the upper of two neck bones.
    """
    bones = dict(centre)
    for side, spellings in _SIDES.items():
        for joint, bone in limbs.items():
            bones[f"{side}_{joint}"] = bone.format(spellings[spelling])
        for joint in HAND_JOINTS[side]:
            if int(joint[-1]) <= last_finger:
                bones[joint] = fingers[joint.partition("_")[2][:-1]].format(spellings[spelling]).replace("#", joint[-1])
    return BoneMap(bones, {**bones, "neck": neck} if neck else bones, foot_pitch)


BVH_MAPS = (
    _map(  # Character Creator, the CMU subjects
        {
            "pelvis": "CC_Base_Pelvis",
            "spine1": "CC_Base_Waist",
            "spine2": "CC_Base_Spine01",
            "spine3": "CC_Base_Spine02",
            "neck": "CC_Base_NeckTwist01",
            "head": "CC_Base_Head",
        },
        {
            "hip": "CC_Base_{}_Thigh",
            "knee": "CC_Base_{}_Calf",
            "ankle": "CC_Base_{}_Foot",
            "foot": "CC_Base_{}_ToeBase",
            "collar": "CC_Base_{}_Clavicle",
            "shoulder": "CC_Base_{}_Upperarm",
            "elbow": "CC_Base_{}_Forearm",
            "wrist": "CC_Base_{}_Hand",
        },
        {
            "index": "CC_Base_{}_Index#",
            "middle": "CC_Base_{}_Mid#",
            "ring": "CC_Base_{}_Ring#",
            "pinky": "CC_Base_{}_Pinky#",
            "thumb": "CC_Base_{}_Thumb#",
        },
        0,
        neck="CC_Base_NeckTwist02",
        foot_pitch=30.0,
    ),
    _map(  # MotionBuilder
        {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine3", "neck": "Neck", "head": "Head"},
        _LIMBS,
        _FINGERS,
        1,
    ),
    _map(  # Poser, the CMU salsa pairs
        {"pelvis": "hip", "spine1": "abdomen", "spine2": "chest", "neck": "neck", "head": "head"},
        {
            "hip": "{}Thigh",
            "knee": "{}Shin",
            "ankle": "{}Foot",
            "collar": "{}Collar",
            "shoulder": "{}Shldr",
            "elbow": "{}ForeArm",
            "wrist": "{}Hand",
        },
        {"index": "{}Index#", "middle": "{}Mid#", "ring": "{}Ring#", "pinky": "{}Pinky#", "thumb": "{}Thumb#"},
        2,
        last_finger=2,
    ),
)

SMARTBODY_SIDES = {"left": ("Lf", "l"), "right": ("Rt", "r")}
_LITTLE = {"pinky": "Little"}


def _smartbody_names(style: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the bones of position and of rotation, for the two ways SmartBody names joints ('Jt' or 'plain')."""
    modern = style == "Jt"
    position = (
        {
            "pelvis": "JtPelvis",
            "spine1": "JtSpineA",
            "spine2": "JtSpineB",
            "spine3": "JtSpineC",
            "neck": "JtNeckA",
            "head": "JtSkullA",
        }
        if modern
        else {
            "pelvis": "base",
            "spine1": "spine1",
            "spine2": "spine2",
            "spine3": "spine3",
            "neck": "spine4",
            "head": "skullbase",
        }
    )
    rotation = {**position, "neck": "JtNeckB" if modern else "spine5"}
    for side, (modern_side, plain_side) in SMARTBODY_SIDES.items():
        limbs = {
            "hip": ("Hip", "hip"),
            "knee": ("Knee", "knee"),
            "ankle": ("Ankle", "ankle"),
            "foot": ("Ball", "forefoot"),
            "collar": ("Clavicle", "sternoclavicular"),
            "shoulder": ("Shoulder", "shoulder"),
            "elbow": ("Elbow", "elbow"),
            "wrist": ("Wrist", "wrist"),
        }
        for joint, (new, old) in limbs.items():
            position[f"{side}_{joint}"] = rotation[f"{side}_{joint}"] = (
                f"Jt{new}{modern_side}" if modern else f"{plain_side}_{old}"
            )
        # The last bone before the next joint has all of the rotation.
        rotation[f"{side}_collar"] = f"JtClavicle{modern_side}" if modern else f"{plain_side}_acromioclavicular"
        rotation[f"{side}_shoulder"] = f"JtUpperArmTwistB{modern_side}" if modern else f"{plain_side}_shoulder"
        for joint in HAND_JOINTS[side]:
            finger, number = joint.partition("_")[2][:-1], int(joint[-1])
            position[joint] = rotation[joint] = (
                f"Jt{_LITTLE.get(finger, finger.capitalize())}{'ABC'[number - 1]}{modern_side}"
                if modern
                else f"{plain_side}_{finger}{number}"
            )
    return position, rotation


MODERN, PLAIN = (BoneMap(*_smartbody_names(style)) for style in ("Jt", "plain"))
NAMED_BONES = (*BVH_MAPS, MODERN, PLAIN)  # for BVH files


def _gltf_maps() -> tuple[BoneMap, BoneMap]:
    """Return the maps of Unreal's mannequin and of Rigify's deform bones."""
    unreal = {
        "pelvis": "pelvis",
        "spine1": "spine_01",
        "spine2": "spine_02",
        "spine3": "spine_03",
        "neck": "neck_01",
        "head": "head",
    }
    rigify = {
        "pelvis": "DEF-hips",
        "spine1": "DEF-spine.001",
        "spine2": "DEF-spine.002",
        "spine3": "DEF-spine.003",
        "neck": "DEF-neck",
        "head": "DEF-head",
    }
    limbs = {
        "hip": ("thigh", "thigh"),
        "knee": ("calf", "shin"),
        "ankle": ("foot", "foot"),
        "foot": ("ball", "toe"),
        "collar": ("clavicle", "shoulder"),
        "shoulder": ("upperarm", "upper_arm"),
        "elbow": ("lowerarm", "forearm"),
        "wrist": ("hand", "hand"),
    }
    for side in ("left", "right"):
        for joint, (one, other) in limbs.items():
            unreal[f"{side}_{joint}"] = f"{one}_{side[0]}"
            rigify[f"{side}_{joint}"] = f"DEF-{other}.{side[0].upper()}"
        for joint in HAND_JOINTS[side]:
            finger, number = joint.partition("_")[2][:-1], joint[-1]
            unreal[joint] = f"{finger}_0{number}_{side[0]}"
            rigify[joint] = f"DEF-{'' if finger == 'thumb' else 'f_'}{finger}.0{number}.{side[0].upper()}"
    return BoneMap(unreal, unreal), BoneMap(rigify, rigify)


UNREAL, RIGIFY = _gltf_maps()
# High Fidelity's clips. Arms and thighs have no twist in their own bones' roll joints, which are left out.
HIFI = _map(
    {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head"},
    {**_LIMBS, "foot": "{}ToeBase"},
    _FINGERS,
    1,
)
