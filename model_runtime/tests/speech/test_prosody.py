"""A shot is made again and again with the same voices: they are analysed once."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.speech import prosody as module
from model_runtime.speech.wave import SAMPLE_RATE
from model_runtime.tests.work import calls_of


def voice(pitch: float) -> np.ndarray:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (0.1 * np.sign(np.sin(2 * np.pi * pitch * time))).astype(np.float32)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_known", {})


def test_the_same_voice_is_analysed_once_and_its_prosody_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = calls_of(module, "analyse_voice", monkeypatch)
    first, again = (module.prosody(voice(120.0).copy(), 31) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    module.prosody(voice(180.0), 31)
    assert len(calls) == 2


def test_only_a_few_voices_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    for pitch in range(100, 200, 10):
        module.prosody(voice(float(pitch)), 31)
    assert len(module._known) <= 4
