"""Log-mel spectrogram at 50 Hz: what the audio encoder hears."""

from __future__ import annotations

import numpy as np

from ...contract import FloatArray
from ..prosody import mel_filterbank
from ..wave import SAMPLE_RATE

MEL_SIZE = 80
MEL_RATE = 50
MEL_STEP = 0.1  # natural log units of a stored byte: 0.43 dB
_HOP = SAMPLE_RATE // MEL_RATE
_WINDOW = 512  # 32 ms: overlapping, so that no burst falls between two frames
_BLOCK = 3000


def mel_steps(samples: int) -> int:
    """How many frames at 50 Hz a wave has: one centred on every 20 ms, the first at 0."""
    return samples // _HOP + 1


def log_mel(wave16k: FloatArray) -> FloatArray:
    """(N, 80) natural log of band power, N = ``mel_steps(len(wave))``, from a mono wave at 16 kHz."""
    wave = np.asarray(wave16k, np.float32)
    count = mel_steps(len(wave))
    padded = np.zeros(len(wave) + 2 * _WINDOW, np.float32)
    padded[_WINDOW // 2 : _WINDOW // 2 + len(wave)] = wave
    window = np.hanning(_WINDOW).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    # The lowest triangles are narrower than a bin of the 512-point transform: pad to 1024.
    bank = mel_filterbank(MEL_SIZE, 2 * _WINDOW).T
    views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    blocks = []
    for first in range(0, count, _BLOCK):
        spectrum = np.fft.rfft(views[first : min(first + _BLOCK, count)] * window, 2 * _WINDOW, axis=1)
        power = np.square(np.abs(spectrum)).astype(np.float32)
        blocks.append(np.log(power @ bank + 1e-8))
    return np.concatenate(blocks).astype(np.float32)
