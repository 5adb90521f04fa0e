"""Put kept motion back exactly, and let what was generated flow in and out of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, LEG_JOINTS, UPPER_JOINTS
from ..common.arrays import Array
from ..common.masks import runs_of
from ..contract import FPS, MotionConstraints

BLEND, LONGEST_BLEND = 13, 45  # frames beside kept ones that are drawn to them, more where that would be hasty
HASTE, TURN_HASTE = 0.15, 0.6  # m/s and rad/s that fading may add
_JOINTS = {"lower": [0, *LEG_JOINTS], "upper": list(UPPER_JOINTS), "hands": [*HAND_INDEX["left"], *HAND_INDEX["right"]]}


def apply_body_constraints(root: Array, rotations: Array, kept: MotionConstraints) -> tuple[Array, Array]:
    """Root (T, 3) and rotations (T, 52, 4) with the kept frames as given.

    What was made beside a border is off from it by some turn and distance, in place and in speed. That offset fades
    over ``BLEND`` frames, or so many more that it adds no more than ``HASTE``: nothing jumps, nothing jerks.
    """
    root, rotations = root.copy(), rotations.copy()
    for name, joints in _JOINTS.items():
        keep = _over(kept.part(name), len(root))
        given = np.array(rotations[:, joints])
        given[: len(kept.mask)] = kept.rotations[:, joints]
        offset = inertialization_offset(given, rotations[:, joints], keep, _turn, TURN_HASTE)
        moved = rot.multiply(rot.from_axis_angle(offset), rotations[:, joints])
        rotations[:, joints] = np.where(keep[:, None, None], given, moved)
    keep = _over(kept.part("lower"), len(root))
    given = root.copy()
    given[: len(kept.mask)] = kept.root_positions
    root = np.where(keep[:, None], given, root + inertialization_offset(given, root, keep, np.subtract, HASTE))
    return root.astype(np.float32), rotations.astype(np.float32)


def apply_face_constraints(face: Array, kept: MotionConstraints) -> Array:
    """Curves (T, 52) with the kept frames as given and the same fading beside them."""
    keep = _over(kept.part("face"), len(face))
    given = face.copy()
    given[: len(kept.mask)] = kept.face
    return np.where(
        keep[:, None], given, np.clip(face + inertialization_offset(given, face, keep, np.subtract), 0.0, 1.0)
    ).astype(np.float32)


def inertialization_offset(
    given: Array, made: Array, keep: Array, minus: Callable[[Array, Array], Array], haste: float = np.inf
) -> Array:
    """(T, ..., C) to be added to what is ``made`` (T, ...) beside frames to ``keep`` (T,), so that it flows out of and
    into what is ``given``.

    The offsets of place and speed at a border fade on a cubic (Hermite's, as in Bollo 2018, "Inertialization"). What
    the network made on kept frames is not asked: it is given there, and what it made beside may still jump from it.
    ``minus`` is the difference (..., C) of two values; ``haste``: length of (C,) a second that the fading may add.
    """
    offset = np.zeros_like(minus(made, made))
    for start, stop in runs_of(~keep):
        for border, first, way in ((start - 1, start, 1), (stop, stop - 1, -1)):
            if not 0 <= border < len(keep):
                continue
            speed = minus(made[first + way], made[first]) if stop - start > 1 else np.zeros_like(offset[0])
            before = border - way
            wanted = minus(given[border], given[before]) if 0 <= before < len(keep) and keep[before] else speed
            gap, change = minus(given[border], made[first]) + speed, wanted - speed
            length = np.clip(
                1.5 * np.linalg.norm(gap, axis=-1, keepdims=True) / haste * FPS, BLEND, LONGEST_BLEND
            )  # 1.5 times as fast in its middle
            length = np.minimum(length, stop - start) + 1
            t = np.clip(np.arange(1, stop - start + 1).reshape(-1, *[1] * gap.ndim) / length, 0.0, 1.0)
            faded = gap * (1.0 - t * t * (3.0 - 2.0 * t)) + change * length * t * (1.0 - t) ** 2
            offset[start:stop] += faded[::way]
    return offset


def _turn(a: Array, b: Array) -> Array:
    """The rotation vector (..., 3) that leads from ``b`` to ``a`` (..., 4)."""
    return rot.to_axis_angle(rot.multiply(a, rot.conjugate(b)))


def _over(keep: Array, frames: int) -> Array:
    """(T,) bool of a mask that may end earlier."""
    full = np.zeros(frames, bool)
    full[: len(keep)] = keep[:frames]
    return full
