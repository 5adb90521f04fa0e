"""Interactions as they are planned: who walks where, when hands meet, and what is said where it cannot be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.choreography.catalogue import CATEGORIES
from model_runtime.choreography.planning import plan_interactions
from model_runtime.contract import (
    PLAYED_BY_LABELS,
    PLAYED_INTERACTIONS,
    ActionSpan,
    Actor,
    InteractionSpan,
    Request,
    Waypoint,
)
from model_runtime.planning.resolve_request import resolve_request

EAST = np.pi / 2  # the heading that faces +X


def shot(*spans: InteractionSpan, apart: float = 2.0, first: tuple = (), second: tuple = (), **changes: Any) -> Request:
    mia = Actor("Mia", AVERAGE_SKELETON, (0.0, 0.0), EAST, actions=tuple(ActionSpan(*one) for one in first))
    tom = Actor("Tom", AVERAGE_SKELETON, (apart, 0.0), -EAST, actions=tuple(ActionSpan(*one) for one in second))
    return Request(10.0, (mia, tom), interactions=spans, **changes)


def test_every_category_that_is_played_has_a_choreography_or_labels():
    assert set(PLAYED_INTERACTIONS) <= {*PLAYED_BY_LABELS, *(name for name, one in CATEGORIES.items() if one.variants)}


@pytest.mark.parametrize("category", [name for name in PLAYED_INTERACTIONS if name not in PLAYED_BY_LABELS])
def test_every_category_is_planned_for_two_who_stand(category):
    asked = shot(InteractionSpan(1.0, 9.0, (0,), category))
    request, (plan,), notes = plan_interactions(asked)
    assert notes == [] and (plan.category, plan.roles) == (category, (0, 1))
    assert 1.0 < plan.contact < plan.stop < plan.end <= 9.0
    assert resolve_request(request)[1] == [], "what is planned can be walked"


def test_who_begins_walks_up_in_time_and_faces_the_other():
    request, (plan,), _ = plan_interactions(shot(InteractionSpan(2.0, 8.0, (1,), "handshake"), apart=3.0))
    (walk,) = [span for span in request.actors[1].actions if span.label == "walk"]
    assert walk.start > 2.0 and walk.end < plan.contact
    (there, *_) = request.actors[1].waypoints
    assert 0.6 < there.position[0] < 1.0 and abs(there.position[1]) < 0.2
    assert there.heading is not None and np.cos(there.heading + EAST) > 0.98, "to the one who waits"
    assert all(span.label == "stand" for span in request.actors[0].actions)


def test_two_who_stand_near_enough_take_no_walk_for_a_sign():
    request, (plan,), _ = plan_interactions(shot(InteractionSpan(2.0, 8.0, (0,), "wave"), apart=2.0))
    assert all(span.label == "stand" for actor in request.actors for span in actor.actions)
    assert request.actors[0].waypoints == () and plan.contact < 3.2


def test_the_same_seed_plans_the_same_and_another_one_something_else():
    def drawn(seed: int) -> str:
        return plan_interactions(shot(InteractionSpan(2.0, 8.0, (0,), "handshake"), seed=seed))[1][0].variant.name

    assert drawn(4) == drawn(4)
    assert len({drawn(seed) for seed in range(8)}) > 1


def test_who_is_left_handed_reaches_with_the_left():
    asked = shot(InteractionSpan(2.0, 8.0, (0,), "high-five"))
    left = replace(asked.actors[0], leading_hand="left")
    _, (plan,), _ = plan_interactions(replace(asked, actors=(left, asked.actors[1])))
    assert plan.variant.touches[0].point == "left_palm"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    (
        ({"first": (("sit", 0.0, 10.0),)}, "'Mia' sits at 2.00 s and 'handshake' is played standing"),
        ({"second": (("sit", 4.0, 10.0),), "end": 2.5}, "'Tom' sits at 4.00 s and 'handshake' is played standing"),
        ({"start": 8.5}, "the shot ends before; start its strip earlier"),
        ({"end": 2.6}, "until after its strip; make the strip that long"),
        ({"apart": 14.0}, "the shot ends before"),
    ),
)
def test_what_cannot_be_played_is_one_sentence(changes, sentence):
    start, end = changes.pop("start", 2.0), changes.pop("end", 9.5)
    _, _, notes = plan_interactions(shot(InteractionSpan(start, end, (0,), "handshake"), **changes))
    assert len(notes) == 1 and sentence in notes[0]


def test_a_handshake_needs_two():
    asked = shot(InteractionSpan(2.0, 8.0, (0,), "handshake"))
    _, plans, notes = plan_interactions(replace(asked, actors=asked.actors[:1]))
    assert plans == [] and notes == ["'handshake' needs two; cast the second character."]


def test_somebody_seated_may_wave():
    _, plans, notes = plan_interactions(shot(InteractionSpan(2.0, 8.0, (0,), "wave"), first=(("sit", 0.0, 10.0),)))
    assert len(plans) == 1 and notes == []


def test_two_who_hugged_part_again():
    request, (plan,), _ = plan_interactions(shot(InteractionSpan(1.0, 6.0, (0,), "hug"), apart=1.8))
    there, back = request.actors[0].waypoints
    assert back.time > plan.end and back.position[0] < there.position[0] - 0.2


def test_who_is_to_go_away_meanwhile_waits_and_stays():
    asked = shot(InteractionSpan(3.0, 8.0, (0,), "handshake"), second=(("walk", 1.0, 6.0),))
    tom = replace(asked.actors[1], waypoints=(Waypoint(4.0, (3.0, -2.0)), Waypoint(6.0, (4.0, -3.0))))
    request, _, notes = plan_interactions(replace(asked, actors=(asked.actors[0], tom)))
    assert notes == [] and request.actors[1].waypoints == ()
    assert not any(span.label == "walk" and span.end > 3.0 for span in request.actors[1].actions)


def test_of_two_at_one_time_the_later_is_not_played_and_says_so():
    _, (plan,), notes = plan_interactions(
        shot(InteractionSpan(1.0, 6.0, (0,), "handshake"), InteractionSpan(2.0, 7.0, (1,), "hug"))
    )
    assert plan.category == "handshake"
    assert notes == [
        f"'hug' at 2.00 s begins before 'handshake' is over, at {plan.end:.2f} s, and is not played; start its strip "
        "after that."
    ]


def test_two_too_unlike_in_height_do_not_touch_and_may_wave():
    for category, said in (("hug", 1), ("wave", 0)):
        asked = shot(InteractionSpan(1.0, 8.0, (0,), category))
        child = replace(asked.actors[0], skeleton=AVERAGE_SKELETON.scaled(0.5))
        _, plans, notes = plan_interactions(replace(asked, actors=(child, asked.actors[1])))
        assert len(notes) == said and len(plans) == 1 - said
        assert not said or "are too unlike in height for 'hug' at 1.00 s" in notes[0]


def test_a_strip_that_begins_before_the_shot_is_played_from_its_start():
    _, (plan,), _ = plan_interactions(shot(InteractionSpan(-0.4, 6.0, (0,), "wave")))
    assert plan.span.start == 0.0


def test_who_waves_goes_on_walking():
    asked = shot(InteractionSpan(2.0, 6.0, (0,), "wave"), first=(("walk", 1.0, 6.0),))
    assert plan_interactions(asked)[0].actors == asked.actors
