"""One hand leads: phrases of the other hand are mirrored, rests and given frames stay, and nothing jumps."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.contract import FPS
from model_runtime.refine.handedness import lead_with
from model_runtime.refine.stroke_timing import hands_of

FRAMES = 12 * FPS
ROOT = np.tile(np.array([0, 0, AVERAGE_SKELETON.pelvis_height], np.float32), (FRAMES, 1))
FREE = np.ones(FRAMES, bool)


def gesturing() -> np.ndarray:
    """Return one who stands, beats with the right hand from 2 to 4 s and with the left from 7 to 9 s.

    From 10 s on both hands beat.
    """
    seconds = np.arange(FRAMES) / FPS
    pose = np.zeros((FRAMES, 52, 3), np.float32)
    pose[:, INDEX["left_shoulder"], 1], pose[:, INDEX["right_shoulder"], 1] = 1.2, -1.2

    def raised(first: float, last: float) -> np.ndarray:
        up = np.clip((seconds - first + 0.4) / 0.4, 0, 1) * np.clip((last + 0.4 - seconds) / 0.4, 0, 1)
        return up * (1.2 + 0.5 * np.sin(2 * np.pi * 1.5 * seconds))

    pose[:, INDEX["right_elbow"], 2] = raised(2, 4) + raised(10, 11.5)
    pose[:, INDEX["left_elbow"], 2] = -raised(7, 9) - raised(10, 11.5)
    return rot.from_axis_angle(pose).astype(np.float32)


def speeds(rotations: np.ndarray) -> np.ndarray:
    return hands_of(ROOT, rotations, AVERAGE_SKELETON)[1]


@pytest.mark.parametrize(("hand", "leads"), [("left", 0), ("right", 1)])
def test_the_leading_hand_makes_all_gestures_of_one_hand(hand: str, leads: int) -> None:
    speed = speeds(lead_with(ROOT, gesturing(), AVERAGE_SKELETON, hand, FREE))
    for span in (slice(2 * FPS, 4 * FPS), slice(7 * FPS, 9 * FPS)):
        assert speed[span, leads].mean() > 5.0 * speed[span, 1 - leads].mean()


def test_strokes_keep_their_time_and_no_hand_becomes_faster() -> None:
    before = gesturing()
    old, new = speeds(before), speeds(lead_with(ROOT, before, AVERAGE_SKELETON, "left", FREE))
    assert np.allclose(new[2 * FPS : 4 * FPS, 0], old[2 * FPS : 4 * FPS, 1], atol=0.02)
    assert new.max() < old.max() + 0.05


def test_gestures_of_both_hands_and_of_the_leading_hand_stay() -> None:
    before = gesturing()
    after = lead_with(ROOT, before, AVERAGE_SKELETON, "left", FREE)
    for span in (slice(7 * FPS, 9 * FPS), slice(10 * FPS, None)):
        assert np.array_equal(after[span], before[span])
    assert np.array_equal(after[:FPS], before[:FPS])


def test_frames_that_are_not_free_stay_as_they_are() -> None:
    before, free = gesturing(), FREE.copy()
    free[: 5 * FPS] = False
    assert np.array_equal(lead_with(ROOT, before, AVERAGE_SKELETON, "left", free), before)
    after = lead_with(ROOT, before, AVERAGE_SKELETON, "right", free)
    assert np.array_equal(after[: 5 * FPS], before[: 5 * FPS]) and not np.array_equal(after, before)


def test_only_arms_change_and_rotations_stay_rotations() -> None:
    before = gesturing()
    after = lead_with(ROOT, before, AVERAGE_SKELETON, "left", FREE)
    others = [INDEX[name] for name in ("pelvis", "spine1", "spine3", "neck", "head", "left_hip", "right_ankle")]
    assert np.array_equal(after[:, others], before[:, others])
    assert np.allclose(np.linalg.norm(after, axis=-1), 1.0, atol=1e-4)
