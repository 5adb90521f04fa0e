"""Lids that shut when they blink: a network's mean leaves a slit, and captures with a phone do too."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from ..contract import FPS, FloatArray
from .arkit import columns

_BLINK, _RISE = 0.45, 0.3  # of eyeBlink: what a blink's peak reaches, and how far it stands out
_REACH = round(0.2 * FPS)  # frames on each side in which a blink begins and ends
_LEFT_OPEN = 0.25  # of what a blink leaves open


def shut_blinks(face: FloatArray) -> FloatArray:
    """(T, 52) with every blink stretched until at most a quarter of what it left open stays open; its shape and its
    moment stay.
    """
    out = face.copy()
    lids = columns("eyeBlink")
    peaks, _ = find_peaks(np.pad(face[:, lids].mean(axis=1), 1), height=_BLINK, prominence=_RISE)
    for peak in peaks - 1:
        first, last = max(peak - _REACH, 0), min(peak + _REACH + 1, len(face))
        for lid in lids:
            before, after = face[first : peak + 1, lid], face[peak:last, lid]
            start, end = first + int(before.argmin()), peak + int(after.argmin())
            rest = np.interp(np.arange(start, end + 1), [start, end], face[[start, end], lid])
            way = face[start : end + 1, lid] - rest
            share = np.clip(way / max(float(way[peak - start]), 1e-3), 0.0, 1.0)
            out[start : end + 1, lid] = np.maximum(
                out[start : end + 1, lid],
                face[start : end + 1, lid] + share * (1.0 - _LEFT_OPEN) * (1.0 - face[peak, lid]),
            )
    return np.clip(out, 0.0, 1.0)
