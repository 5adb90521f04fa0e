"""Faces at other frame rates: lip closures, f and v, and blinks lie on a frame; the rest is plain interpolation."""

from __future__ import annotations

import numpy as np
import pytest

from interact_addon.demo.timeline import default_speech
from interact_addon.rig.resample import resample_face, scene_frame_count
from model_runtime.contract import ARKIT_NAMES

RATES = (24.0, 25.0, 30.0 / 1.001, 50.0, 60.0)
CURVE = {name: index for index, name in enumerate(ARKIT_NAMES)}
JAW, CLOSE, ROLL = (CURVE[name] for name in ("jawOpen", "mouthClose", "mouthRollLower"))
LIDS = [CURVE["eyeBlinkLeft"], CURVE["eyeBlinkRight"]]
MOUTH = [index for name, index in CURVE.items() if name.startswith(("jaw", "mouth"))]
OTHERS = [
    index
    for name, index in CURVE.items()
    if name.startswith(("brow", "eyeLook", "eyeWide", "eyeSquint", "cheekSquint"))
]


def generated(seconds: float) -> list[np.ndarray]:
    """Return the trained face model's result for the demo's two voices, (T, 52) each."""
    pytest.importorskip("torch", reason="needs the runtime's libraries")
    from model_runtime.contract import frame_count
    from model_runtime.face.model import FaceModel
    from model_runtime.speech.audio import load_speech

    model = FaceModel.load()
    waves = [load_speech(path, 0.0, seconds) for path in default_speech()]
    return [model.generate(wave, np.zeros_like(wave), frame_count(seconds), seed) for seed, wave in enumerate(waves)]


@pytest.fixture(scope="module")
def faces() -> list[np.ndarray]:
    return generated(20.0)


@pytest.fixture(scope="module")
def whole_faces() -> list[np.ndarray]:
    """The faces of the whole voices: only a few closures are so brief that a frame rate loses them."""
    return generated(24.6)


def at_rate(face: np.ndarray, rate: float) -> np.ndarray:
    return resample_face(face, rate, scene_frame_count(len(face), rate))


def plain(face: np.ndarray, rate: float) -> np.ndarray:
    """Every curve by itself, linear."""
    moments = np.minimum(np.arange(scene_frame_count(len(face), rate)) / rate * 30.0, len(face) - 1)
    return np.stack([np.interp(moments, np.arange(len(face)), curve) for curve in face.T], axis=1)


def nearest(frames: np.ndarray, rate: float, count: int) -> np.ndarray:
    """The scene frame nearest in time to each frame at 30 fps."""
    return np.minimum(np.rint(frames / 30.0 * rate).astype(int), count - 1)


def peaks(curve: np.ndarray, least: float) -> np.ndarray:
    return np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > least)) + 1


@pytest.mark.parametrize("rate", RATES)
def test_every_closure_of_a_generated_face_is_closed_on_the_nearest_frame(faces: list[np.ndarray], rate: float) -> None:
    from model_runtime.face.mouth_shapes import lip_gap

    for face in faces:
        shut = np.flatnonzero(lip_gap(face) == 0.0)
        shown = at_rate(face, rate).astype(np.float32)
        assert len(shut) > 30
        assert lip_gap(shown)[nearest(shut, rate, len(shown))].max() < 0.01  # cm


@pytest.mark.parametrize("rate", [24.0, 25.0, 30.0 / 1.001])
def test_plain_interpolation_would_lose_closures(whole_faces: list[np.ndarray], rate: float) -> None:
    from model_runtime.face.mouth_shapes import lip_gap

    missed = 0
    for face in whole_faces:
        shown = plain(face, rate).astype(np.float32)
        missed += int((lip_gap(shown)[nearest(np.flatnonzero(lip_gap(face) == 0.0), rate, len(shown))] > 0.03).sum())
    assert missed >= 2


@pytest.mark.parametrize("rate", RATES)
def test_where_lips_meet_the_whole_mouth_is_sampled_at_that_moment(faces: list[np.ndarray], rate: float) -> None:
    for face in faces:
        closing = face[:, CLOSE] - face[:, JAW]
        meeting = np.array([frame for frame in peaks(closing, -0.01) if face[frame, JAW] > 0.03])
        shown = at_rate(face, rate)
        assert len(meeting) > 3
        for frame, place in zip(meeting, nearest(meeting, rate, len(shown))):
            beside = face[max(frame - 1, 0) : frame + 2, MOUTH]  # of two that share a scene frame one is shown
            assert np.abs(beside - shown[place, MOUTH]).max(axis=1).min() < 1e-6
            assert shown[place, JAW] - shown[place, CLOSE] < 0.02


@pytest.mark.parametrize("rate", RATES)
def test_f_and_v_are_on_the_teeth_on_the_nearest_frame_or_the_one_beside(faces: list[np.ndarray], rate: float) -> None:
    found = 0
    for face in faces:
        shown = at_rate(face, rate)[:, ROLL]
        for frame in peaks(face[:, ROLL], 0.2):
            place = nearest(frame, rate, len(shown))
            assert (
                shown[max(place - 1, 0) : place + 2].max() >= face[frame, ROLL] - 0.005
            )  # a level top has neighbours beside it
            found += 1
    assert found >= 3


