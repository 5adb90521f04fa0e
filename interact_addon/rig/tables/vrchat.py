"""Avatars for VRChat as the Cats and Avatar Toolkit plugins name their bones.

Names from the bone dictionaries of github.com/absolute-quantum/cats-blender-plugin: the joints' everyday names, each
for the bone that begins there ("Left arm" is the upper arm, "Left elbow" the forearm).
"""

from .table import RigTable

_FINGERS = {"index": "IndexFinger", "middle": "MiddleFinger", "ring": "RingFinger", "pinky": "LittleFinger"}

VRCHAT = RigTable(
    name="VRChat (Cats)",
    sides=("Left", "Right"),
    hips="Hips",
    spine=("Spine", "Chest", "Upper Chest"),
    neck=("Neck",),
    head="Head",
    limbs={
        "collar": "{s} shoulder",
        "shoulder": "{s} arm",
        "elbow": "{s} elbow",
        "wrist": "{s} wrist",
        "hip": "{s} leg",
        "knee": "{s} knee",
        "ankle": "{s} ankle",
        "foot": "{s} toe",
    },
    fingers={
        "thumb": ("Thumb0_{i}", "Thumb1_{i}", "Thumb2_{i}"),
        **{finger: (f"{name}1_{{i}}", f"{name}2_{{i}}", f"{name}3_{{i}}") for finger, name in _FINGERS.items()},
    },
)
