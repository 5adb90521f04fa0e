"""Fréchet distance between sets of motions, and diversity."""

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.metrics.distribution import diversity, fid, frechet_distance, pose_vectors, sample_diversity


def test_the_distance_of_two_gaussians_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200_000, 2)), 1.0 + 2.0 * rng.normal(size=(200_000, 2))
    assert frechet_distance(a, b) == pytest.approx(2 * 1.0 + 2 * (1 + 4 - 2 * 2), rel=0.02)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def test_the_heading_is_no_part_of_a_pose() -> None:
    pose = np.tile(rot.IDENTITY, (5, 52, 1))
    pose[:, 0] = rot.about_z(np.linspace(0, 3, 5))
    assert np.ptp(pose_vectors(pose), axis=0).max() < 1e-6


def test_an_arm_that_turns_through_half_a_turn_changes_evenly() -> None:
    turning = np.tile(rot.IDENTITY, (60, 52, 1))
    turning[:, 16] = rot.about_z(np.linspace(2.8, 3.5, 60))
    change = np.abs(np.diff(pose_vectors(turning), axis=0)).max(1)
    assert change.max() < 1.5 * change.min()


def moving(speed: float, seed: int = 0) -> np.ndarray:
    t = np.arange(300)[:, None] / 30 + np.random.default_rng(seed).uniform(0, 6)
    return 0.3 * np.sin(speed * t + np.linspace(0, 6, 156))


def test_frozen_and_hasty_motion_are_both_far_from_real_motion() -> None:
    real, same = [moving(3.0, s) for s in range(8)], [moving(3.0, s + 50) for s in range(8)]
    frozen, hasty = [0.02 * m for m in same], [moving(9.0, s) for s in range(8)]
    near = fid(same, real)
    assert fid(frozen, real)["fid_g"] > 3 * near["fid_g"]
    assert fid(hasty, real)["fid_k"] > 3 * near["fid_k"]
    assert (
        diversity(frozen)["div_g"] < 0.1 * diversity(real)["div_g"]
        and diversity(hasty)["div_k"] > 2 * diversity(real)["div_k"]
    )


def test_equal_takes_have_no_diversity() -> None:
    assert sample_diversity([moving(3.0)] * 3) < 1e-9 < sample_diversity([moving(3.0, s) for s in range(3)])