@pytest.mark.parametrize("rate", RATES)
def test_blinks_keep_their_peak_on_both_lids_at_once(faces: list[np.ndarray], rate: float) -> None:
    blinked = 0
    for face in faces:
        shown = at_rate(face, rate)
        tops = peaks(face[:, LIDS].sum(axis=1), 1.2)
        for frame in tops:
            place = nearest(frame, rate, len(shown))
            assert shown[place, LIDS].sum() >= face[frame, LIDS].sum() - 0.02
            blinked += 1
    assert blinked >= 4


@pytest.mark.parametrize("rate", RATES)
def test_between_contacts_a_face_is_plain_interpolation(faces: list[np.ndarray], rate: float) -> None:
    for face in faces:
        shown, linear = at_rate(face, rate), plain(face, rate)
        assert np.abs(shown[:, OTHERS] - linear[:, OTHERS]).max() < 1e-6
        assert np.abs(shown - linear).mean() < 0.002
        assert np.quantile(np.abs(shown - linear), 0.99) < 0.05


@pytest.mark.parametrize("rate", RATES)
def test_no_step_between_frames_is_larger_than_in_the_generated_face(faces: list[np.ndarray], rate: float) -> None:
    for face in faces:
        shown = at_rate(face, rate)
        reach = 1 if rate > 40.0 else 2  # frames at 30 fps that two neighbours may be apart
        steps = np.max([np.abs(face[ahead:] - face[:-ahead]).max(axis=0) for ahead in range(1, reach + 1)], axis=0)
        assert (np.abs(np.diff(shown, axis=0)).max(axis=0) <= steps + 1e-6).all()


def talking(frames: int, shut: list[int]) -> np.ndarray:
    """Return (T, 52): an open mouth that closes for one frame at each of ``shut``; tongueOut rises with time."""
    face = np.zeros((frames, 52), np.float32)
    face[:, JAW] = 0.4
    face[shut, JAW] = face[shut, CLOSE] = 0.08
    face[:, CURVE["tongueOut"]] = np.arange(frames) / (frames - 1)
    return face


@pytest.mark.parametrize("rate", (12.0, *RATES, 120.0))
def test_time_runs_forwards_and_is_at_most_half_a_scene_frame_off(rate: float) -> None:
    for seed in range(5):
        shut = np.unique(np.random.default_rng(seed).integers(0, 298, 80))
        shown = at_rate(talking(301, shut.tolist()), rate)
        moments = shown[:, CURVE["tongueOut"]] * 300 / 30.0
        assert (np.diff(moments) >= -1e-5).all()
        assert np.abs(moments - np.arange(len(shown)) / rate).max() <= 0.51 / rate


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("moment", range(20, 40))
def test_a_closure_of_one_frame_is_shut_where_mouth_close_equals_jaw_open(moment: int, rate: float) -> None:
    shown = at_rate(talking(61, [moment]), rate)
    opening = shown[:, JAW] - shown[:, CLOSE]
    place = nearest(np.array(moment), rate, len(shown))
    assert opening[place] == pytest.approx(0.0, abs=1e-6) and shown[place, CLOSE] == pytest.approx(0.08)
    assert (opening >= -1e-6).all(), "lips never pass through each other"
    assert (np.delete(opening, [place - 1, place, place + 1]) > 0.39).all(), "and are apart again at once"


@pytest.mark.parametrize("rate", RATES)
def test_a_slow_change_of_closed_lips_is_even(rate: float) -> None:
    face = np.zeros((91, 52), np.float32)
    face[:, CURVE["mouthSmileLeft"]] = np.linspace(0.0, 0.9, 91)
    steps = np.diff(at_rate(face, rate)[:, CURVE["mouthSmileLeft"]])
    assert steps.min() == pytest.approx(steps[1:-2].max(), abs=1e-3)


def test_an_f_right_after_an_m_has_the_next_frame() -> None:
    for moment in range(20, 40):
        face = talking(61, [moment])
        face[moment + 1, [JAW, CLOSE, ROLL]] = 0.06, 0.03, 0.3
        shown = at_rate(face, 24.0)
        shut, teeth = int((shown[:, JAW] - shown[:, CLOSE]).argmin()), int(shown[:, ROLL].argmax())
        assert shown[shut, JAW] == shown[shut, CLOSE] and shown[teeth, ROLL] == pytest.approx(0.3) and teeth == shut + 1


def test_the_shortest_faces_are_resampled_too() -> None:
    for frames in (1, 2, 3):
        for rate in (1.0, 24.0, 60.0):
            assert at_rate(talking(max(frames, 2), [0])[:frames], rate).shape == (scene_frame_count(frames, rate), 52)
