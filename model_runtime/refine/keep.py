"""Put kept motion back exactly, and let what was generated flow in and out of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rotations as rot
from ..contract import FPS
from ..kept_motion import KeptMotion
from ..skeleton import HAND_INDEX, LEG_JOINTS, UPPER_JOINTS

Array = NDArray[Any]
BLEND = round(0.2 * FPS)  # frames beside kept ones that are drawn to them, more where that would be hasty
LONGEST_BLEND = FPS
HASTE, TURN_HASTE = 0.4, 2.0  # m/s and rad/s that fading may add
_JOINTS = {"lower": [0, *LEG_JOINTS], "upper": list(UPPER_JOINTS), "hands": [*HAND_INDEX["left"], *HAND_INDEX["right"]]}


def keep_exactly(root: Array, rotations: Array, kept: KeptMotion) -> tuple[Array, Array]:
    """Root (T, 3) and rotations (T, 52, 4) with the kept frames as given.

    At a border the generated motion is off by some turn and distance; that offset fades over ``BLEND`` frames, or so many more
    that it adds no more than ``HASTE``: nothing jumps.
    """
    root, rotations = root.copy(), rotations.copy()
    for name, joints in _JOINTS.items():
        keep = _over(kept.part(name), len(root))
        given = np.array(rotations[:, joints])
        given[: len(kept.keep)] = kept.rotations[:, joints]
        offset = rot.to_axis_angle(rot.multiply(given, rot.conjugate(rotations[:, joints])))
        faded = faded_offset(offset, keep, TURN_HASTE)
        moved = rot.multiply(rot.from_axis_angle(faded), rotations[:, joints])
        rotations[:, joints] = np.where(keep[:, None, None], given, moved)
    keep = _over(kept.part("lower"), len(root))
    given = root.copy()
    given[: len(kept.keep)] = kept.root_positions
    root = np.where(keep[:, None], given, root + faded_offset(given - root, keep, HASTE))
    return root.astype(np.float32), rotations.astype(np.float32)


def keep_face_exactly(face: Array, kept: KeptMotion) -> Array:
    """Curves (T, 52) with the kept frames as given and the same fading beside them."""
    keep = _over(kept.part("face"), len(face))
    given = face.copy()
    given[: len(kept.keep)] = kept.face
    return np.where(keep[:, None], given, np.clip(face + faded_offset(given - face, keep), 0.0, 1.0)).astype(np.float32)


def faded_offset(offset: Array, keep: Array, haste: float = np.inf) -> Array:
    """(T, ..., C) for frames that are not kept: the offset of the nearest kept frame before and after, each fading smoothly.

    ``haste``: length of (C,) a second that the fading may add.
    """
    frames = np.arange(len(keep))
    total = np.zeros_like(offset)
    if not keep.any():
        return total
    places = np.flatnonzero(keep)
    after = np.searchsorted(places, frames)
    before = np.clip(after - 1, 0, len(places) - 1)
    after = np.clip(after, 0, len(places) - 1)
    shape = (len(keep),) + (1,) * (offset.ndim - 1)
    weights = []
    for nearest, sign in ((places[before], 1), (places[after], -1)):
        size = np.linalg.norm(offset[nearest], axis=-1, keepdims=True)
        length = np.clip(1.5 * size / haste * FPS, BLEND, LONGEST_BLEND)  # a smooth step is 1.5 times as fast in its middle
        away = ((frames - nearest) * sign).reshape(shape)
        t = np.clip(1.0 - away / (length + 1), 0.0, 1.0) * (away >= 0)
        weights.append(t * t * (3 - 2 * t))
    share = np.maximum(weights[0] + weights[1], 1.0)  # in a short gap the two share
    for nearest, weight in ((places[before], weights[0]), (places[after], weights[1])):
        total += offset[nearest] * (weight / share)
    return np.where(keep.reshape(shape), 0.0, total)


def _over(keep: Array, frames: int) -> Array:
    """(T,) bool of a mask that may end earlier."""
    full = np.zeros(frames, bool)
    full[: len(keep)] = keep[:frames]
    return full
