"""The rigs people bring, as data: real bone names, real parents, a rest pose.

One line a bone: its name, its parent (``-`` for none), its place, and the canonical joint it has to be mapped to, if
any. A place is a joint of the average body, ``a/b`` half way between two, or ``x,y,z`` in the rig's own units and axes.
``*`` stands for both sides: in names for those of ``sides``, in places for the mirrored one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rigs import places_of

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True)
class RealRig:
    """One rig. ``up``: the axis that points up in its own space; ``unit``: metres of one of its units."""

    kind: str
    sides: tuple[str, str]
    lines: str
    up: str = "Z"
    unit: float = 1.0
    fingers: str = ""

    def bones(self, pose: dict[str, tuple[float, float, float]]) -> dict[str, tuple[str | None, np.ndarray]]:
        """Return each bone's parent and head (3,) in the rig's own space, for a rest pose of the average body."""
        places = places_of(pose)
        return {name: (parent, self._place(text, side, places)) for name, parent, text, side, _ in self._rows()}

    def joints(self) -> dict[str, str]:
        """Return the bone that each joint has to be mapped to; spine and neck as ``spine:0`` and ``neck:0`` upwards."""
        return {joint: name for name, _, _, _, joint in self._rows() if joint}

    def _rows(self) -> list[tuple[str, str | None, str, int, str]]:
        rows = []
        for line in [*self.lines.strip().splitlines(), *self.fingers.strip().splitlines()]:
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split("|")]
            name, parent, place = parts[:3]
            joint = parts[3] if len(parts) > 3 else ""
            if joint == "=":
                joint = place
            for side, word in enumerate(self.sides) if "*" in name else ((0, ""),):
                words = ("left", "right")[side]
                rows.append(
                    (
                        name.replace("*", word),
                        None if parent == "-" else parent.replace("*", word),
                        place.replace("*", words),
                        side,
                        joint.replace("*", words),
                    )
                )
        return rows

    def _place(self, text: str, side: int, places: dict[str, np.ndarray]) -> np.ndarray:
        if "," in text:
            place = np.array([float(number) for number in text.split(",")])
            return place * (-1.0, 1.0, 1.0) if side else place
        if text == "floor":
            return np.zeros(3)
        both = [places[joint] for joint in text.split("/")]
        place = np.mean(both, axis=0) / self.unit
        return place if self.up == "Z" else place[[0, 2, 1]] * (1.0, 1.0, -1.0)


def limbs(chest: str, hips: str, **names: str) -> str:
    """Return the lines of arms and legs in which each bone hangs on the one before."""
    lines, above = [], {"collar": chest, "hip": hips}
    order = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
    for before, part in zip(("", *order), order):
        if part in names:
            lines.append(f"{names[part]} | {above.get(part) or names.get(before) or chest} | *_{part} | =")
    return "\n".join(lines)


def fingers(hand: str, pattern: str, names: tuple[str, ...] = FINGERS, base: str = "", first: int = 1) -> str:
    """Return the lines of five fingers of three bones; ``base``: the pattern of a bone between hand and finger."""
    lines = []
    for finger, name in zip(FINGERS, names):
        above = hand
        if base and finger != "thumb":
            above = base.replace("{f}", name)
            lines.append(f"{above} | {hand} | *_wrist/*_{finger}1")
        for n in (1, 2, 3):
            bone = pattern.replace("{f}", name).replace("{n}", str(n + first - 1))
            lines.append(f"{bone} | {above} | *_{finger}{n} | =")
            above = bone
    return "\n".join(lines)


def spine(*bones: str, above: str, neck: tuple[str, ...] = (), head: str = "Head") -> str:
    """Return the lines of a straight spine, neck and head."""
    average = places_of({})
    line = np.array([average[f"spine{n}"] for n in (1, 2, 3)])
    lines = []
    for index, bone in enumerate(bones):
        at = 2.0 * index / max(len(bones) - 1, 1)
        low = min(int(at), 1)
        place = line[low] + (at - low) * (line[low + 1] - line[low])
        lines.append(f"{bone} | {above} | {','.join(str(float(number)) for number in place)} | spine:{index}")
        above = bone
    for index, bone in enumerate(neck):
        place = average["neck"] + index / len(neck) * (average["head"] - average["neck"])
        lines.append(f"{bone} | {above} | {','.join(str(float(number)) for number in place)} | neck:{index}")
        above = bone
    return "\n".join([*lines, f"{head} | {above} | head | ="])


MIXAMO_LIMBS = {
    "collar": "*Shoulder", "shoulder": "*Arm", "elbow": "*ForeArm", "wrist": "*Hand", "hip": "*UpLeg", "knee": "*Leg",
    "ankle": "*Foot", "foot": "*ToeBase",
}  # fmt: skip
CAPITAL = ("Thumb", "Index", "Middle", "Ring", "Pinky")


def _mixamo(kind: str, sides: tuple[str, str], name: str, extra: str = "", prefix: str = "mixamorig:") -> RealRig:
    """Return Mixamo's rig; ``name``: how a side and a part make a name."""

    def named(part: str) -> str:
        return prefix + name.replace("PART", part.replace("*", ""))

    parts = {joint: named(part) for joint, part in MIXAMO_LIMBS.items()}
    trunk = spine(*(f"{prefix}{bone}" for bone in ("Spine", "Spine1", "Spine2")), above=f"{prefix}Hips",
                  neck=(f"{prefix}Neck",), head=f"{prefix}Head")  # fmt: skip
    lines = f"{prefix}Hips | - | pelvis | =\n{trunk}\n{limbs(f'{prefix}Spine2', f'{prefix}Hips', **parts)}\n{extra}"
    return RealRig(kind, sides, lines, fingers=fingers(parts["wrist"], named("*Hand{f}{n}"), CAPITAL))


