"""Log-mel spectrogram at 50 Hz: the input of the default speech encoder."""

from __future__ import annotations

import numpy as np

from ...contract import FloatArray
from ..prosody import mel_filterbank
from ..wave import SAMPLE_RATE, framed

MEL_SIZE = 80
MEL_RATE = 50
MEL_STEP = 0.1  # natural log units of a stored byte: 0.43 dB
_HOP = SAMPLE_RATE // MEL_RATE
_WINDOW = 512  # 32 ms: overlapping, so that no burst falls between two frames


def mel_steps(samples: int) -> int:
    """Return the number of frames at 50 Hz of a wave: one centred on every 20 ms, the first at 0."""
    return samples // _HOP + 1


def log_mel(wave16k: FloatArray) -> FloatArray:
    """Return (N, 80) natural log of band power, N = ``mel_steps(len(wave))``, from a mono wave at 16 kHz."""
    window = np.hanning(_WINDOW).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    # The lowest triangles are narrower than a bin of the 512-point transform: pad to 1024.
    bank = mel_filterbank(MEL_SIZE, 2 * _WINDOW).T
    # librosa's melspectrogram is up to 8e-5 nat away in quiet bands, which the networks were trained on, and takes
    # 0.9 s to import (docs/prosody.md).
    blocks = []
    for block in framed(np.asarray(wave16k, np.float32), _WINDOW, _HOP):
        power = np.square(np.abs(np.fft.rfft(block * window, 2 * _WINDOW, axis=1))).astype(np.float32)
        blocks.append(np.log(power @ bank + 1e-8))
    return np.concatenate(blocks).astype(np.float32)
