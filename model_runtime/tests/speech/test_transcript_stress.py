"""Stresses of a voice with a transcript: found by the phones of its words, anywhere in a long voice."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from model_runtime.conditioning.conditions import CONDITIONS, RequestTracks
from model_runtime.contract import FPS, Request, TimedWord
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.prosody import prosody
from model_runtime.speech.stress.transcript_stress import find_stresses
from model_runtime.speech.transcript.align_transcript import align_transcript
from model_runtime.speech.transcript.alignment import align
from model_runtime.tests.conftest import ASSETS
from model_runtime.tests.planning.test_resolve_request import actor


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load_speech(ASSETS / "demo_a.ogg")


@pytest.fixture(scope="module")
def known(voice: np.ndarray) -> tuple[list[TimedWord], np.ndarray]:
    """Words and stresses of the whole recording, aligned with its whole text."""
    turns = json.loads((ASSETS / "demo_dialogue.json").read_text())["turns"]
    found = align(voice, " ".join(turn["text"] for turn in turns if turn["actor"] == "A"))
    words = [TimedWord(word.text, word.start, word.end) for word in found.words]
    return words, np.array([time for time, _ in find_stresses(voice, found.words, found.phones)])


def near(these: Sequence[float] | np.ndarray, those: Sequence[float] | np.ndarray, seconds: float = 0.1) -> float:
    """Return the share of ``these`` times that are within some seconds of one of ``those``."""
    return float((np.abs(np.asarray(these)[:, None] - np.asarray(those)).min(1) <= seconds).mean())


def test_the_stresses_of_the_whole_recording_are_found_by_words_whose_times_are_a_little_off(
    voice: np.ndarray, known: tuple[list[TimedWord], np.ndarray]
) -> None:
    words, true = known
    off = np.random.default_rng(1).normal(0.0, 0.05, len(words))
    moved = [TimedWord(w.text, max(0.0, w.start + o), w.end + o) for w, o in zip(words, off)]
    aligned = align_transcript(voice, moved, (), "Ada")
    assert not aligned.unaligned and near(aligned.stresses, true) > 0.8 and near(true, aligned.stresses) > 0.8
    assert near(true + 0.3, aligned.stresses) < 0.6, "and not everywhere"


def test_words_that_are_not_in_the_voice_are_unaligned(voice: np.ndarray) -> None:
    silence = np.zeros(3 * SAMPLE_RATE, np.float32)
    words = (TimedWord("nobody", 0.5, 1.0), TimedWord("speaks", 1.0, 1.4))
    for wave in (silence, voice[:10]):
        aligned = align_transcript(wave, words, (), "Ada")
        assert aligned.stresses == () and aligned.unaligned == words
    assert align_transcript(voice, (), (), "Ada").stresses == ()


def test_the_stress_condition_is_the_aligned_stresses_or_the_detected_ones_without_alignment(
    voice: np.ndarray, known: tuple[list[TimedWord], np.ndarray]
) -> None:
    words, true = known
    frames = len(voice) * FPS // SAMPLE_RATE
    features = [prosody(voice, frames)] * 2
    speaker = actor(words=tuple(words))
    request = Request((frames - 1) / FPS, (speaker, speaker))
    tracks = RequestTracks(
        request, frames, np.zeros((2, frames)), features, torch.ones(1, 2), [(true.tolist(), ()), None]
    )
    track = CONDITIONS["stress"].of_request(tracks)
    assert track is not None
    stresses = track[0].numpy()
    peaks = [
        np.flatnonzero((track[1:-1, 0] > 0.9) & (track[1:-1, 0] >= track[:-2, 0]) & (track[1:-1, 0] > track[2:, 0]))
        / FPS
        for track in stresses
    ]
    assert near(peaks[0], true) == 1.0 and (stresses[..., 1] == 1.0).all()
    assert near(peaks[1], true) < near(peaks[0], true), "words without alignment are less exact"