_MIXAMO_ENDS = """
mixamorig:HeadTop_End | mixamorig:Head | 0,0,1.7
mixamorig:*Eye | mixamorig:Head | 0.03,-0.08,1.6
mixamorig:*Toe_End | mixamorig:*ToeBase | 0.1,-0.2,0
mixamorig:*HandIndex4 | mixamorig:*HandIndex3 | 0.85,0,1.4
"""
MIXAMO = _mixamo("Mixamo", ("Left", "Right"), "*PART", _MIXAMO_ENDS)
READY_PLAYER_ME = _mixamo("Mixamo", ("Left", "Right"), "*PART", "*Eye | Head | 0.03,-0.08,1.6", prefix="")
MIXAMO_DOT = _mixamo("Mixamo, side last", ("L", "R"), "PART.*")
MIXAMO_UNDERSCORE = _mixamo("Mixamo, side last", ("l", "r"), "PART_*", prefix="")
MIXAMO_LETTERS = _mixamo("Mixamo, sides as letters", ("L", "R"), "*_PART")

UNREAL = RealRig(
    "Unreal",
    ("l", "r"),
    f"""
root | - | floor
pelvis | root | pelvis | =
{spine("spine_01", "spine_02", "spine_03", above="pelvis", neck=("neck_01",), head="head")}
{
        limbs(
            "spine_03",
            "pelvis",
            collar="clavicle_*",
            shoulder="upperarm_*",
            elbow="lowerarm_*",
            wrist="hand_*",
            hip="thigh_*",
            knee="calf_*",
            ankle="foot_*",
            foot="ball_*",
        )
    }
upperarm_twist_01_* | upperarm_* | *_shoulder/*_elbow
lowerarm_twist_01_* | lowerarm_* | *_elbow/*_wrist
thigh_twist_01_* | thigh_* | *_hip/*_knee
calf_twist_01_* | calf_* | *_knee/*_ankle
ik_foot_root | root | floor
ik_foot_* | ik_foot_root | *_ankle
ik_hand_root | root | floor
ik_hand_gun | ik_hand_root | right_wrist
ik_hand_* | ik_hand_gun | *_wrist
""",
    fingers=fingers("hand_*", "{f}_0{n}_*"),
)
VROID = RealRig(
    "VRoid",
    ("L", "R"),
    f"""
Root | - | floor
J_Bip_C_Hips | Root | pelvis | =
{
        spine(
            "J_Bip_C_Spine",
            "J_Bip_C_Chest",
            "J_Bip_C_UpperChest",
            above="J_Bip_C_Hips",
            neck=("J_Bip_C_Neck",),
            head="J_Bip_C_Head",
        )
    }
{
        limbs(
            "J_Bip_C_UpperChest",
            "J_Bip_C_Hips",
            collar="J_Bip_*_Shoulder",
            shoulder="J_Bip_*_UpperArm",
            elbow="J_Bip_*_LowerArm",
            wrist="J_Bip_*_Hand",
            hip="J_Bip_*_UpperLeg",
            knee="J_Bip_*_LowerLeg",
            ankle="J_Bip_*_Foot",
            foot="J_Bip_*_ToeBase",
        )
    }
J_Adj_*_FaceEye | J_Bip_C_Head | 0.03,-0.08,1.6
J_Sec_Hair1_01 | J_Bip_C_Head | 0,0.1,1.65
J_Sec_Hair2_01 | J_Sec_Hair1_01 | 0,0.12,1.55
J_Sec_*_Bust1 | J_Bip_C_UpperChest | 0.08,-0.1,1.3
J_Sec_*_SkirtFront0_01 | J_Bip_C_Hips | 0.08,-0.1,0.9
""",
    fingers=fingers("J_Bip_*_Hand", "J_Bip_*_{f}{n}", ("Thumb", "Index", "Middle", "Ring", "Little")),
)
CHARACTER_CREATOR = RealRig(
    "Character Creator",
    ("L", "R"),
    f"""
CC_Base_BoneRoot | - | floor
CC_Base_Hip | CC_Base_BoneRoot | pelvis | =
CC_Base_Pelvis | CC_Base_Hip | pelvis
{
        spine(
            "CC_Base_Waist",
            "CC_Base_Spine01",
            "CC_Base_Spine02",
            above="CC_Base_Hip",
            neck=("CC_Base_NeckTwist01", "CC_Base_NeckTwist02"),
            head="CC_Base_Head",
        )
    }
{
        limbs(
            "CC_Base_Spine02",
            "CC_Base_Pelvis",
            collar="CC_Base_*_Clavicle",
            shoulder="CC_Base_*_Upperarm",
            elbow="CC_Base_*_Forearm",
            wrist="CC_Base_*_Hand",
            hip="CC_Base_*_Thigh",
            knee="CC_Base_*_Calf",
            ankle="CC_Base_*_Foot",
            foot="CC_Base_*_ToeBase",
        )
    }
CC_Base_*_UpperarmTwist01 | CC_Base_*_Upperarm | *_shoulder/*_elbow
CC_Base_*_ElbowShareBone | CC_Base_*_Forearm | *_elbow
CC_Base_*_ForearmTwist01 | CC_Base_*_Forearm | *_elbow/*_wrist
CC_Base_*_ThighTwist01 | CC_Base_*_Thigh | *_hip/*_knee
CC_Base_*_ToeBaseShareBone | CC_Base_*_Foot | *_foot
CC_Base_*_RibsTwist | CC_Base_Spine02 | 0.1,0,1.2
CC_Base_FacialBone | CC_Base_Head | 0,-0.05,1.5
CC_Base_JawRoot | CC_Base_FacialBone | 0,-0.05,1.5
""",
    fingers=fingers("CC_Base_*_Hand", "CC_Base_*_{f}{n}", ("Thumb", "Index", "Mid", "Ring", "Pinky")),
)
MAKEHUMAN = RealRig(
    "MakeHuman",
    ("L", "R"),
    f"""
root | - | pelvis | =
{
        spine(
            "spine05",
            "spine04",
            "spine03",
            "spine02",
            "spine01",
            above="root",
            neck=("neck01", "neck02", "neck03"),
            head="head",
        )
    }
breast.* | spine02 | 0.08,-0.1,1.3
clavicle.* | spine01 | *_collar | =
shoulder01.* | clavicle.* | *_collar/*_shoulder
upperarm01.* | shoulder01.* | *_shoulder | =
upperarm02.* | upperarm01.* | *_shoulder/*_elbow
lowerarm01.* | upperarm02.* | *_elbow | =
lowerarm02.* | lowerarm01.* | *_elbow/*_wrist
wrist.* | lowerarm02.* | *_wrist | =
pelvis.* | root | pelvis
upperleg01.* | pelvis.* | *_hip | =
upperleg02.* | upperleg01.* | *_hip/*_knee
lowerleg01.* | upperleg02.* | *_knee | =
lowerleg02.* | lowerleg01.* | *_knee/*_ankle
foot.* | lowerleg02.* | *_ankle | =
toe1-1.* | foot.* | *_foot | =
toe1-2.* | toe1-1.* | 0.1,-0.2,0
toe2-1.* | foot.* | 0.12,-0.15,0
special04 | head | 0,-0.05,1.55
jaw | head | 0,-0.02,1.52
""",
    fingers=fingers("wrist.*", "finger{f}-{n}.*", ("1", "2", "3", "4", "5")),
)
DAZ_8_LIMBS = """
*Collar | chestUpper | *_collar | =
*ShldrBend | *Collar | *_shoulder | =
*ShldrTwist | *ShldrBend | *_shoulder/*_elbow
*ForearmBend | *ShldrTwist | *_elbow | =
*ForearmTwist | *ForearmBend | *_elbow/*_wrist
*Hand | *ForearmTwist | *_wrist | =
*ThighBend | pelvis | *_hip | =
*ThighTwist | *ThighBend | *_hip/*_knee
*Shin | *ThighTwist | *_knee | =
*Foot | *Shin | *_ankle | =
*Metatarsals | *Foot | *_ankle/*_foot
*Toe | *Metatarsals | *_foot | =
*BigToe | *Toe | 0.1,-0.2,0
*SmallToe1 | *Toe | 0.12,-0.2,0
*SmallToe2 | *Toe | 0.14,-0.19,0
"""
_DAZ_8_TRUNK = "hip | - | pelvis | =\npelvis | hip | pelvis\n" + spine(
    "abdomenLower", "abdomenUpper", "chestLower", "chestUpper", above="hip", neck=("neckLower", "neckUpper"),
    head="head",
)  # fmt: skip
_DAZ_8_FINGERS = fingers("*Hand", "*{f}{n}", ("Thumb", "Index", "Mid", "Ring", "Pinky"), base="*{f}Carpal")
DAZ_GENESIS_8 = RealRig("Daz Genesis 8", ("l", "r"), f"{_DAZ_8_TRUNK}\n{DAZ_8_LIMBS.strip()}", fingers=_DAZ_8_FINGERS)
DAZ_8_ENDS = RealRig(
    "Daz Genesis 8, side last",
    (".L", ".R"),
    f"{_DAZ_8_TRUNK}\n{DAZ_8_LIMBS.strip()}".replace("*", "§"),
    fingers=_DAZ_8_FINGERS.replace("*", "§"),
)


