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
    rest_heads, rest_frames = rest.world_heads, rest.world_rotations
    for index, bone in enumerate(rest.bones):
        own = rot.multiply(
            rot.multiply(rest_frames[index], pose.rotations[:, index]), rot.conjugate(rest_frames[index])
        )
        above, carrier = int(rest.parents[index]), int(rest.carriers[index])
        deltas[:, index] = own if above < 0 else rot.multiply(deltas[:, above], own)
        heads[:, index] = rest_heads[index]
        if carrier >= 0:
            arm = np.broadcast_to(rest_heads[index] - rest_heads[carrier], (frames, 3))
            heads[:, index] = heads[:, carrier] + rot.rotate(deltas[:, carrier], arm)
        if bone == pose.root:
            heads[:, index] += _way(pose.location, index, rest)
        elif bone in pose.moved:
            way = _way(pose.moved[bone], index, rest) * rest.scales[index]
            heads[:, index] += rot.rotate(deltas[:, carrier], way)
    return heads, rot.multiply(deltas, rest_frames[None])


def reaches(rest: RestPose) -> list[float]:
    """Return for each driven bone how far (metres) the farthest head of a driven bone below it is."""
    found = [0.0] * len(rest.bones)
    for index, head in enumerate(rest.world_heads):
        above = int(rest.parents[index])
        while above >= 0:
            found[above] = max(found[above], float(np.linalg.norm(head - rest.world_heads[above])))
            above = int(rest.parents[above])
    return found


def _way(location: Array, index: int, rest: RestPose) -> Array:
    """Return a location channel (T, 3) as a displacement (T, 3) in the world, with the bone above at rest."""
    return rot.rotate(rest.location_axes[index], location) @ rest.world[:3, :3].T
