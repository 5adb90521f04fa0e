"""The vertices that a bone of the face moves, and how far shape keys move them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array
from .faces import FaceMesh
from .measure import skinned_meshes

_LEAST_WEIGHT = 0.3


@dataclass(frozen=True)
class BoneVertices:
    """The P vertices that follow a bone or its children, in armature space at rest.

    ``points`` (P, 3); ``deltas``: column of a curve -> movement (P, 3) of these vertices by shape keys at 1.
    """

    points: Array
    deltas: dict[int, Array] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.points)


def vertices_of_bones(
    armature: bpy.types.Object, bones: Iterable[str], faces: Sequence[FaceMesh]
) -> dict[str, BoneVertices]:
    """Return for each bone the vertices with a weight of at least 0.3 for it and those below it, of all meshes.

    The vertices of a mesh are gone through once.
    """
    families = {bone: {bone, *(below.name for below in armature.data.bones[bone].children_recursive)} for bone in bones}
    to_armature = armature.matrix_world.inverted()
    by_mesh = {face.object.uid: face for face in faces}
    parts: dict[str, list[BoneVertices]] = {bone: [] for bone in families}
    for obj in skinned_meshes(armature):
        weights = _weights(obj, set().union(*families.values()))
        matrix = np.array(to_armature @ obj.matrix_world)
        for bone, family in families.items():
            chosen = _chosen(obj, weights, family)
            if len(chosen):
                points = _coordinates(obj.data.vertices)[chosen] @ matrix[:3, :3].T + matrix[:3, 3]
                face = by_mesh.get(obj.session_uid)
                moved = _movements(obj, face, chosen, matrix[:3, :3]) if face is not None else {}
                parts[bone].append(BoneVertices(points, moved))
    return {bone: _joined(found) for bone, found in parts.items()}


def _joined(parts: Sequence[BoneVertices]) -> BoneVertices:
    if not parts:
        return BoneVertices(np.zeros((0, 3)))
    columns = {column for part in parts for column in part.deltas}
    return BoneVertices(
        np.concatenate([part.points for part in parts]),
        {
            column: np.concatenate([part.deltas.get(column, np.zeros_like(part.points)) for part in parts])
            for column in columns
        },
    )


def movement(vertices: BoneVertices, column: int) -> Array:
    """Return how far (P,) shape keys move the vertices for a curve at 1, in the armature's units."""
    return np.linalg.norm(vertices.deltas.get(column, np.zeros_like(vertices.points)), axis=1)


def _weights(obj: bpy.types.Object, names: set[str]) -> Array:
    """Return (vertex, group, weight) of all weights for vertex groups of these names, as rows (W, 3)."""
    groups = {group.index for group in obj.vertex_groups if group.name in names}
    if not groups:
        return np.zeros((0, 3))
    rows = [
        (vertex.index, part.group, part.weight)
        for vertex in obj.data.vertices
        for part in vertex.groups
        if part.group in groups
    ]
    return np.array(rows, float).reshape(-1, 3)


def _chosen(obj: bpy.types.Object, weights: Array, names: set[str]) -> Array:
    """Return the indices of the vertices that belong to bones of these names; all of an object that hangs on one."""
    if obj.parent_type == "BONE" and obj.parent_bone in names:
        return np.arange(len(obj.data.vertices))
    groups = [group.index for group in obj.vertex_groups if group.name in names]
    own = weights[np.isin(weights[:, 1], groups)]
    total = np.bincount(own[:, 0].astype(int), own[:, 2], len(obj.data.vertices))
    return np.flatnonzero(total >= _LEAST_WEIGHT)


def _movements(obj: bpy.types.Object, face: FaceMesh, chosen: Array, turn: Array) -> dict[int, Array]:
    """Return the movement (P, 3) of the chosen vertices for each curve that drives a shape of this mesh."""
    blocks: Any = obj.data.shape_keys.key_blocks
    found: dict[int, Array] = {}
    for name, weights in zip(face.shapes, face.weights):
        moved = _coordinates(blocks[name].data)[chosen] - _coordinates(blocks[name].relative_key.data)[chosen]
        if not moved.any():
            continue
        for column in np.flatnonzero(weights > 0.0).tolist():
            found[column] = found.get(column, 0.0) + weights[column] * (moved @ turn.T)
    return found


def _coordinates(data: Any) -> Array:
    flat = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)
