"""The pitch tracker beside librosa's pYIN and beside a voice of known pitch."""

from __future__ import annotations

import numpy as np

from model_runtime.speech.audio import load_speech
from model_runtime.speech.prosody import track_pitch
from model_runtime.studies.prosody_comparison import compare_pitch, librosa_pitch, made_voice
from model_runtime.tests.conftest import ASSETS


def test_the_pitch_of_a_voice_is_that_of_pyin() -> None:
    voice = load_speech(ASSETS / "demo_a.ogg", 0.0, 5.0)
    pitch, voicing = track_pitch(voice)
    scores = compare_pitch(pitch, *librosa_pitch("pyin", voice))
    assert pitch.shape == voicing.shape == (501,)
    assert scores.median < 0.02 and scores.gross < 0.02 and scores.voicing > 0.9


def test_the_pitch_of_a_made_voice_is_found_where_it_speaks() -> None:
    wave, true = made_voice(5.0)
    pitch, _ = track_pitch(wave)
    scores = compare_pitch(true, pitch[: len(true)], pitch[: len(true)] > 0.0)
    assert scores.median < 0.005 and scores.gross < 0.01 and scores.voicing > 0.95


def test_silence_has_no_pitch() -> None:
    pitch, voicing = track_pitch(np.zeros(16000, np.float32))
    assert not pitch.any() and not voicing.any()
