"""What moving strokes onto stresses promises."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.contract import FPS
from model_runtime.refine.stroke_timing import align_strokes_to_stress, hands_of, strokes_in
from model_runtime.speech.stress.stress_detection import stress_bumps

FRAMES = 180
ROOT = np.zeros((FRAMES, 3), np.float32)
FREE = np.ones(FRAMES, bool)


def beating(*ends: float) -> NDArray[np.float32]:
    """An arm that swings 50 degrees at the elbow with the least jerk, there or back, each time to end at one of
    ``ends`` (s).
    """
    time = np.arange(FRAMES) / FPS
    angle = np.zeros(FRAMES)
    for number, end in enumerate(ends):
        t = np.clip((time - end + 0.35) / 0.35, 0.0, 1.0)
        angle += (-1) ** number * np.radians(50.0) * (10 * t**3 - 15 * t**4 + 6 * t**5)
    rotations = np.tile(rot.IDENTITY, (FRAMES, 52, 1))
    rotations[:, INDEX["left_elbow"]] = rot.from_axis_angle(angle[:, None] * np.array([0.0, 0.0, 1.0]))
    return rotations.astype(np.float32)


def stops(rotations: NDArray[np.float32]) -> list[float]:
    return [stop / FPS for _, stop in strokes_in(hands_of(ROOT, rotations, AVERAGE_SKELETON)[1][:, 0])]


def stress(*times: float) -> NDArray[np.float32]:
    return stress_bumps(times, FRAMES)


@pytest.mark.parametrize("late", [-0.3, -0.15, 0.15, 0.3])
def test_a_stroke_beside_a_stress_ends_on_it(late: float) -> None:
    motion = beating(3.0)
    was = stops(motion)[0]
    (now,) = stops(align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(was + late), FREE))
    assert abs(now - was - late) <= 1.5 / FPS


def test_it_is_as_far_as_it_was_and_no_part_of_the_body_but_the_arms_moves() -> None:
    motion = beating(3.0)
    motion[:, INDEX["head"]] = rot.from_axis_angle(np.linspace(0.0, 0.5, FRAMES)[:, None] * np.array([1.0, 0.0, 0.0]))
    moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(3.2), FREE)
    np.testing.assert_allclose(moved[[0, -1]], motion[[0, -1]], atol=1e-5)
    np.testing.assert_array_equal(moved[:, INDEX["head"]], motion[:, INDEX["head"]])
    assert np.abs(moved - motion).max() > 0.1


def test_a_stroke_with_no_stress_near_or_on_one_stays() -> None:
    motion = beating(3.0)
    for times in ((), (1.0, 5.0), (stops(motion)[0],)):
        np.testing.assert_array_equal(
            align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(*times), FREE), motion
        )


def test_frames_that_are_not_free_keep_their_time() -> None:
    motion, free = beating(3.0), FREE.copy()
    free[80:] = False
    np.testing.assert_array_equal(align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(3.2), free), motion)


def ramp(rate: float = 0.4) -> NDArray[np.float32]:
    """A right elbow that turns at an even rate (rad/s) throughout: any change of its time shows."""
    angle = rate * np.arange(FRAMES) / FPS
    return rot.from_axis_angle(angle[:, None] * np.array([0.0, 0.0, 1.0])).astype(np.float32)


@pytest.mark.parametrize("ends", [(1.5,), (3.0,), (1.5, 4.4), (2.0, 2.6, 5.0)])
@pytest.mark.parametrize("late", [-0.25, 0.2])
def test_nothing_further_than_0_8_s_from_a_moved_stroke_changes(ends: tuple[float, ...], late: float) -> None:
    motion = beating(*ends)
    motion[:, INDEX["right_elbow"]] = ramp()
    was = stops(motion)
    moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(*(stop + late for stop in was)), FREE)
    seconds = np.arange(FRAMES) / FPS
    near = np.any([(seconds > min(t, t + late) - 0.8) & (seconds < max(t, t + late) + 0.8) for t in was], axis=0)
    assert np.abs(moved - motion)[near].max() > 0.01
    np.testing.assert_array_equal(moved[~near], motion[~near])


def test_two_strokes_whose_windows_touch_are_both_moved() -> None:
    """The windows of strokes 1.6 s apart end and begin on the same moment, to the last bit of some of the times."""
    for first in range(30, 70):
        motion = beating(first / FPS, first / FPS + 1.6)
        was = stops(motion)
        moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(was[0] - 0.1, was[1] + 0.1), FREE)
        still = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(was[0], was[1]), FREE)
        np.testing.assert_array_equal(still, motion)
        np.testing.assert_allclose(stops(moved), [was[0] - 0.1, was[1] + 0.1], atol=1.5 / FPS)


def test_time_changes_by_no_more_than_the_stroke_was_moved() -> None:
    motion = beating(3.0)
    motion[:, INDEX["right_elbow"]] = ramp()
    moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(stops(motion)[0] + 0.2), FREE)
    played = rot.to_axis_angle(moved[:, INDEX["right_elbow"]])[:, 2] / 0.4
    assert np.abs(played - np.arange(FRAMES) / FPS).max() < 0.22


def test_frames_beside_those_that_are_not_free_keep_their_time_whatever_is_moved_elsewhere() -> None:
    """Walks, changes of label and arms that are given: arms stay in step with the legs there."""
    motion, free = beating(1.5, 4.4), FREE.copy()
    motion[:, INDEX["right_elbow"]] = ramp()
    free[75:110] = False
    first, second = stops(motion)
    moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(first + 0.2, second - 0.1), free)
    assert np.abs(moved - motion).max() > 0.01
    np.testing.assert_array_equal(moved[~free], motion[~free])


def test_arms_are_neither_rushed_nor_held_up_by_stresses_that_crowd() -> None:
    motion = beating(2.0, 2.6, 3.2, 3.8)
    moved = align_strokes_to_stress(ROOT, motion, AVERAGE_SKELETON, stress(2.35, 2.4, 3.0, 4.15), FREE)
    before, after = (hands_of(ROOT, x, AVERAGE_SKELETON)[1].max() for x in (motion, moved))
    assert after < 2.2 * before
