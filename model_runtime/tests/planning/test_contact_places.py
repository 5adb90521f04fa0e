"""Who is asked to touch something out of reach: steps to it in time, or a sentence beforehand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.feet import sole_points
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import ActionSpan, Actor, ContactGoal, MotionConstraints, Request, Waypoint, out_of_reach
from model_runtime.generate import generate
from model_runtime.planning.places import whereabouts
from model_runtime.planning.resolve_request import resolve_request

EAST = np.pi / 2  # the heading that faces +X
HANDS = ContactGoal("Mia", "right_palm", 3.0, 4.0, "Tom", "right_palm")


def shot(apart: float, *goals: ContactGoal, **changes: Any) -> Request:
    mia = Actor("Mia", AVERAGE_SKELETON, (0.0, 0.0), EAST)
    tom = Actor("Tom", AVERAGE_SKELETON, (apart, 0.0), -EAST)
    return Request(6.0, (mia, replace(tom, **changes)), contacts=goals)


def apart_at(request: Request, time: float) -> float:
    first, second = (whereabouts(actor, time) for actor in request.actors)
    return float(np.linalg.norm(second - first))


def test_two_who_are_too_far_apart_to_shake_hands_meet_halfway_and_stay_until_it_is_over():
    played, notes = resolve_request(shot(1.6, HANDS))
    assert notes == []
    assert apart_at(played, 1.0) == pytest.approx(1.6)
    for time in (2.9, 4.0):
        assert 0.7 < apart_at(played, time) < 1.0
    first, second = (whereabouts(actor, 3.0)[0] for actor in played.actors)
    assert first == pytest.approx(1.6 - second, abs=0.01)


def test_who_is_only_touched_stays_and_who_is_in_reach_as_well():
    played, notes = resolve_request(shot(1.2, replace(HANDS, other_point="left_shoulder")))
    assert (
        whereabouts(played.actors[1], 3.0) == pytest.approx((1.2, 0.0)) and whereabouts(played.actors[0], 3.0)[0] > 0.3
    )
    for near in (shot(0.85, HANDS), shot(1.6, replace(HANDS, other="Mia", other_point="left_hip"))):
        played, notes = resolve_request(near)
        assert played.actors[0].waypoints == () and notes == []


def test_a_target_out_of_reach_is_walked_to():
    goal = replace(HANDS, other="", other_point="", places=((1.5, 0.0, 1.0),))
    played, notes = resolve_request(shot(3.0, goal))
    assert 0.4 < 1.5 - whereabouts(played.actors[0], 3.0)[0] < 0.8
    assert [span.label for span in played.actors[0].actions] == ["stand", "walk", "stand"]
    assert "walks there from" in notes[0]


def test_a_contact_for_which_there_is_no_time_to_come_is_told_of():
    _, notes = resolve_request(shot(1.6, replace(HANDS, start=0.6, end=1.2)))
    assert len(notes) == 2 and all("has no time to come 0." in note and "later" in note for note in notes)


def test_who_sits_stays_and_two_seats_too_far_apart_are_told_of_before_anything_is_computed():
    sits = (ActionSpan("sit", 0.0, 6.0),)
    one = shot(1.6, HANDS, actions=sits, waypoints=(Waypoint(6.0, (1.6, 0.0), -EAST),))
    assert list(out_of_reach(one)) == []
    played, _ = resolve_request(one)
    assert whereabouts(played.actors[1], 3.0) == pytest.approx((1.6, 0.0))
    assert whereabouts(played.actors[0], 3.0)[0] > 0.5
    mia = replace(one.actors[0], actions=sits, waypoints=(Waypoint(6.0, (-0.4, 0.0), EAST),))
    (sentence,) = out_of_reach(replace(one, actors=(mia, one.actors[1])))
    assert sentence.startswith(
        "The right palm of 'Mia' cannot reach the right palm of 'Tom' at 3.00 s: they are 2.00 m"
    )


def test_where_motion_is_given_it_is_told_too():
    frames = 181
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    root = np.tile(np.array([3.0, 0.0, 0.9], np.float32), (frames, 1))
    given = MotionConstraints(root, rotations, np.zeros((frames, 52), np.float32), np.ones((frames, 5), bool))
    kept = shot(3.0, HANDS, constraints=given)
    first = replace(
        kept.actors[0], constraints=replace(given, root_positions=root * np.array([0.0, 0.0, 1.0], np.float32))
    )
    (sentence,) = out_of_reach(replace(kept, actors=(first, kept.actors[1])))
    assert "they are 3.00 m apart" in sentence


@pytest.mark.slow
def test_two_who_come_nearer_take_steps_and_shake_hands():
    request = shot(1.6, HANDS)
    made = generate(request)
    (goal,) = made.report["contacts"]["goals"]
    assert goal["gap"] < 0.02
    for actor, asked in zip(made.actors, request.actors):
        moved = np.linalg.norm(actor.root_positions[100, :2] - actor.root_positions[20, :2])
        soles = sole_points(actor.root_positions, actor.rotations, asked.skeleton)
        assert moved > 0.25 and soles[20:100, :, :, 2].min(2).max() > 0.03, "feet are lifted to come nearer"
        slides = np.linalg.norm(np.diff(soles[..., :2], axis=0), axis=-1).min(2) * 30.0
        assert np.percentile(slides[soles[1:, ..., 2].min(2) < 0.01], 95) < 0.02
