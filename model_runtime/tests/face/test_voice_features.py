"""Phones of a transcript replace detected ones, and lips close on them."""

import numpy as np
import pytest

from model_runtime.common.checkpoints import WEIGHTS
from model_runtime.contract import FPS
from model_runtime.face.lips import contact_weight, detect_lip_contacts, lay_contacts, refine_lips
from model_runtime.face.mouth_shapes import JAW, lip_gap
from model_runtime.face.voice_features import extract_voice_features, with_transcript_phones
from model_runtime.speech.encoders.loading import load_speech_encoder
from model_runtime.speech.phones import PHONES, Segment

B, AA, SIL = (PHONES.index(name) for name in ("B", "AA", "SIL"))


def uniform(steps: int) -> np.ndarray:
    return np.full((steps, len(PHONES)), 1.0 / len(PHONES), np.float32)


def test_phones_of_a_transcript_are_certain_and_the_rest_stays_as_detected() -> None:
    phones, certain = with_transcript_phones(uniform(50), [Segment("B", 0.2, 0.3), Segment("AA", 0.3, 0.5)])
    assert certain.sum() == 15 and certain[10:25].all()
    assert (phones[10:15, B] == 1.0).all() and (phones[15:25, AA] == 1.0).all()
    assert np.array_equal(phones[~certain], uniform(35))


def test_a_phone_shorter_than_a_step_and_phones_outside_the_voice_do_no_harm() -> None:
    phones, certain = with_transcript_phones(
        uniform(50),
        [Segment("B", 0.211, 0.215), Segment("AA", -0.5, 0.02), Segment("AA", 0.99, 3.0), Segment("B", 4.0, 5.0)],
    )
    assert phones[11, B] == 1.0 and phones[0, AA] == 1.0
    assert certain[[0, 11]].all() and certain.sum() <= 4


def test_voice_features_hold_the_phones_of_the_transcript() -> None:
    wave = (0.05 * np.random.default_rng(0).normal(size=16000)).astype(np.float32)
    encoder = load_speech_encoder(WEIGHTS)
    plain = extract_voice_features(wave, 31, encoder)
    with_words = extract_voice_features(wave, 31, encoder, [Segment("B", 0.2, 0.6)])
    assert with_words.frames.shape == plain.frames.shape and not plain.from_transcript.any()
    frame = round(0.4 * FPS)
    assert with_words.frames[frame, 64 + B] == 1.0 and with_words.frames[frame, 168 + B] == 1.0
    assert with_words.frames[frame, -2] == 1.0 and plain.frames[frame, -2] == 0.0, (
        "words are speech even where no voice is found in the sound"
    )


def test_closures_of_a_transcript_hold_where_the_voice_is_too_soft_to_be_detected() -> None:
    face = np.zeros((60, 52), np.float32)
    face[:, JAW] = 0.3
    phones, certain = with_transcript_phones(
        uniform(100), [Segment("AA", 0.4, 0.8), Segment("B", 0.8, 0.9), Segment("AA", 0.9, 1.3)]
    )
    refined = refine_lips(face, phones, PHONES, 50.0, np.zeros(60, np.float32), certain)
    assert lip_gap(refined)[round(0.84 * FPS)] == 0.0
    assert lip_gap(refined)[50:].max() == 0.0, "after the words the mouth rests"
    assert lip_gap(refined)[round(0.6 * FPS)] > 0.2, (
        "a vowel of the transcript opens the mouth without a detected voice"
    )


def test_a_detected_contact_closes_the_lips_where_there_is_a_voice() -> None:
    face = np.zeros((60, 52), np.float32)
    face[:, JAW] = 0.3
    phones = uniform(100)
    phones[40:45] = np.eye(len(PHONES), dtype=np.float32)[B]
    closed = refine_lips(face, phones, PHONES, 50.0, np.ones(60, np.float32))
    assert lip_gap(closed)[25:27].min() == 0.0
    assert detect_lip_contacts(phones[:, B], 50.0) == [pytest.approx((0.8111, 0.8889), abs=1e-4)]


def test_a_less_probable_contact_is_shorter() -> None:
    lengths = []
    for peak in (0.32, 0.5, 1.0):
        probability = np.zeros(100, np.float32)
        probability[40:46] = peak
        ((start, end),) = detect_lip_contacts(probability, 50.0)
        assert start < 0.86 < end + 0.02
        lengths.append(end - start)
    assert lengths[0] < 0.02 and lengths[0] < lengths[1] < lengths[2]
    assert detect_lip_contacts(np.full(100, 0.2, np.float32), 50.0) == []


def test_a_contact_has_the_same_weight_at_any_time() -> None:
    near, far = contact_weight([("B", 0.5, 0.6)], 90), contact_weight([("B", 1.5, 1.6)], 90)
    assert np.allclose(near[:60], far[30:], atol=1e-6) and near.max() == 1.0
    assert not contact_weight([("B", 5.0, 5.1)], 90).any()
    face = lay_contacts(np.full((90, 52), 0.2, np.float32), [("B", 5.0, 5.1)])
    assert np.allclose(face, 0.2)
