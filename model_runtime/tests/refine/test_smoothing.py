"""What taking the grain out of generated motion promises."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX
from ...contract import FPS
from ...refine.smoothing import smooth

Array = NDArray[np.float64]
FRAMES = 150
TIME = np.arange(FRAMES) / FPS


def played(**angles: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A root that stands and joints that turn about their x axis by ``angles`` (T,) rad."""
    rotations = np.tile(rot.IDENTITY, (FRAMES, 52, 1))
    for joint, angle in angles.items():
        rotations[:, INDEX[joint]] = rot.from_axis_angle(angle[:, None] * np.array([1.0, 0.0, 0.0]))
    return np.zeros((FRAMES, 3), np.float32), rotations.astype(np.float32)


def angle_of(rotations: NDArray[np.float32], joint: str) -> Array:
    return rot.to_axis_angle(rotations[:, INDEX[joint]])[:, 0]


def tremor(size: float) -> Array:
    return size * np.sin(2 * np.pi * 9.0 * TIME)


def stroke() -> Array:
    """60 degrees in 0.4 s with the least jerk (Flash and Hogan 1985)."""
    t = np.clip((TIME - 2.0) / 0.4, 0.0, 1.0)
    return np.radians(60.0) * (10 * t**3 - 15 * t**4 + 6 * t**5)


def test_a_limb_that_rests_does_not_tremble() -> None:
    _, clean = smooth(
        *played(left_elbow=tremor(0.01), head=tremor(0.01), left_knee=tremor(0.01), left_index1=tremor(0.01))
    )
    for joint in ("left_elbow", "head", "left_knee", "left_index1"):
        assert np.abs(angle_of(clean, joint)[6:-6]).max() < 0.001


def test_a_stroke_keeps_its_way_its_peak_and_its_moment() -> None:
    _, clean = smooth(*played(left_elbow=stroke() + tremor(0.003)))
    after = angle_of(clean, "left_elbow")
    speeds = [np.diff(angle) * FPS for angle in (stroke(), after)]
    assert abs(after[100] - stroke()[100]) < 0.005
    assert speeds[1].max() > 0.97 * speeds[0].max()
    assert abs(int(speeds[1].argmax()) - int(speeds[0].argmax())) <= 1


def test_a_draft_loses_more_jitter_and_keeps_its_strokes() -> None:
    """With fewer steps jitter is larger, also where a limb moves."""
    swing = 0.5 * np.sin(2 * np.pi * 0.5 * TIME)
    jitter = []
    for preset in ("final", "draft"):
        _, clean = smooth(*played(left_elbow=swing + tremor(0.01), right_elbow=stroke() + tremor(0.003)), preset)
        jitter.append(np.abs(np.diff(angle_of(clean, "left_elbow") - swing, 3)[10:-10]).max())
        speeds = [np.diff(angle) * FPS for angle in (stroke(), angle_of(clean, "right_elbow"))]
        assert speeds[1].max() > 0.95 * speeds[0].max()
    assert jitter[1] < 0.6 * jitter[0]


def test_one_arms_stroke_lets_no_grain_through_in_the_other() -> None:
    _, clean = smooth(*played(left_elbow=stroke(), right_elbow=tremor(0.01)))
    assert np.abs(angle_of(clean, "right_elbow")[6:-6]).max() < 0.001


def test_a_movement_that_runs_on_is_not_bent_at_the_ends_of_the_take() -> None:
    _, clean = smooth(*played(left_shoulder=0.3 * TIME))
    np.testing.assert_allclose(angle_of(clean, "left_shoulder"), 0.3 * TIME, atol=2e-3)


def test_half_a_second_of_motion_is_smoothed_too() -> None:
    root, rotations = played(left_elbow=tremor(0.01))
    _, clean = smooth(root[:16], rotations[:16])
    assert np.abs(angle_of(clean, "left_elbow")).max() < 0.01
