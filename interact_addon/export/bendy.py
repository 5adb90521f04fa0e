"""Bendy bones as chains of plain ones: a bone for every joint between segments, and the skin's weights shared out.

Blender bends a vertex by the two joints beside it, weighted by how far along the bone it lies. That is what linear
skinning does too, so nothing is lost. The bone itself stays, as the parent of its joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array

_LOWEST = 1e-5  # weights below this are left out


@dataclass(frozen=True, eq=False)
class Segments:
    """The joints of one bendy bone with N segments.

    ``joints``: the names of the N + 1 bones that stand for them. ``rest`` (N + 1, 4, 4): each at rest, in armature
    space. ``changes`` (T, N + 1, 4, 4): each joint's change from rest, in armature space.
    """

    bone: str
    joints: tuple[str, ...]
    rest: Array
    changes: Array


def bendy_bones(armature: bpy.types.Object) -> list[str]:
    """Return the bones that deform and have segments."""
    return [bone.name for bone in armature.data.bones if bone.use_deform and bone.bbone_segments > 1]


class SegmentReader:
    """Collects one bendy bone frame by frame, from poses that the dependency graph computed."""

    def __init__(self, armature: bpy.types.Object, bone: str, frames: int) -> None:
        self._bone = armature.data.bones[bone]
        self._count = self._bone.bbone_segments + 1
        self._posed = np.empty((frames, self._count, 4, 4))
        self._rest = np.empty((self._count, 4, 4))

    def look(self, index: int, posed: Any) -> None:
        bone = posed.pose.bones[self._bone.name]
        for joint in range(self._count):
            self._posed[index, joint] = bone.matrix @ bone.bbone_segment_matrix(joint)
        if index == 0:
            for joint in range(self._count):
                self._rest[joint] = self._bone.matrix_local @ bone.bbone_segment_matrix(joint, rest=True)

    def segments(self) -> Segments:
        name = self._bone.name
        names = tuple(f"{name}_bend{joint}" for joint in range(self._count))
        return Segments(name, names, self._rest, self._posed @ np.linalg.inv(self._rest))


def share_out(mesh: bpy.types.Object, bones: Sequence[Segments], armature: bpy.types.Object, to_rest: Array) -> None:
    """Move a mesh's weights from bendy bones to their joints.

    ``to_rest`` (4, 4): from the mesh's own axes to those of ``armature``, whose bones are asked for their length.
    """
    data: Any = mesh.data
    flat = np.empty(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", flat)
    places = flat.reshape(-1, 3) @ to_rest[:3, :3].T + to_rest[:3, 3]
    held = _weights(mesh)  # by name: groups are numbered anew when one is removed
    for segments in bones:
        if segments.bone not in held:
            continue
        bone = armature.data.bones[segments.bone]
        inverse = np.array(bone.matrix_local.inverted())
        vertices, weights = held[segments.bone]
        along = (places[vertices] @ inverse[1, :3] + inverse[1, 3]) / bone.length * bone.bbone_segments
        before = np.clip(np.floor(along), 0, bone.bbone_segments - 1).astype(int)
        blend = np.clip(along - before, 0.0, 1.0)
        groups = [mesh.vertex_groups.new(name=joint) for joint in segments.joints]
        for vertex, weight, joint, part in zip(vertices.tolist(), weights.tolist(), before.tolist(), blend.tolist()):
            for number, share in ((joint, weight * (1.0 - part)), (joint + 1, weight * part)):
                if share > _LOWEST:
                    groups[number].add([vertex], share, "REPLACE")
        mesh.vertex_groups.remove(mesh.vertex_groups[segments.bone])


def _weights(mesh: bpy.types.Object) -> dict[str, tuple[Array, Array]]:
    """Return the vertices and weights of every vertex group that has any."""
    found: dict[int, tuple[list[int], list[float]]] = {}
    data: Any = mesh.data
    for vertex in data.vertices:
        for part in vertex.groups:
            vertices, weights = found.setdefault(part.group, ([], []))
            vertices.append(vertex.index)
            weights.append(part.weight)
    names = {group.index: group.name for group in mesh.vertex_groups}
    return {names[group]: (np.array(vertices), np.array(weights)) for group, (vertices, weights) in found.items()}
