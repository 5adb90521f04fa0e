"""Guidance energies and the effect of their gradient on the sampled motion."""

import numpy as np
import pytest
import torch

from model_runtime.body_model.feet import sole_points
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, forward_kinematics
from model_runtime.conditioning.conditioning import Conditioning, conditioning_of
from model_runtime.conditioning.representation import GlobalMotion, to_rotations
from model_runtime.contract import BODY_PARTS, Actor, MotionConstraints, Request
from model_runtime.sampling.body_sampler import BodyStage, SamplingSettings, sample_lower, sample_upper
from model_runtime.sampling.energies import (
    FEET,
    LARGEST_MOVE,
    GuidanceEnergy,
    PosedBodies,
    descend,
    lower_bodies,
    sinking,
    sliding,
    soles,
    upper_bodies,
)
from model_runtime.sampling.windows import padded_frames
from model_runtime.speech.prosody import PROSODY_SIZE

SKELETONS = (AVERAGE_SKELETON, AVERAGE_SKELETON.scaled(1.1))


@pytest.fixture(scope="module")
def stages() -> tuple[BodyStage, BodyStage]:
    return BodyStage("lower"), BodyStage("upper")


def conditioning(constraints: MotionConstraints | None = None, frames: int = 90) -> Conditioning:
    actors = (
        Actor("A", SKELETONS[0], (-0.7, 0.0), 1.57, constraints=constraints),
        Actor("B", SKELETONS[1], (0.7, 0.0), -1.57),
    )
    request = Request((frames - 1) / 30, actors)
    return conditioning_of(request, [np.zeros((frames, PROSODY_SIZE), np.float32)] * 2, (), padded_frames(frames))


def lower_of(stage: BodyStage, given: Conditioning, energies: tuple[GuidanceEnergy, ...]) -> GlobalMotion:
    return sample_lower(stage, given, SamplingSettings(1, "draft", energies=energies))


@pytest.fixture(scope="module")
def plain(stages):
    return lower_of(stages[0], conditioning(), ())


def test_posed_bodies_have_the_joints_and_soles_of_the_result(stages, plain):
    upper = torch.randn(2, plain.root.shape[1], 102)
    rotations = to_rotations(plain, upper, stages[1].hands)
    seen = upper_bodies(plain, upper, SKELETONS, 0)
    for a, skeleton in enumerate(SKELETONS):
        positions, _ = forward_kinematics(plain.root[a].numpy(), rotations[a], skeleton)
        np.testing.assert_allclose(seen.positions[a], positions[:, list(seen.joints)], atol=1e-4)
        wanted = sole_points(plain.root[a].numpy(), rotations[a], skeleton)
        np.testing.assert_allclose(soles(seen)[a], wanted, atol=1e-4)
        np.testing.assert_allclose(soles(lower_bodies(plain, SKELETONS, 0))[a], wanted, atol=1e-4)


def test_guided_feet_slide_and_sink_less(stages, plain):
    guided = lower_of(stages[0], conditioning(), FEET)
    before, after = (lower_bodies(motion, SKELETONS, 0) for motion in (plain, guided))
    assert sliding(after) < 0.6 * sliding(before)
    assert sinking(after) <= max(0.6 * float(sinking(before)), 1e-4)


def test_an_energy_of_ones_own_moves_a_body_part(stages, plain):
    def lean(bodies: PosedBodies) -> torch.Tensor:
        pelvis, _ = bodies.of("pelvis")
        return (pelvis[0, 40:60, 2] - 0.85).square().sum()

    moved = lower_of(stages[0], conditioning(), (GuidanceEnergy(lean),))
    assert lean(lower_bodies(moved, SKELETONS, 0)) < 0.5 * lean(lower_bodies(plain, SKELETONS, 0))


def test_no_energy_moves_constrained_motion(stages):
    frames = 90
    generator = np.random.default_rng(0)
    turns = np.tile(np.array([1.0, 0, 0, 0], np.float32), (frames, 52, 1))
    turns[:, 1:9, 1] = 0.05 * generator.normal(size=(1, 8))
    turns /= np.linalg.norm(turns, axis=-1, keepdims=True)
    root = np.tile(np.array([-0.7, 0.0, SKELETONS[0].offsets[0, 2]], np.float32), (frames, 1))
    mask = np.zeros((frames, len(BODY_PARTS)), bool)
    mask[:45] = True
    here = conditioning(MotionConstraints(root, turns, np.zeros((frames, 52), np.float32), mask), frames)
    away = GuidanceEnergy(lambda bodies: 100 * bodies.positions[0, :, :, 0].square().sum())
    plain, moved = lower_of(stages[0], here, ()), lower_of(stages[0], here, (away,))
    assert torch.equal(plain.legs[0, :45], moved.legs[0, :45]) and torch.equal(plain.tilt[0, :45], moved.tilt[0, :45])
    assert not torch.equal(plain.legs[0, 50:], moved.legs[0, 50:])


def test_energies_of_the_lower_stage_leave_the_upper_body_unchanged(stages, plain):
    here = conditioning()

    def upper_of(energies: tuple[GuidanceEnergy, ...]) -> torch.Tensor:
        return sample_upper(stages[1], plain, here, SamplingSettings(1, "draft", energies=energies))

    assert torch.equal(upper_of(()), upper_of(FEET))
    raise_hand = GuidanceEnergy(lambda bodies: -bodies.of("left_wrist")[0][0, :, 2].sum(), "upper")
    higher = upper_bodies(plain, upper_of((raise_hand,)), SKELETONS, 0).of("left_wrist")[0]
    assert (higher - upper_bodies(plain, upper_of(()), SKELETONS, 0).of("left_wrist")[0])[0, :, 2].mean() > 0.01


def test_a_steep_energy_makes_a_bounded_move():
    features = torch.zeros(1, 2, 10, 4)
    moved = descend(features, lambda x: 1e6 * x.sum(), torch.ones_like(features))
    assert moved.abs().max() <= LARGEST_MOVE + 1e-6