def _sides_last(rig: RealRig) -> RealRig:
    """Move the side of every name from its front (marked §) to its end."""

    def moved(text: str) -> str:
        lines = []
        for line in text.strip().splitlines():
            parts = [part.strip() for part in line.split("|")]
            names = [f"{part[1:]}*" if part.startswith("§") else part for part in parts[:2]]
            lines.append(" | ".join([*names, *(part.replace("§", "*") for part in parts[2:])]))
        return "\n".join(lines)

    return RealRig(rig.kind, rig.sides, moved(rig.lines), rig.up, rig.unit, moved(rig.fingers))


DAZ_8_ENDS = _sides_last(DAZ_8_ENDS)
DAZ_GENESIS_9 = RealRig(
    "Daz Genesis 9",
    ("l", "r"),
    f"""
hip | - | pelvis | =
pelvis | hip | pelvis
{spine("spine1", "spine2", "spine3", "spine4", above="hip", neck=("neck1", "neck2"), head="head")}
{
        limbs(
            "spine4",
            "pelvis",
            collar="*_shoulder",
            shoulder="*_upperarm",
            elbow="*_forearm",
            wrist="*_hand",
            hip="*_thigh",
            knee="*_shin",
            ankle="*_foot",
            foot="*_toes",
        )
    }
*_upperarmtwist1 | *_upperarm | *_shoulder/*_elbow
*_forearmtwist1 | *_forearm | *_elbow/*_wrist
*_thightwist1 | *_thigh | *_hip/*_knee
*_metatarsal | *_foot | *_ankle/*_foot
*_bigtoe1 | *_toes | 0.1,-0.2,0
*_indextoe1 | *_toes | 0.12,-0.2,0
*_pectoral | spine4 | 0.1,-0.1,1.3
""",
    fingers=fingers("*_hand", "*_{f}{n}", ("thumb", "index", "mid", "ring", "pinky"), base="*_{f}metacarpal"),
)
SMPLX = RealRig(
    "SMPL-X",
    ("left", "right"),
    f"""
root | - | floor
pelvis | root | pelvis | =
{spine("spine1", "spine2", "spine3", above="pelvis", neck=("neck",), head="head")}
{
        limbs(
            "spine3",
            "pelvis",
            collar="*_collar",
            shoulder="*_shoulder",
            elbow="*_elbow",
            wrist="*_wrist",
            hip="*_hip",
            knee="*_knee",
            ankle="*_ankle",
            foot="*_foot",
        )
    }
jaw | head | 0,-0.03,1.55
*_eye_smplhf | head | 0.03,-0.08,1.6
""",
    fingers=fingers("*_wrist", "*_{f}{n}"),
)
CMU = RealRig(
    "CMU BVH",
    ("Left", "Right"),
    f"""
Hips | - | pelvis | =
{spine("LowerBack", "Spine", "Spine1", above="Hips", neck=("Neck", "Neck1"), head="Head")}
LHipJoint | Hips | pelvis
RHipJoint | Hips | pelvis
LeftUpLeg | LHipJoint | left_hip | =
RightUpLeg | RHipJoint | right_hip | =
*Leg | *UpLeg | *_knee | =
*Foot | *Leg | *_ankle | =
*ToeBase | *Foot | *_foot | =
*Shoulder | Spine1 | *_collar | =
*Arm | *Shoulder | *_shoulder | =
*ForeArm | *Arm | *_elbow | =
*Hand | *ForeArm | *_wrist | =
*FingerBase | *Hand | *_wrist
*HandIndex1 | *FingerBase | *_index1
LThumb | LeftHand | left_thumb1
RThumb | RightHand | right_thumb1
""",
)
# The places of a real Rocketbox avatar; its thighs hang on the spine and its collar bones on the neck.
BIPED = RealRig(
    "3ds Max Biped",
    ("L", "R"),
    """
Bip01 | - | 0,0,0.895
Bip01 Pelvis | Bip01 | 0,0,0.895 | pelvis
Bip01 Spine | Bip01 Pelvis | 0,0.002,1.015 | spine:0
Bip01 Spine1 | Bip01 Spine | 0,0.009,1.168 | spine:1
Bip01 Spine2 | Bip01 Spine1 | 0,0.02,1.321 | spine:2
Bip01 Neck | Bip01 Spine2 | 0,0.012,1.521 | neck:0
Bip01 Head | Bip01 Neck | 0,-0.008,1.587 | head
Bip01 MJaw | Bip01 Head | 0,-0.05,1.6
Bip01 * Clavicle | Bip01 Neck | 0.071,0.023,1.457 | *_collar
Bip01 * UpperArm | Bip01 * Clavicle | 0.204,0.03,1.413 | *_shoulder
Bip01 * Forearm | Bip01 * UpperArm | 0.246,0.059,1.132 | *_elbow
Bip01 * Hand | Bip01 * Forearm | 0.269,-0.025,0.875 | *_wrist
Bip01 * Finger0 | Bip01 * Hand | 0.251,-0.057,0.855 | *_thumb1
Bip01 * Finger01 | Bip01 * Finger0 | 0.234,-0.067,0.834 | *_thumb2
Bip01 * Finger02 | Bip01 * Finger01 | 0.228,-0.074,0.805 | *_thumb3
Bip01 * Finger1 | Bip01 * Hand | 0.267,-0.071,0.79 | *_index1
Bip01 * Finger11 | Bip01 * Finger1 | 0.26,-0.075,0.76 | *_index2
Bip01 * Finger12 | Bip01 * Finger11 | 0.249,-0.074,0.739 | *_index3
Bip01 * Finger2 | Bip01 * Hand | 0.278,-0.051,0.784 | *_middle1
Bip01 * Finger21 | Bip01 * Finger2 | 0.264,-0.055,0.748 | *_middle2
Bip01 * Finger22 | Bip01 * Finger21 | 0.25,-0.057,0.724 | *_middle3
Bip01 * Finger3 | Bip01 * Hand | 0.284,-0.029,0.784 | *_ring1
Bip01 * Finger31 | Bip01 * Finger3 | 0.273,-0.033,0.752 | *_ring2
Bip01 * Finger32 | Bip01 * Finger31 | 0.255,-0.035,0.736 | *_ring3
Bip01 * Finger4 | Bip01 * Hand | 0.282,-0.008,0.788 | *_pinky1
Bip01 * Finger41 | Bip01 * Finger4 | 0.273,-0.013,0.761 | *_pinky2
Bip01 * Finger42 | Bip01 * Finger41 | 0.262,-0.017,0.75 | *_pinky3
Bip01 * Thigh | Bip01 Spine | 0.088,0,0.9 | *_hip
Bip01 * Calf | Bip01 * Thigh | 0.096,-0.019,0.502 | *_knee
Bip01 * Foot | Bip01 * Calf | 0.098,0.017,0.106 | *_ankle
Bip01 * Toe0 | Bip01 * Foot | 0.122,-0.119,0.007 | *_foot
""",
)
RIGIFY_METARIG = RealRig(
    "Rigify metarig",
    ("L", "R"),
    f"""
spine | - | pelvis | =
{spine("spine.001", "spine.002", "spine.003", above="spine", neck=("spine.004", "spine.005"), head="spine.006")}
{
        limbs(
            "spine.003",
            "spine",
            collar="shoulder.*",
            shoulder="upper_arm.*",
            elbow="forearm.*",
            wrist="hand.*",
            hip="thigh.*",
            knee="shin.*",
            ankle="foot.*",
            foot="toe.*",
        )
    }
pelvis.* | spine | pelvis
breast.* | spine.003 | 0.08,-0.1,1.3
heel.02.* | foot.* | *_ankle
""",
    fingers=fingers("hand.*", "{f}.0{n}.*", ("thumb", "f_index", "f_middle", "f_ring", "f_pinky"), base="palm.{f}.*"),
)
AUTO_RIG_PRO_EXPORT = RealRig(
    "Auto-Rig Pro export",
    ("l", "r"),
    f"""
root | - | floor
root.x | root | pelvis | =
{spine("spine_01.x", "spine_02.x", "spine_03.x", above="root.x", neck=("neck.x",), head="head.x")}
{
        limbs(
            "spine_03.x",
            "root.x",
            collar="shoulder.*",
            shoulder="arm_stretch.*",
            elbow="forearm_stretch.*",
            wrist="hand.*",
            hip="thigh_stretch.*",
            knee="leg_stretch.*",
            ankle="foot.*",
            foot="toes_01.*",
        )
    }
arm_twist.* | arm_stretch.* | *_shoulder/*_elbow
forearm_twist.* | forearm_stretch.* | *_elbow/*_wrist
thigh_twist.* | thigh_stretch.* | *_hip/*_knee
leg_twist.* | leg_stretch.* | *_knee/*_ankle
thumb1.* | hand.* | *_thumb1 | =
c_thumb2.* | thumb1.* | *_thumb2 | =
c_thumb3.* | c_thumb2.* | *_thumb3 | =
c_index1_base.* | hand.* | *_wrist/*_index1
index1.* | c_index1_base.* | *_index1 | =
c_index2.* | index1.* | *_index2 | =
c_index3.* | c_index2.* | *_index3 | =
""",
)
AUTO_RIG_PRO_UNIVERSAL = RealRig(
    "Auto-Rig Pro universal export",
    ("l", "r"),
    f"""
root.x | - | pelvis | =
{spine("spine_01.x", "spine_02.x", above="root.x", neck=("neck.x",), head="head.x")}
shoulder.* | spine_02.x | *_collar | =
c_arm_twist_offset.* | shoulder.* | *_shoulder | =
arm_stretch.* | c_arm_twist_offset.* | *_shoulder/*_elbow
forearm_stretch.* | arm_stretch.* | *_elbow | =
forearm_twist.* | forearm_stretch.* | *_elbow/*_wrist
hand.* | forearm_twist.* | *_wrist | =
thigh_twist.* | root.x | *_hip | =
thigh_stretch.* | thigh_twist.* | *_hip/*_knee
leg_stretch.* | thigh_stretch.* | *_knee | =
leg_twist.* | leg_stretch.* | *_knee/*_ankle
foot.* | leg_twist.* | *_ankle | =
toes_01.* | foot.* | *_foot | =
""",
)
UNITY_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")


