"""Mesh2Motion and Quaternius' Universal Animation Library: Rigify's deform bones with hips, neck and head by name."""

from dataclasses import replace

from .rigify_metarig import RIGIFY_DEFORM

QUATERNIUS = replace(
    RIGIFY_DEFORM,
    name="Mesh2Motion (Quaternius)",
    hips="hips",
    spine=("spine.001", "spine.002", "spine.003"),
    neck=("neck",),
    head="head",
)
