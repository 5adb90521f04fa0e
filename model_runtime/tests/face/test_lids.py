"""Blinks shut the eyes."""

import numpy as np
import pytest

from model_runtime.contract import FPS
from model_runtime.face.arkit import columns
from model_runtime.face.lids import shut_blinks
from model_runtime.face.model import FaceModel

LIDS = columns("eyeBlink")


def lids(*values: float) -> np.ndarray:
    face = np.zeros((len(values) + 20, 52), np.float32)
    face[10:-10, LIDS] = np.array(values, np.float32)[:, None]
    return face


def test_a_blink_that_leaves_a_slit_shuts_and_keeps_its_time_and_its_flanks() -> None:
    face = lids(0.2, 0.5, 0.8, 0.6, 0.3)
    shut = shut_blinks(face)
    assert shut[12, LIDS] == pytest.approx([0.95, 0.95]) and shut[:, LIDS].argmax(0).tolist() == [12, 12]
    assert (
        (shut[[9, 15]][:, LIDS] == 0.0).all()
        and (np.diff(shut[9:13, LIDS[0]]) > 0.0).all()
        and (np.diff(shut[12:16, LIDS[0]]) < 0.0).all()
    )
    assert np.array_equal(np.delete(shut, LIDS, axis=1), np.delete(face, LIDS, axis=1))


def test_lowered_and_closed_eyes_are_left_as_they_are() -> None:
    for face in (
        lids(*[0.3] * 30),
        lids(*np.linspace(0.0, 0.4, 20), *[0.4] * 20),
        lids(0.5, *[1.0] * 40, 0.5),
        lids()[:1],
    ):
        assert np.array_equal(shut_blinks(face), face)


def test_a_blink_over_lowered_lids_starts_from_where_they_are() -> None:
    face = lids(*[0.3] * 15, 0.6, 0.85, 0.6, *[0.3] * 15)
    shut = shut_blinks(face)
    assert shut[26, LIDS[0]] == pytest.approx(0.9625) and shut[20, LIDS[0]] == pytest.approx(0.3)


def test_a_lid_that_closes_less_shuts_as_well() -> None:
    face = lids(0.4, 0.9, 0.4)
    face[:, LIDS[1]] *= 0.8
    assert (shut_blinks(face)[11, LIDS] > 0.9).all()


def test_the_trained_face_shuts_its_eyes_at_every_blink() -> None:
    face = FaceModel.load().generate(
        np.zeros(30 * 16000, np.float32), np.zeros(30 * 16000, np.float32), 30 * FPS + 1, 3
    )
    lid = face[:, LIDS].mean(1)
    peaks = [t for t in range(1, len(lid) - 1) if lid[t] > 0.6 and lid[t - 1] <= lid[t] > lid[t + 1]]
    assert len(peaks) >= 4 and min(lid[peaks]) > 0.93
