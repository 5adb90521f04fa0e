"""Where a two-bone IK solver has to start so that it has nothing left to do, and where its pole must stand.

Blender's solver starts from the pose of its chain and goes from there to the target in small steps that bend, swing
and, where bones may, stretch. So the pose it starts from decides which of many solutions is shown; one whose end is at
the target is shown as it is. A chain with a hinge can hold only some of the turns of a knee: it is turned so that all
three joints are where they should be, and the roll of the limb about itself follows from that. No Blender here.
"""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array, easing
from ..runtime_api import rotations as rot

_STRAIGHT, _BENT = np.radians([1.5, 6.0])  # below, the plane of a limb is not defined; above, it counts in full


def hinge_pose(joints: Array, upper: Array, relation: Array, end: Array, axis: int) -> tuple[Array, Array]:
    """Return the rotations (T, 4) of the upper and of the lower bone of a limb whose lower bone turns about ``axis``.

    ``joints`` (T, 3, 3): hip, knee and ankle, as they should be; ``upper`` (T, 4): how the upper bone would turn
    without the hinge, which chooses between the two ways to bend; ``relation`` (4, 4): the lower bone at rest in the
    axes of the upper one; ``end`` (3,): the ankle at rest in the axes of the lower one.
    """
    thigh, shin = rot.unit(joints[:, 1] - joints[:, 0]), rot.unit(joints[:, 2] - joints[:, 1])
    start = relation[:3, 3] / np.linalg.norm(relation[:3, 3])
    line, turn = end / np.linalg.norm(end), np.eye(3)[axis]
    onto = relation[:3, :3].T @ start  # the thigh's direction in the axes of the shin at rest
    # The cosine of the bend is fixed + cosine * cos(angle) + sine * sin(angle) for a hinge turned by an angle.
    across = line - (line @ turn) * turn
    fixed, cosine, sine = (line @ turn) * (onto @ turn), across @ onto, np.cross(turn, across) @ onto
    reach = max(float(np.hypot(cosine, sine)), 1e-9)
    half = np.arccos(np.clip((np.sum(thigh * shin, axis=-1) - fixed) / reach, -1.0, 1.0))
    middle = np.arctan2(sine, cosine)
    solutions = [_turned(thigh, shin, start, relation, line, turn, middle + sign * half) for sign in (1.0, -1.0)]
    angles = np.stack([middle + half, middle - half])
    nearest = np.argmax([np.abs(np.sum(one * upper, axis=-1)) for one in solutions], axis=0)
    rows = np.arange(len(joints))
    chosen = np.stack(solutions)[nearest, rows]
    bend = np.arccos(np.clip(np.sum(thigh * shin, axis=-1), -1.0, 1.0))
    straight = rot.multiply(rot.between(rot.rotate(upper, np.broadcast_to(start, thigh.shape)), thigh), upper)
    chosen = rot.slerp(straight, chosen, easing.smooth_step(bend, _STRAIGHT, _BENT).astype(np.float64))
    hinge = rot.from_axis_angle(turn[None] * angles[nearest, rows][:, None])
    lower = rot.multiply(rot.multiply(chosen, rot.from_matrix(relation[:3, :3])), hinge)
    return chosen, lower


def _turned(thigh: Array, shin: Array, start: Array, relation: Array, line: Array, turn: Array, angle: Array) -> Array:
    """Return the rotation (T, 4) that brings the bent limb of a hinge turned by ``angle`` (T,) onto both directions."""
    bent = rot.rotate(rot.from_axis_angle(turn[None] * angle[:, None]), np.broadcast_to(line, thigh.shape))
    own = _axes(np.broadcast_to(start, thigh.shape), bent @ relation[:3, :3].T)
    return rot.from_matrix(_axes(thigh, shin) @ own.swapaxes(1, 2))


def _axes(first: Array, second: Array) -> Array:
    """Return matrices (T, 3, 3) with the first direction as their first axis and the second in their plane."""
    normal = rot.unit(np.cross(first, second))
    return np.stack([first, np.cross(normal, first), normal], axis=-1)


def pole_places(joints: Array, root: Array, turn: Array, angle: float, distance: float) -> Array:
    """Return where a pole must stand (T, 3) so that it leaves a chain as it is.

    Blender turns the chain about the line from its root to its end until the axis of the root bone that the pole
    angle names, X turned towards Z, shows to the pole. ``joints`` (T, 3, 3): as in ``hinge_pose``; ``root`` (T, 3)
    and ``turn`` (T, 4): place and rotation of the chain's root bone; ``angle``: radians; ``distance``: from the line.
    """
    along = rot.unit(joints[:, 2] - root)
    up = rot.rotate(turn, np.broadcast_to([np.cos(angle), 0.0, np.sin(angle)], along.shape))
    up = rot.unit(up - np.sum(up * along, axis=-1, keepdims=True) * along)
    knee = np.sum((joints[:, 1] - root) * along, axis=-1, keepdims=True)
    return root + knee * along + distance * up
