"""Stresses of a voice whose words are told: found by the words' sounds, wherever in a long voice they lie."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from model_runtime.conditioning.conditions import CONDITIONS, RequestTracks
from model_runtime.contract import FPS, Request, TimedWord
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.prosody import prosody
from model_runtime.speech.stress.prominent_syllables import find_stresses
from model_runtime.speech.stress.transcript_stress import stresses_from_transcript
from model_runtime.speech.transcript.alignment import align
from model_runtime.tests.conftest import ASSETS
from model_runtime.tests.planning.test_resolve_request import actor

ASSETS = ASSETS


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load_speech(ASSETS / "demo_a.ogg")


@pytest.fixture(scope="module")
def known(voice):
    """Words and stresses of the whole recording, aligned with its whole text."""
    text = " ".join(
        turn["text"]
        for turn in json.loads((ASSETS / "demo_dialogue.json").read_text())["turns"]
        if turn["actor"] == "A"
    )
    found = align(voice, text)
    return [TimedWord(word.text, word.start, word.end) for word in found.words], np.array(
        [time for time, _ in find_stresses(voice, found.words, found.phones)]
    )


def near(these, those, seconds: float = 0.1) -> float:
    return float((np.abs(np.asarray(these)[:, None] - np.asarray(those)).min(1) <= seconds).mean())


def test_the_stresses_of_the_whole_recording_are_found_by_words_whose_times_are_a_little_off(voice, known):
    words, true = known
    off = np.random.default_rng(1).normal(0.0, 0.05, len(words))
    times, lost = stresses_from_transcript(
        voice, [TimedWord(w.text, max(0.0, w.start + o), w.end + o) for w, o in zip(words, off)]
    )
    assert lost == [] and near(times, true) > 0.8 and near(true, times) > 0.8
    assert near(true + 0.3, times) < 0.6, "and not everywhere"


def test_words_that_are_not_in_the_voice_are_given_back(voice):
    silence = np.zeros(3 * SAMPLE_RATE, np.float32)
    words = [TimedWord("nobody", 0.5, 1.0), TimedWord("speaks", 1.0, 1.4)]
    times, lost = stresses_from_transcript(silence, words)
    assert (times == [] and lost == words) or near(
        times, [0.75, 1.2], 0.6
    ) == 1.0  # an aligner may lay words into silence, but never elsewhere
    assert stresses_from_transcript(voice, []) == ([], [])
    times, lost = stresses_from_transcript(voice[:10], words)
    assert times == [] and lost == words


def test_the_bodies_are_told_the_stresses_found_and_of_lost_words_what_is_heard(voice, known):
    words, true = known
    frames = len(voice) * FPS // SAMPLE_RATE
    heard = [prosody(voice, frames)] * 2
    speaker = actor(words=tuple(words))
    request = Request((frames - 1) / FPS, (speaker, speaker))
    tracks = RequestTracks(request, frames, np.zeros((2, frames)), heard, torch.ones(1, 2), [(true.tolist(), ()), None])
    track = CONDITIONS["stress"].of_request(tracks)
    assert track is not None
    told = track[0].numpy()
    peaks = [
        np.flatnonzero((track[1:-1, 0] > 0.9) & (track[1:-1, 0] >= track[:-2, 0]) & (track[1:-1, 0] > track[2:, 0]))
        / FPS
        for track in told
    ]
    assert near(peaks[0], true) == 1.0 and (told[..., 1] == 1.0).all()
    assert near(peaks[1], true) < near(peaks[0], true), "what the words tell without the voice's sounds is worth less"
