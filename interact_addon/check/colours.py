"""The colours of a check: those of the two actors, and of depth."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array

Colour = tuple[float, float, float, float]
FIRST: Colour = (0.95, 0.62, 0.20, 1.0)
SECOND: Colour = (0.25, 0.66, 0.95, 1.0)
OF_ACTORS = (FIRST, SECOND)
AT_REST = 0.35  # opacity of a capsule that touches nothing
_DEEP = 0.03  # metres at which the colour of depth is reached in full
_TOUCHING = np.array([1.0, 0.85, 0.1, 0.9], np.float32)
_CUTTING = np.array([1.0, 0.1, 0.05, 1.0], np.float32)


def colours_of_depth(depth: Array, at_rest: Array) -> Array:
    """Return a colour (..., 4) for each ``depth`` (...) in metres: ``at_rest`` (4,) or (..., 4) where nothing touches.

    Yellow is touching, red 3 cm and deeper.
    """
    share = np.clip(np.asarray(depth, np.float32) / _DEEP, 0.0, 1.0)[..., None]
    hot = _TOUCHING + share * (_CUTTING - _TOUCHING)
    return np.where(np.asarray(depth)[..., None] > 0.0, hot, np.broadcast_to(at_rest, hot.shape)).astype(np.float32)
