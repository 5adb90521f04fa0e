"""How freely a correction may act beside frames that must stay as they are."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..common.arrays import Array, FloatArray
from ..common.easing import smoothstep


def freedom(fixed: Array | None, frames: int, over: int) -> FloatArray:
    """Return (T,) from 0 on ``fixed`` (T,) frames smoothly up to 1 beyond ``over`` frames from them.

    Ones if no frame is fixed.
    """
    if fixed is None or not np.any(fixed):
        return np.ones(frames, np.float32)
    distance = distance_transform_edt(~np.asarray(fixed, bool))
    return smoothstep(np.clip(distance / (over + 1), 0.0, 1.0)).astype(np.float32)
