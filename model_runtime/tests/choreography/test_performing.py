"""Interactions as they are performed on two who stand: hands meet in time, and nothing beside it changes."""

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model.body_shape import place_points
from model_runtime.body_model.skeleton import forward_kinematics
from model_runtime.choreography.performing import perform_interactions
from model_runtime.choreography.planning import PlannedInteraction, plan_interactions
from model_runtime.contract import FPS, Actor, InteractionSpan, MotionConstraints, Request
from model_runtime.refine.bodies import Bodies

from ..refine.contacts.scenes import standing

FRAMES = 210
EAST = np.pi / 2


def two(category: str, seed: int = 3) -> tuple[Bodies, tuple[Actor, ...], list[PlannedInteraction]]:
    """Return two who stand 0.85 m apart, of 1.62 and 1.84 m, and an interaction from 1 to 6 s of 7 s."""
    motions = standing(1.62, 0.0, 1, FRAMES), standing(1.84, 0.85, -1, FRAMES)
    actors = tuple(
        Actor(name, m.skeleton, (float(m.root[0, 0]), 0.0), facing, leading_hand="right")
        for name, m, facing in zip(("Mia", "Tom"), motions, (EAST, -EAST))
    )
    request, plans, notes = plan_interactions(
        Request(FRAMES / FPS, actors, seed, interactions=(InteractionSpan(1.0, 6.0, (0,), category),))
    )
    assert notes == []
    bodies = Bodies(
        np.stack([m.root for m in motions]),
        np.stack([m.rotations for m in motions]),
        np.ones((2, FRAMES, 4), np.float32),
    )
    return bodies, request.actors, plans


def points(bodies: Bodies, actors: tuple[Actor, ...], number: int, name: str) -> np.ndarray:
    shape = actors[number].body_shape
    posed = forward_kinematics(bodies.roots[number], bodies.rotations[number], actors[number].skeleton)
    return place_points(shape, *posed)[0][:, shape.point(name)]


def test_palms_of_a_handshake_meet_in_time_and_move_up_and_down_together():
    bodies, actors, (plan,) = two("handshake")
    done = perform_interactions(bodies, actors, [plan])
    (told,) = done.report
    assert done.notes == [] and told["category"] == "handshake" and told["gap"] < 0.015
    rows = slice(round(plan.contact * FPS), round(plan.stop * FPS))
    mine, theirs = (points(done.bodies, actors, a, "right_palm")[rows] for a in range(2))
    assert np.linalg.norm(mine - theirs, axis=-1).max() < 0.03
    assert np.ptp(mine[:, 2]) > 0.015, "they are pumped"


def test_what_lies_beside_an_interaction_stays_to_the_last_bit():
    bodies, actors, (plan,) = two("handshake")
    done = perform_interactions(bodies, actors, [plan]).bodies
    before = slice(0, round(plan.span.start * FPS) - 20)
    after = slice(round((plan.end + 1.5) * FPS), FRAMES)
    for rows in (before, after):
        assert np.array_equal(done.roots[:, rows], bodies.roots[:, rows])
        arms = [j for j in range(52) if j not in (12, 15)]  # heads turn slowly to what they look at
        assert np.array_equal(done.rotations[:, rows][:, :, arms], bodies.rotations[:, rows][:, :, arms])


def test_a_wave_is_seen_and_nobody_is_touched():
    bodies, actors, (plan,) = two("wave")
    done = perform_interactions(bodies, actors, [plan])
    rows = slice(round(plan.contact * FPS), round(plan.stop * FPS))
    hand = points(done.bodies, actors, 0, "right_palm")[rows]
    assert hand[:, 2].min() > 1.3 and done.report[0]["gap"] == 0.0
    assert np.ptp(hand[:, 1]) > 0.05, "from side to side"


def test_both_look_at_each_other_while_it_lasts():
    bodies, actors, (plan,) = two("handshake")
    done = perform_interactions(bodies, actors, [plan])
    for actor in done.actors:
        assert actor.gaze and actor.gaze[0].start == pytest.approx(1.0)
    assert max(place[2] for span in done.actors[0].gaze for place in span.places) > 1.55, "up to the taller face"


@pytest.mark.parametrize(("rows", "said"), ((slice(0, FRAMES), 0), (slice(0, 100), 1)))
def test_motion_that_stays_holds_its_interaction_and_one_across_its_border_is_told_of(rows, said):
    bodies, actors, plans = two("handshake")
    mask = np.zeros((FRAMES, 5), bool)
    mask[rows] = True
    kept = tuple(
        replace(
            actor,
            constraints=MotionConstraints(
                bodies.roots[a], bodies.rotations[a], np.zeros((FRAMES, 52), np.float32), mask
            ),
        )
        for a, actor in enumerate(actors)
    )
    done = perform_interactions(bodies, kept, plans)
    assert len(done.notes) == said and done.report == []
    assert np.array_equal(done.bodies.rotations, bodies.rotations)


def test_motion_given_up_to_the_reach_stays_as_it_is():
    bodies, actors, (plan,) = two("handshake")
    until = round((plan.contact - plan.come) * FPS) - 2
    mask = np.zeros((FRAMES, 5), bool)
    mask[:until] = True
    face = np.zeros((FRAMES, 52), np.float32)
    kept = tuple(
        replace(actor, constraints=MotionConstraints(bodies.roots[a], bodies.rotations[a], face, mask))
        for a, actor in enumerate(actors)
    )
    done = perform_interactions(bodies, kept, [plan])
    assert done.report[0]["gap"] < 0.02
    assert np.array_equal(done.bodies.roots[:, :until], bodies.roots[:, :until])
    assert np.allclose(done.bodies.rotations[:, :until], bodies.rotations[:, :until], atol=1e-6)
