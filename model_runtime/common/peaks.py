"""Peaks of a curve. The rules are those of ``scipy.signal.find_peaks``, and a test compares the two.

``scipy.signal`` imports half of scipy, which takes a seventh of the time that the runtime needs to start.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array


def find_peaks(curve: Array, height: float = -np.inf, apart: float = 1.0, prominence: float = 0.0) -> Array:
    """Return the frames of the peaks of ``curve`` (T,): higher than both neighbours, a plateau at its middle.

    ``height``: the least. ``apart``: the least distance in frames; of two that are nearer the higher one stays.
    ``prominence``: the least height above the higher of the two valleys that lie between a peak and a higher point.
    """
    curve = np.asarray(curve)
    edges = np.flatnonzero(np.diff(curve) != 0)
    first, last = np.append(0, edges + 1), np.append(edges, len(curve) - 1)  # of each stretch of equal values
    level = curve[first]
    tops = 1 + np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:]))
    peaks = (first[tops] + last[tops]) // 2
    peaks = peaks[curve[peaks] >= height]
    peaks = peaks[_farther(peaks, curve[peaks], apart)]
    if prominence > 0.0:
        peaks = peaks[[_prominence(curve, peak) >= prominence for peak in peaks.tolist()]] if len(peaks) else peaks
    return peaks


def _farther(peaks: Array, heights: Array, apart: float) -> Array:
    """Return which peaks stay, the highest first, each where none that stays is nearer than ``apart`` frames."""
    keep = np.ones(len(peaks), bool)
    if apart > 1.0:
        for at in np.argsort(heights)[::-1]:
            if keep[at]:
                keep[np.abs(peaks - peaks[at]) < np.ceil(apart)] = False
                keep[at] = True
    return keep


def _prominence(curve: Array, peak: int) -> float:
    left, right = curve[: peak + 1][::-1], curve[peak:]
    valleys = []
    for side in (left, right):
        higher = np.flatnonzero(side > curve[peak])
        valleys.append(side[: higher[0] if len(higher) else None].min())
    return float(curve[peak] - max(valleys))
