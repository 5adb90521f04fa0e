"""Retargeting: canonical rotations to pose-bone channels, by world-space deltas.

Let C_j(t) be a joint's canonical world rotation and A_j the rotation from the rig's rest pose to the T-pose. A bone
that follows the joint has the orientation D_j(t) B with D_j = C_j A_j and its rest orientation B; the driven bone above
it has the delta D_p. The keyed channel is the difference in the bone's own axes: B^-1 (D_p^-1 D_j) B. Bones between the
two keep their rest pose relative to the upper one and cancel out of the formula. ``placing`` says what happens where
bones carry a joint elsewhere. No Blender here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..runtime_api import Array, easing, skeleton
from ..runtime_api import rotations as rot
from .mapping import Drive, RigMap
from .placing import place_heads, reach_limbs
from .sharing import FOLLOWING

_FADED, _CLEAR = np.cos(np.radians([85.0, 70.0]))  # of half the swing: where a twist counts nothing, and in full


@dataclass(frozen=True)
class BonePose:
    """The channels of one rig over T frames.

    ``rotations`` (T, B, 4): basis quaternions of ``bones``; ``location`` (T, 3): basis location of ``root``; ``moved``:
    basis locations (T, 3) of further bones, those that hang on a bone that carries them elsewhere.
    """

    bones: tuple[str, ...]
    rotations: Array
    root: str
    location: Array
    moved: Mapping[str, Array] = field(default_factory=dict)


def retarget(root_positions: Array, rotations: Array, rig: RigMap, rest: Any) -> BonePose:
    """Return the channels of a rig for a motion.

    ``root_positions`` (T, 3): pelvis in the world, metres; ``rotations`` (T, 52, 4): canonical local quaternions;
    ``rest``: the rig's ``RestPose``.
    """
    joints, canonical = skeleton.forward_kinematics(
        np.asarray(root_positions, np.float32), np.asarray(rotations, np.float32), rest.skeleton
    )
    joints = joints + np.array([0.0, 0.0, rest.floor])
    deltas = rot.multiply(canonical, rest.turns[None])  # D_j, world
    driven = np.empty((len(rotations), len(rig.drives), 4))
    for index, drive in enumerate(rig.drives):
        driven[:, index] = _delta(drive, deltas, rest)
    root = _root_head(joints, deltas, rig, rest)
    if rest.reached:
        driven, root = reach_limbs(driven, root, joints, rig, rest)
    targets = {rest.bones.index(rig.places[joint][0]): joints[:, skeleton.INDEX[joint]] for joint in rest.moved}
    _, moves = place_heads(driven, root, targets, rest) if targets else (None, {})
    moved = {rest.bones[index]: _move_channel(index, way, driven, rest) for index, way in moves.items()}
    return BonePose(rest.bones, _basis_rotations(driven, rest), rig.root, _root_channel(root, rest), moved)


def _delta(drive: Drive, deltas: Array, rest: Any) -> Array:
    """Return the world delta (T, 4) of one bone, given those of all joints (T, 52, 4)."""
    own = deltas[:, skeleton.INDEX[drive.joint]]
    if drive.twist:
        joint, after = skeleton.INDEX[drive.joint], skeleton.INDEX[FOLLOWING[drive.joint]]
        along = rot.unit(rest.joint_places[after] - rest.joint_places[joint])
        of_its_own = drive.twist == drive.joint
        below, above = (own, deltas[:, skeleton.PARENTS[joint]]) if of_its_own else (deltas[:, after], own)
        angle = _twist(rot.multiply(rot.conjugate(above), below), along)
        share = drive.share - 1.0 if of_its_own else drive.share  # of its own axial rotation ``own`` has all already
        return rot.multiply(own, rot.from_axis_angle(along * (share * angle)[:, None]))
    if drive.towards:
        return rot.slerp(own, deltas[:, skeleton.INDEX[drive.towards]], np.full(len(own), drive.share))
    return own


def _twist(q: Array, axis: Array) -> Array:
    """Return the twist (T,) of rotations (T, 4) about ``axis`` (3,), radians in (-pi, pi).

    Swing-twist decomposition. Near half a turn of swing, an arm that hung at rest and now points up, the twist is not
    defined and turns over: it fades to none before.
    """
    q = q * np.where(q[:, :1] < 0.0, -1.0, 1.0)
    along = q[:, 1:] @ axis
    defined = np.hypot(along, q[:, 0])  # the cosine of half the swing
    return 2.0 * np.arctan2(along, q[:, 0]) * easing.smooth_step(defined, _FADED, _CLEAR)


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


def _root_head(joints: Array, deltas: Array, rig: RigMap, rest: Any) -> Array:
    """Return where the head of the root bone must be (T, 3) so that the anchor joint is at its place; world."""
    anchor = skeleton.INDEX[rig.anchor]
    joint = skeleton.INDEX[rig.drives[rest.root].joint]
    arm = rest.world_heads[rest.root] - rest.joint_places[anchor]
    return joints[:, anchor] + rot.rotate(deltas[:, joint], np.broadcast_to(arm, joints[:, anchor].shape))


def _root_channel(head: Array, rest: Any) -> Array:
    """Return the basis location (T, 3) of the root bone with its head at ``head`` (T, 3) in the world."""
    inverse = np.linalg.inv(rest.world)
    moved = head @ inverse[:3, :3].T + inverse[:3, 3] - rest.rest_heads[rest.root]
    return rot.rotate(rot.conjugate(rest.location_axes[rest.root]), moved)


def _move_channel(index: int, way: Array, driven: Array, rest: Any) -> Array:
    """Return the basis location (T, 3) that moves a bone's head by ``way`` (T, 3) in the world."""
    own = rot.rotate(rot.conjugate(driven[:, rest.carriers[index]]), way)  # with the bone above at rest
    local = own @ np.linalg.inv(rest.world)[:3, :3].T
    return rot.rotate(rot.conjugate(rest.location_axes[index]), local) / rest.scales[index]
