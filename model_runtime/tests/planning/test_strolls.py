"""Walks without a target: they stay near, keep clear of partner and seats, and end where the script goes on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import BODY_PARTS, FPS, ActionSpan, Actor, MotionConstraints, Request, Waypoint
from model_runtime.planning.resolve_request import resolve_request
from model_runtime.planning.strolls import Surroundings, stroll

EAST = np.pi / 2  # the heading that faces +X
HERE, PARTNER = np.array([-0.75, 0.0]), np.array([0.75, 0.0])
SEAT = (Waypoint(9.5, (-0.75, 0.0), EAST),)


def mia(*spans: tuple, waypoints: tuple[Waypoint, ...] = (), kept: MotionConstraints | None = None) -> Actor:
    actions = tuple(ActionSpan(*span) for span in spans)
    return Actor("Mia", AVERAGE_SKELETON, (-0.75, 0.0), EAST, actions=actions, waypoints=waypoints, constraints=kept)


def tom(*spans: tuple) -> Actor:
    actions = tuple(ActionSpan(*span) for span in spans)
    return Actor("Tom", AVERAGE_SKELETON, (0.75, 0.0), -EAST, actions=actions)


def planned(first: Actor, second: Actor | None = None) -> tuple[list[Waypoint], list[Waypoint], list[str]]:
    """The waypoints of both over ten seconds, and the notes."""
    request, notes = resolve_request(Request(10.0, (first, second or tom())))
    return list(request.actors[0].waypoints), list(request.actors[1].waypoints), notes


def way(points: list[Waypoint], start: np.ndarray = HERE) -> np.ndarray:
    return np.array([start, *(point.position for point in points)])


def length(points: list[Waypoint]) -> float:
    return float(np.linalg.norm(np.diff(way(points), axis=0), axis=-1).sum())


def test_a_short_walk_is_an_arc_around_the_partner_after_which_the_actor_turns_back_to_it() -> None:
    points, _, notes = planned(mia(("walk", 3, 5)))
    on_the_way = [point for point in points if 3.0 < point.time <= 5.0]
    apart = np.linalg.norm(way(on_the_way) - PARTNER, axis=-1)
    assert apart == pytest.approx(np.full(len(apart), 1.5), abs=0.2) and notes == []
    assert 1.2 < length(on_the_way) < 1.7, "a metre a second, less setting off and stopping"
    turned = points[-1]
    towards = PARTNER - np.array(turned.position)
    assert turned.heading is not None and turned.position == on_the_way[-1].position
    assert [np.sin(turned.heading), -np.cos(turned.heading)] == pytest.approx(list(towards / np.linalg.norm(towards)))


def test_a_walk_of_a_second_is_a_few_steps() -> None:
    points, _, _ = planned(mia(("walk", 3, 4)))
    assert 0.3 < length([point for point in points if 3.0 < point.time <= 4.0]) < 0.7


@pytest.mark.parametrize("seconds", [4.0, 6.0, 9.0])
def test_a_long_walk_comes_back_to_where_it_began(seconds: float) -> None:
    points, _, _ = planned(mia(("walk", 1, 1 + seconds)))
    strolled = [point for point in points if 1.0 < point.time <= 1 + seconds]
    assert strolled[-1].position == pytest.approx(tuple(HERE), abs=1e-6)
    assert np.linalg.norm(way(strolled) - HERE, axis=-1).max() < 2.6, "no further than needed"
    assert length(strolled) == pytest.approx(seconds - 0.5, rel=0.1)


def test_nothing_before_the_walk_changes_but_the_turn_to_it() -> None:
    points, partners, _ = planned(mia(("walk", 6, 8)))
    assert [point for point in points if point.time < 6.0] == []
    assert [(point.time, point.position) for point in points if point.time == 6.0] == [(6.0, tuple(HERE))]
    assert all(point.time > 6.0 for point in partners)


def test_the_next_walk_sets_off_from_where_the_actor_is_then() -> None:
    points, _, _ = planned(mia(("walk", 1, 3), ("walk", 7, 9), waypoints=(Waypoint(9.0, (-3.0, 1.5)),)))
    arrived = next(point for point in points if point.time == 3.0)
    sets_off = next(point for point in points if point.time == 7.0)
    assert sets_off.position == arrived.position and sets_off.heading is not None and points[-1].time == 9.0


def test_of_two_sides_the_one_nearer_to_the_next_target_is_taken() -> None:
    for side in (1.0, -1.0):
        target = Waypoint(9.0, (0.0, 3.0 * side))
        points, _, _ = planned(mia(("walk", 1, 3), ("walk", 7, 9), waypoints=(target,)))
        assert side * next(point for point in points if point.time == 3.0).position[1] > 0.5


def test_a_walk_before_a_seat_leads_in_front_of_it_though_a_stand_lies_between() -> None:
    seat = (Waypoint(9.5, (-2.5, 0.5), EAST),)
    points, _, notes = planned(mia(("walk", 1, 5), ("stand", 5, 8), ("sit", 8, 10), waypoints=seat))
    arrived = next(point for point in points if point.time == 5.0)
    assert arrived.position == pytest.approx((-2.12, 0.5)) and notes == []


def test_a_walk_after_sitting_comes_back_to_the_front_of_the_seat_and_never_leads_over_it() -> None:
    script = (("sit", 0, 2), ("walk", 2, 6), ("stand", 6, 8.5), ("sit", 8.5, 10))
    points, _, notes = planned(mia(*script, waypoints=(*(Waypoint(0.5, SEAT[0].position, EAST),), *SEAT)))
    strolled = [point for point in points if 2.9 < point.time <= 6.0]
    assert strolled[-1].position == pytest.approx((-0.37, 0.0)) and notes == []
    assert np.linalg.norm(way(strolled[:-1], np.array([-0.37, 0.0])) - HERE, axis=-1).min() > 0.3


def given_from(seconds: float, place: tuple[float, float]) -> MotionConstraints:
    """Motion that stays at a place, given from a time on."""
    frames = round(10 * FPS) + 1
    roots = np.tile(np.array([*place, 0.9], np.float32), (frames, 1))
    rotations = np.tile(np.array([1, 0, 0, 0], np.float32), (frames, 52, 1))
    mask = np.zeros((frames, len(BODY_PARTS)), bool)
    mask[round(seconds * FPS) :, BODY_PARTS.index("lower")] = True
    return MotionConstraints(roots, rotations, np.zeros((frames, 52), np.float32), mask)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
def test_a_free_walk_of_any_length_is_back_in_time_where_motion_that_is_given_goes_on(seconds: float) -> None:
    kept = given_from(4 + seconds, (-0.8, 0.05))
    points, _, notes = planned(mia(("walk", 3, 3 + seconds), kept=kept))
    strolled = [point for point in points if 3.0 < point.time <= 3 + seconds]
    assert strolled[-1].time == 3 + seconds and strolled[-1].position == pytest.approx((-0.8, 0.05)) and notes == []
    assert np.linalg.norm(way(strolled) - HERE, axis=-1).max() > 0.1, "it goes somewhere"
    times = [3.0, *(point.time for point in strolled)]
    steps = np.linalg.norm(np.diff(way(strolled), axis=0), axis=-1) / np.diff(times)
    assert steps.max() < 1.5, "at the pace of a walk"
    assert np.linalg.norm(way(strolled) - PARTNER, axis=-1).min() > 0.8


def test_who_steps_aside_and_back_keeps_facing_the_partner_and_minds_a_seat() -> None:
    seats = [np.array([-0.75, 0.6]), np.array([-0.75, -0.6])]
    around = Surroundings(PARTNER, seats)
    points = stroll(3.0, 4.0, HERE, EAST, 0.55, around, 1.0, HERE)
    assert [point.heading for point in points] == pytest.approx([EAST, EAST])
    assert points[0].position[0] < -0.95 and points[0].position[1] == pytest.approx(0.0), "backwards, between the seats"


def test_a_walk_leads_to_where_the_motion_begins_that_is_given_after_it() -> None:
    kept = given_from(7.0, (-2.0, 1.0))
    points, _, notes = planned(mia(("walk", 1, 4), ("stand", 4, 7), ("sit", 7, 10), kept=kept))
    assert next(point for point in points if point.time == 4.0).position == pytest.approx((-2.0, 1.0)) and notes == []


def test_a_walk_that_passes_its_last_place_early_strolls_on_from_there() -> None:
    points, _, _ = planned(mia(("walk", 1, 7), waypoints=(Waypoint(3.0, (-1.5, 1.5)),)))
    assert next(point for point in points if point.time == 3.0).position == (-1.5, 1.5)
    last = [point for point in points if 3.0 < point.time <= 7.0]
    assert last[-1].time == 7.0 and np.linalg.norm(way(last) - np.array([-1.5, 1.5]), axis=-1).max() < 3.0


def test_a_walk_to_where_the_actor_is_leads_out_and_back() -> None:
    points, _, _ = planned(mia(("walk", 1, 6), waypoints=(Waypoint(6.0, (-0.75, 0.1)),)))
    strolled = [point for point in points if 1.0 < point.time <= 6.0]
    assert strolled[-1].position == pytest.approx((-0.75, 0.1)) and length(strolled) > 3.5


def test_the_partner_knows_where_the_walk_led_and_turns_there() -> None:
    _, partners, _ = planned(mia(("walk", 2, 4)))
    heading = next(point.heading for point in partners if point.heading is not None)
    assert abs(heading + EAST) > np.radians(35)


def test_two_who_walk_about_at_once_stay_clear_of_each_other() -> None:
    points, partners, _ = planned(mia(("walk", 2, 4)), tom(("walk", 2, 4)))
    for mine, theirs in zip([p for p in points if 2 < p.time <= 4], [p for p in partners if 2 < p.time <= 4]):
        assert np.linalg.norm(np.subtract(mine.position, theirs.position)) > 0.8


def test_who_walks_until_the_shot_ends_arrives_facing_the_partner() -> None:
    points, _, _ = planned(mia(("walk", 6, 10)))
    assert points[-1].time == 10.0 and points[-1].heading == pytest.approx(EAST, abs=1e-6)


def test_who_plays_alone_walks_about_too() -> None:
    request, notes = resolve_request(Request(10.0, (mia(("walk", 1, 3)),)))
    points = request.actors[0].waypoints
    assert notes == [] and points[-1].position == pytest.approx((0.75, 0.0)), "straight on"


def test_the_same_script_gives_the_same_walk() -> None:
    assert planned(mia(("walk", 1, 6)))[0] == planned(mia(("walk", 1, 6)))[0]


def test_no_stroll_runs_into_the_partner_or_over_a_seat_or_hurries() -> None:
    draw = np.random.default_rng(7)
    for _ in range(200):
        seconds = draw.uniform(0.5, 15.0)
        distance, bearing = draw.uniform(0.9, 3.0), draw.uniform(-np.pi, np.pi)
        partner = distance * np.array([np.sin(bearing), -np.cos(bearing)])
        seats = [partner, np.array([*draw.uniform(-3, 3, 2)])]
        seats = [seat for seat in seats if np.linalg.norm(seat) > 0.6]
        wanted = max(seconds - 0.5, 0.5 * seconds)
        points = stroll(2.0, 2.0 + seconds, np.zeros(2), bearing, wanted, Surroundings(partner, seats), 1.0)
        places = way(points, np.zeros(2))
        assert points[-1].time == pytest.approx(2.0 + seconds)
        assert np.linalg.norm(places - partner, axis=-1).min() > 0.7
        assert all(np.linalg.norm(places - seat, axis=-1).min() > 0.55 for seat in seats)
        times = [2.0, *(point.time for point in points)]
        speeds = [
            np.linalg.norm(b - a) / (after - before)
            for (a, b), (before, after) in zip(pairwise(places), pairwise(times))
        ]
        assert max(speeds) < 1.6
