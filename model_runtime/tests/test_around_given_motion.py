"""Perform around a body that is there: it comes back bit for bit, and everything else is made for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    PART_JOINTS,
    ActorPerformance,
    MotionConstraints,
    Performance,
    Request,
    constraints_from_performance,
    frame_count,
)
from model_runtime.face.model import FaceModel
from model_runtime.generate import generate
from model_runtime.networks.duet_denoiser import DuetDenoiser
from model_runtime.networks.face_denoiser import FaceDenoiser
from model_runtime.studies.behaviour import cut
from model_runtime.tests.test_generate import shot

SECONDS = 2.0
FRAMES = frame_count(SECONDS)
BODY = tuple(PART_JOINTS)
ARRAYS = ("root_positions", "rotations", "face")


def swaying(index: int, size: float = 1.0) -> ActorPerformance:
    """A captured body and face: it sways, in quaternions of which every other frame has the other sign."""
    actor, t = shot().actors[index], np.arange(FRAMES) / FPS
    vectors = 0.1 * np.sin(2.0 * t[:, None, None] + np.arange(52)[:, None] + np.arange(3))
    rotations = rot.from_axis_angle(vectors)
    rotations[:, 0] = rot.about_z(np.full(FRAMES, actor.heading))
    rotations[::2] *= -1.0
    root = np.tile([*actor.position, size * 0.97 * actor.skeleton.pelvis_height], (FRAMES, 1))
    root[:, 0] += 0.02 * np.sin(t)
    face = 0.2 + 0.1 * np.sin(3.0 * t[:, None] + np.arange(52))
    contacts = np.ones((FRAMES, 4), np.float32)
    return ActorPerformance(
        actor.name, root.astype(np.float32), rotations.astype(np.float32), face.astype(np.float32), contacts
    )


def around(first: tuple[str, ...] = (), second: tuple[str, ...] = ()) -> Request:
    """A shot of two seconds in which these parts of each are given."""
    request = cut(shot(), SECONDS)
    actors = [
        replace(actor, constraints=constraints_from_performance(swaying(index), parts)) if parts else actor
        for index, (actor, parts) in enumerate(zip(request.actors, (first, second)))
    ]
    return replace(request, actors=tuple(actors))


@pytest.fixture(scope="module")
def take() -> Performance:
    return generate(around(BODY, ("face",)))


def test_a_body_that_is_given_comes_back_bit_for_bit(take: Performance) -> None:
    given, played = swaying(0), take.actors[0]
    np.testing.assert_array_equal(played.root_positions, given.root_positions)
    np.testing.assert_array_equal(played.rotations, given.rotations)


def test_its_face_is_generated_for_it(take: Performance) -> None:
    assert take.actors[0].face.std(axis=0).max() > 0.02
    assert np.abs(take.actors[0].face - swaying(0).face).max() > 0.1


def test_the_partner_is_generated_beside_it(take: Performance) -> None:
    assert np.abs(take.actors[1].rotations - swaying(1).rotations).max() > 0.1
    assert np.ptp(take.actors[1].rotations, axis=0).max() > 0.01


def test_a_face_that_is_given_comes_back_bit_for_bit(take: Performance) -> None:
    np.testing.assert_array_equal(take.actors[1].face, swaying(1).face)


def test_head_and_hands_can_be_generated_on_top_of_a_body_that_is_given() -> None:
    given, played = swaying(0), generate(around(("lower", "upper"))).actors[0]
    np.testing.assert_array_equal(played.root_positions, given.root_positions)
    kept = [*PART_JOINTS["lower"], *PART_JOINTS["upper"]]
    np.testing.assert_array_equal(played.rotations[:, kept], given.rotations[:, kept])
    for part in ("head", "hands"):
        joints = list(PART_JOINTS[part])
        turn = rot.to_axis_angle(rot.multiply(played.rotations[:, joints], rot.conjugate(given.rotations[:, joints])))
        assert np.linalg.norm(turn, axis=-1).max() > 0.1, part
        step = np.linalg.norm(np.diff(turn, axis=0), axis=-1)
        assert step.max() < 0.2, f"{part} does not jump"


def test_a_giant_whose_body_is_given_comes_back_bit_for_bit_too() -> None:
    request = around(BODY)
    tall = replace(request.actors[0], skeleton=AVERAGE_SKELETON.scaled(2.4))
    given = constraints_from_performance(swaying(0, size=2.4 / 0.96), BODY)
    played = generate(replace(request, actors=(replace(tall, constraints=given), request.actors[1]))).actors[0]
    np.testing.assert_array_equal(played.root_positions, given.root_positions)
    np.testing.assert_array_equal(played.rotations, given.rotations)


def test_where_both_bodies_are_given_no_body_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(DuetDenoiser, "denoise", lambda *_, **__: calls.append("body"))
    performance = generate(around(BODY, BODY))
    assert not calls
    for index, played in enumerate(performance.actors):
        np.testing.assert_array_equal(played.rotations, swaying(index).rotations)
        assert np.isfinite(played.face).all() and played.foot_contacts.shape == (FRAMES, 4)


def test_an_actor_alone_whose_body_is_given_needs_no_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DuetDenoiser, "denoise", lambda *_, **__: pytest.fail("a body is sampled"))
    request = around(BODY)
    (played,) = generate(replace(request, actors=request.actors[:1])).actors
    np.testing.assert_array_equal(played.rotations, swaying(0).rotations)
    assert played.face.std(axis=0).max() > 0.02


def test_a_face_that_is_given_is_not_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    made, generate_face = [], FaceModel.generate

    def counted(*args: Any, **more: Any) -> Any:
        made.append("face")
        return generate_face(*args, **more)

    monkeypatch.setattr(FaceModel, "generate", counted)
    generate(around((*BODY, "face"), BODY))
    assert len(made) == 1


def stretch_of(seconds: float, first: float, last: float) -> Request:
    """A long shot of which all is given but a stretch of the first actor."""
    request, frames = cut(shot(), seconds), frame_count(seconds)
    actors = []
    for index, actor in enumerate(request.actors):
        sway = swaying(index)
        again = {name: np.resize(getattr(sway, name), (frames, *getattr(sway, name).shape[1:])) for name in ARRAYS}
        mask = np.ones((frames, len(BODY_PARTS)), bool)
        if index == 0:
            mask[round(first * FPS) : round(last * FPS)] = False
        actors.append(replace(actor, constraints=MotionConstraints(**again, mask=mask)))
    return replace(request, actors=tuple(actors))


def test_a_stretch_of_a_long_shot_costs_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, faces = [], []
    denoise, denoise_face = DuetDenoiser.denoise, FaceDenoiser.forward

    def counted(self: DuetDenoiser, noisy: Tensor, *others: Any) -> Tensor:
        tokens.append(noisy.shape[2])
        return denoise(self, noisy, *others)

    def counted_face(self: FaceDenoiser, noisy: Tensor, *others: Any) -> Tensor:
        faces.append(noisy.shape[1])
        return denoise_face(self, noisy, *others)

    monkeypatch.setattr(DuetDenoiser, "denoise", counted)
    monkeypatch.setattr(FaceDenoiser, "forward", counted_face)
    request = stretch_of(24.0, 11.0, 13.0)
    performance = generate(request)
    assert len(set(tokens)) == 1 and tokens[0] <= 6.2 * FPS, "one window of the lower and one of the upper body"
    assert sum(faces) <= 5 * 12 * FPS, "half of one face, in five steps"
    for actor, played in zip(request.actors, performance.actors):
        assert actor.constraints is not None
        given = actor.constraints.part("lower")
        dots = np.abs((played.rotations[given] * actor.constraints.rotations[given]).sum(-1))
        assert dots.min() > 1.0 - 1e-5
        np.testing.assert_allclose(played.face[given], actor.constraints.face[given], atol=1e-6)
