"""What becomes of a request before it is played: seats, walks, partners, and what cannot be done."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.tracks import label_track, root_constraints_of
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    ActionSpan,
    Actor,
    MotionConstraints,
    Request,
    Waypoint,
    request_to_json,
)
from model_runtime.planning.resolve_request import resolve_request
from model_runtime.planning.trajectories import RootConstraints

EAST = np.pi / 2  # the heading that faces +X


def actor(name: str = "Mia", at: tuple[float, float] = (-3.0, 0.0), *spans: tuple, **changes: Any) -> Actor:
    return Actor(name, AVERAGE_SKELETON, at, EAST, actions=tuple(ActionSpan(*span) for span in spans), **changes)


def shot(first: Actor, second: Actor | None = None, seconds: float = 8.0) -> Request:
    return Request(seconds, (first, second or actor("Tom", (2.0, 0.0))))


def played(
    first: Actor, second: Actor | None = None
) -> tuple[list[tuple[str, float, float]], list[Waypoint], list[str]]:
    """Labels, places and notes of the first actor."""
    request, notes = resolve_request(shot(first, second))
    return (
        [(span.label, span.start, span.end) for span in request.actors[0].actions],
        list(request.actors[0].waypoints),
        notes,
    )


def wanted(first: Actor, second: Actor | None = None) -> RootConstraints:
    request, _ = resolve_request(shot(first, second))
    labels = np.stack([label_track(who, request.frames) for who in request.actors])
    return root_constraints_of(request.actors, labels, request.frames)


def frame(seconds: float) -> int:
    return round(seconds * FPS)


SEATED = (Waypoint(8.0, (0.0, 0.0), EAST),)


def test_a_walk_that_ends_on_a_seat_arrives_before_it_turns_and_sits_when_asked():
    labels, points, notes = played(
        actor("Mia", (3.0, 0.0), ("walk", 0, 4), ("sit", 4, 8), waypoints=SEATED), actor("Tom", (2.0, 4.0))
    )
    assert [label for label, _, _ in labels] == ["walk", "stand", "sit"] and labels[2][1:] == (4, 8)
    assert 1.0 <= labels[1][2] - labels[1][1] <= 1.5, "half a turn takes longer than a stop"
    arrival, turned = points[0], points[1]
    assert arrival.time == labels[0][2] and arrival.position == pytest.approx((0.38, 0.0)) and arrival.heading is None
    assert 3.5 < turned.time < 4 and turned.position == arrival.position and turned.heading == EAST, (
        "with the seat behind"
    )
    assert notes == []


def test_the_seat_is_wanted_with_its_heading_from_sitting_down_until_rising():
    places = wanted(
        actor(
            "Mia",
            (-3.0, 0.0),
            ("walk", 0, 3),
            ("sit", 3, 6),
            ("walk", 6, 8),
            waypoints=(Waypoint(5.0, (0.0, 0.0), EAST), Waypoint(8.0, (0.0, 3.0))),
        )
    )
    seated = slice(frame(4.0), frame(5.6))
    assert places.has_position[0, seated].all() and places.has_heading[0, seated].all()
    assert (places.position[0, seated] == 0).all() and np.allclose(places.heading[0, seated], EAST)
    held = np.flatnonzero(places.has_position[0, frame(5.6) + 1 :]) + frame(5.6) + 1
    assert list(held) == [frame(6.4) - 1, frame(8.0)], "who rises is held no longer, and stands before the seat"
    assert places.position[0, frame(6.4) - 1].tolist() == pytest.approx([0.38, 0.0])


def test_who_walks_after_sitting_rises_around_the_change():
    labels, _, _ = played(
        actor("Mia", (0.0, 0.0), ("sit", 0, 4), ("walk", 4, 8), waypoints=(Waypoint(8.0, (-3.0, 2.0)),))
    )
    assert labels == [("sit", 0, 3.6), ("stand", 3.6, 4.4), ("walk", 4.4, 8.0)]


def test_a_seat_that_one_comes_to_from_behind_is_passed_by():
    _, points, _ = played(actor("Mia", (-3.0, 0.1), ("walk", 0, 4), ("sit", 4, 8), waypoints=SEATED))
    assert abs(points[0].position[1]) >= 0.7 and 0 < points[0].time < points[1].time


def test_without_a_seat_one_sits_on_an_invisible_one_where_the_walk_ends_and_is_told_so():
    _, points, notes = played(
        actor("Mia", (-3.0, 0.0), ("walk", 0, 4), ("sit", 4, 8), waypoints=(Waypoint(4.0, (0.0, 0.0)),))
    )
    assert notes == ["No seat is given for 'Mia', who sits from 4.00 s on an invisible one 0.45 m high; choose a seat."]
    assert points[-1].position == pytest.approx((-0.38, 0.0)) and points[-1].heading == pytest.approx(EAST), (
        "behind, to face the partner"
    )
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("sit", 0, 8)))
    assert points[-1].position == (-3.0, 0.0) and "No seat is given" in notes[0]


def test_a_seat_too_far_for_a_step_is_walked_to_and_one_out_of_reach_is_not():
    labels, points, notes = played(actor("Mia", (-2.0, 0.0), ("sit", 5, 8), waypoints=SEATED))
    assert [label for label, _, _ in labels] == ["stand", "walk", "stand", "sit"]
    assert "walks there from" in notes[0] and points[-1].position == (0.0, 0.0)
    _, points, notes = played(actor("Mia", (-20.0, 0.0), ("walk", 0, 2), ("sit", 2, 8), waypoints=SEATED))
    assert "comes" in notes[0] and "an invisible seat takes its place" in notes[1]
    assert points[-1].position[0] < -15


def test_who_sits_from_the_first_frame_starts_on_the_seat():
    request, _ = resolve_request(shot(actor("Mia", (-2.0, 0.0), ("sit", 0, 8), waypoints=SEATED)))
    assert request.actors[0].position == (0.0, 0.0)


def test_a_walk_to_the_partner_stops_at_talking_distance_facing_there():
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("walk", 1, 4, True)))
    assert points[0].position == pytest.approx((0.8, 0.0)) and points[0].heading == pytest.approx(EAST) and notes == []


def test_a_walk_to_a_partner_who_moves_goes_where_the_partner_will_be():
    tom = actor("Tom", (2.0, 0.0), ("walk", 1, 4), waypoints=(Waypoint(4.0, (0.0, 3.0)),))
    _, points, _ = played(actor("Mia", (-3.0, 3.0), ("walk", 1, 4, True)), tom)
    assert points[0].position == pytest.approx((-1.2, 3.0))


def test_two_who_walk_to_each_other_meet_halfway():
    request, _ = resolve_request(
        shot(actor("Mia", (-3.0, 0.0), ("walk", 1, 4, True)), actor("Tom", (3.0, 0.0), ("walk", 1, 4, True)))
    )
    assert [who.waypoints[-1].position[0] for who in request.actors] == pytest.approx([-0.6, 0.6])


def test_who_stops_beside_the_partner_turns_there_unless_told_which_way_to_face():
    way = ("walk", 0, 3), ("stand", 3, 8)
    target = Waypoint(3.0, (0.0, 0.0))
    aside = actor("Tom", (0.0, 2.0))
    labels, points, _ = played(actor("Mia", (-3.0, 0.0), *way, waypoints=(target,)), aside)
    turned = points[1]
    assert [label for label, _, _ in labels] == ["walk", "stand"] and points[0] == target
    assert turned.heading == pytest.approx(np.pi) and turned.position == (0.0, 0.0) and 4.5 < turned.time < 5.5, (
        "a quarter turn takes its time"
    )
    assert points[2].time == 8.0 and points[2].heading == turned.heading, "and it is kept to the end"
    facing_east = replace(target, heading=EAST)
    assert played(actor("Mia", (-3.0, 0.0), *way, waypoints=(facing_east,)), aside)[1] == [facing_east]
    ahead = played(actor("Mia", (-3.0, 0.0), *way, waypoints=(target,)), actor("Tom", (3.0, 0.0)))[1]
    assert [point.heading for point in ahead[1:]] == pytest.approx([EAST, EAST]) and ahead[-1].time == 8.0, (
        "already in front: and kept to"
    )
    assert len(played(actor("Mia", (-3.0, 0.0), *way, waypoints=(target,)), actor("Tom", (0.0, 9.0)))[1]) == 1, (
        "too far away"
    )
    assert (
        len(
            played(
                actor("Mia", (-3.0, 0.0), ("walk", 0, 6.5), ("stand", 6.5, 8), waypoints=(replace(target, time=6.5),)),
                aside,
            )[1]
        )
        == 1
    ), "no time"


def test_who_stands_turns_to_a_partner_who_has_walked_round():
    round_me = actor("Tom", (2.0, 0.0), ("walk", 0, 4), ("stand", 4, 8), waypoints=(Waypoint(4.0, (-3.0, 2.0)),))
    _, points, _ = played(actor("Mia", (-3.0, 0.0), ("stand", 0, 8)), round_me)
    assert (
        points[0].heading == pytest.approx(np.pi) and 5.0 < points[0].time < 6.5 and points[0].position == (-3.0, 0.0)
    )


def test_who_has_risen_turns_to_the_partner_and_keeps_facing_it():
    seat, beside = (Waypoint(2.0, (0.0, 0.0), EAST),), actor("Tom", (0.0, 1.5))
    _, points, notes = played(actor("Mia", (0.0, 0.0), ("sit", 0, 3), ("stand", 3, 8), waypoints=seat), beside)
    risen = next(point for point in points if point.time > 3.5)
    turned, held = points[-2:]
    assert turned.heading is not None
    assert risen.heading is None and turned.time > risen.time + 1.0, "the turn begins on its feet"
    towards = np.subtract((0.0, 1.5), turned.position)
    assert [np.sin(turned.heading), -np.cos(turned.heading)] == pytest.approx(list(towards / np.linalg.norm(towards)))
    assert held.time == 8.0 and held.heading == turned.heading and notes == []


def test_who_has_risen_on_the_way_to_a_walk_is_left_to_turn_as_it_sets_off():
    script = ("sit", 0, 3), ("stand", 3, 5), ("walk", 5, 8)
    target = (Waypoint(2.0, (0.0, 0.0), EAST), Waypoint(8.0, (3.0, 0.0)))
    _, points, _ = played(actor("Mia", (0.0, 0.0), *script, waypoints=target), actor("Tom", (0.0, 1.5)))
    assert all(point.heading is None for point in points if point.time > 3.1)


def test_who_has_to_go_elsewhere_turns_before_setting_off():
    def points(*spans: tuple, target: tuple[float, float] = (-6.0, 0.0)) -> list[Waypoint]:
        return played(actor("Mia", (-3.0, 0.0), *spans, waypoints=(Waypoint(8.0, target),)), actor("Tom", (0.0, 9.0)))[
            1
        ]

    behind = points(("stand", 0, 4), ("walk", 4, 8))
    assert behind[0].time == 4.0 and behind[0].position == (-3.0, 0.0) and behind[0].heading is not None
    assert abs(behind[0].heading - EAST) == pytest.approx(np.pi - 0.15)
    assert [point.time for point in points(("stand", 0, 4), ("walk", 4, 8), target=(0.0, 1.0))] == [8.0], "ahead"
    assert [point.time for point in points(("stand", 0, 0.5), ("walk", 0.5, 8))] == [8.0], "no time"


def test_who_plays_alone_turns_to_nobody():
    alone = Request(
        8.0, (actor("Mia", (-3.0, 0.0), ("walk", 0, 3), ("stand", 3, 8), waypoints=(Waypoint(3.0, (0.0, 0.0)),)),)
    )
    assert len(resolve_request(alone)[0].actors[0].waypoints) == 1


def test_a_target_inside_the_partner_is_stopped_short_of_with_a_note():
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("walk", 1, 6), waypoints=(Waypoint(6.0, (1.9, 0.0)),)))
    assert points[0].position == pytest.approx((1.4, 0.0))
    assert notes == ["'Mia' is to walk to a place 0.10 m from 'Tom' and stops 0.60 m away; move the target."]


def test_a_walk_faster_than_people_comes_as_far_as_it_can_and_says_so():
    _, points, notes = played(actor("Mia", (-20.0, 0.0), ("walk", 1, 2), waypoints=(Waypoint(2.0, (0.0, 0.0)),)))
    assert points[0].time == 2.0 and -19.5 < points[0].position[0] < -18.5
    assert notes == [
        "'Mia' would have to walk 20.0 m in 1.0 s at 1.00 s and comes 0.9 m far; "
        "make the walk longer or bring the target nearer."
    ]


def test_the_places_of_a_path_keep_their_times_unless_one_comes_too_soon():
    path = (Waypoint(2.0, (-2.0, 1.0)), Waypoint(4.0, (0.0, 1.5)), Waypoint(6.0, (0.5, 0.0)))
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("walk", 0, 6), waypoints=path))
    assert tuple(points) == path and notes == []
    hasty = (replace(path[0], time=0.2), *path[1:])
    _, points, notes = played(actor("Mia", (-3.0, 0.0), ("walk", 0, 6), waypoints=hasty))
    assert [point.position for point in points] == [point.position for point in path]
    assert points[0].time > 0.8 and "even pace" in notes[0]


def test_two_who_start_inside_each_other_are_told_and_stay_as_asked():
    request, notes = resolve_request(shot(actor("Mia", (0.0, 0.0)), actor("Tom", (0.1, 0.0))))
    assert notes == ["'Mia' and 'Tom' start inside each other, 0.10 m apart; move one of them before the shot."]
    assert [who.position for who in request.actors] == [(0.0, 0.0), (0.1, 0.0)]


def test_actors_seated_from_the_start_are_on_their_seats_wherever_their_rigs_stand():
    first = actor("Mia", (0.0, 0.0), ("sit", 0, 8), waypoints=(Waypoint(0.1, (-1.0, 0.0), EAST),))
    second = actor("Tom", (0.0, 0.0), ("sit", 0, 8), waypoints=(Waypoint(0.1, (1.0, 0.0), -EAST),))
    _, notes = resolve_request(shot(first, second))
    assert notes == []
    alone, _ = resolve_request(Request(8.0, (first,)))
    assert alone.actors[1].position == pytest.approx((0.2, 0.0), abs=1e-6), "opposite the seat"
    _, notes = resolve_request(shot(replace(first, position=(5.0, 5.0)), replace(second, waypoints=first.waypoints)))
    assert notes == ["'Mia' and 'Tom' start inside each other, 0.00 m apart; move one of them before the shot."]


def test_one_actor_gets_somebody_to_stand_opposite():
    request, notes = resolve_request(Request(8.0, (actor("Mia", (0.0, 0.0)),)))
    assert (
        len(request.actors) == 2 and request.actors[1].position == pytest.approx((1.2, 0.0), abs=1e-6) and notes == []
    )
    assert not request.actors[1].speech
    walk = actor("Mia", (0.0, 0.0), ("walk", 0, 8), waypoints=(Waypoint(8.0, (4.0, 0.0)),))
    request, _ = resolve_request(Request(8.0, (walk,)))
    assert abs(request.actors[1].position[1]) > 1.0, "not in the way of a walk"


def test_the_request_itself_stays_as_it_was():
    asked = shot(actor("Mia", (-3.0, 0.0), ("walk", 0, 2), ("stand", 2, 2.1), ("sit", 2.1, 8), waypoints=SEATED))
    before = request_to_json(asked)
    assert resolve_request(asked)[0] is not asked and request_to_json(asked) == before


def test_labels_of_kept_motion_stay_as_asked_and_what_follows_goes_on_from_there():
    frames = frame(4.0)
    roots = np.zeros((frames, 3), np.float32)
    roots[:, :2] = (1.0, -1.0)
    keep = np.zeros((frames, len(BODY_PARTS)), bool)
    keep[:, 0] = True
    rotations = np.tile([1, 0, 0, 0], (frames, 52, 1)).astype(np.float32)
    kept = MotionConstraints(roots, rotations, np.zeros((frames, 52), np.float32), keep)
    labels, points, notes = played(
        actor(
            "Mia",
            (-3.0, 0.0),
            ("walk", 0, 2),
            ("sit", 2, 4),
            ("walk", 4, 8),
            waypoints=(Waypoint(8.0, (1.0, 1.0)),),
            constraints=kept,
        )
    )
    assert labels == [("walk", 0, 2), ("sit", 2, 4), ("walk", 4, 8)] and notes == []
    assert points[-1].position == (1.0, 1.0)


def test_an_actor_turns_to_what_a_stand_faces_and_not_to_the_partner():
    window = (-3.0, 6.0)
    mia = actor("Mia", (-3.0, 0.0), ("stand", 0.0, 3.0), ("stand", 3.0, 8.0, False, window))
    _, points, notes = played(mia)
    headings = [(point.time, point.heading) for point in points if point.heading is not None and point.time > 3.0]
    assert headings and abs(abs(headings[-1][1]) - np.pi) < 0.01 and headings[0][0] < 6.5 and not notes
