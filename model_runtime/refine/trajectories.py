"""Move generated roots and headings so that they meet the root constraints exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..common.arrays import Array
from ..common.headings import turned
from ..contract import FPS

_SIGMA = 0.25 * FPS
_STANDING = 0.25  # m/s: a root slower than this sways and does not travel
# Around a place that is held for a while, a seat above all, a body lives: metres and radians that are left to it.
_SWAY, _TWIST = 0.03, np.radians(10.0)
_UNDER_WAY = round(0.4 * FPS)  # frames at both ends of a walk in which one may still, or already, turn elsewhere


def follow_positions(
    root: NDArray[np.float32], wanted: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Shift ``root`` (T, 3) so that it meets ``wanted`` (T, 2) where ``known`` (T,); metres.

    The network already goes there. The rest is added where the actor travels, in proportion to the distance covered, so
    that steps grow a little and standing feet are not dragged.
    """
    frames = np.flatnonzero(known)
    if not len(frames):
        return root
    error = _beyond_sway(frames, wanted[frames] - root[frames, :2], _SWAY)
    travelled = _travelled(root)
    between = np.stack([np.interp(travelled, travelled[frames], error[:, axis]) for axis in range(2)], -1)
    moved = root.copy()
    moved[:, :2] += gaussian_filter1d(between, _SIGMA, axis=0, mode="nearest")
    return moved


def follow_headings(
    heading: NDArray[np.float32], wanted: NDArray[np.float32], known: NDArray[np.bool_], walking: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Turn ``heading`` (T,) so that it meets ``wanted`` (T,) where ``known`` (T,); radians.

    Headings inside walks stay as they are; the rest is turned before and after them, with feet that step anew.
    """
    frames = np.flatnonzero(known)
    if not len(frames):
        return heading
    missing = turned(wanted[frames], heading[frames])
    error = np.zeros(len(heading))
    error[frames] = _beyond_sway(frames, missing[:, None], _TWIST)[:, 0]
    set_ = known | _inside(walking, _UNDER_WAY)
    places = np.flatnonzero(set_)
    added = gaussian_filter1d(np.interp(np.arange(len(heading)), places, error[places]), 0.15 * FPS, mode="nearest")
    return (heading + added).astype(np.float32)


def _beyond_sway(frames: Array, error: Array, left: float) -> Array:
    """Return errors (N, C) at ``frames`` (N,) less a sway of up to ``left`` about the median of each run of frames.

    A frame alone keeps its whole error.
    """
    out = error.astype(np.float64).copy()
    for run in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames) > 1) + 1):
        mean = np.median(out[run], axis=0)
        sway = out[run] - mean
        size = np.linalg.norm(sway, axis=-1, keepdims=True)
        out[run] = mean + sway * np.maximum(0.0, 1.0 - left / np.maximum(size, 1e-9))
    return out


def _inside(flags: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """Return where ``flags`` (T,) is true for ``margin`` frames before and after as well."""
    width = np.ones(2 * margin + 1)
    return np.convolve(np.pad(flags, margin).astype(float), width, mode="valid") >= len(width) - 0.5


def _travelled(root: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the metres travelled (T,) up to each frame, strictly rising; standing adds next to nothing."""
    path = gaussian_filter1d(root[:, :2].astype(np.float64), _SIGMA, axis=0, mode="nearest")
    speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * FPS
    return np.concatenate([[0.0], np.cumsum(np.maximum(speed - _STANDING, 1e-4) / FPS)])
