"""Runs of true frames in a mask."""

from __future__ import annotations

import numpy as np

from .arrays import Array


def runs_of(mask: Array) -> list[tuple[int, int]]:
    """Return (first, one past the last) of every run of true in ``mask`` (T,), in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def without_short_runs(mask: Array, shortest: int, value: bool) -> Array:
    """Flip the runs of ``value`` in ``mask`` (T,) that are at most ``shortest`` frames long; runs at the ends stay."""
    mask = mask.copy()
    for first, last in runs_of(mask == value):
        if last - first <= shortest and first > 0 and last < len(mask):
            mask[first:last] = not value
    return mask


def hysteresis(takes: Array, leaves: Array) -> Array:
    """Return (T,) bool: on from each frame of ``takes`` (T,) to the next of ``leaves`` (T,), which wins where both are
    set.
    """
    state = np.where(leaves, 0, np.where(takes, 1, -1))
    last = np.maximum.accumulate(np.where(state >= 0, np.arange(len(state)), -1))
    return np.where(last >= 0, state[np.maximum(last, 0)] == 1, False)


def expanded(mask: Array, frames: int) -> Array:
    """Return (T,) bool: true within ``frames`` frames before and after every true of ``mask`` (T,)."""
    wide = np.zeros(len(mask), bool)
    for first, last in runs_of(mask):
        wide[max(0, first - frames) : last + frames] = True
    return wide
