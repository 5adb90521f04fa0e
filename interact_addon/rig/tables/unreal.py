"""Unreal Engine 4 and 5 mannequins, and MPFB's "game engine" rig, which uses their names."""

from .table import RigTable, numbered

UNREAL = RigTable(
    name="Unreal",
    sides=("l", "r"),
    hips="pelvis",
    spine=("spine_01", "spine_02", "spine_03", "spine_04", "spine_05"),
    neck=("neck_01", "neck_02"),
    head="head",
    limbs={
        "collar": "clavicle_{s}",
        "shoulder": "upperarm_{s}",
        "elbow": "lowerarm_{s}",
        "wrist": "hand_{s}",
        "hip": "thigh_{s}",
        "knee": "calf_{s}",
        "ankle": "foot_{s}",
        "foot": "ball_{s}",
    },
    fingers=numbered("{f}_0{n}_{s}", {f: f for f in ("thumb", "index", "middle", "ring", "pinky")}),
)
