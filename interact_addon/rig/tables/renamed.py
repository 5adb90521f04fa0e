"""Mixamo and Daz rigs whose sides another tool moved or abbreviated: ``UpLeg.L``, ``L_UpLeg``, ``ShldrBend_l``.

Blender mirrors poses only between names that end in a side, so add-ons rename to that: Diffeomorphic's Daz importer,
Mixamo rename scripts, Avatar tools.
"""

from dataclasses import replace

from .daz import DAZ_GENESIS_8, DAZ_GENESIS_9
from .mixamo import MIXAMO
from .table import sides_at_end

MIXAMO_ENDS = sides_at_end(MIXAMO, "Mixamo, side last", ("L", "R"))
MIXAMO_ENDS_IN_FULL = replace(MIXAMO_ENDS, sides=MIXAMO.sides)
MIXAMO_LETTERS = replace(MIXAMO, name="Mixamo, sides as letters", sides=("L", "R"))
DAZ_8_ENDS = sides_at_end(DAZ_GENESIS_8, "Daz Genesis 8, side last", ("L", "R"))
DAZ_8_IN_FULL = replace(DAZ_GENESIS_8, name="Daz Genesis 8, sides in full", sides=("Left", "Right"))
DAZ_9_ENDS = sides_at_end(DAZ_GENESIS_9, "Daz Genesis 9, side last", ("L", "R"))
DAZ_9_IN_FULL = replace(DAZ_GENESIS_9, name="Daz Genesis 9, sides in full", sides=("Left", "Right"))

RENAMED = (
    MIXAMO_ENDS, MIXAMO_ENDS_IN_FULL, MIXAMO_LETTERS, DAZ_8_ENDS, DAZ_8_IN_FULL, DAZ_9_ENDS, DAZ_9_IN_FULL,
)  # fmt: skip
