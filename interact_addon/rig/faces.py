"""Face meshes: their shape keys matched with the 52 ARKit shapes, in any usual spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..runtime_api import contract
from .identity import ObjectReference, reference
from .measure import skinned_meshes

ARKIT = {name.casefold(): column for column, name in enumerate(contract.ARKIT_NAMES)}
_SIDES = ("left", "right")
_MERGED = {
    name.casefold()[:-4]
    for name in contract.ARKIT_NAMES
    if name.endswith("Left") and not name.startswith(("jaw", "mouthLeft"))
}
_SPLIT = ("browInnerUp", "cheekPuff", "mouthShrugUpper", "mouthShrugLower", "mouthRollUpper", "mouthRollLower")


@dataclass(frozen=True)
class FaceMesh:
    """One mesh with ARKit shapes.

    ``shapes``: K key names in the mesh's order; ``weights`` (K, 52): the share of each ARKit curve in each key.
    """

    object: ObjectReference
    shapes: tuple[str, ...]
    weights: NDArray[np.float32]

    @property
    def mesh(self) -> str:
        """The name of the mesh object, for messages."""
        return self.object.name

    @property
    def arkit_columns(self) -> set[int]:
        return set(np.flatnonzero(self.weights.any(axis=0)).tolist())


def find_faces(armature: bpy.types.Object) -> list[FaceMesh]:
    """Return all meshes of a character that have at least one ARKit shape; they are driven together."""
    faces = []
    for obj in skinned_meshes(armature):
        keys: Any = obj.data.shape_keys
        if keys is None:
            continue
        face = match_shapes(reference(obj), [block.name for block in keys.key_blocks if block != keys.reference_key])
        if face.shapes:
            faces.append(face)
    return faces


def match_shapes(mesh: ObjectReference, names: Iterable[str]) -> FaceMesh:
    """Match shape keys with ARKit's names, in any case and with any usual spelling of the side."""
    matched = [(name, row) for name in names if (row := arkit_weights(name)) is not None]
    return FaceMesh(
        mesh, tuple(name for name, _ in matched), np.array([row for _, row in matched], np.float32).reshape(-1, 52)
    )


def arkit_weights(name: str) -> NDArray[np.float32] | None:
    """Return the weights (52,) of the ARKit curves in a shape key, or None if it is not an ARKit shape.

    ``eyeBlinkLeft``, ``EyeBlinkLeft``, ``eyeBlink_L``, ``Eye_Blink_L``, ``eyeBlink.left`` and ``ARKit_eyeBlinkLeft``
    are the same. A shape of both sides (``eyeBlink``) gets their mean; a shape of one side where ARKit has a single
    shape (``browInnerUpLeft``) gets that one.
    """
    row = np.zeros(len(contract.ARKIT_NAMES), np.float32)
    for spelling in _spellings(name):
        if spelling in ARKIT:
            row[ARKIT[spelling]] = 1.0
            return row
        if spelling in _MERGED:
            row[[ARKIT[spelling + side] for side in _SIDES]] = 0.5
            return row
        for single in _SPLIT:
            if spelling in (single.casefold() + side for side in _SIDES):
                row[ARKIT[single.casefold()]] = 1.0
                return row
    return None


def _spellings(name: str) -> list[str]:
    """Return possible spellings of a name without case or separators, the simplest first."""
    name = name.strip().rsplit(":", 1)[-1]
    side = ""
    if match := re.fullmatch(r"(.*?)[ _.\-]?(left|right)", name, re.IGNORECASE):
        side = match[2].casefold()
    elif match := re.fullmatch(r"(.*?)[ _.\-]([lr])", name, re.IGNORECASE) or re.fullmatch(r"(.*[a-z])([LR])", name):
        side = {"l": "left", "r": "right"}[match[2].casefold()]
    stem = match[1] if match else name
    plain = re.sub(r"[ _.\-]", "", stem).casefold()
    return [start + side for start in (plain, re.sub(r"^(arkit|arkitface|face|blendshape\d*)", "", plain))]


def missing_shapes(faces: Iterable[FaceMesh]) -> list[str]:
    """Return the ARKit names that none of the meshes has."""
    there: set[int] = set()
    for face in faces:
        there |= face.arkit_columns
    return [name for column, name in enumerate(contract.ARKIT_NAMES) if column not in there]
