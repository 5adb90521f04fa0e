"""What IK shows of a take, compared with what its FK shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import bpy
import numpy as np

from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .ik_limbs import IkLimb, rest_matrices
from .ik_poses import Poses, read_poses
from .mapping import RigMap
from .shown import shown_bones

MOST_DISTANCE = 0.005  # metres
MOST_ANGLE = np.radians(2.0)
_FRAMES = 10  # evenly spaced


@dataclass(frozen=True)
class IkDifference:
    """How far a limb in IK is from FK: its joints in metres, its bones in radians; ``frame``: where it is worst."""

    limb: str
    distance: float
    angle: float
    frame: int

    @property
    def is_seen(self) -> bool:
        return self.distance > MOST_DISTANCE or self.angle > MOST_ANGLE


def differences(
    scene: bpy.types.Scene,
    armature: bpy.types.Object,
    rig: RigMap,
    limbs: Sequence[IkLimb],
    fk: Poses,
    first: int,
) -> Iterator[IkDifference]:
    """Evaluate some frames of a take with IK on, and yield for each limb how far it is from ``fk``, read before.

    Bones that show the limb are compared: the directions of thigh and shin, and the whole orientation of the foot. The
    roll of a limb about itself is not: many solvers have none to give.
    """
    count = len(fk.world)
    chosen = np.unique(np.linspace(0, count - 1, _FRAMES).astype(int)).tolist()
    shown = shown_bones(armature, rig)
    seen_as = {limb.name: _seen_bones(limb, shown) for limb in limbs}
    names = [bone for bones in seen_as.values() for bone in bones]
    ik = read_poses(scene, armature, [first + index for index in chosen], names)
    rest, size = rest_matrices(armature), float(np.cbrt(abs(np.linalg.det(fk.world[0, :3, :3]))))
    for limb in limbs:
        wanted = [fk.bones[bone][chosen] for bone in limb.bones]
        seen = [ik.bones[bone] for bone in seen_as[limb.name]]
        apart = size * np.max(
            [np.linalg.norm(a[:, :3, 3] - b[:, :3, 3], axis=-1) for a, b in zip(wanted, seen)], axis=0
        )
        turned = np.max([_angle(a, b) for a, b in zip(_directions(wanted), _directions(seen))], axis=0)
        if len(seen) == len(limb.bones):
            turned = np.maximum(turned, _turn(limb.bones[2], seen_as[limb.name][2], wanted[2], seen[2], rest))
        worst = int(np.argmax(np.maximum(apart / MOST_DISTANCE, turned / MOST_ANGLE)))
        yield IkDifference(limb.name, float(apart.max()), float(turned.max()), first + chosen[worst])


def _seen_bones(limb: IkLimb, shown: dict[str, str]) -> tuple[str, ...]:
    """Return the bones that show a limb in IK; of a rig that is not known, the two that its solver turns."""
    followers = tuple(shown.get(bone, bone) for bone in limb.bones)
    if limb.turned is not None or all(bone != other for bone, other in zip(followers, limb.bones)):
        return followers
    return limb.chain.root, limb.chain.tip


def _directions(bones: Sequence[Array]) -> list[Array]:
    places = [bone[:, :3, 3] for bone in bones]
    return [rot.unit(after - before) for before, after in pairwise(places)]


def _distance(a: Array, b: Array) -> Array:
    return np.linalg.norm(a[:, :3, 3] - b[:, :3, 3], axis=-1)


def _angle(a: Array, b: Array) -> Array:
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))


def _turn(bone: str, other: str, wanted: Array, seen: Array, rest: dict[str, Array]) -> Array:
    """Return the angle (T,) by which ``other`` is turned away from where ``bone`` would carry it from its rest pose."""
    still = rot.from_scaled_matrix(np.linalg.inv(rest[bone]) @ rest[other])
    off = rot.multiply(rot.conjugate(rot.multiply(rot.from_scaled_matrix(wanted), still)), rot.from_scaled_matrix(seen))
    return 2.0 * np.arctan2(np.linalg.norm(off[:, 1:], axis=-1), np.abs(off[:, 0]))
