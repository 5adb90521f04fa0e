"""The filter banks of the analysis of voices."""

from __future__ import annotations

import numpy as np
import pytest
from librosa.filters import mel

from model_runtime.speech.prosody import mel_filterbank
from model_runtime.speech.wave import SAMPLE_RATE


@pytest.mark.parametrize(("bands", "fft_size"), [(24, 400), (80, 1024)])
def test_the_mel_filter_banks_are_those_of_librosa_to_the_last_digit(bands: int, fft_size: int) -> None:
    reference = mel(sr=SAMPLE_RATE, n_fft=fft_size, n_mels=bands, fmin=50.0, fmax=7600.0, htk=True, norm=1)
    np.testing.assert_array_equal(mel_filterbank(bands, fft_size), reference)
