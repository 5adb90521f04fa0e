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


def smooth_step(x: FloatArray, low: float, high: float) -> FloatArray:
    """Return the S-curve of ``x`` from 0 at ``low`` to 1 at ``high``, flat outside."""
    return smoothstep(np.clip((x - low) / (high - low), 0.0, 1.0)).astype(np.float32)
