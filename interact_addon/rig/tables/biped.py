"""3ds Max Biped, as in Microsoft Rocketbox."""

from .table import RigTable

_FINGER_NUMBERS = {"thumb": 0, "index": 1, "middle": 2, "ring": 3, "pinky": 4}

BIPED = RigTable(
    name="3ds Max Biped",
    prefix=r"Bip\d+[ _]",
    sides=("L", "R"),
    hips="Pelvis",
    spine=("Spine", "Spine1", "Spine2", "Spine3"),
    neck=("Neck", "Neck1"),
    head="Head",
    limbs={
        "collar": "{s} Clavicle",
        "shoulder": "{s} UpperArm",
        "elbow": "{s} Forearm",
        "wrist": "{s} Hand",
        "hip": "{s} Thigh",
        "knee": "{s} Calf",
        "ankle": "{s} Foot",
        "foot": "{s} Toe0",
    },
    fingers={
        finger: (f"{{s}} Finger{n}", f"{{s}} Finger{n}1", f"{{s}} Finger{n}2") for finger, n in _FINGER_NUMBERS.items()
    },
)
