"""The CMU captures as cgspeed's "Daz-friendly" BVH, which are also the names of Poser and of Daz' first figures.

The hierarchy is in the headers of these files: sites.google.com/a/cgspeed.com/cgspeed/motion-capture. ``lButtock``
lies 3 cm above ``lThigh`` and stays at rest; fingers have two bones; there are no toes.
"""

from dataclasses import replace

from .daz import DAZ_GENESIS_8

CGSPEED = replace(
    DAZ_GENESIS_8,
    name="Poser and cgspeed BVH",
    spine=("abdomen", "abdomen2", "chest"),
    neck=("neck",),
    limbs=DAZ_GENESIS_8.limbs | {"shoulder": "{s}Shldr", "elbow": "{s}ForeArm", "hip": "{s}Thigh"},
    marks=("lButtock", "rButtock", "leftEye", "rightEye"),
)
