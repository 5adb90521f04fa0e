"""Retargeting: canonical rotations to pose-bone channels, by world-space deltas.

Let C_j(t) be a joint's canonical world rotation and A_j the rotation from the rig's rest pose to the T-pose. A bone
that follows the joint has the orientation D_j(t) B with D_j = C_j A_j and its rest orientation B; the driven bone above
it has the delta D_p. The keyed channel is the difference in the bone's own axes: B^-1 (D_p^-1 D_j) B. Bones between the
two keep their rest pose relative to the upper one and cancel out of the formula. No Blender here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot
from .mapping import RigMap


@dataclass(frozen=True)
class BonePose:
    """The channels of one rig over T frames.

    ``rotations`` (T, B, 4): basis quaternions of ``bones``; ``location`` (T, 3): basis location of ``root``.
    """

    bones: tuple[str, ...]
    rotations: Array
    root: str
    location: Array


def retarget(root_positions: Array, rotations: Array, rig: RigMap, rest: Any) -> BonePose:
    """Return the channels of a rig for a motion.

    ``root_positions`` (T, 3): pelvis in the world, metres; ``rotations`` (T, 52, 4): canonical local quaternions;
    ``rest``: the rig's ``RestPose``.
    """
    joints_world, canonical = skeleton.forward_kinematics(
        np.asarray(root_positions, np.float32), np.asarray(rotations, np.float32), rest.skeleton
    )
    deltas = rot.multiply(canonical, rest.turns[None])  # D_j, world
    driven = np.empty((len(rotations), len(rig.drives), 4))
    for index, drive in enumerate(rig.drives):
        driven[:, index] = deltas[:, skeleton.INDEX[drive.joint]]
        if drive.towards:
            other = deltas[:, skeleton.INDEX[drive.towards]]
            driven[:, index] = rot.slerp(driven[:, index], other, np.full(len(rotations), drive.share))
    location = _root_location(joints_world, deltas, rig, rest)
    return BonePose(rest.bones, _basis_rotations(driven, rest), rig.root, location)


def _basis_rotations(driven: Array, rest: Any) -> Array:
    """Convert world deltas (T, B, 4) to basis quaternions (T, B, 4) with a sign that is continuous over time."""
    above = np.where(rest.parents >= 0, rest.parents, 0)
    relative = rot.multiply(rot.conjugate(driven[:, above]), driven)
    # A bone without a driven bone above follows the armature object, which is at rest: its delta is not reduced.
    top = rest.parents < 0
    relative[:, top] = driven[:, top]
    frame = rest.world_rotations
    basis = rot.multiply(rot.multiply(rot.conjugate(frame)[None], relative), frame[None])
    return rot.continuous(_nearest_identity_first(rot.normalize(basis)))


def _nearest_identity_first(q: Array) -> Array:
    """Flip signs so that every bone starts with w >= 0."""
    return q * np.where(q[:1, :, :1] < 0, -1.0, 1.0)


def _root_location(joints_world: Array, deltas: Array, rig: RigMap, rest: Any) -> Array:
    """Return the basis location (T, 3) of the root bone that puts its pivot at the anchor joint's position."""
    root = rest.bones.index(rig.root)
    anchor = skeleton.INDEX[rig.anchor]
    joint = skeleton.INDEX[rig.drives[root].joint]
    head_at_rest = rest.world[:3, :3] @ rest.rest_heads[root] + rest.world[:3, 3]
    arm = head_at_rest - rest.joint_places[anchor]
    target = joints_world[:, anchor] + rot.rotate(deltas[:, joint], arm) + np.array([0.0, 0.0, rest.floor])
    inverse = np.linalg.inv(rest.world)
    moved = target @ inverse[:3, :3].T + inverse[:3, 3] - rest.rest_heads[root]
    return rot.rotate(rot.conjugate(rest.rest_rotations[root]), moved) if rest.local_location else moved
