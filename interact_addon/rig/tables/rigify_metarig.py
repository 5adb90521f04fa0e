"""Rigify's metarig used as a rig of its own, and the deform bones of a generated rig, as in game exports."""

from dataclasses import replace

from .table import RigTable, numbered

RIGIFY_METARIG = RigTable(
    name="Rigify metarig",
    sides=("L", "R"),
    hips="spine",
    spine=("spine.001", "spine.002", "spine.003"),
    neck=("spine.004", "spine.005"),
    head="spine.006",
    limbs={
        "collar": "shoulder.{s}",
        "shoulder": "upper_arm.{s}",
        "elbow": "forearm.{s}",
        "wrist": "hand.{s}",
        "hip": "thigh.{s}",
        "knee": "shin.{s}",
        "ankle": "foot.{s}",
        "foot": "toe.{s}",
    },
    fingers=numbered(
        "{f}.0{n}.{s}",
        {"thumb": "thumb", "index": "f_index", "middle": "f_middle", "ring": "f_ring", "pinky": "f_pinky"},
    ),
)
RIGIFY_DEFORM = replace(RIGIFY_METARIG, name="Rigify deform bones", prefix="DEF-")
