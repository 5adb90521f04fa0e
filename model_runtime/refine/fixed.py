"""Frames that have to stay as they are, and how freely a correction may act beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ..common.arrays import Array


def freedom(fixed: Array | None, frames: int, over: int) -> NDArray[np.float32]:
    """(T,) from 0 on frames that are ``fixed`` (T,) smoothly up to 1 on those further than ``over`` frames away; ones
    where none is.
    """
    if fixed is None or not np.any(fixed):
        return np.ones(frames, np.float32)
    t = np.clip(distance_transform_edt(~np.asarray(fixed, bool)) / (over + 1), 0.0, 1.0)
    return (t * t * (3.0 - 2.0 * t)).astype(np.float32)
