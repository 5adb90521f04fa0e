"""Emotions and relationships of files that were saved before these were InterAct's own."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from ..properties.actor import EMOTION_NUMBERS
from ..properties.scene import RELATIONSHIP_NUMBERS
from ..runtime_api import contract
from .reading import curve_of


def bring_names_up_to_date(scene: bpy.types.Scene) -> None:
    """Choose what the emotions, their keys and the relationship of a scene are called today.

    A file stores their numbers; one that no name of today has is that of an earlier one.
    """
    for actor in scene.interact.actors:
        number = compat.stored_number(actor, "emotion")
        if number is not None and (found := _emotion(number)) is not None:
            actor.emotion, share = found
            actor.emotion_intensity *= share
        if (curve := curve_of(actor, "emotion")) is not None:
            _bring_keys_up_to_date(curve)
    number = compat.stored_number(scene.interact, "relationship")
    earlier = dict(enumerate(contract.FIRST_RELATIONSHIPS, 1))
    if number in earlier and number not in RELATIONSHIP_NUMBERS.values():
        scene.interact.relationship = contract.relationship_named(earlier[number])


def _emotion(number: int) -> tuple[str, float] | None:
    """Return today's emotion and the share of its intensity for the number of an earlier one."""
    if number in EMOTION_NUMBERS.values() or not 0 <= number < len(contract.FIRST_EMOTIONS):
        return None
    return contract.emotion_named(contract.FIRST_EMOTIONS[number])


def _bring_keys_up_to_date(curve: Any) -> None:
    for key in curve.keyframe_points:
        if (found := _emotion(round(key.co.y))) is not None:
            key.co.y = EMOTION_NUMBERS[found[0]]
