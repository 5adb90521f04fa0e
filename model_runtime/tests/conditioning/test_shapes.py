"""The bodies of a request reach what keeps them apart."""

from __future__ import annotations

import numpy as np

from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.conditioning import conditioning_of
from model_runtime.contract import Actor, Request
from model_runtime.planning.height_normalisation import normalise_heights
from model_runtime.speech.prosody import PROSODY_SIZE


def test_a_body_comes_at_the_size_at_which_it_is_played() -> None:
    giant = AVERAGE_SKELETON.scaled(2.0)
    shape = default_body_shape(giant)
    request = Request(29 / 30, (Actor("A", giant, shape=shape), Actor("B", AVERAGE_SKELETON, (1.5, 0.0))))
    played, scale = normalise_heights(request)
    found = conditioning_of(played, [np.zeros((30, PROSODY_SIZE), np.float32)] * 2, (), 40, scale.units)
    first, second = found.shapes
    assert second is None and first is not None
    np.testing.assert_allclose(first.radius * scale.units[0], shape.radius, rtol=1e-5)
