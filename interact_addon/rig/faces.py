"""Face meshes: their shape keys and the ARKit curves that drive them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..runtime_api import Array, contract
from .face_settings import ShapeSetting
from .identity import ObjectReference, reference
from .measure import skinned_meshes
from .shape_names import arkit_weights, match
from .visemes import expression_rows, speaks_arkit, viseme_rows

__all__ = [
    "FaceMesh", "ShapeSetting", "arkit_weights", "find_faces", "match_shapes", "missing_shapes", "shape_values",
]  # fmt: skip

_PAIRS = [
    (column, contract.ARKIT_NAMES.index(name[:-4] + "Right"))
    for column, name in enumerate(contract.ARKIT_NAMES)
    if name.endswith("Left") and name not in ("jawLeft", "mouthLeft")
]


@dataclass(frozen=True)
class FaceMesh:
    """One mesh with shapes of the face.

    ``shapes``: K key names in the mesh's order; ``weights`` (K, 52): the share of each ARKit curve in each key, below 0
    where a curve takes from it; values are cut to 0 to 1. ``scales`` and ``offsets``: K each, applied after that; empty
    for 1 and 0.
    """

    object: ObjectReference
    shapes: tuple[str, ...]
    weights: NDArray[np.float32]
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    @property
    def mesh(self) -> str:
        """The name of the mesh object, for messages."""
        return self.object.name

    @property
    def arkit_columns(self) -> set[int]:
        """The columns of the curves that show on this mesh."""
        return set(np.flatnonzero((self.weights > 0.0).any(axis=0)).tolist())

    def unscaled(self, values: Array) -> Array:
        """Return values (T, K) without scale and offset: what the curves alone give. A scale of 0 tells nothing: 0."""
        if not self.scales:
            return values
        scales = np.array(self.scales)
        without: Array = np.divide(values - self.offsets, scales, out=np.zeros_like(values), where=scales != 0.0)
        return without


def find_faces(armature: bpy.types.Object, settings: Iterable[ShapeSetting] = ()) -> list[FaceMesh]:
    """Return all meshes of a character with shapes that ARKit's curves can drive; they are driven together.

    ``settings``: what a person set, for any mesh. Hidden meshes count.
    """
    settings, faces = tuple(settings), []
    for obj in skinned_meshes(armature):
        names = shape_names(obj)
        if not names:
            continue
        face = match_shapes(reference(obj), names)
        face = _with_settings(face, names, [setting for setting in settings if setting.mesh.uid == face.object.uid])
        if face.shapes:
            faces.append(face)
    return _closing_by_the_jaw(faces)


def shape_names(obj: bpy.types.Object) -> list[str]:
    """Return the names of a mesh's shape keys, without the reference key."""
    keys: Any = obj.data.shape_keys
    if keys is None:
        return []
    basis = keys.reference_key
    return [block.name for block in keys.key_blocks if block != basis]


def match_shapes(mesh: ObjectReference, names: Iterable[str]) -> FaceMesh:
    """Match shape keys with the ARKit curves.

    ARKit's shapes win, in any usual spelling or vocabulary; of several for one curve those whose names are nearest.
    Where they make no mouth that can speak, visemes do. Last come shapes of features that nothing else shows.
    """
    names = list(names)
    rows = _arkit_rows(names)
    if not speaks_arkit(_served(rows)):
        visemes = viseme_rows(names)
        spoken = list(_served(visemes))
        rows = {name: _without(row, spoken) for name, row in rows.items()} | visemes
    rows |= expression_rows([name for name in names if name not in rows], _served(rows))
    shapes = tuple(name for name in names if name in rows and (rows[name] > 0.0).any())
    return FaceMesh(mesh, shapes, np.array([rows[name] for name in shapes], np.float32).reshape(-1, 52))


def missing_shapes(faces: Iterable[FaceMesh]) -> list[str]:
    """Return the ARKit names that none of the meshes shows."""
    there: set[int] = set()
    for face in faces:
        there |= face.arkit_columns
    return [name for column, name in enumerate(contract.ARKIT_NAMES) if column not in there]


def shape_values(mesh: FaceMesh, keys: bpy.types.Key, face: Array) -> Array:
    """Return the values (T, K) of a mesh's shape keys for curves (T, 52): scaled, offset, within each key's slider."""
    values = np.clip(face @ mesh.weights.T, 0.0, 1.0)
    if mesh.scales:
        values = np.array(mesh.offsets) + np.array(mesh.scales) * values
    blocks: Any = keys.key_blocks
    limits = np.array([(blocks[name].slider_min, blocks[name].slider_max) for name in mesh.shapes]).reshape(-1, 2)
    return np.clip(values, limits[:, 0], limits[:, 1])


def _arkit_rows(names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Return the weights (52,) of the ARKit shapes; each curve drives only the shapes of its best rank."""
    found = {name: entry for name in names if (entry := match(name)) is not None}
    if not found:
        return {}
    weights = np.array([row for row, _ in found.values()])
    ranks = np.where(weights > 0.0, np.array([rank for _, rank in found.values()])[:, None], np.inf)
    weights[ranks > ranks.min(axis=0)] = 0.0
    return {name: row for name, row in zip(found, weights) if row.any()}


def _closing_by_the_jaw(faces: list[FaceMesh]) -> list[FaceMesh]:
    """Let ``mouthClose`` hold the jaw shut where no mesh has a shape for it: lips must meet on p, b and m."""
    close, jaw = (contract.ARKIT_NAMES.index(name) for name in ("mouthClose", "jawOpen"))
    if any(close in face.arkit_columns for face in faces):
        return faces
    for face in faces:
        face.weights[:, close] = np.minimum(face.weights[:, close], -face.weights[:, jaw])
    return faces


def _served(rows: dict[str, NDArray[np.float32]]) -> set[int]:
    return {int(column) for row in rows.values() for column in np.flatnonzero(row > 0.0)}


def _without(row: NDArray[np.float32], columns: list[int]) -> NDArray[np.float32]:
    row = row.copy()
    row[columns] = 0.0
    return row


def _halved(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights (52,) in which the two sides of a feature share 1: one shape chosen for both shows their mean."""
    both = [(left, right) for left, right in _PAIRS if row[left] == row[right] == 1.0]
    row = row.copy()
    row[[column for pair in both for column in pair]] = 0.5
    return row


def _with_settings(face: FaceMesh, names: Sequence[str], settings: Sequence[ShapeSetting]) -> FaceMesh:
    """Return the mesh as a person set it; settings for keys that are gone are passed over."""
    if not settings:
        return face
    rows = dict(zip(face.shapes, face.weights))
    tuned: dict[str, tuple[float, float]] = {}
    chosen: dict[str, NDArray[np.float32]] = {}
    for setting in settings:
        row = rows.pop(setting.found, None) if setting.found else arkit_weights(setting.curve)
        if row is None or setting.shape not in names:
            continue
        chosen[setting.shape] = _halved(chosen.get(setting.shape, 0.0) + row)
        tuned[setting.shape] = (setting.scale, setting.offset)
    rows |= chosen
    shapes = tuple(name for name in names if name in rows)
    return replace(
        face,
        shapes=shapes,
        weights=np.array([rows[name] for name in shapes], np.float32).reshape(-1, 52),
        scales=tuple(tuned.get(name, (1.0, 0.0))[0] for name in shapes),
        offsets=tuple(tuned.get(name, (1.0, 0.0))[1] for name in shapes),
    )
