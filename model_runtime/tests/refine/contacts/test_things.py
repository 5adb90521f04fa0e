"""Resolving takes hands out of furniture, leaves what is far from it, and tells how deep bodies were in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.contract import (
    ActionSpan,
    Actor,
    ActorPerformance,
    Performance,
    Request,
    Resolve,
    request_from_json,
    request_to_json,
)
from model_runtime.refine.contacts.things import Followed, _distance_at
from model_runtime.resolve import resolve, with_motion
from model_runtime.studies.furniture import table

from ..test_arm_collisions import BODY, BUMP, FAR, FRAMES, posed
from ..test_furniture import TABLE, TOP, depth, seated_at

SECONDS = (FRAMES - 1) / 30.0


def asked(heights: np.ndarray) -> tuple[Request, Performance]:
    """One who sits at the table, another one far away, both given, to be resolved."""
    away = posed()
    motions = [seated_at(heights), (away[0] + FAR, away[1])]
    nothing = np.zeros((FRAMES, 52), np.float32)
    performed = [ActorPerformance(n, root, q, nothing, nothing[:, :4]) for n, (root, q) in zip("AB", motions)]
    sits = (ActionSpan("sit", 0.0, SECONDS),)
    actors = (
        Actor("A", BODY, shape=default_body_shape(BODY), actions=sits),
        Actor("B", BODY, (float(FAR[0]), float(FAR[1])), shape=default_body_shape(BODY)),
    )
    request = Request(SECONDS, actors, resolve=Resolve(), obstacles=(TABLE,))
    performance = Performance((performed[0], performed[1]), {})
    return request_from_json(request_to_json(with_motion(request, performance))), performance


def test_a_hand_is_taken_out_of_a_table_and_pelvis_legs_and_the_partner_stay() -> None:
    request, before = asked(TOP + 0.06 - 0.1 * BUMP)
    after = resolve(request)
    mine, was = after.actors[0], before.actors[0]
    assert depth(was.root_positions, was.rotations).max() > 0.02
    assert depth(mine.root_positions, mine.rotations).max() < 0.005
    report = after.report["contacts"]
    assert report["deepest_in_furniture_before"] > 0.02 and report["deep_frames_in_furniture_after"] == 0.0
    assert report["largest_joint_change"] < 0.12
    np.testing.assert_array_equal(mine.root_positions, was.root_positions)
    np.testing.assert_array_equal(mine.rotations[:, 1:9:3], was.rotations[:, 1:9:3])
    np.testing.assert_array_equal(after.actors[1].rotations, before.actors[1].rotations)


def test_beside_furniture_that_nobody_is_in_nothing_changes() -> None:
    request, before = asked(np.full(FRAMES, TOP + 0.15))
    after = resolve(request)
    np.testing.assert_array_equal(after.actors[0].rotations, before.actors[0].rotations)
    elsewhere = resolve(replace(asked(TOP + 0.06 - 0.1 * BUMP)[0], obstacles=(table(4.0, 0.0),)))
    assert elsewhere.report["contacts"]["mean_joint_change"] == 0.0


def test_distances_in_torch_are_those_in_numpy_and_their_slope_leads_out() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform((-0.9, -1.2, 0.4), (0.9, 0.1, 1.1), (300, 3))
    nothing = torch.zeros(300, dtype=torch.long)
    grid, origin = torch.from_numpy(TABLE.distance).double(), torch.tensor(TABLE.origin, dtype=torch.float64)
    at = torch.from_numpy(places).requires_grad_()
    found = _distance_at(Followed(grid, origin, TABLE.cell, nothing, nothing, nothing.double()), at)
    expected, slope = TABLE.around(places)
    outside = expected > 0.0
    np.testing.assert_allclose(found.detach().numpy()[outside], expected[outside], atol=1e-4)
    found.sum().backward()
    assert at.grad is not None
    alike = np.sum(at.grad.numpy() * slope, -1)[outside] / np.maximum(np.sum(slope**2, -1)[outside], 1e-6)
    assert np.percentile(np.abs(alike - 1.0), 95) < 0.05
