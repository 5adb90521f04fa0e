"""Shapes of a hand's fingers, and how a body takes them for a while."""

from __future__ import annotations

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import FINGERS, INDEX
from ..common.arrays import FloatArray

# Bend in radians of the three joints of a finger, by shape; all fingers alike, but for those that are named.
_OPEN, _FIST, _RELAXED = (0.05, 0.05, 0.05), (1.25, 1.45, 0.9), (0.25, 0.3, 0.2)
_CUPPED, _GRIP, _STRAIGHT = (0.2, 0.25, 0.15), (0.35, 0.45, 0.25), (0.0, 0.0, 0.0)
SHAPES: dict[str, dict[str, tuple[float, float, float]]] = {
    "open": {"": _OPEN},
    "relaxed": {"": _RELAXED},
    "cupped": {"": _CUPPED},
    "grip": {"": _GRIP},
    "fist": {"": _FIST},
    "point": {"": _FIST, "index": _STRAIGHT},
    "thumb up": {"": _FIST, "thumb": (-0.4, -0.2, 0.0)},
    "scissors": {"": _FIST, "index": _STRAIGHT, "middle": _STRAIGHT},
    "pinched": {"": (0.55, 0.5, 0.3)},
}
_THUMB = np.array([-0.66, -0.75, 0.0])  # axis and size of a thumb's bend, of the left hand
_THUMB_OF = {"open": 0.35, "relaxed": 0.3, "cupped": 0.35, "grip": 0.5, "fist": 0.95, "point": 0.9, "thumb up": -0.5,
             "scissors": 0.9, "pinched": 0.7}  # fmt: skip
_SPREAD = 0.12  # radians by which the two fingers of scissors part


def shape_hand(rotations: FloatArray, side: str, shape: str, share: FloatArray) -> FloatArray:
    """Return rotations (T, 52, 4) with the fingers of ``side`` brought to a ``shape`` by ``share`` (T,)."""
    result = np.array(rotations, np.float32)
    at = np.flatnonzero(share > 0.0)
    sign = 1.0 if side == "left" else -1.0
    bends = SHAPES[shape]
    for finger in FINGERS:
        for number in (1, 2, 3):
            if finger == "thumb":
                bend = _THUMB * np.array([1.0, sign, 1.0]) * _THUMB_OF[shape] * (1.0 if number == 1 else 0.6)
            else:
                bend = np.array([0.0, sign * bends.get(finger, bends[""])[number - 1], 0.0])
                if shape == "scissors" and number == 1 and finger in ("index", "middle"):
                    bend[2] = sign * _SPREAD * (-1.0 if finger == "index" else 1.0)
            joint = INDEX[f"{side}_{finger}{number}"]
            there = np.broadcast_to(rot.from_axis_angle(bend), (len(at), 4))
            result[at, joint] = rot.slerp(result[at, joint].astype(np.float64), there, share[at])
    return result
