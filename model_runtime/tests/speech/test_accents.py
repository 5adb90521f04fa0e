"""Accents for the brows: stresses and questions, from the transcript where there is one, else detected in the voice."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.contract import FPS, Caption, TimedWord, frame_count
from model_runtime.face.brows import brow_accents
from model_runtime.face.model import FaceModel
from model_runtime.face.style import FaceStyle
from model_runtime.metrics.face_measures import brows_up
from model_runtime.networks.face_denoiser import CONFIGS, FaceDenoiser
from model_runtime.networks.face_inputs import ASK, KNIT, KNOWN, UP
from model_runtime.speech.audio import load_speech
from model_runtime.speech.phones import Segment
from model_runtime.speech.prosody import analyse_voice, prosody
from model_runtime.speech.stress.accents import Accents, accents_from_transcript, accents_of, rising_phrase_ends
from model_runtime.speech.transcript.questions import question_ends
from model_runtime.tests.conftest import ASSETS

RATE = 16000


def voice(pitch: list[float], seconds: float = 1.5) -> np.ndarray:
    """Return a buzz whose pitch (Hz) goes through the given points, between two silences of 0.5 s."""
    hertz = np.interp(np.linspace(0.0, 1.0, int(seconds * RATE)), np.linspace(0.0, 1.0, len(pitch)), pitch)
    phase = 2.0 * np.pi * np.cumsum(hertz) / RATE
    buzz = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1
    return np.concatenate([np.zeros(RATE // 2), buzz, np.zeros(RATE // 2)]).astype(np.float32)


def test_a_pitch_that_climbs_at_the_end_is_a_question() -> None:
    assert rising_phrase_ends(analyse_voice(voice([120, 115, 110, 105, 160]))) == pytest.approx([2.0], abs=0.06)


@pytest.mark.parametrize(
    "pitch", [[120, 115, 110, 100, 90], [120, 120, 120], [90, 160, 120, 100], [100, 102, 104, 106]]
)
def test_a_pitch_that_falls_or_stays_is_no_question(pitch: list[float]) -> None:
    assert rising_phrase_ends(analyse_voice(voice(pitch))) == []


@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(RATE, np.float32),
        np.zeros(0, np.float32),
        np.random.default_rng(0).normal(0.0, 0.1, RATE).astype(np.float32),
    ],
)
def test_silence_and_noise_have_no_accents(wave: np.ndarray) -> None:
    assert rising_phrase_ends(analyse_voice(wave)) == []
    assert accents_of(analyse_voice(wave), prosody(wave, 31)) == Accents()


def test_accents_of_the_transcript_replace_detected_ones_during_its_phones() -> None:
    wave = load_speech(ASSETS / "demo_a.ogg")
    track, features = analyse_voice(wave), prosody(wave, frame_count(len(wave) / RATE))
    detected = accents_of(track, features)
    assert len(detected.stresses) > 10 and all(0.0 < certainty <= 1.0 for _, certainty in detected.stresses)
    both = accents_of(track, features, [Segment("AA", 1.0, 3.0)], accents_from_transcript([1.5, 2.5], [2.9]))
    assert [m for m in both.stresses if 1.0 <= m[0] <= 3.0] == [(1.5, 1.0), (2.5, 1.0)] and (2.9, 1.0) in both.questions
    outside = [m for m in detected.stresses if not 1.0 <= m[0] <= 3.0]
    assert [m for m in both.stresses if not 1.0 <= m[0] <= 3.0] == outside


def spoken(text: str, start: float = 0.0) -> list[TimedWord]:
    return [TimedWord(word, start + 0.5 * k, start + 0.5 * k + 0.4) for k, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("text", "found", "ends"),
    [
        ("Improvise? Me? I'm a mannequin.", "improvise me i'm a mannequin", [0.4, 0.9]),
        ("“You did what?” he said.", "you did what he said", [1.4]),
        ("Vous ? Oh, really?!", "vous oh really", [0.4, 1.4]),
        ("Has Dr. Bell 2 dogs (he laughs)? No.", "has doctor bell two dogs no", [2.4]),
        ("Are you sure? I am.", "are sure i am", [0.9]),  # a word that was not found
        ("Are you sure? I am.", "are you i am", []),  # the word with the mark was not
        ("No question here.", "no question here", []),
        ("?", "", []),
    ],
)
def test_question_marks_are_found_in_the_voice(text: str, found: str, ends: list[float]) -> None:
    assert question_ends([Caption(text, 0.0, 4.0)], [], spoken(found)) == pytest.approx(ends)


def test_a_timed_word_may_have_the_mark_and_another_caption_is_not_confused() -> None:
    assert question_ends(
        [], [TimedWord("Really?", 3.0, 3.4)], [*spoken("really"), *spoken("really", 3.0)]
    ) == pytest.approx((3.4,))
    assert question_ends(
        [Caption("Really?", 0.0, 1.0), Caption("Really.", 3.0, 4.0)], [], [*spoken("really"), *spoken("really", 3.0)]
    ) == pytest.approx((0.4,))


def drawn(stresses: list[float], questions: list[float], seeds: int = 1, style: FaceStyle | None = None) -> np.ndarray:
    accents, style = accents_from_transcript(stresses, questions), style or FaceStyle()
    return np.stack([brow_accents(np.random.default_rng(seed), *accents, style, 180) for seed in range(seeds)])


def test_brows_accent_some_stresses_and_every_question() -> None:
    accents = drawn([1.0, 3.0], [5.0], 300)
    at_one = accents[:, 30:36, UP].max(1) > 0.1
    assert 0.25 < at_one.mean() < 0.5  # of a person in the middle
    assert (
        not accents[:, 59:84, :KNOWN].any()
        and (accents[:, 138:158, ASK] > 0.15).all()
        and (accents[:, :120, ASK] == 0.0).all()
    )
    assert 0.02 < (accents[:, 30:36, KNIT].max(1) > 0.05).mean() < 0.15
    lively, calm = (drawn([1.0, 3.0], [], 300, FaceStyle(brows=brows))[..., UP].mean() for brows in (1.0, 0.0))
    assert lively > 3.0 * calm


def test_an_uncertain_accent_seldom_moves_a_brow() -> None:
    accents = [
        brow_accents(np.random.default_rng(k), [(1.0, 0.1)], [(3.0, 0.1)], FaceStyle(), 180).any(0) for k in range(300)
    ]
    assert np.mean(accents, 0)[UP] < 0.1 and 0.02 < np.mean(accents, 0)[ASK] < 0.2


def test_a_new_network_ignores_the_brow_accents_at_first() -> None:
    assert all(config.brows for config in CONFIGS.values())
    network = FaceDenoiser(CONFIGS["tiny"])
    assert network.beat is not None and not network.beat.weight.any() and network.beat.bias is None


def test_brows_rise_on_the_questions_and_the_stresses_of_a_transcript() -> None:
    model, wave = FaceModel.load(), np.zeros(6 * RATE, np.float32)
    phones = [Segment("SIL", 0.0, 6.0)]

    def brows(accents: Accents) -> np.ndarray:
        faces = [model.generate(wave, wave, 181, seed, "draft", phones=phones, accents=accents) for seed in range(8)]
        return np.mean([brows_up(face) for face in faces], axis=0)

    plain = brows(Accents())
    asked = brows(accents_from_transcript([], [3.0])) - plain
    assert asked[round(2.7 * FPS) : round(3.3 * FPS)].mean() > 0.12
    assert abs(asked[: round(1.5 * FPS)].mean()) < 0.02 and abs(asked[round(5.0 * FPS) :].mean()) < 0.02
    stressed = brows(accents_from_transcript([2.0, 3.0, 4.0], [])) - plain
    assert np.mean([stressed[round(t * FPS) : round((t + 0.3) * FPS)].mean() for t in (2.0, 3.0, 4.0)]) > 0.03
