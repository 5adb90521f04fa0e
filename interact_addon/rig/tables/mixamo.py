"""Mixamo, Ready Player Me (the same names without a prefix) and MotionBuilder (``Character1_``), in any namespace."""

from .table import RigTable, numbered

MIXAMO = RigTable(
    name="Mixamo",
    prefix=r"(?:.*[|:])?(?:mixamorig\d*_|Character\d*_)?",
    sides=("Left", "Right"),
    hips="Hips",
    spine=("Spine", "Spine1", "Spine2"),
    neck=("Neck",),
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
    fingers=numbered(
        "{s}Hand{f}{n}", {"thumb": "Thumb", "index": "Index", "middle": "Middle", "ring": "Ring", "pinky": "Pinky"}
    ),
    marks=("Spine2",),
)
