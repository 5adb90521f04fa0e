"""Locks: the parts of an actor that no generation changes."""

import bpy
from bpy.props import BoolProperty

from ..runtime_api import contract

PART_NAMES = {"face": "Face", "head": "Head", "upper": "Arms & Spine", "hands": "Hands", "lower": "Legs & Path"}
PART_MEANINGS = {
    "face": "All curves of the face and the eyes",
    "head": "Neck and head",
    "upper": "Spine, shoulders and arms",
    "hands": "The fingers",
    "lower": "Pelvis, legs and where the actor is",
}
assert PART_NAMES.keys() == PART_MEANINGS.keys() == set(contract.BODY_PARTS)


def part_switch(part: str, default: bool, means: str) -> object:
    """Make a switch for one part of the body; ``means``: what it says of the part."""
    return BoolProperty(
        name=PART_NAMES[part], default=default, options=set(), description=f"{means}: {PART_MEANINGS[part].lower()}"
    )


class INTERACT_PG_locks(bpy.types.PropertyGroup):
    """What is locked of an actor."""

    face: part_switch("face", False, "Locked, no generation changes it")  # type: ignore[valid-type]
    head: part_switch("head", False, "Locked, no generation changes it")  # type: ignore[valid-type]
    upper: part_switch("upper", False, "Locked, no generation changes it")  # type: ignore[valid-type]
    hands: part_switch("hands", False, "Locked, no generation changes it")  # type: ignore[valid-type]
    lower: part_switch("lower", False, "Locked, no generation changes it")  # type: ignore[valid-type]


def chosen_parts(switches: bpy.types.PropertyGroup) -> tuple[str, ...]:
    """Return the parts, of ``contract.BODY_PARTS``, that are switched on."""
    return tuple(part for part in contract.BODY_PARTS if getattr(switches, part))
