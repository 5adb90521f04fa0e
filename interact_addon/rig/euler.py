"""Quaternions converted to the channels of any rotation mode of a pose bone."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array
from ..runtime_api import rotations as rot

EULER_ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
_ODD = ("XZY", "YXZ", "ZYX")


def channels(q: Array, mode: str) -> tuple[str, Array]:
    """Return the property's name and its values (T, 3 or 4) for quaternions (T, 4) in a bone's ``rotation_mode``."""
    if mode in EULER_ORDERS:
        return "rotation_euler", continuous_euler(q, mode)
    if mode == "AXIS_ANGLE":
        return "rotation_axis_angle", axis_angle(q)
    return "rotation_quaternion", q


def continuous_euler(q: Array, order: str) -> Array:
    """Return Euler angles (T, 3) in radians in Blender's convention: order XYZ rotates about the parent's X first.

    Of the two triples that describe a rotation the nearest to the frame before is taken, so that curves do not jump.
    Shoemake, "Euler angle conversion", Graphics Gems IV (1994).
    """
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = -1.0 if order in _ODD else 1.0
    m = rot.to_matrix(np.asarray(q, np.float64))
    cosine = np.hypot(m[..., i, i], m[..., j, i])
    regular = cosine > 1e-6
    first = np.where(regular, np.arctan2(m[..., k, j], m[..., k, k]), np.arctan2(-m[..., j, k], m[..., j, j]))
    middle = np.arctan2(-m[..., k, i], cosine)
    last = np.where(regular, np.arctan2(m[..., j, i], m[..., i, i]), 0.0)
    one = np.empty((len(m), 3))
    one[:, i], one[:, j], one[:, k] = sign * first, sign * middle, sign * last
    other = np.empty_like(one)
    other[:, i], other[:, j], other[:, k] = sign * (first + np.pi), sign * (np.pi - middle), sign * (last + np.pi)
    both = np.stack([one, other])
    result = np.empty_like(one)
    before = np.zeros(3)
    for t in range(len(one)):
        near = both[:, t] - 2.0 * np.pi * np.round((both[:, t] - before) / (2.0 * np.pi))
        before = near[np.argmin(np.abs(near - before).sum(axis=-1))]
        result[t] = before
    return result


def nearest_euler(angles: Array, before: Array, order: str) -> Array:
    """Return Euler angles (T, 3) of the same rotations whose first triple is as near to ``before`` (3,) as can be."""
    i, j, k = ("XYZ".index(axis) for axis in order)
    other = angles.copy()
    other[:, [i, k]] += np.pi
    other[:, j] = np.pi - angles[:, j]
    both = [way + 2.0 * np.pi * np.round((before - way[0]) / (2.0 * np.pi)) for way in (angles, other)]
    return min(both, key=lambda way: float(np.abs(way[0] - before).sum()))


def axis_angle(q: Array) -> Array:
    """Return (T, 4): angle in radians, then the axis, which is Y for no rotation as in Blender."""
    vector = rot.to_axis_angle(np.asarray(q, np.float64))
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    axis = np.where(angle > 1e-9, vector / np.maximum(angle, 1e-12), [0.0, 1.0, 0.0])
    flips = np.concatenate([[False], np.sum(axis[1:] * axis[:-1], axis=-1) < 0])
    sign = np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)[:, None]
    return np.concatenate([angle * sign, axis * sign], axis=-1)
