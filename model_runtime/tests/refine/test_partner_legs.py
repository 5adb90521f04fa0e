"""Legs and feet of two leave each other, and feet that stand do not slide for it."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.contacts import Body, measure_contacts
from model_runtime.body_model.feet import sole_points
from model_runtime.body_model.skeleton import INDEX
from model_runtime.contract import FloatArray
from model_runtime.refine.partner_legs import part_legs

from .test_arm_collisions import BODY, FRAMES, posed

SHAPE = default_body_shape(BODY)
LEGS = ("thigh", "shin", "foot")
Motion = tuple[FloatArray, FloatArray]


def placed(motion: Motion, x: float, y: float, heading: float = 0.0) -> Motion:
    root, rotations = (np.array(part) for part in motion)
    root[:, :2] += np.array([x, y], np.float32)
    rotations[:, 0] = rot.multiply(rot.about_z(np.full(FRAMES, heading)), rotations[:, 0])
    return root, rotations.astype(np.float32)


SEATED, STANDING = posed(seated=True), posed()
SCENES = {
    "seats 60 cm apart, knees to each other": (placed(SEATED, -0.3, 0.0, 0.45), placed(SEATED, 0.3, 0.0, -0.45)),
    "opposite each other": (placed(SEATED, 0.03, 0.42), placed(SEATED, 0.0, -0.42, np.pi)),
    "a foot in the shoe of one who sits": (placed(STANDING, -0.02, -0.43, np.pi), placed(SEATED, 0.05, 0.0)),
}


def parted(motions: tuple[Motion, Motion], contacts: FloatArray, fixed: FloatArray | None = None) -> FloatArray:
    roots, rotations = (np.stack([motion[k] for motion in motions]) for k in (0, 1))
    fixed = np.zeros((2, FRAMES), bool) if fixed is None else fixed
    return part_legs(roots, rotations, [BODY, BODY], contacts, fixed, [SHAPE, SHAPE])


def depth(motions: tuple[Motion, Motion], rotations: FloatArray) -> float:
    bodies = [Body(SHAPE, BODY, motion[0], q) for motion, q in zip(motions, rotations)]
    deep = [
        event.depth
        for event in measure_contacts(bodies).events
        if event.other_actor is not None and event.part.endswith(LEGS) and event.other_part.endswith(LEGS)
    ]
    return max(deep, default=0.0)


@pytest.mark.parametrize("scene", SCENES)
def test_legs_part_while_feet_stand_where_they_are_for_as_long(scene: str) -> None:
    motions = SCENES[scene]
    before = np.stack([q for _, q in motions])
    assert depth(motions, before) > 0.02
    after = parted(motions, np.ones((2, FRAMES, 4), np.float32))
    assert depth(motions, after) < 0.0105
    for (root, was), now in zip(motions, after):
        soles = sole_points(root, now, BODY)
        assert np.linalg.norm(np.diff(soles, axis=0), axis=-1).max() < 1e-4, "planted all the time"
        np.testing.assert_allclose(soles[..., 2], sole_points(root, was, BODY)[..., 2], atol=0.004)
        np.testing.assert_array_equal(now[:, INDEX["spine1"] :: 3], was[:, INDEX["spine1"] :: 3])


def test_who_may_not_move_stays_and_the_other_gives_way() -> None:
    motions = SCENES["a foot in the shoe of one who sits"]
    fixed = np.zeros((2, FRAMES), bool)
    fixed[1] = True
    after = parted(motions, np.ones((2, FRAMES, 4), np.float32), fixed)
    np.testing.assert_array_equal(after[1], motions[1][1])
    assert depth(motions, after) < 0.0105
    fixed[0] = True
    np.testing.assert_array_equal(parted(motions, np.ones((2, FRAMES, 4), np.float32), fixed)[0], motions[0][1])


def test_legs_that_do_not_meet_stay_bit_for_bit() -> None:
    motions = placed(SEATED, -0.6, 0.0), placed(STANDING, 0.6, 0.0)
    after = parted(motions, np.ones((2, FRAMES, 4), np.float32))
    np.testing.assert_array_equal(after, np.stack([q for _, q in motions]))
