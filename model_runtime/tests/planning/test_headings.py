"""The turns that lead to the headings asked for."""

import numpy as np
import pytest
import torch

from model_runtime.contract import FPS
from model_runtime.planning.headings import facing_ahead
from model_runtime.planning.motion_plan import seconds_to_turn
from model_runtime.planning.trajectories import RootConstraints, path_ahead

FRAMES = 300


def faced(knots=(), walk=None, goal=None, heading=0.0, now=0, stop=FRAMES, held=()) -> tuple[np.ndarray, np.ndarray]:
    """Heading (N,) of the first actor and where it is wanted, for headings asked for at frames (``knots``) or over
    spans (``held``).
    """
    flags = torch.zeros(2, FRAMES, dtype=torch.bool)
    places = RootConstraints(torch.zeros(2, FRAMES, 2), torch.zeros(2, FRAMES), flags, flags.clone(), 0.0)
    for frame, value in knots:
        places.heading[0, frame], places.has_heading[0, frame] = value, True
    for first, last, value in held:
        places.heading[0, first:last], places.has_heading[0, first:last] = value, True
    walking = np.zeros((2, FRAMES), bool)
    if walk:
        walking[0, walk[0] : walk[1]] = True
        if goal is not None:
            places.position[0, walk[1]], places.has_position[0, walk[1]] = torch.tensor(goal), True
    path, known = path_ahead(places, walking, np.zeros((2, 2), np.float32), now, stop)
    wanted, given = facing_ahead(places, walking, path, known, np.array([heading, 0.0]), now, stop)
    assert not given[1].any()
    return wanted[0], given[0]


def test_a_turn_takes_its_time_ends_on_its_frame_and_is_held_a_while():
    wanted, given = faced([(150, np.pi / 2)])
    first = 150 - round(seconds_to_turn(np.pi / 2) * FPS)
    assert given[first : 150 + FPS].all() and not given[: first - 1].any() and not given[150 + FPS + 1 :].any()
    assert (
        wanted[first] == 0 and wanted[150] == pytest.approx(np.pi / 2) and (np.diff(wanted[first:151]) >= -1e-6).all()
    )
    assert np.abs(np.diff(wanted[given])).max() * FPS < 1.6, "radians a second, eased in and out"


def test_the_shorter_way_round_is_taken():
    wanted, given = faced([(150, -3.0)], heading=3.0)
    assert wanted[150] == pytest.approx(2 * np.pi - 3.0) and wanted[given].min() > 2.99


def test_who_has_walked_turns_from_where_the_walk_led():
    wanted, given = faced([(200, 0.0)], walk=(30, 140), goal=(3.0, 0.0))
    assert not given[:125].any(), "on the way the path says it all"
    begin = int(np.flatnonzero(given)[0])
    assert (
        125 <= begin <= 150
        and wanted[begin] == pytest.approx(np.pi / 2, abs=0.05)
        and wanted[200] == pytest.approx(0.0)
    )


def test_a_heading_to_arrive_with_is_wanted_with_the_last_step_alone():
    wanted, given = faced([(140, np.pi / 2)], walk=(30, 140), goal=(3.0, 0.0))
    assert given[132:141].all() and not given[:125].any() and np.allclose(wanted[given], np.pi / 2, atol=0.05)


def test_after_a_walk_that_leads_anywhere_only_the_end_is_wanted():
    wanted, given = faced([(200, 1.0)], walk=(30, 140))
    assert not given[:189].any() and np.allclose(wanted[given], 1.0)


def test_on_a_seat_the_heading_is_wanted_throughout_and_a_walk_ends_what_is_held():
    wanted, given = faced(held=[(100, 200, 0.4)], walk=(215, 260), goal=(0.0, -2.0), heading=0.4)
    assert given[100:214].all() and np.allclose(wanted[given], 0.4) and not given[216:].any()


def test_a_heading_asked_for_twice_in_a_stand_is_wanted_in_between_and_from_wherever_a_window_begins():
    wanted, given = faced([(100, 0.7), (250, 0.7)])
    assert given[60:251].all() and np.allclose(wanted[100:251], 0.7)
    later, still = faced([(100, 0.7), (250, 0.7)], heading=0.9, now=150)
    assert still[:101].all() and np.allclose(later[:101], 0.7)
    assert not faced([(100, 0.7), (290, 0.7)], walk=(150, 200), goal=(2.0, 0.0))[1][140:190].any(), (
        "not on a walk between"
    )


def test_a_later_window_sees_the_rest_of_the_same_turn():
    whole, _ = faced([(150, 1.2)])
    wanted, given = faced([(150, 1.2)], heading=float(whole[125]), now=125)
    assert given[0] and wanted[25] == pytest.approx(1.2) and np.abs(wanted[:26] - whole[125:151]).max() < 0.25


def test_a_window_that_ends_before_the_turn_does_shows_its_beginning():
    whole, _ = faced([(150, 1.2)])
    wanted, given = faced([(150, 1.2)], stop=130)
    assert given[-1] and np.array_equal(wanted[given], whole[:130][given])
