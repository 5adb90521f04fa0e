"""The two characters of the demo: their measures and colours."""

from __future__ import annotations

import math

from .figure import Figure

# Colours are linear, as Blender's are.
MIA = Figure(
    name="Mia",
    height=1.64,
    shoulders=0.90,
    hips=1.04,
    chest=0.94,
    waist=0.90,
    bust=1.0,
    limbs=0.92,
    head=0.242,
    arm_drop=0.0,
    naming="mixamo",
    hair="bob",
    feminine=1.0,
    palette={
        "skin": (0.88, 0.56, 0.41),
        "lips": (0.70, 0.22, 0.19),
        "top": (0.80, 0.17, 0.11),
        "bottom": (0.045, 0.055, 0.11),
        "trim": (0.90, 0.62, 0.42),
        "shoe": (0.75, 0.70, 0.62),
        "sole": (0.28, 0.22, 0.18),
        "hair": (0.060, 0.024, 0.014),
        "iris": (0.10, 0.22, 0.10),
    },
)
TOM = Figure(
    name="Tom",
    height=1.82,
    shoulders=1.08,
    hips=0.96,
    chest=1.05,
    waist=1.02,
    bust=0.0,
    limbs=1.04,
    head=0.250,
    arm_drop=math.radians(46.0),
    naming="unreal",
    hair="short",
    feminine=0.0,
    palette={
        "skin": (0.74, 0.43, 0.28),
        "lips": (0.50, 0.20, 0.14),
        "top": (0.020, 0.26, 0.27),
        "bottom": (0.22, 0.17, 0.12),
        "trim": (0.35, 0.62, 0.56),
        "shoe": (0.09, 0.06, 0.045),
        "sole": (0.55, 0.50, 0.42),
        "hair": (0.022, 0.014, 0.010),
        "iris": (0.05, 0.13, 0.30),
    },
)
