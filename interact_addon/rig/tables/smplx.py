"""SMPL-X and SMPL-H; the canonical skeleton uses their joint names."""

from .table import RigTable, numbered

SMPLX = RigTable(
    name="SMPL-X",
    sides=("left", "right"),
    hips="pelvis",
    spine=("spine1", "spine2", "spine3"),
    neck=("neck",),
    head="head",
    limbs={
        joint: f"{{s}}_{joint}" for joint in ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
    },
    fingers=numbered("{s}_{f}{n}", {f: f for f in ("thumb", "index", "middle", "ring", "pinky")}),
)
