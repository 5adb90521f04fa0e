"""Composed faces: in motion, within captured ranges, the same for the same seed."""

import lzma

import numpy as np
import pytest

from model_runtime.contract import FPS
from model_runtime.corpus.faces.composer import FaceStyle, Spoken, blink_shape, compose_face
from model_runtime.face.arkit import CURVE
from model_runtime.face.mouth_shapes import JAW, lip_gap
from model_runtime.tests.conftest import DATA

CAPTURES = DATA / "face"
MINUTE = 60 * FPS
WORDS = [
    "HH",
    "AH",
    "L",
    "OW",
    "M",
    "AY",
    "F",
    "R",
    "EH",
    "N",
    "D",
    "HH",
    "AW",
    "AA",
    "R",
    "Y",
    "UW",
    "T",
    "AH",
    "D",
    "EY",
]


def spoken(start: float) -> Spoken:
    phones = [(phone, start + 0.09 * i, start + 0.09 * (i + 1)) for i, phone in enumerate(WORDS)]
    return Spoken(phones, [(start + 0.3, 0.8), (start + 1.0, 0.9)], question=True)


def talk(seed: int, style: FaceStyle | None = None) -> np.ndarray:
    partner = np.zeros(MINUTE, np.float32)
    partner[900:1500] = 1.0
    return compose_face(
        np.random.default_rng(seed), MINUTE, [spoken(t) for t in np.arange(2.0, 28.0, 2.5)], partner, style=style
    )


def blinks(face: np.ndarray) -> int:
    lid = face[:, CURVE["eyeBlinkLeft"]]
    return int(((lid[1:-1] > 0.7) & (lid[1:-1] >= lid[:-2]) & (lid[1:-1] > lid[2:])).sum())


def test_the_same_seed_gives_the_same_face_and_another_seed_another_face() -> None:
    assert np.array_equal(talk(1), talk(1))
    assert not np.allclose(talk(1), talk(2), atol=0.05)


def test_blinks_come_10_to_25_a_minute() -> None:
    counts = [blinks(talk(seed)) for seed in range(12)]
    assert 10 <= np.mean(counts) <= 25
    assert min(counts) >= 6 and max(counts) <= 34


def test_a_blink_lasts_a_fifth_of_a_second_and_opens_more_slowly_than_it_closes() -> None:
    t = np.linspace(-0.3, 0.5, 801)
    for duration in (0.12, 0.20):
        seen = t[blink_shape(t, duration) >= 0.25]
        assert 0.6 * duration <= seen[-1] - seen[0] <= 1.1 * duration
        assert seen[-1] > -seen[0]


def test_a_listening_face_moves_with_a_closed_mouth() -> None:
    face = talk(3)[930:1470]
    assert lip_gap(face).max() < 0.05
    assert face[:, JAW].max() < 0.05
    assert face[:, CURVE["browInnerUp"]].std() > 0.005
    assert blinks(face) >= 2


def test_brows_rise_more_while_speaking_with_lively_brows() -> None:
    lively, still = (talk(4, FaceStyle(brows=level))[:, CURVE["browInnerUp"]].std() for level in (1.0, 0.0))
    assert lively > still


def test_eyes_follow_the_partner_to_the_left() -> None:
    gaze = np.tile(np.array([0.3, 0.0], np.float32), (MINUTE, 1))
    face = compose_face(np.random.default_rng(5), MINUTE, [], np.ones(MINUTE, np.float32), gaze)
    assert np.median(face[:, CURVE["eyeLookOutLeft"]]) > 0.3
    assert np.median(face[:, CURVE["eyeLookInRight"]]) > 0.3
    assert np.median(face[:, CURVE["eyeLookInLeft"]]) == 0.0


def test_values_stay_between_0_and_1() -> None:
    face = talk(6, FaceStyle(1.2, 1.0, 1.0, 1.0))
    assert face.min() >= 0.0 and face.max() <= 1.0


@pytest.mark.data
def test_the_composed_blink_has_the_shape_of_the_captured_ones() -> None:
    with lzma.open(CAPTURES / "llf_rom_4.csv.xz", "rt") as file:
        header = file.readline().strip().lower().split(",")
        column = header.index("eyeblinkleft")
        lid = np.array([float(row.split(",")[column]) for row in file])
    peaks = [
        i
        for i in range(4, len(lid) - 6)
        if lid[i] > 0.7 and lid[i] == lid[i - 4 : i + 6].max() and lid[i - 4] < 0.15 and lid[i + 5] < 0.2
    ]
    captured = np.mean([lid[i - 3 : i + 5] / lid[i] for i in peaks], axis=0)
    composed = np.mean([blink_shape(np.arange(-3, 5) / FPS + shift, 0.14) for shift in (-0.012, 0.0, 0.012)], axis=0)
    assert len(peaks) >= 5
    assert np.abs(captured - composed / composed.max()).max() < 0.2
