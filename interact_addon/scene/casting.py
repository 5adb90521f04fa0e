"""A cast character kept from the last time it was read, for what is drawn or dragged and cannot wait for a reading."""

from __future__ import annotations

from typing import Any

from ..properties import assigned_bones
from ..rig.cast import CastActor
from .request import cast_character

_characters: dict[tuple[Any, ...], CastActor] = {}
_MOST = 8


def character_of(actor: Any) -> CastActor:
    """Return the character of an actor of the scene, read again only where armature, bones or shapes are others.

    What Generate needs is read anew each time; a rest pose edited since is not seen here. Raises as ``cast_character``.
    """
    armature = actor.armature
    key = (
        armature.session_uid if armature is not None else 0,
        len(armature.data.bones) if armature is not None else 0,
        tuple(sorted(assigned_bones(actor).items())),
        len(actor.shapes),
    )
    if key not in _characters:
        if len(_characters) >= _MOST:
            _characters.clear()
        _characters[key] = cast_character(actor)
    return _characters[key]
