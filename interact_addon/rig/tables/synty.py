"""Synty's POLYGON characters.

Names and parents from Unity paths of the packs ("Root/Hips/Spine_01/…/Clavicle_R/Shoulder_R/Elbow_R/Hand_R"). The three
outer fingers are one (``Finger_01``). Finger bones have the same name on both hands: an importer tells the right ones
by a number at the end. Newer packs have Unreal's names.
"""

from .table import RigTable

SYNTY = RigTable(
    name="Synty",
    sides=("L", "R"),
    hips="Hips",
    spine=("Spine_01", "Spine_02", "Spine_03"),
    neck=("Neck",),
    head="Head",
    limbs={
        "collar": "Clavicle_{s}",
        "shoulder": "Shoulder_{s}",
        "elbow": "Elbow_{s}",
        "wrist": "Hand_{s}",
        "hip": "UpperLeg_{s}",
        "knee": "LowerLeg_{s}",
        "ankle": "Ankle_{s}",
        "foot": "Ball_{s}",
    },
    fingers={
        finger: tuple(f"{name}_0{n}{{d}}|{name}_0{n}_{{s}}" for n in (1, 2, 3))  # type: ignore[misc]
        for finger, name in {"thumb": "Thumb", "index": "IndexFinger", "middle": "Finger"}.items()
    },
)
