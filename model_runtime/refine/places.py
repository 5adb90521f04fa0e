"""Lead generated roots exactly through the places that were asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..contract import FPS

_SIGMA = 0.25 * FPS
_STANDING = 0.25  # m/s: a root slower than this sways and does not travel


def follow_places(root: NDArray[np.float32], wanted: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Shift ``root`` (T, 3) so that it meets ``wanted`` (T, 2) where ``known`` (T,); metres.

    The network already goes there. What it misses by is made up where the actor travels, in step with the way it
    covers, so that steps grow a little and standing feet are not dragged along.
    """
    frames = np.flatnonzero(known)
    if not len(frames):
        return root
    error = wanted[frames] - root[frames, :2]
    way = _way(root)
    between = np.stack([np.interp(way, way[frames], error[:, axis]) for axis in range(2)], -1)
    moved = root.copy()
    moved[:, :2] += gaussian_filter1d(between, _SIGMA, axis=0, mode="nearest")
    return moved


def _way(root: NDArray[np.float32]) -> NDArray[np.float64]:
    """Metres travelled (T,) up to each frame, strictly rising; standing adds next to nothing."""
    path = gaussian_filter1d(root[:, :2].astype(np.float64), _SIGMA, axis=0, mode="nearest")
    speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * FPS
    return np.concatenate([[0.0], np.cumsum(np.maximum(speed - _STANDING, 1e-4) / FPS)])
