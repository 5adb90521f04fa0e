"""A rig's rest pose read from Blender: bones, world transform, heading, floor, and the resulting skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot
from .alignment import Alignment, align, turn_to_front
from .mapping import RigMap

_SAME_FLOOR = 0.03  # metres; soles modelled this close to z = 0 count as standing on it


@dataclass(frozen=True)
class RestPose:
    """The rest pose of one rig for retargeting, as arrays over its B driven bones (order of ``RigMap.drives``).

    ``world`` (4, 4): armature space to world, the pose of an undriven root bone included. ``rest_rotations`` (B, 4) and
    ``rest_heads`` (B, 3): armature space. ``parents`` (B,): driven bone above, -1 for none. ``turns`` (52, 4): world
    rotation of each joint from rest to T-pose. ``joint_places`` (52, 3): joints at rest, world. ``floor``: height the
    character stands at. ``rotation_modes`` (B,): Blender's names. ``local_location``: whether the location of the bone
    that carries the body is in its own axes.
    """

    bones: tuple[str, ...]
    world: Array
    rest_rotations: Array
    rest_heads: Array
    parents: Array
    turns: Array
    joint_places: Array
    skeleton: skeleton.Skeleton
    floor: float
    position: tuple[float, float]
    heading: float
    rotation_modes: tuple[str, ...]
    local_location: bool

    @property
    def world_rotations(self) -> Array:
        """(B, 4): the driven bones at rest in the world."""
        axes = self.world[:3, :3] / np.linalg.norm(self.world[:3, :3], axis=0)
        return rot.multiply(rot.from_matrix(axes), self.rest_rotations)


def measure(armature: bpy.types.Object, rig: RigMap) -> skeleton.Skeleton:
    """Return the canonical T-pose offsets (52, 3) of a rig in metres, the object's scale included."""
    return read_rest_pose(armature, rig).skeleton


def start_placement(armature: bpy.types.Object, rig: RigMap) -> tuple[tuple[float, float], float]:
    """Return where the character stands: pelvis (x, y) in metres and heading in radians (0 faces -Y)."""
    rest = read_rest_pose(armature, rig)
    return rest.position, rest.heading


def read_rest_pose(armature: bpy.types.Object, rig: RigMap) -> RestPose:
    """Read the rest pose of a rig: metres in the world, the armature's own units in armature space."""
    bones = armature.data.bones
    world = armature.matrix_world @ _pose_above(armature, rig)
    places = {joint: _mix(bones, world, *place) for joint, place in rig.places.items()}
    tails = {
        joint: np.array(world @ bones[place[0]].tail_local) for joint, place in rig.places.items() if place[2] == 0.0
    }
    turn = turn_to_front(places)
    floor = _sole_height(armature)
    aligned: Alignment = align(
        {joint: rot.rotate(turn, place) for joint, place in places.items()},
        {joint: rot.rotate(turn, tail) for joint, tail in tails.items()},
        floor,
    )
    order = {drive.bone: index for index, drive in enumerate(rig.drives)}
    joint_places = rot.rotate(rot.conjugate(turn), aligned.positions)
    stands_at = floor if floor is not None else 0.0
    return RestPose(
        bones=tuple(order),
        world=np.array(world),
        rest_rotations=np.array([bones[b].matrix_local.to_quaternion() for b in order]),
        rest_heads=np.array([bones[b].head_local for b in order]),
        parents=np.array([order.get(d.above, -1) if bones[d.bone].use_inherit_rotation else -1 for d in rig.drives]),
        turns=rot.normalize(rot.multiply(aligned.turns, turn)),
        joint_places=joint_places,
        skeleton=aligned.skeleton,
        floor=stands_at if abs(stands_at) > _SAME_FLOOR else 0.0,
        position=(float(joint_places[0, 0]), float(joint_places[0, 1])),
        heading=float(-2.0 * np.arctan2(turn[3], turn[0])),
        rotation_modes=tuple(armature.pose.bones[b].rotation_mode for b in order),
        local_location=bones[rig.root].use_local_location,
    )


def skinned_meshes(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes that an armature moves, by a modifier or as children at any depth, sorted by name."""
    found = []
    for obj in bpy.data.objects:
        if obj.type != "MESH":
            continue
        by_modifier = any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers)
        if by_modifier or (_is_below(obj, armature) and not any(m.type == "ARMATURE" for m in obj.modifiers)):
            found.append(obj)
    return sorted(found, key=lambda obj: obj.name)


def _is_below(obj: bpy.types.Object, armature: bpy.types.Object) -> bool:
    above = obj.parent
    while above is not None:
        if above == armature:
            return True
        above = above.parent
    return False


def _pose_above(armature: bpy.types.Object, rig: RigMap) -> Matrix:
    """Return the transform (4, 4) of the posed bones above the body, such as a root control, in armature space."""
    above = armature.data.bones[rig.root].parent
    if above is None or armature.data.pose_position == "REST":
        return Matrix.Identity(4)
    return armature.pose.bones[above.name].matrix @ above.matrix_local.inverted()


def _mix(bones: Any, world: Matrix, first: str, second: str, share: float) -> Array:
    a, b = np.array(world @ bones[first].head_local), np.array(world @ bones[second].head_local)
    return a + share * (b - a)


def _sole_height(armature: bpy.types.Object) -> float | None:
    """Return the world height of the lowest vertex of the skinned meshes at rest; None without meshes."""
    lowest = None
    for obj in skinned_meshes(armature):
        mesh = obj.data
        if not any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers) or not len(mesh.vertices):
            continue
        flat = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", flat)
        matrix = np.array(obj.matrix_world)
        height = float((flat.reshape(-1, 3) @ matrix[2, :3]).min() + matrix[2, 3])
        lowest = height if lowest is None else min(lowest, height)
    return lowest
