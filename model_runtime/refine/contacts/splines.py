"""Cubic B-splines over frames: corrections that are smooth, local, and exactly zero beside what is kept."""

from __future__ import annotations

import numpy as np

from ...common.arrays import Array, BoolArray, FloatArray


def spline_basis(frames: int, spacing: int) -> FloatArray:
    """Return the values (T, K) of uniform cubic B-splines with a knot every ``spacing`` frames; each row sums to 1."""
    centres = spacing * np.arange(-1, int(np.ceil((frames - 1) / spacing)) + 2)
    away = np.abs(np.arange(frames)[:, None] - centres) / spacing
    near, far = 2.0 / 3.0 - away**2 + 0.5 * away**3, np.maximum(2.0 - away, 0.0) ** 3 / 6.0
    return np.where(away < 1.0, near, far).astype(np.float32)


def knot_frames(frames: int, spacing: int) -> Array:
    """Return the frame (K,) at which each spline of ``spline_basis`` is highest, inside the motion."""
    centres = spacing * np.arange(-1, int(np.ceil((frames - 1) / spacing)) + 2)
    return np.clip(centres, 0, frames - 1)


def free_splines(basis: FloatArray, kept: Array) -> BoolArray:
    """Return which splines (K,) are zero on all ``kept`` (T,) frames."""
    free: BoolArray = ~(basis[np.asarray(kept, bool)] != 0.0).any(0)
    return free
