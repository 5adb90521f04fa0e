"""Nobody walks through the partner, whatever way was made."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.common.arrays import Array

from ...body_model import rotations as rot
from ...body_model.body_shape import BodyShape, default_body_shape
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX
from ...contract import FPS
from ...metrics.penetration import Body, pair_penetration
from ...refine.arm_collisions import clear_arms
from ...refine.avoidance import avoid_partner

BODY = AVERAGE_SKELETON
FRAMES = 6 * FPS
TIME = np.arange(FRAMES) / FPS


def pair(first: Array, second: Array) -> tuple[Array, Array]:
    """Roots (2, T, 3) along places (T, 2) and rotations (2, T, 52, 4) of two with their arms hanging."""
    rotations = np.tile(rot.IDENTITY, (2, FRAMES, 52, 1)).astype(np.float32)
    for side, sign in (("left", 1), ("right", -1)):
        rotations[:, :, INDEX[f"{side}_shoulder"]] = rot.from_axis_angle(np.radians([0.0, 80.0 * sign, 0.0]))
    height = np.full((FRAMES, 1), BODY.pelvis_height)
    return np.stack([np.concatenate([places, height], 1) for places in (first, second)]).astype(np.float32), rotations


def walking(x: float, speed: float) -> Array:
    return np.stack([np.full(FRAMES, x), speed * (TIME - 3.0)], -1)


def depth(roots: Array, rotations: Array, shape: BodyShape | None = None) -> float:
    return float(pair_penetration(*(Body(roots[a], rotations[a], BODY, shape) for a in range(2))).max())


@pytest.mark.parametrize("aside", [0.0, 0.1, -0.2, 0.4])
def test_two_who_walk_through_each_other_walk_past(aside: float) -> None:
    roots, rotations = pair(walking(aside, 1.2), walking(0.0, -1.0))
    assert depth(roots, rotations) > 0.03
    passed = avoid_partner(roots, rotations, [BODY, BODY])
    assert depth(passed, rotations) < 0.01
    np.testing.assert_array_equal(passed[:, [0, -1]], roots[:, [0, -1]])
    assert np.linalg.norm(np.diff(passed, axis=1), axis=-1).max() * FPS < 1.7


def test_wide_bodies_pass_with_more_room() -> None:
    roots, rotations = pair(walking(0.48, 1.2), walking(0.0, -1.0))
    wide = [default_body_shape(BODY).thickened(0.02)] * 2
    found = []
    for shapes in (None, wide):
        passed = avoid_partner(roots, rotations, [BODY, BODY], shapes=shapes)
        found.append(float(np.linalg.norm(passed[0] - passed[1], axis=-1).min()))
        assert depth(passed, clear_arms(passed, rotations, [BODY, BODY], shapes=shapes), wide[0]) < 0.005
    assert found[1] > found[0] + 0.002


def test_who_stands_stays_and_who_is_kept_does_too() -> None:
    roots, rotations = pair(walking(0.1, 1.2), np.zeros((FRAMES, 2)))
    passed = avoid_partner(roots, rotations, [BODY, BODY])
    assert np.abs(passed[1] - roots[1]).max() < 0.002 and depth(passed, rotations) < 0.01
    roots, rotations = pair(walking(0.1, 1.2), walking(0.0, -1.2))
    kept = avoid_partner(roots, rotations, [BODY, BODY], (True, False))
    np.testing.assert_array_equal(kept[0], roots[0])
    assert depth(kept, rotations) < 0.01


def test_two_who_pass_with_room_or_stand_close_are_left_alone() -> None:
    for first, second in (
        (walking(0.8, 1.2), walking(0.0, -1.0)),
        (np.zeros((FRAMES, 2)), np.tile([0.0, 0.3], (FRAMES, 1))),
    ):
        roots, rotations = pair(first, second)
        np.testing.assert_array_equal(avoid_partner(roots, rotations, [BODY, BODY]), roots)
