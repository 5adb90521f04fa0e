"""Bodies of any size are played at the size of people and given back at their own."""

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import Actor, Request, Waypoint
from model_runtime.planning.height_normalisation import HUMAN, HeightNormalisation, height_units, normalise_heights


def pair(first: float, second: float) -> Request:
    """Two of these heights in metres, 1 m apart at (10, 20)."""
    actors = [
        Actor(
            name,
            AVERAGE_SKELETON.scaled(height / AVERAGE_SKELETON.height),
            (x, 20.0),
            waypoints=(Waypoint(2.0, (x, 21.0)),),
        )
        for name, height, x in (("Mia", first, 9.5), ("Tom", second, 10.5))
    ]
    return Request(4.0, (actors[0], actors[1]))


def test_people_from_children_to_the_tallest_are_left_alone():
    request = pair(1.4, 2.05)
    assert normalise_heights(request) == (request, HeightNormalisation())


@pytest.mark.parametrize("height", [0.4, 4.0])
def test_two_dolls_or_two_giants_share_one_scale_and_nothing_between_them_changes(height):
    request = pair(height, 1.2 * height)
    scaled, scale = normalise_heights(request)
    assert scale.units[0] == scale.units[1]
    assert all(HUMAN[0] <= actor.skeleton.pelvis_height <= HUMAN[1] for actor in scaled.actors)
    apart = np.subtract(scaled.actors[1].position, scaled.actors[0].position) * scale.units[0]
    np.testing.assert_allclose(apart, (1.0, 0.0), atol=1e-6)


@pytest.mark.parametrize("heights", [(0.4, 1.7), (4.0, 1.7), (0.4, 4.0)])
def test_of_two_very_different_sizes_both_are_played_as_people_on_the_line_between_them(heights):
    scaled, _ = normalise_heights(pair(*heights))
    assert all(HUMAN[0] <= actor.skeleton.pelvis_height <= HUMAN[1] for actor in scaled.actors)
    (x0, y0), (x1, y1) = (actor.position for actor in scaled.actors)
    assert y0 == pytest.approx(0.0) and y1 == pytest.approx(0.0) and x0 < 0 < x1


@pytest.mark.parametrize("heights", [(0.4, 0.45), (0.4, 1.7), (1.7, 1.7)])
def test_what_was_scaled_comes_back_in_its_place(heights):
    request = pair(*heights)
    scaled, scale = normalise_heights(request)
    roots = np.array(
        [[[*actor.waypoints[0].position, actor.skeleton.pelvis_height]] for actor in scaled.actors], np.float32
    )
    asked = [[[*actor.waypoints[0].position, actor.skeleton.pelvis_height]] for actor in request.actors]
    np.testing.assert_allclose(scale.back(roots), asked, atol=1e-5)


def test_units_are_those_of_the_bodies_where_one_is_human():
    assert height_units((0.955, 2.2))[0] == 1.0 and height_units((0.955, 2.2))[1] == pytest.approx(2.2 / 0.955)
