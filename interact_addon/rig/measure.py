"""A rig's rest pose read from Blender: bones, world transform, heading, floor, and the resulting skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ..runtime_api import Array, errors, skeleton
from ..runtime_api import rotations as rot
from .alignment import Alignment, align, turn_to_front
from .mapping import RigMap
from .placing import FIXED_IN, displaced
from .standing import Standing, heads_and_tails, sizes_above, standing

STANDS_FOR_A_BODY = "interact_contacts"  # custom property of a mesh that a check made: it is no skin
_LEAST_TRUNK = 1e-4  # metres from hips to head; no character is smaller than a millimetre
_SHORTEST_LIMB = 0.01  # of that
_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
_SAME_FLOOR = 0.03  # metres; soles modelled this close to z = 0 count as standing on it


@dataclass(frozen=True)
class RestPose:
    """The rest pose of one rig for retargeting, as arrays over its B driven bones (order of ``RigMap.drives``).

    All of it is with the custom scales of pose bones. ``world`` (4, 4): armature space to world,
    the pose of an undriven root bone included. ``rest_rotations`` (B, 4) and ``rest_heads`` (B, 3): armature space.
    ``parents`` (B,): driven bone above whose rotation a bone inherits, -1 for none; ``carriers`` (B,): the one whose
    place it follows. ``root``: index of the bone that carries the body. ``turns`` (52, 4): world rotation of each joint
    from rest to T-pose. ``joint_places`` (52, 3): joints at rest, world. ``floor``: height the character stands at.
    ``location_axes`` (B, 4): the axes of a bone's location at rest in armature space; ``scales`` (B,): what its parent
    scales it by. ``moved``: joints whose bone gets a location; ``reached``: joints whose limb is solved by inverse
    kinematics instead; see ``placing``.
    """

    bones: tuple[str, ...]
    world: Array
    rest_rotations: Array
    rest_heads: Array
    parents: Array
    carriers: Array
    root: int
    turns: Array
    joint_places: Array
    skeleton: skeleton.Skeleton
    floor: float
    position: tuple[float, float]
    heading: float
    location_axes: Array
    scales: Array
    moved: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()

    @property
    def world_rotations(self) -> Array:
        """(B, 4): the driven bones at rest in the world."""
        return rot.multiply(rot.from_scaled_matrix(self.world), self.rest_rotations)

    @property
    def world_heads(self) -> Array:
        """(B, 3): heads of the driven bones at rest in the world, metres."""
        return self.rest_heads @ self.world[:3, :3].T + self.world[:3, 3]


def measure(armature: bpy.types.Object, rig: RigMap) -> skeleton.Skeleton:
    """Return the canonical T-pose offsets (52, 3) of a rig in metres, the object's scale included."""
    return read_rest_pose(armature, rig).skeleton


def start_placement(armature: bpy.types.Object, rig: RigMap) -> tuple[tuple[float, float], float]:
    """Return where the character stands: pelvis (x, y) in metres and heading in radians (0 faces -Y)."""
    rest = read_rest_pose(armature, rig)
    return rest.position, rest.heading


def read_rest_pose(armature: bpy.types.Object, rig: RigMap, scene: bpy.types.Scene | None = None) -> RestPose:
    """Read the rest pose of a rig: metres in the world, the armature's own units in armature space.

    An object that moves is read as it stands at the first frame of ``scene``, or as it stands now where there is none.
    Raises ``InvalidRequest`` for a body without size, or with limbs without length.
    """
    bones = armature.data.bones
    stands = standing(armature, rig, scene)
    world = np.array(stands.world)
    at_rest = heads_and_tails(armature, rig, stands.scales)
    ends = {name: pair @ world[:3, :3].T + world[:3, 3] for name, pair in at_rest.items()}
    places = {joint: _mix(ends, *place) for joint, place in rig.places.items()}
    check_bodily(armature.name, world, places, {joint: place[0] for joint, place in rig.places.items()})
    tails = {joint: ends[place[0]][1] for joint, place in rig.places.items() if place[2] == 0.0}
    turn = turn_to_front(places)
    floor = _sole_height(armature, rig, stands, ends)
    aligned: Alignment = align(
        {joint: rot.rotate(turn, place) for joint, place in places.items()},
        {joint: rot.rotate(turn, tail) for joint, tail in tails.items()},
        floor,
    )
    order = {drive.bone: index for index, drive in enumerate(rig.drives)}
    joint_places = rot.rotate(rot.conjugate(turn), aligned.positions)
    stands_at = floor if floor is not None else 0.0
    carriers = np.array([order.get(drive.above, -1) for drive in rig.drives])
    sizes = sizes_above(armature, rig, stands.scales)
    astray = displaced(rig)
    movable = [joint for joint in astray if joint in FIXED_IN and _can_be_moved(armature, rig.places[joint][0])]
    return RestPose(
        bones=tuple(order),
        world=world,
        rest_rotations=np.array([bones[b].matrix_local.to_quaternion() for b in order]),
        rest_heads=np.array([at_rest[b][0] for b in order]),
        parents=np.where([bones[b].use_inherit_rotation for b in order], carriers, -1),
        carriers=carriers,
        root=order[rig.root],
        turns=rot.normalize(rot.multiply(aligned.turns, turn)),
        joint_places=joint_places,
        skeleton=aligned.skeleton,
        floor=stands_at if abs(stands_at) > _SAME_FLOOR else 0.0,
        position=(float(joint_places[0, 0]), float(joint_places[0, 1])),
        heading=float(-2.0 * np.arctan2(turn[3], turn[0])),
        location_axes=np.array([_location_axes(bones[b]) for b in order]),
        scales=np.array([sizes[b] for b in order]),
        moved=tuple(movable),
        reached=tuple(joint for joint in astray if joint not in movable),
    )


