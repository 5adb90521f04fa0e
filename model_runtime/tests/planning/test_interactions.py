"""Interactions as the plan plays them: walks that take as long as the way, and sentences for the rest."""

from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.proxemics import TALKING
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import PLAYED_INTERACTIONS, ActionSpan, Actor, InteractionSpan, Request
from model_runtime.planning.resolve_request import resolve_request

EAST = np.pi / 2  # the heading that faces +X


def shot(*spans: InteractionSpan, apart: float = 4.0, first: tuple = (), second: tuple = (), **changes: Any) -> Request:
    mia = Actor("Mia", AVERAGE_SKELETON, (0.0, 0.0), EAST, actions=tuple(ActionSpan(*one) for one in first))
    tom = Actor("Tom", AVERAGE_SKELETON, (apart, 0.0), -EAST, actions=tuple(ActionSpan(*one) for one in second))
    return Request(10.0, (mia, tom), interactions=spans, **changes)


def walks(request: Request, number: int) -> list[tuple[float, float]]:
    return [(span.start, span.end) for span in request.actors[number].actions if span.label == "walk"]


def end_of(request: Request, number: int) -> tuple[float, float]:
    return request.actors[number].waypoints[-1].position


def test_who_walks_towards_the_other_comes_to_talking_distance_at_the_pace_of_people():
    played, notes = resolve_request(shot(InteractionSpan(2.0, 9.0, (0,), "walk towards")))
    ((start, end),) = walks(played, 0)
    assert start == 2.0 and 4.5 < end < 6.5 and walks(played, 1) == [] and notes == []
    assert end_of(played, 0) == pytest.approx((4.0 - TALKING, 0.0), abs=0.01)


def test_a_short_strip_is_walked_as_fast_as_people_do_and_no_longer():
    played, notes = resolve_request(shot(InteractionSpan(2.0, 4.2, (1,), "walk towards")))
    assert walks(played, 1) == [(2.0, 4.2)] and notes == []
    _, notes = resolve_request(shot(InteractionSpan(2.0, 3.0, (1,), "walk towards")))
    assert len(notes) == 1 and "'Tom' would have to walk" in notes[0]


def test_two_who_walk_towards_each_other_meet_halfway():
    played, _ = resolve_request(shot(InteractionSpan(2.0, 9.0, (0, 1), "walk towards")))
    assert walks(played, 0) == walks(played, 1)
    assert np.subtract(end_of(played, 1), end_of(played, 0)) == pytest.approx((TALKING, 0.0), abs=0.05)


def test_who_is_walked_to_waits_and_is_told_so():
    asked = shot(InteractionSpan(2.0, 9.0, (0,), "walk towards"), second=(("walk", 3.0, 6.0),))
    played, notes = resolve_request(asked)
    assert walks(played, 1) == [] and notes == ["'Tom' is to walk at 2.00 s, and waits for the partner instead."]


def test_who_is_there_already_stays():
    played, notes = resolve_request(shot(InteractionSpan(2.0, 9.0, (0,), "walk towards"), apart=1.3))
    assert walks(played, 0) == [] and len(notes) == 1 and "only 1.30 m away, and stays" in notes[0]


def test_a_second_walk_towards_begins_where_the_first_one_ended():
    asked = shot(InteractionSpan(0.5, 5.0, (0,), "walk towards"), InteractionSpan(6.0, 9.0, (1,), "walk towards"))
    played, notes = resolve_request(asked)
    assert walks(played, 1) == [] and "'Tom' is to walk towards the partner at 6.00 s" in notes[0]


def test_a_prompt_is_played_by_its_words():
    played, notes = resolve_request(shot(InteractionSpan(2.0, 9.0, (0,), "", "Tom walks up to Mia")))
    assert walks(played, 0) == [] and len(walks(played, 1)) == 1 and notes == []


def test_what_is_not_played_is_said_and_changes_nothing():
    plain, _ = resolve_request(shot())
    played, notes = resolve_request(
        shot(InteractionSpan(2.0, 9.0, (0,), "carry on back"), InteractionSpan(3.0, 4.0, (1,), "carry on back"))
    )
    assert notes == ["The model cannot play 'carry on back' yet: nothing is generated for this strip."], "once"
    assert played.actors == plain.actors


def test_every_category_that_is_said_to_be_played_gives_no_warning():
    for category in PLAYED_INTERACTIONS:
        _, notes = resolve_request(shot(InteractionSpan(1.0, 9.0, (0,), category)))
        assert notes == []
