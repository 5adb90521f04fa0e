"""What a person sets for a character's face, beside what is found."""

from __future__ import annotations

from dataclasses import dataclass

from .identity import ObjectReference


@dataclass(frozen=True)
class ShapeSetting:
    """What a person set for one shape key of one mesh.

    ``found``: the key that was found by its name, "" where none was; ``curve``: the ARKit curve that drives ``shape``
    where none was found. ``shape``: the key to drive instead of ``found``, "" for none. ``scale`` and ``offset``: the
    key's value is ``offset + scale * value``.
    """

    mesh: ObjectReference
    found: str
    curve: str
    shape: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class FaceSettings:
    """``shapes``: settings for any meshes; ``jaw``, ``eyes`` and ``lids``: shares of how far those bones turn."""

    shapes: tuple[ShapeSetting, ...] = ()
    jaw: float = 1.0
    eyes: float = 1.0
    lids: float = 1.0


AS_FOUND = FaceSettings()
