"""The CMU motion capture database as BVH."""

from .table import RigTable

CMU = RigTable(
    name="CMU BVH",
    sides=("Left", "Right"),
    hips="Hips",
    spine=("LowerBack", "Spine", "Spine1"),
    neck=("Neck", "Neck1"),
    head="Head",
    limbs={
        "collar": "{s}Shoulder",
        "shoulder": "{s}Arm",
        "elbow": "{s}ForeArm",
        "wrist": "{s}Hand",
        "hip": "{s}UpLeg",
        "knee": "{s}Leg",
        "ankle": "{s}Foot",
        "foot": "{s}ToeBase",
    },
    marks=("LowerBack", "Neck1", "LHipJoint", "RHipJoint", "LThumb", "RThumb"),
)
