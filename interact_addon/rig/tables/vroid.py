"""VRoid Studio, and other VRM characters that keep its bone names."""

from .table import RigTable, numbered

VROID = RigTable(
    name="VRoid",
    prefix=r"J_Bip_",
    sides=("L", "R"),
    hips="C_Hips",
    spine=("C_Spine", "C_Chest", "C_UpperChest"),
    neck=("C_Neck",),
    head="C_Head",
    limbs={
        "collar": "{s}_Shoulder",
        "shoulder": "{s}_UpperArm",
        "elbow": "{s}_LowerArm",
        "wrist": "{s}_Hand",
        "hip": "{s}_UpperLeg",
        "knee": "{s}_LowerLeg",
        "ankle": "{s}_Foot",
        "foot": "{s}_ToeBase",
    },
    fingers=numbered(
        "{s}_{f}{n}", {"thumb": "Thumb", "index": "Index", "middle": "Middle", "ring": "Ring", "pinky": "Little"}
    ),
)
