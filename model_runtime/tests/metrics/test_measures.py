"""Each measure on motion whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import ACTION_LABELS, FPS
from model_runtime.metrics import measures
from model_runtime.tests.refine.test_feet import skating_walk, standing

STAND, WALK, SIT = (ACTION_LABELS.index(name) for name in ("stand", "walk", "sit"))


def test_a_body_that_does_what_was_requested_has_full_label_obedience() -> None:
    requested = np.full(120, STAND)
    assert measures.label_obedience(requested, *standing(120), AVERAGE_SKELETON) == 1.0


def test_a_body_that_stands_where_it_should_sit_lowers_label_obedience() -> None:
    requested = np.full(120, STAND)
    requested[60:] = SIT
    obedience = measures.label_obedience(requested, *standing(120), AVERAGE_SKELETON)
    assert obedience == pytest.approx(60 / 105)


def test_frames_just_after_a_change_are_not_judged() -> None:
    requested = np.full(120, STAND)
    requested[60:74] = SIT
    assert measures.label_obedience(requested, *standing(120), AVERAGE_SKELETON) == 1.0


def test_a_walk_on_sliding_feet_skates_and_a_stand_does_not() -> None:
    assert measures.foot_skate(*standing(), AVERAGE_SKELETON).speed == 0.0
    skate = measures.foot_skate(*skating_walk(), AVERAGE_SKELETON)
    assert skate.speed > 0.08
    assert skate.slide > 0.01


def test_floor_depth_is_that_of_the_deepest_sole_point() -> None:
    root, rotations = standing()
    assert measures.floor_depth(root, rotations, AVERAGE_SKELETON) < 1e-6
    root[50:, 2] -= 0.02
    assert measures.floor_depth(root, rotations, AVERAGE_SKELETON) == pytest.approx(0.02, abs=1e-5)


def test_a_jump_between_two_windows_shows_as_a_seam() -> None:
    root, rotations = skating_walk()
    smooth = measures.seam_ratio(root, rotations, AVERAGE_SKELETON, [60])
    root[60:, 0] += 0.1
    broken = measures.seam_ratio(root, rotations, AVERAGE_SKELETON, [60])
    assert smooth["acceleration"] < 1.2
    assert broken["acceleration"] > 3.0


def test_hand_speed_ignores_that_the_body_walks() -> None:
    root, rotations = standing(90)
    root[:, 1] -= np.arange(90) / FPS
    assert measures.hand_speed(root, rotations, AVERAGE_SKELETON).max() < 1e-4


def test_a_shut_mouth_does_not_move_and_a_talking_one_does() -> None:
    face = np.zeros((60, 52), np.float32)
    assert measures.mouth_motion(face).max() == 0.0
    face[:, 17] = 0.2 + 0.2 * np.sin(np.arange(60))
    assert measures.mouth_motion(face).mean() > 1.0
