"""Distances to furniture are those of the thing, and bodies in it are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model.contacts import CONTACT, PENETRATION, Body, Contacts, measure_contacts
from model_runtime.body_model.obstacle import Obstacle
from model_runtime.studies.furniture import boxes, table

from .test_contacts import SHAPE, SKELETON, body, standing, with_hand_at


def events(found: Contacts, kind: str) -> list[tuple[str, str, int, int]]:
    return [(e.part, e.other_part, e.start, e.end) for e in found.events if e.kind == kind and e.other_actor is None]


def test_distances_and_slopes_are_those_of_a_box_within_the_grid_and_beyond_it() -> None:
    block = boxes("Block", ((-0.3, -0.2, 0.0), (0.3, 0.2, 0.5)))
    rng = np.random.default_rng(0)
    places = rng.uniform((-1.0, -1.0, -0.5), (1.0, 1.0, 1.2), (500, 3)).astype(np.float32)
    beyond = np.abs(places - [0.0, 0.0, 0.25]) - [0.3, 0.2, 0.25]
    truth = np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(1), 0.0)
    near, far = truth < 0.1, truth > 0.3
    found, slope = block.around(places)
    assert np.abs(found - truth)[near].max() < 0.005
    assert (found[far] > 0.1).all()
    # One step back along the slope is on the surface.
    outside = near & (truth > 0.0)
    assert np.abs(block.distance_at(places - found[:, None] * slope))[outside].max() < 0.006


def test_a_hand_in_a_table_is_found_at_its_frames_and_depth_and_one_that_lies_on_it_touches_it() -> None:
    top = 0.74
    hand = with_hand_at(np.array([0.1, -0.3, top - 0.02]), slice(40, 60))
    found = measure_contacts([body(*hand), body(*standing(3.0))], obstacles=[table()])
    deep = [event for event in found.events if event.kind == PENETRATION and event.other_actor is None]
    hands = [event for event in deep if event.part == "right_hand"]
    assert [(e.other_part, e.start, e.end) for e in hands] == [("Table", 40, 59)]
    assert hands[0].depth == pytest.approx(0.02, abs=0.008)
    assert abs(hands[0].place[2] - top) < 0.02
    assert found.obstacle_depth[0, 40:60].min() >= 0.02 - 0.008
    assert not found.obstacle_depth[0, :40].any() and not found.obstacle_depth[1].any()
    assert found.capsule_depth[0][50].max() == pytest.approx(found.obstacle_depth[0, 50])
    lies = with_hand_at(np.array([0.1, -0.3, top + 0.01]), slice(40, 60))  # the thumb hangs lower than the palm
    found = measure_contacts([body(*lies), body(*standing(3.0))], obstacles=[table()])
    assert ("right_hand", "Table", 40, 59) in events(found, CONTACT)
    assert not [part for part, *_ in events(found, PENETRATION) if part.endswith("hand")]


def test_of_one_who_sits_on_it_a_seat_holds_pelvis_and_thighs_and_hands_may_not_be_in_it() -> None:
    root, rotations = standing()
    stool = boxes("Stool", ((-0.2, -0.2, 0.0), (0.2, 0.2, float(root[0, 2]) - 0.05)))
    sunk = measure_contacts([body(root, rotations), body(*standing(3.0))], obstacles=[stool])
    assert {part.rpartition("_")[2] for part, *_ in events(sunk, PENETRATION)} >= {"thigh"}
    mine = replace(stool, seated=(0,))
    held = measure_contacts([body(root, rotations), body(*standing(3.0))], obstacles=[mine])
    assert {part.rpartition("_")[2] for part, *_ in events(held, PENETRATION)} <= {"shin", "foot"}
    hand = with_hand_at(np.array([0.0, 0.0, 0.4]), slice(0, 90))
    inside = measure_contacts([body(*hand), body(*standing(3.0))], obstacles=[mine])
    assert "right_hand" in {part for part, *_ in events(inside, PENETRATION)}


def test_what_slides_over_a_table_has_its_speed() -> None:
    root, rotations = with_hand_at(np.array([0.0, -0.3, 0.735]), slice(0, 90))
    root[:, 1] += 0.3 / 30.0 * np.arange(90) * 0.3
    found = measure_contacts([Body(SHAPE, SKELETON, root, rotations), body(*standing(3.0))], obstacles=[table()])
    touch = next(e for e in found.events if e.kind == CONTACT and e.part == "right_hand" and e.other_part == "Table")
    assert touch.speed == pytest.approx(0.09, rel=0.05)


def test_a_moved_obstacle_is_the_same_thing_in_another_world() -> None:
    here = table()
    there = here.moved((1.0, -2.0, 0.0), 0.5)
    place = np.array([[0.2, -0.3, 0.78]], np.float32)
    assert there.distance_at((place - [1.0, -2.0, 0.0]) / 0.5) == pytest.approx(here.distance_at(place) / 0.5, abs=1e-5)
    assert isinstance(there, Obstacle)
