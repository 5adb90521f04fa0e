"""Forward kinematics of a rig's driven bones: where Blender must show them for the channels that are keyed."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .measure import RestPose
from .retarget import BonePose


def posed_bones(pose: BonePose, rest: RestPose) -> tuple[Array, Array]:
    """Return the heads (T, B, 3) in metres and the orientations (T, B, 4) of the driven bones in the world.

    A bone is carried by the driven bone above it, as if all bones between the two were at rest.
    """
    frames, bones = pose.rotations.shape[:2]
    heads, deltas = np.empty((frames, bones, 3)), np.empty((frames, bones, 4))
    rest_heads = rest.rest_heads @ rest.world[:3, :3].T + rest.world[:3, 3]
    rest_frames = rest.world_rotations
    locations = _root_location(pose, rest)
    for index in range(bones):
        own = rot.multiply(
            rot.multiply(rest_frames[index], pose.rotations[:, index]), rot.conjugate(rest_frames[index])
        )
        above = int(rest.parents[index])
        deltas[:, index] = own if above < 0 else rot.multiply(deltas[:, above], own)
        heads[:, index] = rest_heads[index]
        if above >= 0:
            arm = np.broadcast_to(rest_heads[index] - rest_heads[above], (frames, 3))
            heads[:, index] = heads[:, above] + rot.rotate(deltas[:, above], arm)
        if rest.bones[index] == pose.root:
            heads[:, index] += locations
    return heads, rot.multiply(deltas, rest_frames[None])


def _root_location(pose: BonePose, rest: RestPose) -> Array:
    """Return the root's channel as a displacement (T, 3) in the world."""
    index = rest.bones.index(pose.root)
    local = rot.rotate(rest.rest_rotations[index], pose.location) if rest.local_location else pose.location
    return local @ rest.world[:3, :3].T
