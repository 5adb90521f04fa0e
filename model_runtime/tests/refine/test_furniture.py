"""Arms of generated motion that went into furniture come out of it, and rest in a lap below a table where they may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.contacts import Body, measure_contacts
from model_runtime.body_model.obstacle import Obstacle
from model_runtime.body_model.skeleton import INDEX, forward_kinematics
from model_runtime.contract import FloatArray
from model_runtime.planning.height_normalisation import HeightNormalisation
from model_runtime.refine.arm_collisions import clear_arms
from model_runtime.refine.furniture import top_of
from model_runtime.refine.partner_legs import part_legs
from model_runtime.studies.furniture import boxes, table

from .test_arm_collisions import BODY, BUMP, FAR, FRAMES, posed, reaching

SHAPE = default_body_shape(BODY)
TABLE = table(0.0, -0.25)
TOP = 0.74


def seated_at(heights: FloatArray, ahead: float = -0.42) -> tuple[FloatArray, FloatArray]:
    """One who sits at the table, with the right hand ``ahead`` at ``heights`` (T,), palm down."""
    motion = posed(seated=True)
    place = np.stack([np.full(FRAMES, -0.15), np.full(FRAMES, ahead), heights], -1)
    reaching(motion, 1, place, (0.0, -1.0, 0.0))
    return motion


def cleared(motion: tuple[FloatArray, FloatArray], *things: Obstacle) -> FloatArray:
    root, rotations = motion
    away = posed()
    both = np.stack([root, away[0] + FAR]), np.stack([rotations, away[1]])
    return clear_arms(*both, [BODY, BODY], shapes=[SHAPE, None], furniture=[things, ()])[0]


def depth(root: FloatArray, rotations: FloatArray) -> FloatArray:
    """How deep forearms and hands (T,) are in the table."""
    away = posed()
    bodies = [Body(SHAPE, BODY, root, rotations), Body(SHAPE, BODY, away[0] + FAR, away[1])]
    found = measure_contacts(bodies, obstacles=[TABLE])
    deep = np.zeros(FRAMES, np.float32)
    for event in found.events:
        if event.other_part == "Table" and event.part in ("right_hand", "right_forearm", "left_hand", "left_forearm"):
            deep[event.start : event.end + 1] = np.maximum(deep[event.start : event.end + 1], event.depth)
    return deep


def hand(root: FloatArray, rotations: FloatArray) -> FloatArray:
    return forward_kinematics(root, rotations, BODY)[0][:, INDEX["right_middle1"]]


@pytest.mark.parametrize("sinks", [0.04, 0.12], ids=["into the board", "through it"])
def test_a_hand_that_sinks_into_a_table_stays_on_it_and_goes_on_smoothly(sinks: float) -> None:
    root, rotations = seated_at(TOP + 0.06 - (0.06 + sinks) * BUMP)
    assert depth(root, rotations).max() > 0.02
    result = cleared((root, rotations), TABLE)
    assert depth(root, result).max() < 0.01
    where = hand(root, result)
    assert where[:, 2].min() > TOP, "over the top, whichever way out is nearer"
    before, after = (np.linalg.norm(np.diff(hand(root, q), 2, axis=0), axis=-1).max() for q in (rotations, result))
    assert after < before + 0.004  # metres a frame^2
    other = [
        joint for joint in range(52) if joint not in [INDEX[f"right_{part}"] for part in ("shoulder", "elbow", "wrist")]
    ]
    np.testing.assert_array_equal(result[:, other], rotations[:, other])


def test_a_hand_that_rests_below_a_table_stays_there_and_one_that_comes_up_through_it_goes_over_it() -> None:
    lap = seated_at(np.full(FRAMES, 0.64), ahead=-0.3)
    np.testing.assert_allclose(cleared(lap, TABLE), cleared(lap), atol=1e-6)
    up = seated_at(0.64 + 0.25 * BUMP)
    result = cleared(up, TABLE)
    assert depth(*up).max() > 0.02 and depth(up[0], result).max() < 0.01
    below = hand(up[0], result)[:, 2] < TOP
    assert not below.any() or hand(up[0], result)[below, 1].min() > -0.25, "above the top, or before its edge"


def test_without_furniture_nothing_changes_bit_for_bit() -> None:
    motion = seated_at(TOP + 0.06 - 0.1 * BUMP)
    np.testing.assert_array_equal(cleared(motion), cleared(motion, table(5.0, 0.0)))


def test_the_room_below_a_top_is_filled_up_to_where_arms_reach_and_no_further() -> None:
    low, high = top_of(TABLE, 1.0), top_of(table(0.0, -0.25, height=1.4), 1.0)
    place = np.array([0.0, -0.6, 0.3], np.float32)
    assert TABLE.distance_at(place) > 0.2 > 0.0 > low.solid.distance_at(place)
    above = np.array([[0.0, -0.6, TOP + 0.05]], np.float32)
    assert low.solid.distance_at(above) == pytest.approx(0.05, abs=0.004), "exact where nothing was filled"
    assert high.solid.distance_at(place) > 0.1


def test_a_giant_meets_furniture_at_its_own_scale() -> None:
    scale = HeightNormalisation((2.0, 1.0), (1.0, 0.0))
    (mine,), (other,) = scale.into([TABLE])
    place = np.array([0.3, -0.4, 0.8], np.float32)
    assert mine.distance_at((place - [1.0, 0.0, 0.0]) / 2.0) == pytest.approx(TABLE.distance_at(place) / 2.0, abs=1e-5)
    assert other.distance_at(place - [1.0, 0.0, 0.0]) == pytest.approx(float(TABLE.distance_at(place)), abs=1e-5)


def in_shelf(root: FloatArray, rotations: FloatArray, shelf: Obstacle) -> FloatArray:
    """How deep the right upper arm is in a shelf, metres."""
    away = posed()
    bodies = [Body(SHAPE, BODY, root, rotations), Body(SHAPE, BODY, away[0] + FAR, away[1])]
    deep = [e.depth for e in measure_contacts(bodies, obstacles=[shelf]).events if e.part == "right_upper_arm"]
    return np.array([0.0, *deep], np.float32)


def test_an_upper_arm_leaves_a_shelf_beside_it_but_not_the_back_of_its_own_seat() -> None:
    root, rotations = posed()
    places = forward_kinematics(root, rotations, BODY)[0][0]
    shoulder, elbow = places[INDEX["right_shoulder"]], places[INDEX["right_elbow"]]
    x, y, z = 0.35 * shoulder + 0.65 * elbow
    shelf = boxes("Shelf", ((x - 0.3, y - 0.15, z - 0.04), (x - 0.02, y + 0.15, z + 0.04)))
    assert in_shelf(root, rotations, shelf).max() > 0.015
    result = cleared((root, rotations), shelf)
    assert in_shelf(root, result, shelf).max() < 0.01
    own = replace(shelf, seated=(0,))
    seat = cleared((root, rotations), own)
    other = cleared((root, rotations), boxes("Far", ((5.0, 5.0, 0.0), (5.1, 5.1, 0.1))))
    np.testing.assert_array_equal(seat[:, INDEX["right_shoulder"]], other[:, INDEX["right_shoulder"]])


def test_a_seated_knee_leaves_the_leg_of_a_table_and_its_foot_does_not_slide() -> None:
    root, rotations = posed(seated=True)
    away = posed()
    places = forward_kinematics(root, rotations, BODY)[0][0]
    x, y, z = places[INDEX["right_knee"]]
    post = boxes("Post", ((x - 0.10, y - 0.12, 0.0), (x - 0.03, y + 0.05, z + 0.02)))
    both = np.stack([root, away[0] + FAR]), np.stack([rotations, away[1]])
    stands = np.zeros((2, FRAMES, 4), np.float32)
    stands[0] = 1.0

    def knee_in(turned: FloatArray) -> float:
        bodies = [Body(SHAPE, BODY, root, turned), Body(SHAPE, BODY, away[0] + FAR, away[1])]
        return float(measure_contacts(bodies, obstacles=[post]).obstacle_depth[0].max())

    assert knee_in(rotations) > 0.02
    fixed = np.zeros((2, FRAMES), bool)
    result = part_legs(*both, [BODY, BODY], stands, fixed, [SHAPE, None], [[post], ()], together=False)
    assert knee_in(result[0]) < 0.011
    ankle = forward_kinematics(root, result[0], BODY)[0][:, INDEX["right_ankle"]]
    assert np.abs(np.diff(ankle, axis=0)).max() < 1e-4
    np.testing.assert_array_equal(result[1], both[1][1])
    assert (
        np.abs(forward_kinematics(root, result[0], BODY)[0][:, INDEX["left_knee"]] - places[INDEX["left_knee"]]).max()
        < 1e-5
    )
