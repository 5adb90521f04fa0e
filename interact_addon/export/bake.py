"""A character's motion on the skeleton of a file: every bone's change from its rest pose, frame by frame.

Two frames of reference. The *world* is Blender's. The *place* of a character is where its armature object stands at the
first frame, upright: Z up, metres, turned about Z only. Rest pose and motion are given in the place, so that a file's
rest pose is free of the object's scale and tilt, which importers leave on armatures.

With A_b(t) = X_b(t) R_b^-1, where R_b is a bone's matrix at rest and X_b(t) its posed one, skinned vertices move by
A_b(t) alone. So any other rest axes may be given to a bone, and any other parent, without moving a vertex.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..rig.cast import parents_of
from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot
from .bendy import Segments
from .character import Character, ridden_bone
from .deform_bones import bones_below_each_other, free_name, roots_of
from .sampling import Seen

ROOT = "root"  # what Unreal calls it
_ROOT_LENGTH = 0.2  # metres
_AT_THE_FLOOR = 0.1  # of the height of the hips: a topmost bone this low carries the ground motion


@dataclass(frozen=True, eq=False)
class Motion:
    """B bones, parents first, over T frames.

    ``parents`` (B,): the number of the bone above, -1 for a root. ``heads``, ``tails`` (B, 3) and ``axes`` (B, 3, 3,
    columns): the rest pose in the place, metres. ``changes`` (T, B, 4, 4): A_b in the place. ``place`` (4, 4): the
    place in the world. ``file_axes`` (4, 4): from axes with Z up in metres to those of all the above.
    """

    bones: tuple[str, ...]
    parents: tuple[int, ...]
    heads: Array
    tails: Array
    axes: Array
    changes: Array
    place: Array
    file_axes: Array = field(default_factory=lambda: np.eye(4))

    @property
    def frames(self) -> int:
        return len(self.changes)

    def place_in_units(self) -> Array:
        """Return the place (4, 4) in a world that is measured in the units of the file, so without a scale."""
        place = self.place.copy()
        place[:3] *= np.linalg.norm(self.file_axes[:3, 0])
        return place


@dataclass(frozen=True, eq=False)
class Part:
    """One character ready to be staged. ``object_name``: the name of its armature object, its own where empty."""

    character: Character
    seen: Seen
    motion: Motion
    object_name: str = ""


def bake(character: Character, seen: Seen, carrier: str = "") -> Motion:
    """Return the motion of the bones that deform.

    ``carrier``: the bone whose way over the ground a root bone shall make, "" to leave it in the hips. A rig with
    several roots gets a root bone in any case, which then stands still.
    """
    bones = character.armature.data.bones
    order = {bone.name: number for number, bone in enumerate(bones)}
    kept = {bone.name for bone in bones if bone.use_deform} or set(order)
    kept |= {ridden_bone(mesh, character.armature) for mesh in character.meshes} & set(order)
    above = bones_below_each_other(parents_of(character.armature), kept)
    names = tuple(above)
    numbers = [order[name] for name in names]
    parents = tuple(-1 if above[name] is None else names.index(above[name]) for name in names)  # type: ignore[arg-type]

    place = _place(seen.worlds[0])
    to_place = np.linalg.inv(place) @ seen.worlds
    at_rest = to_place[0] @ np.array([bone.matrix_local for bone in bones])
    looked_at = [*numbers, order[carrier]] if carrier else numbers
    changes = (to_place[:, None] @ seen.poses[:, looked_at]) @ inverse(at_rest[looked_at])
    tails = _moved(to_place[0], np.array([bone.tail_local for bone in bones]))
    axes = at_rest[numbers, :3, :3]
    motion = Motion(names, parents, at_rest[numbers, :3, 3], tails[numbers], axes, changes[:, : len(names)], place)
    for segments in seen.bent:
        motion = _with_joints(motion, segments, to_place)
    if carrier:
        head = at_rest[order[carrier], :3, 3]
        return _with_root(motion, _way_over_ground(changes[:, -1], head), head)
    if len(roots_of(parents)) > 1:
        still = np.tile(np.eye(4), (motion.frames, 1, 1))
        return _with_root(motion, still, np.zeros(3))
    return motion


def basis(motion: Motion, rest: Array) -> Array:
    """Return the basis matrices (T, B, 4, 4) that pose bones with the matrices ``rest`` (B, 4, 4) as ``motion``."""
    above = np.array(motion.parents)
    relative = inverse(motion.changes[:, above]) @ motion.changes
    relative[:, above < 0] = motion.changes[:, above < 0]
    return inverse(rest) @ relative @ rest


def in_other_axes(motion: Motion, turn: Array, size: float) -> Motion:
    """Return the same motion with the place turned by ``turn`` (3, 3) and measured in units of 1 / ``size`` metres.

    ``place`` then leads from the new axes to the world, still in metres: it holds turn and size.
    """
    change = np.eye(4)
    change[:3, :3] = turn * size
    back = np.linalg.inv(change)
    return replace(
        motion,
        heads=motion.heads @ turn.T * size,
        tails=motion.tails @ turn.T * size,
        axes=turn @ motion.axes,
        changes=change @ motion.changes @ back,
        place=motion.place @ back,
        file_axes=change,
    )


def _with_joints(motion: Motion, segments: Segments, to_place: Array) -> Motion:
    """Return the motion with a bone for every joint of a bendy bone, below it.

    ``to_place`` (T, 4, 4): from armature space to the place.
    """
    rest = to_place[0] @ segments.rest
    ends = np.concatenate([rest[1:, :3, 3], 2.0 * rest[-1:, :3, 3] - rest[-2:-1, :3, 3]])
    axes = rest[:, :3, :3] / np.linalg.norm(rest[:, :3, :3], axis=1, keepdims=True)
    changes = to_place[:, None] @ segments.changes @ np.linalg.inv(to_place[0])
    return replace(
        motion,
        bones=(*motion.bones, *segments.joints),
        parents=(*motion.parents, *[motion.bones.index(segments.bone)] * len(segments.joints)),
        heads=np.concatenate([motion.heads, rest[:, :3, 3]]),
        tails=np.concatenate([motion.tails, ends]),
        axes=np.concatenate([motion.axes, axes]),
        changes=np.concatenate([motion.changes, changes], axis=1),
    )


def _place(world: Array) -> Array:
    """Return the upright place (4, 4) of an object: its position, and its turn about Z alone."""
    axes = world[:3, :3] / np.linalg.norm(world[:3, :3], axis=0)
    if np.linalg.det(axes) < 0:
        axes[:, 0] *= -1.0
    w, _, _, z = rot.from_matrix(axes)
    place = np.eye(4)
    if np.hypot(w, z) > 1e-6:
        place[:3, :3] = rot.to_matrix(np.array([w, 0.0, 0.0, z]) / np.hypot(w, z))
    place[:3, 3] = world[:3, 3]
    return place


def _way_over_ground(changes: Array, rest: Array) -> Array:
    """Return the change (T, 4, 4) of a root bone that stays on the ground below a bone and turns with it.

    ``changes`` (T, 4, 4): those of the bone; ``rest`` (3,): its head at rest.
    """
    heading = skeleton.heading_of(rot.from_scaled_matrix(changes))
    ways = np.tile(np.eye(4), (len(changes), 1, 1))
    ways[:, :3, :3] = rot.to_matrix(rot.about_z(np.unwrap(heading)))
    below = rest * [1.0, 1.0, 0.0]
    ways[:, :3, 3] = _moved(changes, rest) * [1.0, 1.0, 0.0] - ways[:, :3, :3] @ below
    return ways


def _with_root(motion: Motion, ways: Array, below: Array) -> Motion:
    """Return the motion with ``ways`` (T, 4, 4) on its root bone, which is added where the rig has none.

    ``below`` (3,): the place above which a new root bone has its head.
    """
    roots = roots_of(motion.parents)
    hips = float(np.max(motion.heads[:, 2], initial=0.0)) / 2.0
    if len(roots) == 1 and abs(motion.heads[roots[0], 2]) < _AT_THE_FLOOR * hips:
        changes = motion.changes.copy()
        changes[:, roots[0]] = ways
        return replace(motion, changes=changes)
    head = below * [1.0, 1.0, 0.0]
    return Motion(
        (free_name(ROOT, motion.bones), *motion.bones),
        (-1, *(parent + 1 if parent >= 0 else 0 for parent in motion.parents)),
        np.concatenate([head[None], motion.heads]),
        np.concatenate([(head + [0.0, _ROOT_LENGTH, 0.0])[None], motion.tails]),
        np.concatenate([np.eye(3)[None], motion.axes]),
        np.concatenate([ways[:, None], motion.changes], axis=1),
        motion.place,
    )


def inverse(matrices: Array) -> Array:
    """Invert affine matrices (..., 4, 4), by cofactors: many times faster than the general solver."""
    a, b, c = (matrices[..., :3, column] for column in range(3))
    rows = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=-2)
    rows = rows / np.sum(a * rows[..., 0, :], axis=-1)[..., None, None]
    result = np.zeros_like(matrices)
    result[..., :3, :3] = rows
    result[..., :3, 3] = -np.einsum("...ij,...j->...i", rows, matrices[..., :3, 3])
    result[..., 3, 3] = 1.0
    return result


def _moved(matrices: Array, points: Array) -> Array:
    """Move points (..., 3) by matrices (..., 4, 4)."""
    return np.einsum("...ij,...j->...i", matrices[..., :3, :3], points) + matrices[..., :3, 3]
