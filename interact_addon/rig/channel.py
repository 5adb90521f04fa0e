"""One animated property: its data path and its values over time."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..runtime_api import Array


@dataclass(frozen=True)
class Channel:
    """The values (T, components) of one property, keyed from the scene's first frame on; one row holds for all."""

    path: str
    values: Array
    group: str


def bone_path(bone: str) -> str:
    """Return the data path of a pose bone, from its armature object."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'


def shape_path(shape: str) -> str:
    """Return the data path of a shape key's value, from its ``Key`` block."""
    return f'key_blocks["{bpy.utils.escape_identifier(shape)}"].value'
