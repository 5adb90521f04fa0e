"""Unity's humanoid names (``HumanBodyBones``), as VRM tools and many avatars for VRChat use them.

Names: docs.unity3d.com/ScriptReference/HumanBodyBones.html. Avatars made in Blender put the side at the end
(``UpperArm.L``, ``Index Proximal.L``); both spellings are known.
"""

from .table import RigTable, sides_at_end

_FINGERS = {"thumb": "Thumb", "index": "Index", "middle": "Middle", "ring": "Ring", "pinky": "Little"}

UNITY = RigTable(
    name="Unity humanoid",
    sides=("Left", "Right"),
    hips="Hips",
    spine=("Spine", "Chest", "UpperChest"),
    neck=("Neck",),
    head="Head",
    limbs={
        "collar": "{s}Shoulder",
        "shoulder": "{s}UpperArm",
        "elbow": "{s}LowerArm",
        "wrist": "{s}Hand",
        "hip": "{s}UpperLeg",
        "knee": "{s}LowerLeg",
        "ankle": "{s}Foot",
        "foot": "{s}Toes|{s}ToeBase|{s}Toe",
    },
    fingers={
        finger: (f"{{s}}{name}Proximal", f"{{s}}{name}Intermediate", f"{{s}}{name}Distal")
        for finger, name in _FINGERS.items()
    },
)
UNITY_ENDS = sides_at_end(UNITY, "Unity humanoid, side last", ("L", "R"))
