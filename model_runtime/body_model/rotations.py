"""Quaternions in numpy: (w, x, y, z), unit length, Hamilton product; leading axes broadcast.

The torch half (6D rotations, differentiable forward kinematics) is in ``kinematics.py``, so that this file
stays importable where torch is not.
"""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0], np.float32)


def multiply(a: Array, b: Array) -> Array:
    """Compose: rotation ``b``, then ``a``; (..., 4) x (..., 4) -> (..., 4)."""
    a, b = np.asarray(a), np.asarray(b)
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def conjugate(q: Array) -> Array:
    """Invert unit quaternions (..., 4)."""
    return np.asarray(q) * np.array([1, -1, -1, -1], np.asarray(q).dtype)


def normalize(q: Array) -> Array:
    """Scale quaternions (..., 4) to length 1."""
    return q / np.maximum(np.linalg.norm(q, axis=-1, keepdims=True), 1e-12)


def unit(v: Array) -> Array:
    """Scale vectors (..., 3) to length 1; a vector of no length stays as it is."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def rotate(q: Array, v: Array) -> Array:
    """Rotate vectors (..., 3) by quaternions (..., 4)."""
    q, v = np.asarray(q), np.asarray(v)
    xyz = q[..., 1:]
    twice = 2.0 * _cross(xyz, v)
    return v + q[..., :1] * twice + _cross(xyz, twice)


def _cross(a: Array, b: Array) -> Array:
    """Do as np.cross for (..., 3), three times as fast on the short arrays there are here."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def from_axis_angle(vector: Array) -> Array:
    """Convert rotation vectors (..., 3), axis times radians, to quaternions (..., 4)."""
    vector = np.asarray(vector)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    scale = 0.5 * np.sinc(angle / (2.0 * np.pi))  # sin(angle / 2) / angle, safe at zero
    return np.concatenate([np.cos(0.5 * angle), vector * scale], axis=-1)


def to_axis_angle(q: Array) -> Array:
    """Convert quaternions (..., 4) to rotation vectors (..., 3) of at most pi radians."""
    q = np.where(np.asarray(q)[..., :1] < 0, -np.asarray(q), q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, q[..., :1])
    return q[..., 1:] * np.where(sine > 1e-8, angle / np.maximum(sine, 1e-8), 2.0)


def about_z(angle: Array) -> Array:
    """Return the rotations (..., 4) about +Z (up) by ``angle`` (...,) radians."""
    half = 0.5 * np.asarray(angle)
    zero = np.zeros_like(half)
    return np.stack([np.cos(half), zero, zero, np.sin(half)], axis=-1)


def tilt(pitch: Array, roll: Array | float = 0.0, yaw: Array | float = 0.0) -> Array:
    """Return small rotations (T, 4): pitch forward about x, roll about y, yaw about z, in radians."""
    vector = np.stack(np.broadcast_arrays(pitch, roll, yaw), -1)
    return from_axis_angle(vector.astype(np.float32))


def from_matrix(m: Array) -> Array:
    """Convert rotation matrices (..., 3, 3) to quaternions (..., 4), stable for every angle (Shepperd 1978)."""
    m = np.asarray(m, np.float64)
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack([1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], -1)
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    rows = np.stack(
        [
            np.stack([squares[..., 0], a, b, c], -1),
            np.stack([a, squares[..., 1], d, e], -1),
            np.stack([b, d, squares[..., 2], f], -1),
            np.stack([c, e, f, squares[..., 3]], -1),
        ],
        axis=-2,
    )
    best = np.argmax(squares, axis=-1)[..., None, None]
    return normalize(np.take_along_axis(rows, best, axis=-2)[..., 0, :])


def from_scaled_matrix(m: Array) -> Array:
    """Convert matrices (..., 3, 3) of rotation times positive scale, or affine ones (..., 4, 4), to rotations (..., 4).

    The columns, which are the axes, are scaled to length 1.
    """
    axes = np.asarray(m, np.float64)[..., :3, :3]
    return from_matrix(axes / np.maximum(np.linalg.norm(axes, axis=-2, keepdims=True), 1e-12))


def to_matrix(q: Array) -> Array:
    """Convert quaternions (..., 4) to rotation matrices (..., 3, 3)."""
    w, x, y, z = np.moveaxis(np.asarray(q), -1, 0)
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
        ],
        axis=-2,
    )


def between(a: Array, b: Array) -> Array:
    """Return the shortest rotation (..., 4) that takes direction ``a`` (..., 3) to ``b`` (..., 3)."""
    a = a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-12)
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-12)
    dot = np.sum(a * b, axis=-1, keepdims=True)
    opposite = _cross(a, np.where(np.abs(a[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))
    opposite = opposite / np.maximum(np.linalg.norm(opposite, axis=-1, keepdims=True), 1e-12)
    usual = np.concatenate([1.0 + dot, _cross(a, b)], axis=-1)
    half_turn = np.concatenate([np.zeros_like(dot), opposite], axis=-1)
    return normalize(np.where(dot < -1 + 1e-7, half_turn, usual))


def slerp(a: Array, b: Array, t: Array) -> Array:
    """Interpolate quaternions (..., 4) the shorter way; ``t`` (...,) is 0 at ``a`` and 1 at ``b`` (Shoemake 1985)."""
    a, b = np.broadcast_arrays(a, b)
    delta = to_axis_angle(multiply(conjugate(a), b))
    return normalize(multiply(a, from_axis_angle(delta * np.asarray(t)[..., None])))


def continuous(q: Array) -> Array:
    """Flip signs along axis 0 (time) so that neighbours lie on the same half of the sphere."""
    q = np.array(q)
    flips = np.sum(q[1:] * q[:-1], axis=-1) < 0
    signs = np.where(np.cumsum(flips, axis=0) % 2 == 1, -1.0, 1.0)
    q[1:] *= signs[..., None].astype(q.dtype)
    return q
