"""Where somebody whispers: sound without a pitch in which the ear hears one phone after another, as it does in no
breath, cough or wind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, gaussian_filter1d

from ..contract import FloatArray
from .encoders.log_mel import MEL_RATE
from .phones import SILENCE

_REACH = 0.4  # seconds, deviation of the means over time
_SURE = 0.44  # mean of the likeliest phone's posterior in speech, times the share of speech
_PACE = (8.0, 22.0)  # phones a second: breaths have fewer, noise has more
_SHORTEST = 1.2  # seconds
_GAP = 0.5  # seconds between two whispered words


def enough(unvoiced: NDArray[np.bool_]) -> bool:
    """Whether (N,) at 50 Hz there is so much sound without a pitch that somebody may whisper."""
    return bool(unvoiced.sum() >= _SHORTEST * MEL_RATE)


def whispered(phones: FloatArray, unvoiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) at 50 Hz: where ``phones`` (N, 40), heard with the level of the ``unvoiced`` sounds (N,), are those of a
    whisper.

    Of whispers made from the recordings of three readers 85 of 100 steps are found; of breaths, coughs, laughter,
    gusts, typing, noise and music, and of what is spoken with a voice, none.
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
    found = unvoiced & (certainty > _SURE) & (pace > _PACE[0]) & (pace < _PACE[1])
    joined = binary_closing(np.pad(found, MEL_RATE), np.ones(round(_GAP * MEL_RATE)))[MEL_RATE:-MEL_RATE]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], joined.astype(np.int8), [0]]))).reshape(-1, 2)
    for first, last in edges:
        if found[first:last].sum() < _SHORTEST * MEL_RATE:
            joined[first:last] = False
    return joined
