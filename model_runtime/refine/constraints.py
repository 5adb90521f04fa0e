"""Apply motion constraints exactly, and blend the generated motion into them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..body_model import rotations as rot
from ..common.arrays import Array
from ..common.easing import smoothstep
from ..common.masks import runs_of
from ..contract import FPS, PART_JOINTS, MotionConstraints

BLEND, LONGEST_BLEND = 6, 45  # frames beside a border over which offsets fade, more where that would be hasty
HASTE, TURN_HASTE = 0.15, 0.6  # m/s and rad/s that the fading may add


def apply_body_constraints(
    root: Array, rotations: Array, constraints: MotionConstraints, blends: bool = True
) -> tuple[Array, Array]:
    """Return root (T, 3) and rotations (T, 52, 4) with the constrained frames as given.

    The generated motion beside a border is off by some rotation and distance, in place and in speed. That offset fades
    over ``BLEND`` frames, or so many more that it adds no more than ``HASTE``, so that nothing jumps or jerks. Without
    ``blends`` the other frames stay as they are.
    """
    root, rotations = root.copy(), rotations.copy()
    for name, members in PART_JOINTS.items():
        mask, joints = _over(constraints.part(name), len(root)), list(members)
        given = np.array(rotations[:, joints])
        given[: len(constraints.mask)] = constraints.rotations[:, joints]
        moved = rotations[:, joints]
        if blends:
            offset = inertialization_offset(given, moved, mask, _turn, TURN_HASTE)
            moved = rot.multiply(rot.from_axis_angle(offset), moved)
        rotations[:, joints] = np.where(mask[:, None, None], given, moved)
    mask = _over(constraints.part("lower"), len(root))
    given = root.copy()
    given[: len(constraints.mask)] = constraints.root_positions
    if blends:
        root = root + inertialization_offset(given, root, mask, np.subtract, HASTE)
    root = np.where(mask[:, None], given, root)
    return root.astype(np.float32), rotations.astype(np.float32)


def apply_face_constraints(face: Array, constraints: MotionConstraints) -> Array:
    """Return curves (T, 52) with the constrained frames as given, blended beside them in the same way."""
    mask = _over(constraints.part("face"), len(face))
    given = face.copy()
    given[: len(constraints.mask)] = constraints.face
    return np.where(
        mask[:, None], given, np.clip(face + inertialization_offset(given, face, mask, np.subtract), 0.0, 1.0)
    ).astype(np.float32)


def inertialization_offset(
    given: Array, made: Array, mask: Array, minus: Callable[[Array, Array], Array], haste: float = np.inf
) -> Array:
    """Return (T, ..., C) to add to ``made`` (T, ...) outside ``mask`` (T,), so that it joins ``given`` (T, ...) inside.

    The offsets of value and speed at each border fade on a Hermite cubic (Bollo 2018, "Inertialization:
    High-Performance Animation Transitions"). Values of ``made`` inside the mask are not used: the network may leap
    beside what it was given. ``minus``: the difference (..., C) of two values; ``haste``: length of (C,) a second that
    the fading may add.
    """
    offset = np.zeros_like(minus(made, made))
    for start, stop in runs_of(~mask):
        for border, first, way in ((start - 1, start, 1), (stop, stop - 1, -1)):
            if not 0 <= border < len(mask):
                continue
            speed = minus(made[first + way], made[first]) if stop - start > 1 else np.zeros_like(offset[0])
            before = border - way
            wanted = minus(given[border], given[before]) if 0 <= before < len(mask) and mask[before] else speed
            gap, change = minus(given[border], made[first]) + speed, wanted - speed
            length = np.clip(
                1.5 * np.linalg.norm(gap, axis=-1, keepdims=True) / haste * FPS, BLEND, LONGEST_BLEND
            )  # 1.5 times as fast in its middle
            length = np.minimum(length, stop - start) + 1
            t = np.clip(np.arange(1, stop - start + 1).reshape(-1, *[1] * gap.ndim) / length, 0.0, 1.0)
            faded = gap * (1.0 - smoothstep(t)) + change * length * t * (1.0 - t) ** 2
            offset[start:stop] += faded[::way]
    return offset


def _turn(a: Array, b: Array) -> Array:
    """Return the rotation vector (..., 3) from quaternions ``b`` to ``a`` (..., 4)."""
    return rot.to_axis_angle(rot.multiply(a, rot.conjugate(b)))


def _over(mask: Array, frames: int) -> Array:
    """Return a mask (T,) that may end earlier, filled up with false."""
    full = np.zeros(frames, bool)
    full[: len(mask)] = mask[:frames]
    return full
