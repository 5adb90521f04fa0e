"""Legs of generated motion that went through each other come apart, and feet that stand go on standing."""

from __future__ import annotations

import numpy as np
import pytest

from ...body_model import rotations as rot
from ...body_model.body_shape import default_body_shape
from ...body_model.feet import sole_points
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX
from ...contract import FPS, FloatArray
from ...metrics.joint_limits import joint_limits
from ...metrics.penetration import self_penetrations
from ...refine import leg_collisions
from ...refine.leg_collisions import clear_legs
from ..work import calls_of

BODY = AVERAGE_SKELETON
FRAMES = 4 * FPS
TIME = np.arange(FRAMES) / FPS


def posed(**degrees: FloatArray | tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
    """Root (T, 3) and rotations (T, 52, 4): stands, arms hang; ``degrees``: joint -> rotation vector (3,) or (T, 3)."""
    rotations = np.tile(rot.IDENTITY, (FRAMES, 52, 1)).astype(np.float32)
    for joint, vector in ({"left_shoulder": (0, 75, 0), "right_shoulder": (0, -75, 0)} | degrees).items():
        rotations[:, INDEX[joint]] = rot.from_axis_angle(
            np.radians(np.broadcast_to(np.asarray(vector, np.float32), (FRAMES, 3)))
        )
    return np.tile(np.array([0, 0, BODY.pelvis_height - 0.02], np.float32), (FRAMES, 1)), rotations


def swung_across() -> tuple[FloatArray, FloatArray]:
    """The left leg lifts and swings through the right one and back about the second second."""
    bump = np.exp(-0.5 * ((TIME - 2.0) / 0.2) ** 2)
    return posed(
        left_hip=np.stack([-12 * bump, 26 * bump, 0 * bump], -1),
        left_knee=np.stack([30 * bump, 0 * bump, 0 * bump], -1),
    )


def crossed() -> tuple[FloatArray, FloatArray]:
    return posed(left_hip=(-4, 9, 0), right_hip=(-4, -9, 0), left_knee=(8, 0, 0), right_knee=(8, 0, 0))


STANDS, RIGHT_STANDS = np.ones((FRAMES, 4)), np.tile([0.0, 0.0, 1.0, 1.0], (FRAMES, 1))


def depth(motion: tuple[FloatArray, FloatArray]) -> float:
    return float(self_penetrations(*motion, BODY)["leg in leg"].max())


def test_thick_legs_go_past_each_other_further_apart() -> None:
    root, rotations = swung_across()
    thick = default_body_shape(BODY).thickened(0.02)

    def left(q: FloatArray) -> float:
        return float(self_penetrations(root, q, BODY, thick)["leg in leg"].max())

    assert left(clear_legs(root, rotations, BODY, RIGHT_STANDS)) > 0.02
    assert left(clear_legs(root, rotations, BODY, RIGHT_STANDS, shape=thick)) < 0.01


def test_a_leg_that_swings_through_the_other_goes_past_it() -> None:
    root, rotations = swung_across()
    assert depth((root, rotations)) > 0.05
    result = clear_legs(root, rotations, BODY, RIGHT_STANDS)
    assert depth((root, result)) < 0.01
    assert joint_limits(result)["knee"].share == 0.0


def test_feet_that_stand_crossed_come_apart_and_stand_still() -> None:
    root, rotations = crossed()
    assert depth((root, rotations)) > 0.03
    result = clear_legs(root, rotations, BODY, STANDS)
    assert depth((root, result)) < 0.01
    before, after = (sole_points(root, q, BODY) for q in (rotations, result))
    assert np.abs(np.diff(after, axis=0)).max() < 1e-5
    assert np.abs(after[..., 2] - before[..., 2]).max() < 0.003


def test_the_foot_that_stands_while_the_other_swings_past_does_not_slide() -> None:
    root, rotations = swung_across()
    feet = sole_points(root, clear_legs(root, rotations, BODY, RIGHT_STANDS), BODY)[:, 1]
    assert np.abs(np.diff(feet, axis=0)).max() < 1e-4


def test_legs_that_are_clear_are_not_touched() -> None:
    root, rotations = posed(left_hip=(0, 2, 0))
    np.testing.assert_array_equal(clear_legs(root, rotations, BODY, STANDS), rotations)
    root, rotations = swung_across()
    result = clear_legs(root, rotations, BODY, np.zeros((FRAMES, 4)))
    np.testing.assert_array_equal(result[: FPS // 2], rotations[: FPS // 2])
    np.testing.assert_array_equal(result[:, INDEX["left_foot"] :], rotations[:, INDEX["left_foot"] :])


def test_crossed_legs_are_apart_after_two_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = calls_of(leg_collisions, "closest_points", monkeypatch)
    root, rotations = (np.concatenate([x, x, x])[: 10 * FPS] for x in crossed())
    clear_legs(root, rotations, BODY, np.ones((10 * FPS, 4)))
    assert len(rounds) <= 3, "the last one finds nothing"


def test_legs_on_frames_that_have_to_stay_stay_and_so_does_a_foot_that_stands_then() -> None:
    root, rotations = swung_across()
    fixed = np.abs(TIME - 1.4) < 0.1
    result = clear_legs(root, rotations, BODY, RIGHT_STANDS, fixed)
    np.testing.assert_array_equal(result[fixed], rotations[fixed])
    right = [INDEX[f"right_{joint}"] for joint in ("hip", "knee", "ankle")]
    np.testing.assert_array_equal(result[:, right], rotations[:, right])
    assert depth((root, result)) < depth((root, rotations)), "the other leg gives way"


def test_a_foot_that_is_moved_stands_still_before_and_after_a_short_step_and_beside_frames_that_stay() -> None:
    """Legs crossed from the second stand on, ten frames after the first one and near frames that stay."""
    root, rotations = crossed()
    apart = posed(left_hip=(-4, 0, 0), right_hip=(-4, 0, 0), left_knee=(8, 0, 0), right_knee=(8, 0, 0))[1]
    rotations[:45] = apart[:45]
    stands = STANDS.copy()
    stands[45:55, :2] = 0.0
    fixed = np.arange(FRAMES) < 42
    result = clear_legs(root, rotations, BODY, stands, fixed)
    before, after = (sole_points(root, q, BODY)[:, 0, :2] for q in (rotations, result))
    assert depth((root[55:], result[55:])) < 0.8 * depth((root[55:], rotations[55:]))
    assert np.abs(after - before)[55:].max() > 0.02
    np.testing.assert_allclose((after - before)[:45], 0.0, atol=1e-5)
    assert np.abs(np.diff((after - before)[55:, ..., :2], axis=0)).max() < 2e-4
