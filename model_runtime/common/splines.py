"""Curves through points with given slopes."""

from __future__ import annotations

import numpy as np

from .arrays import Array


def cubic_hermite(times: Array, values: Array, slopes: Array, at: Array) -> tuple[Array, Array]:
    """Return values and slopes (N, ...) on ``at`` (N,) of the curve through ``values`` (K, ...) with ``slopes``.

    ``times`` (K,) rise. Outside them the first and the last piece go on. The same as
    ``scipy.interpolate.CubicHermiteSpline``, whose import takes long.
    """
    piece = np.clip(np.searchsorted(times, at, "right") - 1, 0, len(times) - 2)
    shape = (-1, *[1] * (values.ndim - 1))
    width = (times[piece + 1] - times[piece]).reshape(shape)
    t = (at - times[piece]).reshape(shape) / width
    start, end, begin, arrive = values[piece], values[piece + 1], slopes[piece] * width, slopes[piece + 1] * width
    square = 3.0 * (end - start) - 2.0 * begin - arrive
    cube = 2.0 * (start - end) + begin + arrive
    return ((cube * t + square) * t + begin) * t + start, ((3.0 * cube * t + 2.0 * square) * t + begin) / width
