"""MB-Lab (and ManuelbastioniLAB): names and parents from its base skeleton, github.com/animate1978/MB-Lab."""

from .table import RigTable, numbered

MB_LAB = RigTable(
    name="MB-Lab",
    sides=("L", "R"),
    hips="pelvis",
    spine=("spine01", "spine02", "spine03"),
    neck=("neck",),
    head="head",
    limbs={
        "collar": "clavicle_{s}",
        "shoulder": "upperarm_{s}",
        "elbow": "lowerarm_{s}",
        "wrist": "hand_{s}",
        "hip": "thigh_{s}",
        "knee": "calf_{s}",
        "ankle": "foot_{s}",
        "foot": "toes_{s}",
    },
    fingers=numbered("{f}0{n}_{s}", {f: f for f in ("thumb", "index", "middle", "ring", "pinky")}),
)
