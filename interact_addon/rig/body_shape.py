"""A character's body shape: capsules fitted to its own skin at rest, or those of its bone lengths where it has none.

A bone's vertices go to the joint that it moves with: that of its drive, of the nearest bone above with one, or, on
control rigs, whose deform bones hang on nothing that is keyed, of the limb it lies in. Vertices are those of the mesh
itself: modifiers that add some, as subdivision and mirrors, are not evaluated.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, body_shape, errors, finished, skeleton
from ..runtime_api import rotations as rot
from .capsule_fit import Skin, fit_capsules_in_steps
from .cast import CastActor
from .identity import ObjectReference, reference
from .mapping import RigMap
from .measure import RestPose, skinned_meshes

_GRAIN = 0.007  # m at a stature of 1.70 m: vertices nearer than that to each other say nothing new
_MOST_VERTICES = 7000  # read of a character: their weights are what takes the time
_FEWEST_VERTICES = 200  # a body has at least so many
_VERTICES_A_STEP = 500  # whose weights are read at a time: about 5 ms
_SORTED_A_STEP = 50_000  # vertices that are sorted into cubes at a time
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
    return finished(body_shape_in_steps(character, thickness))


def body_shape_in_steps(character: CastActor, thickness: float = 0.0) -> Generator[None, None, body_shape.BodyShape]:
    """Do the same in steps of some milliseconds; objects are found again in each, so an undo in between is no harm.

    Raises ``InvalidRequest`` where the armature, or a mesh that is being read, is gone.
    """
    rest = character.rest
    meshes = yield from meshes_in_steps(character)
    checksums = tuple((mesh.object.uid, zlib.crc32(mesh.places.tobytes())) for mesh in meshes)
    key = (character.armature.uid, rest.skeleton.offsets.tobytes(), rest.turns.tobytes(), checksums)
    if key not in _fitted:
        skin = yield from skin_in_steps(character, meshes)
        if len(skin.places) < _FEWEST_VERTICES:
            shape = body_shape.default_body_shape(rest.skeleton)
        else:
            shape = yield from fit_capsules_in_steps(skin, rest.skeleton)
        if len(_fitted) >= _MOST_FITTED:
            _fitted.clear()
        _fitted[key] = shape
    return _fitted[key].thickened(thickness) if thickness else _fitted[key]


@dataclass(frozen=True)
class SkinMesh:
    """One mesh of a character, with its vertices (V, 3) at rest in its own space, its face neutral."""

    object: ObjectReference
    places: Array


def meshes_in_steps(character: CastActor) -> Generator[None, None, list[SkinMesh]]:
    """Return the meshes of a character."""
    of_face = {face.object.uid: frozenset(face.shapes) for face in character.faces}
    meshes = []
    for found in [reference(obj) for obj in skinned_meshes(_armature_of(character)) if len(obj.data.vertices)]:
        meshes.append(SkinMesh(found, _shaped(_mesh(found), of_face.get(found.uid, frozenset()))))
        yield
    return meshes


def _armature_of(character: CastActor) -> bpy.types.Object:
    armature = character.armature.find()
    if armature is None or armature.type != "ARMATURE":
        raise errors.InvalidRequest(
            f"The armature '{character.armature.name}' of '{character.name}' is gone; cast it again."
        )
    return armature


def _mesh(found: ObjectReference) -> bpy.types.Object:
    obj = found.find()
    if obj is None:
        raise errors.InvalidRequest(f"The mesh '{found.name}' was deleted while its body was measured; try again.")
    return obj


def skin_in_steps(character: CastActor, meshes: Sequence[SkinMesh]) -> Generator[None, None, Skin]:
    """Return the vertices of all meshes that follow the body, in the T-pose."""
    rest, armature = character.rest, _armature_of(character)
    joints = _joints_of_bones(armature, character.rig, rest)
    yield
    to_world = rest.world @ np.array(_armature_of(character).matrix_world.inverted_safe())
    matrices = [to_world @ np.array(_mesh(mesh.object).matrix_world) for mesh in meshes]
    world = [mesh.places @ matrix[:3, :3].T + matrix[:3, 3] for mesh, matrix in zip(meshes, matrices)]
    yield
    thinned = yield from _thinned_together(world, _GRAIN * rest.skeleton.size)
    places, weights = [], []
    for mesh, place, indices in zip(meshes, world, thinned):
        for begin in range(0, len(indices), _VERTICES_A_STEP):
            chosen, share = _weights(_mesh(mesh.object), joints, indices[begin : begin + _VERTICES_A_STEP])
            places.append(place[chosen])
            weights.append(share)
            yield
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


def _thinned_together(meshes: Sequence[Array], grain: float) -> Generator[None, None, list[Array]]:
    """Return the indices of the vertices to read of each mesh: evenly spread, and no more than can be read quickly."""
    found = []
    for places in meshes:
        pieces = []
        for begin in range(0, len(places), _SORTED_A_STEP):
            indices = np.arange(begin, min(begin + _SORTED_A_STEP, len(places)))
            pieces.append(_thinned(places, indices, grain))
            yield
        found.append(np.concatenate(pieces))
    while True:
        for number, places in enumerate(meshes):
            found[number] = _thinned(places, found[number], grain)
            yield
        if sum(len(chosen) for chosen in found) <= _MOST_VERTICES:
            return found
        grain *= 1.25


def _thinned(places: Array, indices: Array, grain: float) -> Array:
    """Return the first of those ``indices``, ascending, that lie in each cube with sides of ``grain`` metres."""
    cells = np.floor((places[indices] - places.min(0)) / grain).astype(np.int64)
    _, firsts = np.unique((cells[:, 0] << 42) + (cells[:, 1] << 21) + cells[:, 2], return_index=True)
    return indices[np.sort(firsts)]


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
