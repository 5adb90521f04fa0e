"""One animated property: its data path and its values over time."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..runtime_api import Array


@dataclass(frozen=True)
class Channel:
    """The values (T, components) of one property, from the first frame that is written on; one row holds for all.

    ``must``: rows that get a key of their own, however few keys the curves need. ``reach``: of a rotation, how far
    (metres in the world) what it turns goes from the bone.
    """

    path: str
    values: Array
    group: str
    must: tuple[int, ...] = ()
    reach: float = 0.0


def bone_path(bone: str) -> str:
    """Return the data path of a pose bone, from its armature object."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'


def shape_path(shape: str) -> str:
    """Return the data path of a shape key's value, from its ``Key`` block."""
    return f'key_blocks["{bpy.utils.escape_identifier(shape)}"].value'
