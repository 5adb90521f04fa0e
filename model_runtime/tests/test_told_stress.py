"""Stresses of a voice whose words are told: found by the words' sounds, wherever in a long voice they lie."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_runtime.checkpoint import WEIGHTS
from model_runtime.contract import FPS, TimedWord
from model_runtime.cues import stresses
from model_runtime.features.alignment import align
from model_runtime.features.audio import SAMPLE_RATE, load_speech
from model_runtime.features.prosody import prosody
from model_runtime.features.stress import find_stresses
from model_runtime.features.told_stress import told_stresses
from model_runtime.tests.test_direction import actor

ASSETS = Path(__file__).parents[2] / "interact_addon" / "assets"


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load_speech(ASSETS / "demo_a.ogg")


@pytest.fixture(scope="module")
def known(voice):
    """Words and stresses of the whole recording, aligned with its whole text."""
    text = " ".join(turn["text"] for turn in json.loads((ASSETS / "demo_dialogue.json").read_text())["turns"] if turn["actor"] == "A")
    found = align(voice, text)
    return [TimedWord(word.text, word.start, word.end) for word in found.words], np.array([time for time, _ in find_stresses(voice, found.words, found.phones)])


def near(these, those, seconds: float = 0.1) -> float:
    return float((np.abs(np.asarray(these)[:, None] - np.asarray(those)).min(1) <= seconds).mean())


def test_the_stresses_of_the_whole_recording_are_found_by_words_whose_times_are_a_little_off(voice, known):
    words, true = known
    off = np.random.default_rng(1).normal(0.0, 0.05, len(words))
    times, lost = told_stresses(voice, [TimedWord(w.text, max(0.0, w.start + o), w.end + o) for w, o in zip(words, off)])
    assert lost == [] and near(times, true) > 0.8 and near(true, times) > 0.8
    assert near(true + 0.3, times) < 0.6, "and not everywhere"


def test_words_that_are_not_in_the_voice_are_given_back(voice):
    silence = np.zeros(3 * SAMPLE_RATE, np.float32)
    words = [TimedWord("nobody", 0.5, 1.0), TimedWord("speaks", 1.0, 1.4)]
    times, lost = told_stresses(silence, words)
    assert (times == [] and lost == words) or near(times, [0.75, 1.2], 0.6) == 1.0  # an aligner may lay words into silence, but never elsewhere
    assert told_stresses(voice, []) == ([], [])
    times, lost = told_stresses(voice[:10], words)
    assert times == [] and lost == words


def test_the_bodies_are_told_the_stresses_found_and_of_lost_words_what_is_heard(voice, known):
    words, true = known
    frames = len(voice) * FPS // SAMPLE_RATE
    heard = [prosody(voice, frames)] * 2
    speaker = actor(words=tuple(words))
    told = stresses((speaker, speaker), heard, frames, WEIGHTS, [(true.tolist(), ()), None])[0].numpy()
    peaks = [np.flatnonzero((track[1:-1, 0] > 0.9) & (track[1:-1, 0] >= track[:-2, 0]) & (track[1:-1, 0] > track[2:, 0])) / FPS for track in told]
    assert near(peaks[0], true) == 1.0 and (told[..., 1] == 1.0).all()
    assert near(peaks[1], true) < near(peaks[0], true), "what the words tell without the voice's sounds is worth less"
