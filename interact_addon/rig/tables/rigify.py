"""A generated Rigify human: its FK controls are keyed, and the limbs' IK switch is set to FK.

The spine's controls rotate about a pivot in the middle of the back: ``torso`` carries the body there, ``spine_fk.001``
and ``spine_fk`` lead down from it to the pelvis, ``spine_fk.002`` and higher ones lead up.
"""

from .rigify_metarig import RIGIFY_METARIG
from .table import RigTable

_SIDES = ("L", "R")
_FINGER_ROOTS = ("thumb.01", "f_index.01", "f_middle.01", "f_ring.01", "f_pinky.01")

RIGIFY = RigTable(
    name="Rigify",
    sides=_SIDES,
    hips="spine_fk",
    spine=("spine_fk.001", "spine_fk.002", "spine_fk.003"),
    neck=("neck",),
    head="head",
    limbs={
        "collar": "shoulder.{s}",
        "shoulder": "upper_arm_fk.{s}",
        "elbow": "forearm_fk.{s}",
        "wrist": "hand_fk.{s}",
        "hip": "thigh_fk.{s}",
        "knee": "shin_fk.{s}",
        "ankle": "foot_fk.{s}",
        "foot": "toe_fk.{s}",
    },
    fingers=RIGIFY_METARIG.fingers,
    root="torso",
    anchor="spine2",
    places={"spine1": "spine_fk"},  # the control below the pivot rotates about its upper end
    extra={"torso": "pelvis"},
    below={
        "spine_fk.001": "torso",
        "spine_fk": "spine_fk.001",
        "spine_fk.002": "torso",
        "spine_fk.003": "spine_fk.002",
        **{
            control.format(s=s): parent.format(s=s)
            for s in _SIDES
            for control, parent in (
                ("shoulder.{s}", "spine_fk.003"),
                ("upper_arm_fk.{s}", "shoulder.{s}"),
                ("thigh_fk.{s}", "spine_fk"),
                *((f"{root}.{{s}}", "hand_fk.{s}") for root in _FINGER_ROOTS),
            )
        },
    },
    switches=(
        ("torso", "neck_follow", 1.0),
        ("torso", "head_follow", 1.0),
        *(
            (f"{limb}.{s}", prop, value)
            for limb in ("upper_arm_parent", "thigh_parent")
            for s in _SIDES
            for prop, value in (("IK_FK", 1.0), ("FK_limb_follow", 0.0))
        ),
    ),
    neutral=(
        "hips",
        "chest",
        *(f"{root}_master.{s}" for root in _FINGER_ROOTS for s in _SIDES),
        *(f"{limb}.{s}" for limb in ("upper_arm_parent", "thigh_parent") for s in _SIDES),
    ),
    ik={"wrist": "hand_ik.{s}", "ankle": "foot_ik.{s}", "foot": "toe_ik.{s}"},
    ik_resting=("foot_spin_ik.{s}", "foot_heel_ik.{s}"),
)
