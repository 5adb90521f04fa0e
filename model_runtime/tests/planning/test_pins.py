"""A pinned root is a place to stand or the seat, and nobody walks while head or root are held."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.contract import Pin, Waypoint
from model_runtime.planning.resolve_request import resolve_request

from .test_resolve_request import EAST, SEATED, actor, frame, played, shot, wanted


def root(start: float, end: float, x: float, y: float, heading: float | None = None) -> Pin:
    return Pin("root", start, end, ((x, y, 0.0),), heading)


def test_a_pinned_root_is_a_place_held_on_every_frame_with_its_heading() -> None:
    places = wanted(actor("Mia", (-3.0, 0.0), pins=(root(3.0, 5.0, -2.7, 0.2, 0.4),)))
    held = slice(frame(3.0), frame(5.0))
    assert places.has_position[0, held].all() and places.has_heading[0, [frame(3.0), frame(5.0)]].all()
    assert np.allclose(places.position[0, held], [-2.7, 0.2]) and np.allclose(places.heading[0, frame(5.0)], 0.4)
    assert not places.has_position[0, 1 : frame(3.0)].any() and not places.has_position[0, frame(5.0) + 1 :].any()


def test_a_pinned_root_too_far_for_a_step_is_walked_to() -> None:
    labels, points, notes = played(actor("Mia", (-3.0, 0.0), pins=(root(4.0, 6.0, -1.5, 1.0),)))
    assert [label for label, _, _ in labels] == ["stand", "walk", "stand"] and labels[1][2] == pytest.approx(4.0)
    assert "walks there from" in notes[0] and points[0].position == (-1.5, 1.0)


def test_who_is_pinned_from_the_first_frame_starts_there() -> None:
    request, _ = resolve_request(shot(actor("Mia", (-3.0, 0.0), pins=(root(0.0, 3.0, -1.0, 1.0, 0.5),))))
    assert request.actors[0].position == (-1.0, 1.0) and request.actors[0].heading == 0.5


def test_a_walk_leads_to_a_pin_that_cuts_it_and_goes_on_after_it() -> None:
    goal = Waypoint(7.0, (-1.0, -1.5))
    labels, points, notes = played(
        actor("Mia", (-3.0, 0.0), ("walk", 1, 7), waypoints=(goal,), pins=(root(3.0, 5.0, -2.0, -1.0),))
    )
    assert [(label, end) for label, _, end in labels] == [("stand", 1), ("walk", 3), ("stand", 5), ("walk", 7),
                                                           ("stand", 8)]  # fmt: skip
    assert points[0].position == (-2.0, -1.0) and any(point == goal for point in points)
    assert "the walk stops there until 5.00 s" in notes[0]


def test_a_pinned_root_in_a_sit_label_is_the_seat() -> None:
    pins = (root(4.0, 8.0, 0.5, 1.0, 0.2),)
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("walk", 0, 4), ("sit", 4, 8), waypoints=SEATED, pins=pins))
    assert points[-1].position == (0.5, 1.0) and points[-1].heading == pytest.approx(0.2) and notes == []


def test_who_is_held_with_a_heading_does_not_turn_to_the_partner_meanwhile() -> None:
    tom = actor("Tom", (2.0, 0.0), ("walk", 2, 5), waypoints=(Waypoint(5.0, (-2.0, 3.0)),))
    mia = actor("Mia", (-1.0, 0.0), pins=(root(0.0, 8.0, -1.0, 0.0, -EAST),))
    _, points, _ = played(mia, tom)
    assert {point.heading for point in points} <= {-EAST}


def test_a_head_pinned_further_away_than_one_leans_is_gone_to() -> None:
    near, far = (Pin("head", 3.0, 5.0, ((-3.0 + by, 0.0, 1.4),)) for by in (0.25, 1.0))
    assert played(actor("Mia", (-3.0, 0.0), pins=(near,)))[1] == []
    labels, points, _ = played(actor("Mia", (-3.0, 0.0), pins=(far,)))
    assert [label for label, _, _ in labels] == ["stand", "walk", "stand"] and -2.3 < points[0].position[0] < -2.0


def test_a_root_pinned_to_something_that_moves_stays_and_that_is_said() -> None:
    moving = Pin("root", 3.0, 5.0, ((-2.8, 0.0, 0.0), (0.0, 0.0, 0.0)))
    _, points, notes = played(actor("Mia", (-3.0, 0.0), pins=(moving,)))
    assert "does not follow it" in notes[0] and {point.position for point in points} == {(-2.8, 0.0)}