def check_bodily(armature: str, world: Array, places: Mapping[str, Array], bones: Mapping[str, str]) -> None:
    """Raise ``InvalidRequest`` for a rest pose of which nothing can be measured.

    ``world`` (4, 4): armature space to world; ``places``: joint to its place (3,) in the world, that of its bone in
    ``bones``.
    """
    if not np.isfinite(world).all():
        raise errors.InvalidRequest(
            f"The location, rotation or scale of '{armature}' is no number; clear it (Alt+G, Alt+R, Alt+S)."
        )
    hips = 0.5 * (places["left_hip"] + places["right_hip"])
    trunk = float(np.linalg.norm(places["head"] - hips))
    if not trunk > _LEAST_TRUNK or np.linalg.matrix_rank(world[:3, :3]) < 3:
        raise errors.InvalidRequest(
            f"'{armature}' has no size: it, what it is parented to, or the pose bone '{bones['left_hip']}' or one "
            "above is scaled to 0; set the scale to 1 (Alt+S)."
        )
    for first, second in ((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in _LIMBS):
        if not np.linalg.norm(places[second] - places[first]) > _SHORTEST_LIMB * trunk:
            raise errors.InvalidRequest(
                f"'{bones[first]}' and '{bones[second]}' of '{armature}' begin at the same place, so the limb between "
                "them has no length; move the bones apart in Edit Mode, clear their scale in Pose Mode, or choose "
                "others under Cast > Bones."
            )


def _location_axes(bone: bpy.types.Bone) -> Array:
    """Return the rotation (4,) of a bone's location at rest: its own axes, or those of its parent."""
    holder = bone if bone.use_local_location else bone.parent
    return np.array(holder.matrix_local.to_quaternion() if holder is not None else (1.0, 0.0, 0.0, 0.0))


def _can_be_moved(armature: bpy.types.Object, bone: str) -> bool:
    return not armature.data.bones[bone].use_connect and not any(armature.pose.bones[bone].lock_location)


def skinned_meshes(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes that an armature moves, by a modifier or as children at any depth, sorted by name.

    A mesh that was deleted, but is still in the file because something points to it, is left out, and so is one that a
    check made.
    """
    found = []
    in_scenes = bool(armature.users_scene)
    for obj in bpy.data.objects:
        if obj.type != "MESH" or STANDS_FOR_A_BODY in obj:
            continue
        by_modifier = any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers)
        if by_modifier or (_is_below(obj, armature) and not any(m.type == "ARMATURE" for m in obj.modifiers)):
            if in_scenes and not obj.users_scene:
                continue
            found.append(obj)
    return sorted(found, key=lambda obj: obj.name)


def _is_below(obj: bpy.types.Object, armature: bpy.types.Object) -> bool:
    above = obj.parent
    while above is not None:
        if above == armature:
            return True
        above = above.parent
    return False


def _mix(ends: Mapping[str, Array], first: str, second: str, share: float) -> Array:
    return ends[first][0] + share * (ends[second][0] - ends[first][0])


def _sole_height(armature: bpy.types.Object, rig: RigMap, stands: Standing, ends: Mapping[str, Array]) -> float | None:
    """Return the world height of the lowest vertex of the skinned meshes at rest; None without meshes."""
    lowest = None
    for obj in skinned_meshes(armature):
        mesh = obj.data
        if not any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers) or not len(mesh.vertices):
            continue
        flat = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", flat)
        matrix = np.array(stands.moved @ obj.matrix_world if _is_below(obj, armature) else obj.matrix_world)
        height = float((flat.reshape(-1, 3) @ matrix[2, :3]).min() + matrix[2, 3])
        lowest = height if lowest is None else min(lowest, height)
    if lowest is None or not stands.scales:
        return lowest
    ankle = rig.places["left_ankle"][0]  # a foot that is shown larger has a sole further below its ankle
    modelled = float((stands.world @ armature.data.bones[ankle].head_local).z)
    size = sizes_above(armature, rig, stands.scales)[ankle] * stands.scales.get(ankle, 1.0)
    return float(ends[ankle][0][2]) - size * (modelled - lowest)
