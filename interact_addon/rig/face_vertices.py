"""The vertices that a bone of the face moves, and how far shape keys move them."""

from __future__ import annotations

from collections.abc import Sequence
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


def bone_vertices(armature: bpy.types.Object, bone: str, faces: Sequence[FaceMesh]) -> BoneVertices:
    """Return the vertices with a weight of at least 0.3 for a bone and those below it, of all skinned meshes."""
    names = {bone, *(below.name for below in armature.data.bones[bone].children_recursive)}
    to_armature = armature.matrix_world.inverted()
    by_mesh = {face.object.uid: face for face in faces}
    points: list[Array] = []
    deltas: list[dict[int, Array]] = []
    for obj in skinned_meshes(armature):
        chosen = _weighted(obj, names)
        if not len(chosen):
            continue
        matrix = np.array(to_armature @ obj.matrix_world)
        points.append(_coordinates(obj.data.vertices)[chosen] @ matrix[:3, :3].T + matrix[:3, 3])
        face = by_mesh.get(obj.session_uid)
        deltas.append(_movements(obj, face, chosen, matrix[:3, :3]) if face is not None else {})
    if not points:
        return BoneVertices(np.zeros((0, 3)))
    columns = {column for moved in deltas for column in moved}
    still = [np.zeros_like(part) for part in points]
    return BoneVertices(
        np.concatenate(points),
        {column: np.concatenate([m.get(column, s) for m, s in zip(deltas, still)]) for column in columns},
    )


def movement(vertices: BoneVertices, column: int) -> Array:
    """Return how far (P,) shape keys move the vertices for a curve at 1, in the armature's units."""
    return np.linalg.norm(vertices.deltas.get(column, np.zeros_like(vertices.points)), axis=1)


def _weighted(obj: bpy.types.Object, names: set[str]) -> Array:
    """Return the indices of the vertices that belong to vertex groups of these names."""
    groups = {group.index for group in obj.vertex_groups if group.name in names}
    if not groups:
        return np.zeros(0, int)
    return np.array(
        [
            vertex.index
            for vertex in obj.data.vertices
            if sum(part.weight for part in vertex.groups if part.group in groups) >= _LEAST_WEIGHT
        ],
        int,
    )


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
