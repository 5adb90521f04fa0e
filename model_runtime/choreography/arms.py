"""Poses of an arm from which, and through which, it reaches: held out, wrapped around, raised, drawn back, opened."""

from __future__ import annotations

import numpy as np

from ..body_model import rotations as rot
from ..common.arrays import Array

# Of the left arm: for each joint rotation vectors in radians, the first applied last. In the T-pose the palm is down;
# an elbow bends about -z, and a turn of the shoulder about its own x brings that bend upwards.
_Vectors = tuple[tuple[float, float, float], ...]
POSES: dict[str, dict[str, _Vectors]] = {
    "held out": {"shoulder": ((0.0, 1.2, 0.0),), "elbow": ((0.0, 0.0, -1.2),)},
    "wrapped": {"shoulder": ((0.0, 0.0, -1.05), (-0.2, 0.0, 0.0)), "elbow": ((0.0, 0.0, -0.95), (-0.7, 0.0, 0.0)),
                "wrist": ((-0.7, 0.0, 0.0),)},
    "wrapped low": {"shoulder": ((0.0, 0.0, -1.0), (0.0, 0.55, 0.0), (-0.2, 0.0, 0.0)),
                    "elbow": ((0.0, 0.0, -0.95), (-0.7, 0.0, 0.0)), "wrist": ((-0.7, 0.0, 0.0),)},
    "opened": {"shoulder": ((0.0, 0.0, -0.25), (0.0, 0.35, 0.0), (-0.3, 0.0, 0.0)),
               "elbow": ((0.0, 0.0, -0.7), (-0.5, 0.0, 0.0)), "wrist": ((-0.5, 0.0, 0.0),)},
    "raised": {"shoulder": ((0.0, 0.0, -0.75), (0.0, 0.35, 0.0), (-1.4, 0.0, 0.0)), "elbow": ((0.0, 0.0, -1.6),)},
    "pushing": {"shoulder": ((0.0, 0.0, -1.3), (0.0, 0.25, 0.0)), "elbow": ((0.0, 0.0, -0.4),),
                "wrist": ((0.0, -1.1, 0.0),)},
    "high": {"shoulder": ((0.0, 0.0, -1.0), (0.0, -0.1, 0.0), (-1.4, 0.0, 0.0)), "elbow": ((0.0, 0.0, -0.9),)},
    "drawn": {"shoulder": ((0.0, 1.0, 0.35), (-0.5, 0.0, 0.0)), "elbow": ((0.0, 0.0, -1.9),)},
    "swung out": {"shoulder": ((0.0, 0.3, 0.25), (-0.5, 0.0, 0.0)), "elbow": ((0.0, 0.0, -1.0),)},
    "before the face": {"shoulder": ((0.0, 0.0, -1.0), (0.0, 0.75, 0.0), (-1.2, 0.0, 0.0)),
                        "elbow": ((0.0, 0.0, -2.0), (-0.4, 0.0, 0.0))},
    "linked": {"shoulder": ((0.0, 1.25, 0.15),), "elbow": ((0.0, 0.0, -1.45),)},
    "holding thighs": {"shoulder": ((0.0, 1.25, 0.25),), "elbow": ((0.0, 0.0, -1.0),)},
    "on shoulders": {"shoulder": ((0.0, 0.0, -1.1), (0.0, 0.35, 0.0)), "elbow": ((0.0, 0.0, -0.8),)},
    "thrown out": {"shoulder": ((0.0, 0.55, 0.0), (0.35, 0.0, 0.0)), "elbow": ((0.0, 0.0, -0.55),)},
    "pointing": {"shoulder": ((0.0, 0.0, -1.35), (0.0, 0.1, 0.0)), "elbow": ((0.0, 0.0, -0.25),)},
}  # fmt: skip
PARTS = ("collar", "shoulder", "elbow", "wrist")


def arm_pose(name: str, side: str, part: str) -> Array:
    """Return the local quaternion (4,) of a ``part`` of the arm in a pose."""
    turn = np.array([1.0, 0.0, 0.0, 0.0])
    mirror = np.array([1.0, 1.0, 1.0] if side == "left" else [1.0, -1.0, -1.0])
    for vector in POSES[name].get(part, ()):
        turn = rot.multiply(turn, rot.from_axis_angle(np.array(vector) * mirror))
    return turn
