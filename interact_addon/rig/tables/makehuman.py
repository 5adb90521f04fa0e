"""MakeHuman and MPFB, the "default" rig: the spine is numbered downwards, limbs have two bones and the first bends."""

from .table import RigTable, numbered

MAKEHUMAN = RigTable(
    name="MakeHuman",
    sides=("L", "R"),
    hips="root",
    spine=("spine05", "spine04", "spine03", "spine02", "spine01"),
    neck=("neck01", "neck02", "neck03"),
    head="head",
    limbs={
        "collar": "clavicle.{s}",
        "shoulder": "upperarm01.{s}",
        "elbow": "lowerarm01.{s}",
        "wrist": "wrist.{s}",
        "hip": "upperleg01.{s}",
        "knee": "lowerleg01.{s}",
        "ankle": "foot.{s}",
        "foot": "toe1-1.{s}",
    },
    fingers=numbered("finger{f}-{n}.{s}", {"thumb": "1", "index": "2", "middle": "3", "ring": "4", "pinky": "5"}),
)
