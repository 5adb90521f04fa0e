"""Move a hand: shoulder and elbow follow, and the hand keeps its turn in the world."""

from __future__ import annotations

import numpy as np

from ..body_model import rotations as rot
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.skeleton import INDEX
from ..common.arrays import Array, FloatArray

_BACKWARD = np.array([0.0, 1.0, 0.0], np.float32)  # to where the elbow of a straight arm goes
_NOTHING = 1e-6  # metres


def move_hand(
    rotations: FloatArray, posed: tuple[FloatArray, FloatArray], side: str, way: Array
) -> tuple[FloatArray, FloatArray]:
    """Return rotations (T, 52, 4) with the wrist of ``side`` moved by ``way`` (T, 3) metres, and where it is (T, 3).

    ``posed``: joints (T, 52, 3) and their world rotations (T, 52, 4). The wrist goes as far as the arm reaches; frames
    without a way stay as they are.
    """
    joints, world = posed
    collar, shoulder, elbow, wrist = (INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist"))
    at = np.flatnonzero(np.linalg.norm(way, axis=-1) > _NOTHING)
    if not len(at):
        return rotations, joints[:, wrist]
    arm = joints[at][:, [shoulder, elbow, wrist]]
    back = rot.rotate(world[at, shoulder], _BACKWARD)
    _, end, upper, fore = bend(arm, back, np.stack([way[at], np.zeros_like(way[at])], 1))
    chain = [
        world[at, collar],
        rot.multiply(upper, world[at, shoulder]),
        rot.multiply(fore, world[at, elbow]),
        world[at, wrist],
    ]
    result = rotations.copy()
    for joint, local in zip((shoulder, elbow, wrist), local_rotations(chain)):
        result[at, joint] = local
    reached = joints[:, wrist].copy()
    reached[at] = end
    return result, reached
