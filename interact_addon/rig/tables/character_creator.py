"""Reallusion Character Creator 3 and 4."""

from .table import RigTable, numbered

CHARACTER_CREATOR = RigTable(
    name="Character Creator",
    prefix=r"CC_Base_",
    sides=("L", "R"),
    hips="Hip",
    spine=("Waist", "Spine01", "Spine02"),
    neck=("NeckTwist01", "NeckTwist02"),
    head="Head",
    limbs={
        "collar": "{s}_Clavicle",
        "shoulder": "{s}_Upperarm",
        "elbow": "{s}_Forearm",
        "wrist": "{s}_Hand",
        "hip": "{s}_Thigh",
        "knee": "{s}_Calf",
        "ankle": "{s}_Foot",
        "foot": "{s}_ToeBase",
    },
    fingers=numbered(
        "{s}_{f}{n}", {"thumb": "Thumb", "index": "Index", "middle": "Mid", "ring": "Ring", "pinky": "Pinky"}
    ),
)
