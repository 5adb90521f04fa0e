"""Blinks that close the lids: the network's prediction leaves a slit, and so do captures with a phone."""

from __future__ import annotations

import numpy as np

from ..common.peaks import find_peaks
from ..contract import FPS, FloatArray
from .arkit import columns

_PEAK, _PROMINENCE = 0.45, 0.3  # weight of eyeBlink that a blink's peak reaches, and its prominence
_REACH = round(0.2 * FPS)  # frames on each side within which a blink begins and ends
_LEFT_OPEN = 0.25  # share of a blink's remaining opening that stays


def shut_blinks(face: FloatArray) -> FloatArray:
    """Return ``face`` (T, 52) with every blink scaled so that a quarter of its remaining opening stays.

    Its shape and time stay.
    """
    out = face.copy()
    lids = columns("eyeBlink")
    peaks = find_peaks(np.pad(face[:, lids].mean(axis=1), 1), height=_PEAK, prominence=_PROMINENCE)
    for peak in peaks - 1:
        first, last = max(peak - _REACH, 0), min(peak + _REACH + 1, len(face))
        for lid in lids:
            before, after = face[first : peak + 1, lid], face[peak:last, lid]
            start, end = first + int(before.argmin()), peak + int(after.argmin())
            span = slice(start, end + 1)
            rest = np.interp(np.arange(start, end + 1), [start, end], face[[start, end], lid])
            closing = face[span, lid] - rest
            share = np.clip(closing / max(float(closing[peak - start]), 1e-3), 0.0, 1.0)
            scaled = face[span, lid] + share * (1.0 - _LEFT_OPEN) * (1.0 - face[peak, lid])
            out[span, lid] = np.maximum(out[span, lid], scaled)
    return np.clip(out, 0.0, 1.0)
