"""Lips follow the phones, and the measures tell a good mouth from a bad one."""

import numpy as np
import pytest

from model_runtime.contract import ARKIT_NAMES, FPS
from model_runtime.datasets.ict_face import IctFace
from model_runtime.face.arkit import CURVE
from model_runtime.face.lips import refine_lips
from model_runtime.face.mouth_shapes import CLOSE, JAW, close_lips, lip_gap, rest_mouth, touch_teeth
from model_runtime.face.visemes import PHONES, viseme_curves
from model_runtime.metrics.lips import MouthGeometry, score_lips
from model_runtime.tests.conftest import DATA

SENTENCE = [
    (p, 0.2 + 0.09 * i, 0.29 + 0.09 * i)
    for i, p in enumerate(["P", "AA", "T", "IY", "M", "AO", "K", "S", "EH", "F", "UW", "N", "AE", "V", "AA", "T", "B"])
]


def posteriors(phones: list[tuple[str, float, float]], steps: int, probability: float = 0.8) -> np.ndarray:
    out = np.full((steps, len(PHONES)), (1 - probability) / (len(PHONES) - 1), np.float32)
    spoken = np.full(steps, PHONES.index("SIL"))
    for phone, start, end in phones:
        spoken[round(start * 50) : round(end * 50)] = PHONES.index(phone)
    out[np.arange(steps), spoken] = probability
    return out


def mumbling(frames: int) -> np.ndarray:
    """Return a face whose jaw always hangs open."""
    face = np.zeros((frames, len(ARKIT_NAMES)), np.float32)
    face[:, JAW] = 0.2
    return face


def test_detected_contacts_close_an_open_mouth() -> None:
    voice = np.ones(75, np.float32)
    refined = refine_lips(mumbling(75), posteriors(SENTENCE, 125), PHONES, 50.0, voice)
    before, after = (score_lips([face], [SENTENCE], [voice]) for face in (mumbling(75), refined))
    assert before.closure == 0.0 and after.closure == 1.0
    assert after.teeth_contact == 1.0
    assert after.false_closure <= 0.05


def test_a_vowel_opens_a_shut_mouth() -> None:
    phones = [("AA", 0.2, 1.5)]
    shut = np.zeros((75, len(ARKIT_NAMES)), np.float32)
    refined = refine_lips(shut, posteriors(phones, 125), PHONES, 50.0, np.ones(75, np.float32))
    assert lip_gap(refined)[12:40].min() > 0.0


def test_silence_is_a_closed_mouth_that_may_smile() -> None:
    face = mumbling(90)
    face[:, CURVE["mouthSmileLeft"]] = 0.3
    refined = refine_lips(face, posteriors([], 150), PHONES, 50.0, np.zeros(90, np.float32))
    assert lip_gap(refined).max() == 0.0
    assert refined[:, CURVE["mouthSmileLeft"]].min() == pytest.approx(0.3)


def test_refined_values_stay_between_0_and_1_even_when_the_face_does_not() -> None:
    wild = np.random.default_rng(0).normal(0.5, 1.0, (75, len(ARKIT_NAMES))).astype(np.float32)
    refined = refine_lips(wild, posteriors(SENTENCE, 125), PHONES, 50.0, np.ones(75, np.float32))
    assert refined.min() >= 0.0 and refined.max() <= 1.0


def test_a_rig_whose_mouth_close_equals_jaw_open_is_shut_by_a_closure() -> None:
    closed = close_lips(mumbling(5), np.ones(5, np.float32))
    assert np.allclose(closed[:, CLOSE], closed[:, JAW])
    assert closed[:, JAW].max() < 0.1


def test_the_measures_see_a_perfect_mouth_and_a_frozen_one() -> None:
    voice = np.ones(75, np.float32)
    perfect = score_lips([viseme_curves(SENTENCE, 75, voice)], [SENTENCE], [voice])
    frozen = score_lips([np.zeros((75, len(ARKIT_NAMES)), np.float32)], [SENTENCE], [voice])
    assert perfect.closure == 1.0 and perfect.teeth_contact == 1.0 and perfect.false_closure == 0.0
    assert perfect.jaw_correlation > 0.999
    assert frozen.false_closure == 1.0


@pytest.mark.data
def test_contacts_meet_on_the_mesh_as_the_linear_gap_says() -> None:
    geometry = MouthGeometry(IctFace(DATA / "face"))
    talk = viseme_curves(SENTENCE, 75)
    assert np.corrcoef(geometry.gap(talk), lip_gap(talk))[0, 1] > 0.98
    assert ((geometry.gap(talk) <= 0) == (lip_gap(talk) <= 0)).mean() > 0.95
    assert geometry.gap(close_lips(mumbling(3), np.ones(3, np.float32))).max() == 0.0
    assert geometry.teeth_distance(touch_teeth(mumbling(3), np.ones(3, np.float32))).max() < 0.1
    assert geometry.gap(rest_mouth(mumbling(3), np.ones(3, np.float32))).max() == 0.0


@pytest.mark.data
def test_measures_on_the_mesh_agree_with_those_without_it() -> None:
    voice = np.ones(int(2.5 * FPS), np.float32)
    talk = viseme_curves(SENTENCE, len(voice), voice)
    geometry = MouthGeometry(IctFace(DATA / "face"))
    with_mesh, without = score_lips([talk], [SENTENCE], [voice], geometry), score_lips([talk], [SENTENCE], [voice])
    assert with_mesh.closure == without.closure == 1.0
    assert with_mesh.teeth_contact == without.teeth_contact == 1.0
