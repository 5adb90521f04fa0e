"""A character's body shape: capsules fitted to its own skin at rest, or those of its bone lengths where it has none.

A bone's vertices go to the joint that it moves with: that of its drive, of the nearest bone above with one, or, on
control rigs, whose deform bones hang on nothing that is keyed, of the limb it lies in. Vertices are those of the mesh
itself: modifiers that add some, as subdivision and mirrors, are not evaluated.
"""

from __future__ import annotations

import zlib
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, body_shape, errors, skeleton
from ..runtime_api import rotations as rot
from .capsule_fit import Skin, fit_capsules
from .cast import CastActor
from .mapping import RigMap
from .measure import RestPose, skinned_meshes

_GRAIN = 0.007  # m at a stature of 1.70 m: vertices nearer than that to each other say nothing new
_MOST_VERTICES = 7000  # read of a character: their weights are what takes the time
_FEWEST_VERTICES = 200  # a body has at least so many
_ASTRAY = 0.25  # of the stature: a bone further from every limb carries no body
# Where limbs end that have no joint at their end: metres at a stature of 1.70 m in the T-pose, the left side's.
_ENDS = {"head": (0.0, -0.01, 0.17), "left_foot": (0.0, -0.06, -0.01)}
_TIP = 0.7  # of the bone before it: the last bone of a finger


_fitted: dict[tuple[Any, ...], body_shape.BodyShape] = {}
_MOST_FITTED = 8


def body_shape_of(character: CastActor, thickness: float = 0.0) -> body_shape.BodyShape:
    """Return the shape of a character with a surface ``thickness`` metres outside its skin.

    It is fitted once, and again where its meshes or bones are others; weights painted since are not seen.
    Raises ``InvalidRequest`` where the armature is gone.
    """
    armature = character.armature.find()
    if armature is None or armature.type != "ARMATURE":
        raise errors.InvalidRequest(
            f"The armature '{character.armature.name}' of '{character.name}' is gone; cast it again."
        )
    rest, meshes = character.rest, _meshes(character, armature)
    checksums = tuple((obj.session_uid, zlib.crc32(place.tobytes())) for obj, place in meshes)
    key = (armature.session_uid, rest.skeleton.offsets.tobytes(), rest.turns.tobytes(), checksums)
    if key not in _fitted:
        if len(_fitted) >= _MOST_FITTED:
            _fitted.clear()
        _fitted[key] = _fit(armature, meshes, character.rig, rest)
    return _fitted[key].thickened(thickness) if thickness else _fitted[key]


def _fit(
    armature: bpy.types.Object, meshes: list[tuple[bpy.types.Object, Array]], rig: RigMap, rest: RestPose
) -> body_shape.BodyShape:
    skin = _skin(armature, meshes, _joints_of_bones(armature, rig, rest), rest)
    if len(skin.places) < _FEWEST_VERTICES:
        return body_shape.default_body_shape(rest.skeleton)
    return fit_capsules(skin, rest.skeleton)


def _meshes(character: CastActor, armature: bpy.types.Object) -> list[tuple[bpy.types.Object, Array]]:
    """Return the meshes of a character, each with its vertices (V, 3) at rest in its own space, its face neutral."""
    of_face = {face.object.uid: frozenset(face.shapes) for face in character.faces}
    meshes = [obj for obj in skinned_meshes(armature) if len(obj.data.vertices)]
    return [(obj, _shaped(obj, of_face.get(obj.session_uid, frozenset()))) for obj in meshes]


def _skin(
    armature: bpy.types.Object,
    meshes: list[tuple[bpy.types.Object, Array]],
    joints: dict[str, int],
    rest: RestPose,
) -> Skin:
    """Return the vertices of all meshes that follow the body, in the T-pose."""
    to_world = rest.world @ np.array(armature.matrix_world.inverted_safe())
    matrices = [to_world @ np.array(obj.matrix_world) for obj, _ in meshes]
    world = [own @ matrix[:3, :3].T + matrix[:3, 3] for (_, own), matrix in zip(meshes, matrices)]
    places, weights = [], []
    for (obj, _), place, thinned in zip(meshes, world, _thinned_together(world, _GRAIN * rest.skeleton.size)):
        chosen, share = _weights(obj, joints, thinned)
        places.append(place[chosen])
        weights.append(share)
    if not places:
        return Skin(np.zeros((0, 3)), np.zeros(0, np.int64))
    place, share = np.concatenate(places), np.concatenate(weights)
    return Skin(_in_t_pose(place, share, rest), share.argmax(1))


def _in_t_pose(places: Array, share: Array, rest: RestPose) -> Array:
    """Return world places (N, 3) at rest as they lie in the T-pose, by the weights (N, 52) of the joints."""
    there = rest.skeleton.rest_positions.astype(np.float64)
    moved = np.zeros_like(places)
    for joint in np.flatnonzero(share.any(0)):
        used = np.flatnonzero(share[:, joint])
        place = there[joint] + rot.rotate(rest.turns[joint], places[used] - rest.joint_places[joint])
        moved[used] += share[used, joint, None] * place
    return moved


