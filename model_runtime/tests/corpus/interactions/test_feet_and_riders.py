"""Feet that touch come to their goal and stay out of the other; who rides goes along and is held."""

from __future__ import annotations

import numpy as np
import pytest

from ....body_model.body_shape import place_capsules
from ....body_model.capsules import deepest_overlap
from ....body_model.skeleton import AVERAGE_SKELETON, JOINTS, forward_kinematics
from ....choreography.arms import PARTS, arm_pose
from ....choreography.feet import FootReach, is_of_foot, led_foot
from ....choreography.places import composing_shape
from ....corpus.interactions.bases import _closed, _repeated
from ....corpus.interactions.riding import carried
from ....corpus.motion.base_motion import Motion
from ....refine.contacts.motion import BodyMotion, Goal
from ....refine.contacts.report import gap_of

FRAMES = 60


def standing(place: tuple[float, float], heading: float) -> Motion:
    """Return a body with hanging arms that stands still."""
    rotations = np.zeros((FRAMES, len(JOINTS), 4), np.float32)
    rotations[..., 0] = 1.0
    for side in ("left", "right"):
        for part in PARTS:
            rotations[:, JOINTS.index(f"{side}_{part}")] = arm_pose("held out", side, part)
    root = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height - 0.03], np.float32), (FRAMES, 1))
    still = Motion(root, rotations, np.ones((FRAMES, 4), bool))
    return still.placed(np.array(place, np.float32), heading)


def body(motion: Motion) -> BodyMotion:
    shape = composing_shape(AVERAGE_SKELETON)
    return BodyMotion(motion.root, motion.rotations, AVERAGE_SKELETON, shape, motion.contacts)


def test_feet_are_told_from_hands() -> None:
    assert is_of_foot("right_sole") and is_of_foot("left_toe")
    assert not is_of_foot("left_palm") and not is_of_foot("right_index_tip")


def test_a_foot_steps_on_a_foot_and_not_into_it() -> None:
    bodies = [body(standing((0.0, 0.0), 0.0)), body(standing((0.0, -0.56), np.pi))]
    goal = Goal(0, "right_sole", 25, 40, 1, "left_top_of_toes", distance=0.012)
    root, rotations, contacts = led_foot(bodies, FootReach(goal, 15, 15, True))
    moved = [BodyMotion(root, rotations, AVERAGE_SKELETON, bodies[0].shape, contacts), bodies[1]]
    posed = [forward_kinematics(b.root, b.rotations, b.skeleton) for b in moved]
    assert gap_of(moved, posed, goal).max() < 0.015
    depth = deepest_overlap(*(place_capsules(b.shape, *p) for b, p in zip(moved, posed)))
    assert depth[20:45].max() < 0.01  # before and after that the arms, which are held out, meet
    assert not contacts[25:40, 2:].any() and contacts[:, :2].all()
    np.testing.assert_allclose(root[0], bodies[0].root[0], atol=1e-4)


def test_a_rider_is_on_the_back_and_both_hold_each_other() -> None:
    motions = [standing((0.0, 0.0), 0.0), standing((0.0, 0.3), 0.0)]
    result, goals = carried(motions, (AVERAGE_SKELETON, AVERAGE_SKELETON), np.random.default_rng(0))
    bodies = [body(motion) for motion in result]
    posed = [forward_kinematics(b.root, b.rotations, b.skeleton) for b in bodies]
    assert len(goals) == 4
    for goal in goals:
        assert gap_of(bodies, posed, goal).max() < 0.015
    assert result[1].root[:, 2].min() > 0.8 and (result[1].root[:, 1] > result[0].root[:, 1]).all()
    assert deepest_overlap(*(place_capsules(b.shape, *p) for b, p in zip(bodies, posed))).max() < 0.012


def test_strides_that_are_repeated_go_on_without_a_step_back() -> None:
    ahead = -np.linspace(0.0, 2.0, 26)
    root = np.stack([0 * ahead, ahead, np.full(26, 0.9)], -1).astype(np.float32)
    rotations = np.zeros((26, len(JOINTS), 4), np.float32)
    rotations[..., 0] = 1.0
    stride = _closed(Motion(root, rotations, np.zeros((26, 4), bool), np.zeros((26, 49), np.float32)))
    run = _repeated(stride, 5, 60)
    steps = -np.diff(run.root[:, 1])
    assert (steps > 0.03).all() and steps.max() < 0.09 and run.root[-1, 1] == pytest.approx(-5.2, abs=0.1)
