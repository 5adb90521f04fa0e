"""Lead generated roots exactly through the places that were asked for, facing as was asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..common.arrays import Array
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

    The network already goes there. What it misses by is made up where the actor travels, in step with the way it
    covers, so that steps grow a little and standing feet are not dragged along.
    """
    frames = np.flatnonzero(known)
    if not len(frames):
        return root
    error = _beyond_sway(frames, wanted[frames] - root[frames, :2], _SWAY)
    way = _way(root)
    between = np.stack([np.interp(way, way[frames], error[:, axis]) for axis in range(2)], -1)
    moved = root.copy()
    moved[:, :2] += gaussian_filter1d(between, _SIGMA, axis=0, mode="nearest")
    return moved


def follow_headings(
    heading: NDArray[np.float32], wanted: NDArray[np.float32], known: NDArray[np.bool_], walking: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Turn ``heading`` (T,) so that it meets ``wanted`` (T,) where ``known`` (T,); radians.

    Where the actor walks it faces its way and stays so; what is missing is turned before and after, with feet that step
    anew.
    """
    frames = np.flatnonzero(known)
    if not len(frames):
        return heading
    missing = (wanted[frames] - heading[frames] + np.pi) % (2 * np.pi) - np.pi
    error = np.zeros(len(heading))
    error[frames] = _beyond_sway(frames, missing[:, None], _TWIST)[:, 0]
    set_ = known | _inside(walking, _UNDER_WAY)
    places = np.flatnonzero(set_)
    turned = gaussian_filter1d(np.interp(np.arange(len(heading)), places, error[places]), 0.15 * FPS, mode="nearest")
    return (heading + turned).astype(np.float32)


def _beyond_sway(frames: Array, error: Array, left: float) -> Array:
    """Errors (N, C) at ``frames`` (N,) without what sways by up to ``left`` about the mean of a run of frames; a frame
    alone keeps its own.
    """
    out = error.astype(np.float64).copy()
    for run in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames) > 1) + 1):
        mean = np.median(out[run], axis=0)
        sway = out[run] - mean
        size = np.linalg.norm(sway, axis=-1, keepdims=True)
        out[run] = mean + sway * np.maximum(0.0, 1.0 - left / np.maximum(size, 1e-9))
    return out


def _inside(flags: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """True where ``flags`` (T,) is true for ``margin`` frames before and after as well."""
    width = np.ones(2 * margin + 1)
    return np.convolve(np.pad(flags, margin).astype(float), width, mode="valid") >= len(width) - 0.5


def _way(root: NDArray[np.float32]) -> NDArray[np.float64]:
    """Metres travelled (T,) up to each frame, strictly rising; standing adds next to nothing."""
    path = gaussian_filter1d(root[:, :2].astype(np.float64), _SIGMA, axis=0, mode="nearest")
    speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * FPS
    return np.concatenate([[0.0], np.cumsum(np.maximum(speed - _STANDING, 1e-4) / FPS)])
