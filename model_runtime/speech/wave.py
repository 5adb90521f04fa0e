"""Waves as the runtime uses them: mono, float32, at one sample rate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..contract import FloatArray

SAMPLE_RATE = 16000  # Hz
_BLOCK = 3000  # frames analysed at a time, so that long takes need little memory


def framed(wave: FloatArray, size: int, hop: int) -> Iterator[FloatArray]:
    """Yield blocks (n, ``size``) of the frames of ``wave`` (S,), S // ``hop`` + 1 in all.

    Frame k is centred on sample k * ``hop``; zeros lie before and after the wave.
    """
    count = len(wave) // hop + 1
    padded = np.zeros(len(wave) + 2 * size, np.float32)
    padded[size // 2 : size // 2 + len(wave)] = wave
    views = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    for first in range(0, count, _BLOCK):
        yield views[first : min(first + _BLOCK, count)]
