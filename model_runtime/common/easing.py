"""Smooth transitions from 0 to 1."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from .arrays import FloatArray

T = TypeVar("T")


def smoothstep(t: T) -> T:
    """Return 3 t^2 - 2 t^3 of ``t`` in [0, 1]: an S-curve with no slope at its ends. Works on numbers, arrays and
    tensors.
    """
    return t * t * (3.0 - 2.0 * t)  # type: ignore[operator]


def smootherstep(t: FloatArray) -> FloatArray:
    """Return 6 t^5 - 15 t^4 + 10 t^3 of ``t`` (...) clipped to [0, 1]: the minimum-jerk move from rest to rest.

    Its slope and curvature are 0 at both ends (Flash and Hogan 1985).
    """
    t = np.clip(t, 0.0, 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)


def smooth_step(x: FloatArray, low: float, high: float) -> FloatArray:
    """Return the S-curve of ``x`` from 0 at ``low`` to 1 at ``high``, flat outside."""
    return smoothstep(np.clip((x - low) / (high - low), 0.0, 1.0)).astype(np.float32)
