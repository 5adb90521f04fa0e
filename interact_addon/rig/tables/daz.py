"""Daz Studio: Genesis 8 with its twist bones between the limbs, and Genesis 9."""

from .table import RigTable, numbered

DAZ_GENESIS_8 = RigTable(
    name="Daz Genesis 8",
    sides=("l", "r"),
    hips="hip",
    spine=("abdomenLower", "abdomenUpper", "chestLower", "chestUpper"),
    neck=("neckLower", "neckUpper"),
    head="head",
    limbs={
        "collar": "{s}Collar",
        "shoulder": "{s}ShldrBend",
        "elbow": "{s}ForearmBend",
        "wrist": "{s}Hand",
        "hip": "{s}ThighBend",
        "knee": "{s}Shin",
        "ankle": "{s}Foot",
        "foot": "{s}Toe",
    },
    fingers=numbered(
        "{s}{f}{n}", {"thumb": "Thumb", "index": "Index", "middle": "Mid", "ring": "Ring", "pinky": "Pinky"}
    ),
)
DAZ_GENESIS_9 = RigTable(
    name="Daz Genesis 9",
    sides=("l", "r"),
    hips="hip",
    spine=("spine1", "spine2", "spine3", "spine4"),
    neck=("neck1", "neck2"),
    head="head",
    limbs={
        "collar": "{s}_shoulder",
        "shoulder": "{s}_upperarm",
        "elbow": "{s}_forearm",
        "wrist": "{s}_hand",
        "hip": "{s}_thigh",
        "knee": "{s}_shin",
        "ankle": "{s}_foot",
        "foot": "{s}_toes",
    },
    fingers=numbered(
        "{s}_{f}{n}", {"thumb": "thumb", "index": "index", "middle": "mid", "ring": "ring", "pinky": "pinky"}
    ),
)
