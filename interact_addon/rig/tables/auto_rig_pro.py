"""Auto-Rig Pro: the generated rig by its FK controls, and the bones of its exports.

Names from public users of the add-on: github.com/UuuNyaa/blender_mmd_uuunyaa_tools (controls, switches, fingers) and
Unity paths of exported characters ("root/root.x/spine_01.x/…/arm_stretch.r/forearm_stretch.r/hand.r").

``c_root_master.x`` carries the whole body, ``c_root.x`` below it the hips and legs alone. ``c_arm_fk`` hangs beside
``c_shoulder`` on the last spine bone and copies only its place from it. The head and the fingers are tied by
constraints.
"""

from dataclasses import replace

from .table import RigTable, numbered

_SIDES = ("l", "r")
_FINGERS = {finger: finger for finger in ("thumb", "index", "middle", "ring", "pinky")}
_FINGER_CONTROLS = numbered("c_{f}{n}.{s}", _FINGERS)
_FINGER_BONES = numbered("{f}{n}.{s}|c_{f}{n}.{s}", _FINGERS)
_BELOW = {  # control: the joint whose control it turns with
    "c_shoulder.{s}": "spine3",
    "c_arm_fk.{s}": "spine3",
    "c_thigh_fk.{s}": "pelvis",
    **{bones[0]: "{side}_wrist" for bones in _FINGER_CONTROLS.values()},
}

AUTO_RIG_PRO = RigTable(
    name="Auto-Rig Pro",
    sides=_SIDES,
    hips="c_root_master.x",
    spine=("c_spine_01.x", "c_spine_02.x", "c_spine_03.x", "c_spine_04.x", "c_spine_05.x"),
    neck=("c_subneck_1.x", "c_subneck_2.x", "c_neck.x"),
    head="c_head.x",
    limbs={
        "collar": "c_shoulder.{s}",
        "shoulder": "c_arm_fk.{s}",
        "elbow": "c_forearm_fk.{s}",
        "wrist": "c_hand_fk.{s}",
        "hip": "c_thigh_fk.{s}",
        "knee": "c_leg_fk.{s}",
        "ankle": "c_foot_fk.{s}",
        "foot": "c_toes_fk.{s}",
    },
    fingers=_FINGER_CONTROLS,
    root="c_root_master.x",
    below={
        control.replace("{s}", s): joint.replace("{side}", side)
        for s, side in zip(_SIDES, ("left", "right"))
        for control, joint in _BELOW.items()
    },
    switches=(
        ("c_head.x", "head_free", 0.0),
        *(
            (f"{control}.{s}", "ik_fk_switch", 1.0)
            for control in ("c_hand_ik", "c_foot_ik", "c_ikfk_arm", "c_ikfk_leg")
            for s in _SIDES
        ),
    ),
    neutral=("c_root.x",),
    ik={"wrist": "c_hand_ik.{s}", "ankle": "c_foot_ik.{s}", "foot": "c_toes_ik.{s}"},
    ik_resting=("c_foot_01.{s}", "c_foot_roll_cursor.{s}"),
)
AUTO_RIG_PRO_DEFORM = RigTable(
    name="Auto-Rig Pro export",
    sides=_SIDES,
    hips="root.x",
    spine=("spine_01.x", "spine_02.x", "spine_03.x", "spine_04.x", "spine_05.x"),
    neck=("c_subneck_1.x", "c_subneck_2.x", "neck.x"),
    head="head.x",
    limbs={
        "collar": "shoulder.{s}",
        "shoulder": "arm_stretch.{s}",
        "elbow": "forearm_stretch.{s}",
        "wrist": "hand.{s}",
        "hip": "thigh_stretch.{s}",
        "knee": "leg_stretch.{s}",
        "ankle": "foot.{s}",
        "foot": "toes_01.{s}",
    },
    fingers=_FINGER_BONES,
)
# The "universal" export keeps the twist bones above the stretch bones: the limb begins with them.
AUTO_RIG_PRO_UNIVERSAL = replace(
    AUTO_RIG_PRO_DEFORM,
    name="Auto-Rig Pro universal export",
    limbs=AUTO_RIG_PRO_DEFORM.limbs | {"shoulder": "c_arm_twist_offset.{s}|arm_twist.{s}", "hip": "thigh_twist.{s}"},
)