def _unity_fingers(hand: str, pattern: str) -> str:
    lines = []
    for finger, name in zip(FINGERS, UNITY_FINGERS):
        above = hand
        for n, part in enumerate(("Proximal", "Intermediate", "Distal"), 1):
            bone = pattern.replace("{f}", name).replace("{p}", part)
            lines.append(f"{bone} | {above} | *_{finger}{n} | =")
            above = bone
    return "\n".join(lines)


UNITY = RealRig(
    "Unity humanoid",
    ("Left", "Right"),
    f"""
Armature | - | floor
Hips | Armature | pelvis | =
{spine("Spine", "Chest", "UpperChest", above="Hips", neck=("Neck",))}
{
        limbs(
            "UpperChest",
            "Hips",
            collar="*Shoulder",
            shoulder="*UpperArm",
            elbow="*LowerArm",
            wrist="*Hand",
            hip="*UpperLeg",
            knee="*LowerLeg",
            ankle="*Foot",
            foot="*Toes",
        )
    }
*Eye | Head | 0.03,-0.08,1.6
Jaw | Head | 0,-0.03,1.55
""",
    fingers=_unity_fingers("*Hand", "*{f}{p}"),
)
AVATAR_FROM_BLENDER = RealRig(
    "Unity humanoid, side last",
    ("L", "R"),
    f"""
Hips | - | pelvis | =
{spine("Spine", "Chest", above="Hips", neck=("Neck",))}
{
        limbs(
            "Chest",
            "Hips",
            collar="Shoulder.*",
            shoulder="Upper_arm.*",
            elbow="Lower_arm.*",
            wrist="Hand.*",
            hip="Upper_leg.*",
            knee="Lower_leg.*",
            ankle="Foot.*",
            foot="Toe.*",
        )
    }
Hair_root | Head | 0,0.1,1.65
Skirt_root | Hips | pelvis
Tail.001 | Hips | 0,0.15,0.9
Tail.002 | Tail.001 | 0,0.35,0.8
""",
    fingers=_unity_fingers("Hand.*", "{f} {p}.*"),
)
VRCHAT = RealRig(
    "VRChat (Cats)",
    ("Left", "Right"),
    f"""
Hips | - | pelvis | =
{spine("Spine", "Chest", above="Hips", neck=("Neck",))}
{
        limbs(
            "Chest",
            "Hips",
            collar="* shoulder",
            shoulder="* arm",
            elbow="* elbow",
            wrist="* wrist",
            hip="* leg",
            knee="* knee",
            ankle="* ankle",
            foot="* toe",
        )
    }
LeftEye | Head | 0.03,-0.08,1.6
RightEye | Head | -0.03,-0.08,1.6
Thumb0_L | Left wrist | left_thumb1 | =
Thumb1_L | Thumb0_L | left_thumb2 | =
Thumb2_L | Thumb1_L | left_thumb3 | =
IndexFinger1_L | Left wrist | left_index1 | =
IndexFinger2_L | IndexFinger1_L | left_index2 | =
IndexFinger3_L | IndexFinger2_L | left_index3 | =
LittleFinger1_R | Right wrist | right_pinky1 | =
LittleFinger2_R | LittleFinger1_R | right_pinky2 | =
LittleFinger3_R | LittleFinger2_R | right_pinky3 | =
""",
)
# Heads from the inverse bind matrices of an MB-Lab man as glTF, turned to Z up.
MB_LAB = RealRig(
    "MB-Lab",
    ("L", "R"),
    """
root | - | 0,0.018,0.054
pelvis | root | 0,-0.022,0.851 | pelvis
spine01 | pelvis | 0,0.035,1.018 | spine:0
spine02 | spine01 | 0,0.018,1.132 | spine:1
spine03 | spine02 | 0,0.029,1.245 | spine:2
neck | spine03 | 0,-0.022,1.489 | neck:0
head | neck | 0,-0.045,1.600 | head
clavicle_* | spine03 | 0.034,-0.026,1.450 | *_collar
upperarm_* | clavicle_* | 0.183,-0.008,1.415 | *_shoulder
lowerarm_* | upperarm_* | 0.405,-0.020,1.270 | *_elbow
hand_* | lowerarm_* | 0.662,-0.032,1.145 | *_wrist
thumb01_* | hand_* | 0.671,-0.050,1.132 | *_thumb1
thumb02_* | thumb01_* | 0.678,-0.087,1.110 | *_thumb2
thumb03_* | thumb02_* | 0.686,-0.119,1.094 | *_thumb3
index00_* | hand_* | 0.692,-0.037,1.123
index01_* | index00_* | 0.731,-0.074,1.101 | *_index1
index02_* | index01_* | 0.753,-0.077,1.071 | *_index2
index03_* | index02_* | 0.771,-0.078,1.054 | *_index3
middle00_* | hand_* | 0.692,-0.037,1.123
middle01_* | middle00_* | 0.732,-0.053,1.101 | *_middle1
middle02_* | middle01_* | 0.757,-0.056,1.068 | *_middle2
middle03_* | middle02_* | 0.778,-0.057,1.048 | *_middle3
pinky00_* | hand_* | 0.692,-0.037,1.123
pinky01_* | pinky00_* | 0.722,-0.011,1.099 | *_pinky1
pinky02_* | pinky01_* | 0.744,-0.011,1.074 | *_pinky2
pinky03_* | pinky02_* | 0.759,-0.012,1.061 | *_pinky3
thigh_* | pelvis | 0.116,-0.011,0.932 | *_hip
calf_* | thigh_* | 0.155,-0.013,0.498 | *_knee
foot_* | calf_* | 0.194,-0.006,0.104 | *_ankle
toes_* | foot_* | 0.204,-0.154,0.022 | *_foot
""",
)
ROKOKO = RealRig(
    "Rokoko Newton",
    ("Left", "Right"),
    f"""
Root | - | floor
Hips | Root | pelvis | =
{spine("Spine1", "Spine2", "Spine3", "Spine4", above="Hips", neck=("Neck",))}
{
        limbs(
            "Spine4",
            "Hips",
            collar="*Shoulder",
            shoulder="*Arm",
            elbow="*ForeArm",
            wrist="*Hand",
            hip="*Thigh",
            knee="*Shin",
            ankle="*Foot",
            foot="*Toe",
        )
    }
*ToeTip | *Toe | 0.1,-0.2,0
*Finger1Metacarpal | *Hand | *_thumb1 | =
*Finger1Proximal | *Finger1Metacarpal | *_thumb2 | =
*Finger1Distal | *Finger1Proximal | *_thumb3 | =
*Finger2Metacarpal | *Hand | *_wrist/*_index1
*Finger2Proximal | *Finger2Metacarpal | *_index1 | =
*Finger2Medial | *Finger2Proximal | *_index2 | =
*Finger2Distal | *Finger2Medial | *_index3 | =
*Finger5Metacarpal | *Hand | *_wrist/*_pinky1
*Finger5Proximal | *Finger5Metacarpal | *_pinky1 | =
*Finger5Medial | *Finger5Proximal | *_pinky2 | =
*Finger5Distal | *Finger5Medial | *_pinky3 | =
""",
)
# The places of the SMPL male in its Unity package, Y up; the model faces +Z.
SMPL = RealRig(
    "SMPL FBX",
    ("L", "R"),
    """
m_avg_root | - | 0,0,0
m_avg_Pelvis | m_avg_root | 0.002,0.973,0.029 | pelvis
m_avg_Spine1 | m_avg_Pelvis | -0.002,1.097,-0.010 | spine:0
m_avg_Spine2 | m_avg_Spine1 | -0.007,1.235,0.017 | spine:1
m_avg_Spine3 | m_avg_Spine2 | -0.004,1.291,0.020 | spine:2
m_avg_Neck | m_avg_Spine3 | 0.009,1.503,-0.013 | neck:0
m_avg_Head | m_avg_Neck | -0.001,1.592,0.037 | head
m_avg_*_Collar | m_avg_Spine3 | 0.076,1.405,0.001 | *_collar
m_avg_*_Shoulder | m_avg_*_Collar | 0.199,1.450,-0.018 | *_shoulder
m_avg_*_Elbow | m_avg_*_Shoulder | 0.454,1.434,-0.041 | *_elbow
m_avg_*_Wrist | m_avg_*_Elbow | 0.720,1.447,-0.048 | *_wrist
m_avg_*_Hand | m_avg_*_Wrist | 0.807,1.436,-0.064
m_avg_*_Hip | m_avg_Pelvis | 0.056,0.890,0.011 | *_hip
m_avg_*_Knee | m_avg_*_Hip | 0.100,0.504,0.019 | *_knee
m_avg_*_Ankle | m_avg_*_Knee | 0.085,0.077,-0.018 | *_ankle
m_avg_*_Foot | m_avg_*_Ankle | 0.126,0.017,0.104 | *_foot
""",
    up="Y",
)
SYNTY = RealRig(
    "Synty",
    ("L", "R"),
    f"""
Root | - | floor
Hips | Root | pelvis | =
{spine("Spine_01", "Spine_02", "Spine_03", above="Hips", neck=("Neck",))}
{
        limbs(
            "Spine_03",
            "Hips",
            collar="Clavicle_*",
            shoulder="Shoulder_*",
            elbow="Elbow_*",
            wrist="Hand_*",
            hip="UpperLeg_*",
            knee="LowerLeg_*",
            ankle="Ankle_*",
            foot="Ball_*",
        )
    }
Toes_* | Ball_* | 0.1,-0.2,0
Eyes | Head | 0,-0.08,1.6
Eyebrows | Head | 0,-0.08,1.62
Thumb_01 | Hand_L | left_thumb1 | =
Thumb_02 | Thumb_01 | left_thumb2 | =
Thumb_03 | Thumb_02 | left_thumb3 | =
IndexFinger_01 | Hand_L | left_index1 | =
IndexFinger_02 | IndexFinger_01 | left_index2 | =
IndexFinger_03 | IndexFinger_02 | left_index3 | =
IndexFinger_04 | IndexFinger_03 | 0.85,0,1.4
Finger_01 | Hand_L | left_middle1 | =
Finger_02 | Finger_01 | left_middle2 | =
Finger_03 | Finger_02 | left_middle3 | =
Thumb_01.001 | Hand_R | right_thumb1 | =
Thumb_02.001 | Thumb_01.001 | right_thumb2 | =
Thumb_03.001 | Thumb_02.001 | right_thumb3 | =
IndexFinger_01.001 | Hand_R | right_index1 | =
IndexFinger_02.001 | IndexFinger_01.001 | right_index2 | =
IndexFinger_03.001 | IndexFinger_02.001 | right_index3 | =
Finger_01.001 | Hand_R | right_middle1 | =
Finger_02.001 | Finger_01.001 | right_middle2 | =
Finger_03.001 | Finger_02.001 | right_middle3 | =
""",
)
# The places of the library's own glTF file.
QUATERNIUS = RealRig(
    "Mesh2Motion (Quaternius)",
    ("L", "R"),
    """
root | - | 0,0,0
DEF-hips | root | 0,0.05,0.917 | pelvis
DEF-spine.001 | DEF-hips | 0,0.016,1.051 | spine:0
DEF-spine.002 | DEF-spine.001 | 0,0,1.174 | spine:1
DEF-spine.003 | DEF-spine.002 | 0,0.005,1.315 | spine:2
DEF-neck | DEF-spine.003 | 0,0.011,1.488 | neck:0
DEF-head | DEF-neck | 0,-0.005,1.569 | head
DEF-shoulder.* | DEF-spine.003 | 0.019,-0.071,1.458 | *_collar
DEF-upper_arm.* | DEF-shoulder.* | 0.192,0.065,1.441 | *_shoulder
DEF-forearm.* | DEF-upper_arm.* | 0.466,0.07,1.441 | *_elbow
DEF-hand.* | DEF-forearm.* | 0.739,0.065,1.441 | *_wrist
DEF-f_index.01.* | DEF-hand.* | 0.859,0.035,1.439 | *_index1
DEF-f_index.02.* | DEF-f_index.01.* | 0.9,0.035,1.439 | *_index2
DEF-f_index.03.* | DEF-f_index.02.* | 0.934,0.035,1.439 | *_index3
DEF-f_middle.01.* | DEF-hand.* | 0.861,0.06,1.441 | *_middle1
DEF-f_middle.02.* | DEF-f_middle.01.* | 0.903,0.062,1.441 | *_middle2
DEF-f_middle.03.* | DEF-f_middle.02.* | 0.937,0.064,1.441 | *_middle3
DEF-f_pinky.01.* | DEF-hand.* | 0.847,0.106,1.439 | *_pinky1
DEF-f_pinky.02.* | DEF-f_pinky.01.* | 0.887,0.109,1.439 | *_pinky2
DEF-f_pinky.03.* | DEF-f_pinky.02.* | 0.914,0.111,1.439 | *_pinky3
DEF-f_ring.01.* | DEF-hand.* | 0.858,0.083,1.441 | *_ring1
DEF-f_ring.02.* | DEF-f_ring.01.* | 0.897,0.084,1.441 | *_ring2
DEF-f_ring.03.* | DEF-f_ring.02.* | 0.928,0.085,1.441 | *_ring3
DEF-thumb.01.* | DEF-hand.* | 0.766,0.032,1.418 | *_thumb1
DEF-thumb.02.* | DEF-thumb.01.* | 0.8,0.014,1.399 | *_thumb2
DEF-thumb.03.* | DEF-thumb.02.* | 0.839,-0.006,1.377 | *_thumb3
DEF-thigh.* | DEF-hips | 0.089,-0.001,0.932 | *_hip
DEF-shin.* | DEF-thigh.* | 0.089,0.001,0.532 | *_knee
DEF-foot.* | DEF-shin.* | 0.089,0.036,0.104 | *_ankle
DEF-toe.* | DEF-foot.* | 0.089,-0.113,0.015 | *_foot
""",
)
# The offsets of the header of these files: centimetres, Y up, facing +Z.
CGSPEED = RealRig(
    "Poser and cgspeed BVH",
    ("l", "r"),
    """
hip | - | 0,92,0 | pelvis
abdomen | hip | 0,112.69,-2.19 | spine:0
chest | abdomen | 0,124.39,-2.68 | spine:1
neck | chest | 0,146.58,-4.87 | neck:0
head | neck | -0.24,153.65,-3.66 | head
leftEye | head | 3.9,161.7,4.39
rightEye | head | -3.9,161.7,4.39
*Collar | chest | 2.68,143.66,-7.55 | *_collar
*Shldr | *Collar | 11.46,141.70,-6.09 | *_shoulder
*ForeArm | *Shldr | 39.63,139.99,-5.60 | *_elbow
*Hand | *ForeArm | 62.22,140.77,1.47 | *_wrist
*Thumb1 | *Hand | 63.44,140.28,4.88 | *_thumb1
*Thumb2 | *Thumb1 | 66.81,139.75,8.30 | *_thumb2
*Index1 | *Hand | 69.98,141.70,7.08 | *_index1
*Index2 | *Index1 | 72.52,140.82,8.64 | *_index2
*Mid1 | *Hand | 70.47,141.95,4.88 | *_middle1
*Mid2 | *Mid1 | 73.57,141.36,5.95 | *_middle2
*Pinky1 | *Hand | 70.49,140.72,1.01 | *_pinky1
*Pinky2 | *Pinky1 | 72.32,140.07,0.31 | *_pinky2
*Buttock | hip | 8.78,96.35,1.22
*Thigh | *Buttock | 8.78,94.64,-0.98 | *_hip
*Shin | *Thigh | 8.78,57.82,-0.24 | *_knee
*Foot | *Shin | 8.05,12.71,-5.36 | *_ankle
""",
    up="Y",
    unit=0.01,
)
# The controls and those of the bones between them that matter, with the attachments by constraint in the test.
AUTO_RIG_PRO = RealRig(
    "Auto-Rig Pro",
    ("l", "r"),
    f"""
c_pos | - | floor
c_traj | c_pos | floor
c_root_master.x | c_traj | pelvis | =
c_root.x | c_root_master.x | pelvis
root.x | c_root.x | pelvis
{spine("c_spine_01.x", "c_spine_02.x", "c_spine_03.x", above="c_root_master.x", neck=("c_neck.x",), head="c_head.x")}
spine_03.x | c_spine_03.x | spine3
c_shoulder.* | spine_03.x | *_collar | =
c_arm_fk.* | spine_03.x | *_shoulder | =
arm_fk.* | c_arm_fk.* | *_shoulder
c_forearm_fk.* | c_arm_fk.* | *_elbow | =
forearm_fk.* | c_forearm_fk.* | *_elbow
c_hand_fk_scale_fix.* | forearm_fk.* | *_wrist
c_hand_fk.* | c_hand_fk_scale_fix.* | *_wrist | =
c_hand_ik.* | c_traj | *_wrist
hand.* | c_traj | *_wrist
c_thigh_b.* | root.x | *_hip
c_thigh_fk.* | c_thigh_b.* | *_hip | =
c_leg_fk.* | c_thigh_fk.* | *_knee | =
c_foot_fk_scale_fix.* | c_leg_fk.* | *_ankle
c_foot_fk.* | c_foot_fk_scale_fix.* | *_ankle | =
c_toes_fk.* | c_foot_fk.* | *_foot | =
c_foot_ik.* | c_traj | *_ankle
c_leg_pole.* | c_traj | 0.1,-0.6,0.5
c_thumb1_base.* | hand.* | *_thumb1
c_thumb1.* | c_thumb1_base.* | *_thumb1 | =
c_thumb2.* | c_thumb1.* | *_thumb2 | =
c_thumb3.* | c_thumb2.* | *_thumb3 | =
c_index1_base.* | hand.* | *_wrist/*_index1
c_index1.* | c_index1_base.* | *_index1 | =
c_index2.* | c_index1.* | *_index2 | =
c_index3.* | c_index2.* | *_index3 | =
""",
)
PLAIN = {
    "Mixamo": MIXAMO, "Ready Player Me": READY_PLAYER_ME, "Mixamo with .L": MIXAMO_DOT, "Mixamo with _l":
    MIXAMO_UNDERSCORE, "Mixamo with L_": MIXAMO_LETTERS, "Unreal": UNREAL, "VRoid": VROID, "Character Creator":
    CHARACTER_CREATOR, "MakeHuman": MAKEHUMAN, "Daz Genesis 8": DAZ_GENESIS_8, "Daz Genesis 8 with .L": DAZ_8_ENDS,
    "Daz Genesis 9": DAZ_GENESIS_9, "SMPL-X": SMPLX, "CMU BVH": CMU, "3ds Max Biped": BIPED, "Rigify metarig":
    RIGIFY_METARIG, "Auto-Rig Pro export": AUTO_RIG_PRO_EXPORT, "Auto-Rig Pro universal": AUTO_RIG_PRO_UNIVERSAL,
    "Unity": UNITY, "Avatar from Blender": AVATAR_FROM_BLENDER, "VRChat (Cats)": VRCHAT, "MB-Lab": MB_LAB,
    "Rokoko": ROKOKO, "SMPL FBX": SMPL, "Synty": SYNTY, "Quaternius": QUATERNIUS, "cgspeed": CGSPEED,
}  # fmt: skip
REAL = {**PLAIN, "Auto-Rig Pro": AUTO_RIG_PRO}
