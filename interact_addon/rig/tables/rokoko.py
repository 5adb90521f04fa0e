"""Rokoko Studio's "Newton" skeleton, from its recordings as FBX and BVH.

Names and parents from public Maya scenes and HumanIK lists of Rokoko recordings (``LeftFinger1Metacarpal`` is the
first bone of the thumb; the metacarpals of the other fingers stay at rest).
"""

from .table import RigTable

ROKOKO = RigTable(
    name="Rokoko Newton",
    sides=("Left", "Right"),
    hips="Hips",
    spine=("Spine1", "Spine2", "Spine3", "Spine4"),
    neck=("Neck",),
    head="Head",
    limbs={
        "collar": "{s}Shoulder",
        "shoulder": "{s}Arm",
        "elbow": "{s}ForeArm",
        "wrist": "{s}Hand",
        "hip": "{s}Thigh",
        "knee": "{s}Shin",
        "ankle": "{s}Foot",
        "foot": "{s}Toe",
    },
    fingers={
        "thumb": ("{s}Finger1Metacarpal", "{s}Finger1Proximal", "{s}Finger1Distal"),
        **{
            finger: (f"{{s}}Finger{n}Proximal", f"{{s}}Finger{n}Medial", f"{{s}}Finger{n}Distal")
            for n, finger in enumerate(("index", "middle", "ring", "pinky"), 2)
        },
    },
)
