"""SMPL characters as FBX, of the body model's own Unity and Maya packages.

Names: smpl.is.tue.mpg.de. Every bone begins with the model's (``m_avg_``, ``f_avg_``); ``L_Shoulder`` is the upper arm
and ``L_Collar`` the collar bone. With SMPL-H's hands the fingers are numbered from 0.
"""

from .table import RigTable

SMPL = RigTable(
    name="SMPL FBX",
    prefix=r"[mfn]_avg_",
    sides=("L", "R"),
    hips="Pelvis",
    spine=("Spine1", "Spine2", "Spine3"),
    neck=("Neck",),
    head="Head",
    limbs={
        "collar": "{s}_Collar",
        "shoulder": "{s}_Shoulder",
        "elbow": "{s}_Elbow",
        "wrist": "{s}_Wrist",
        "hip": "{s}_Hip",
        "knee": "{s}_Knee",
        "ankle": "{s}_Ankle",
        "foot": "{s}_Foot",
    },
    fingers={
        finger: (f"{{s}}{finger}0", f"{{s}}{finger}1", f"{{s}}{finger}2")
        for finger in ("thumb", "index", "middle", "ring", "pinky")
    },
)