def _thinned_together(meshes: list[Array], grain: float) -> list[Array]:
    """Return the indices of the vertices to read of each mesh: evenly spread, and no more than can be read quickly."""
    while True:
        found = [_thinned(places, grain) for places in meshes]
        if sum(len(chosen) for chosen in found) <= _MOST_VERTICES:
            return found
        grain *= 1.25


def _thinned(places: Array, grain: float) -> Array:
    """Return the indices of one vertex of those in each cube with sides of ``grain`` metres."""
    cells = np.floor((places - places.min(0)) / grain).astype(np.int64)
    _, firsts = np.unique((cells[:, 0] << 42) + (cells[:, 1] << 21) + cells[:, 2], return_index=True)
    return np.sort(firsts)


def _weights(obj: bpy.types.Object, joints: dict[str, int], chosen: Array) -> tuple[Array, Array]:
    """Return those of the ``chosen`` vertices (M,) that follow joints, and their weights (M, 52), which add to 1."""
    share = np.zeros((len(chosen), len(skeleton.JOINTS)))
    if obj.parent_type == "BONE":
        if obj.parent_bone in joints:
            share[:, joints[obj.parent_bone]] = 1.0
    else:
        of_group = {group.index: joints[group.name] for group in obj.vertex_groups if group.name in joints}
        vertices: Any = obj.data.vertices
        rows = [
            (row, of_group[part.group], part.weight)
            for row, index in enumerate(chosen.tolist())
            for part in vertices[index].groups
            if part.group in of_group
        ]
        if rows:
            row, joint, weight = (np.array(column) for column in zip(*rows))
            np.add.at(share, (row, joint), weight)
    total = share.sum(1)
    follows = total > 0.5
    return chosen[follows], share[follows] / total[follows, None]


def _shaped(obj: bpy.types.Object, of_face: frozenset[str]) -> Array:
    """Return the vertices (V, 3) of a mesh in its own space, with the shape keys that are set and belong to the figure.

    Those of the face, and those that are driven, as muscles are, come and go with the motion.
    """
    places = _coordinates(obj.data.vertices)
    keys = obj.data.shape_keys
    if keys is None or not keys.use_relative:
        return places
    driven = {curve.data_path for curve in keys.animation_data.drivers} if keys.animation_data is not None else set()
    for block in keys.key_blocks:
        if block.name in of_face or block.mute or block.path_from_id("value") in driven:
            continue
        if block.value and block.relative_key != block:
            places = places + block.value * (_coordinates(block.data) - _coordinates(block.relative_key.data))
    return places


def _coordinates(data: Any) -> Array:
    flat = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _joints_of_bones(armature: bpy.types.Object, rig: RigMap, rest: RestPose) -> dict[str, int]:
    """Return the joint that each bone's vertices follow; a bone that carries no body is left out."""
    known: dict[str, int] = {}
    if not rig.is_control_rig:
        for drive in rig.drives:
            joint = drive.towards if drive.share > 0.5 and not drive.twist else drive.joint
            known[drive.bone] = skeleton.INDEX[joint]
    limbs, joints = _limbs(rest)
    found: dict[str, int] = {}
    for bone in armature.data.bones:  # Blender lists parents first
        above = bone.parent.name if bone.parent is not None else ""
        if bone.name in known:
            found[bone.name] = known[bone.name]
        elif above in found and not rig.is_control_rig:
            found[bone.name] = found[above]
        elif bone.use_deform:
            place = np.array([bone.head_local, 0.5 * (bone.head_local + bone.tail_local), bone.tail_local])
            place = place @ rest.world[:3, :3].T + rest.world[:3, 3]
            far = _distances(place, limbs).sum(0)
            if far.min() < 3.0 * _ASTRAY * rest.skeleton.height:
                found[bone.name] = int(joints[far.argmin()])
    return found


def _limbs(rest: RestPose) -> tuple[Array, Array]:
    """Return the lines (L, 2, 3) from joint to joint in the world at rest, and the joint (L,) that moves each."""
    lines, joints = [], []
    for joint, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            lines.append((rest.joint_places[parent], rest.joint_places[joint]))
            joints.append(parent)
    for joint, name in enumerate(skeleton.JOINTS):
        if joint in skeleton.PARENTS:
            continue
        side = -1.0 if name.startswith("right_") else 1.0
        end = _ENDS.get(name.replace("right_", "left_"))
        if end is None:
            end = tuple(_TIP * rest.skeleton.offsets[joint])
        else:
            end = tuple(np.array(end) * (side, 1.0, 1.0) * rest.skeleton.size)
        start = rest.joint_places[joint]
        lines.append((start, start + rot.rotate(rot.conjugate(rest.turns[joint]), np.array(end))))
        joints.append(joint)
    return np.array(lines), np.array(joints)


def _distances(places: Array, lines: Array) -> Array:
    """Return the metres (P, L) of places (P, 3) from lines (L, 2, 3)."""
    along = lines[:, 1] - lines[:, 0]
    off = places[:, None] - lines[None, :, 0]
    share = np.clip(np.sum(off * along, -1) / (np.sum(along * along, -1) + 1e-12), 0.0, 1.0)
    return np.asarray(np.linalg.norm(off - share[..., None] * along, axis=-1))
