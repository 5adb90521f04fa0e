"""What an evaluator sees of a pair depends on what they do, not on where, and mirrors with the motion."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, JOINTS
from model_runtime.body_model.skeleton import mirrored as mirrored_rotations
from model_runtime.recognition.pair_features import PACED, PAIR_FEATURES, Pair, mirrored, pair_features


def moving_pair(seed: int = 0, frames: int = 40) -> Pair:
    """Return two people who move every joint smoothly, a metre or so from each other."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / 30.0
    turns = 0.5 * np.sin(rng.uniform(1, 4, (2, 1, len(JOINTS), 3)) * t + rng.uniform(0, 6, (2, 1, len(JOINTS), 3)))
    rotations = rot.from_axis_angle(turns.astype(np.float32))
    roots = np.zeros((2, frames, 3), np.float32)
    roots[..., 2] = 0.93
    roots[1, :, 1] = -1.0
    roots += 0.3 * np.sin(rng.uniform(1, 2, (2, 1, 3)) * t[None, :, 0] + rng.uniform(0, 6, (2, 1, 3)))
    return Pair(roots, rotations, (AVERAGE_SKELETON, AVERAGE_SKELETON.scaled(0.8)))


def moved(pair: Pair, turn: float, by: tuple[float, float]) -> Pair:
    q = rot.about_z(np.array(turn, np.float32))
    rotations = np.array(pair.rotations)
    rotations[:, :, 0] = rot.multiply(np.broadcast_to(q, rotations[:, :, 0].shape), rotations[:, :, 0])
    roots = rot.rotate(np.broadcast_to(q, (*pair.root_positions.shape[:2], 4)), pair.root_positions)
    return Pair((roots + np.array([*by, 0.0])).astype(np.float32), rotations, pair.skeletons)


def test_features_do_not_depend_on_the_place_in_the_world() -> None:
    pair = moving_pair()
    features = pair_features(pair)
    assert features.shape == (2, 40, PAIR_FEATURES) and np.isfinite(features).all()
    # A turn by more than half a turn, so that headings wrap.
    assert np.allclose(pair_features(moved(pair, 2.5, (7.0, -3.0))), features, atol=2e-4)


def test_features_follow_what_is_between_the_two() -> None:
    pair = moving_pair()
    roots = np.array(pair.root_positions)
    roots[1, :, 0] += 0.5
    changed = np.abs(pair_features(Pair(roots, pair.rotations, pair.skeletons)) - pair_features(pair)).max(axis=(0, 1))
    assert changed.max() > 0.4
    own = slice(0, 6 * 22 + 30 + 6 + 3 + 1)  # the body itself is as it was
    assert changed[own].max() < 1e-4


def test_exchanging_the_actors_exchanges_the_features() -> None:
    pair = moving_pair()
    swapped = Pair(pair.root_positions[::-1], pair.rotations[::-1], pair.skeletons[::-1])
    assert np.allclose(pair_features(swapped), pair_features(pair)[::-1])


def test_the_features_of_a_mirrored_motion_are_mirrored() -> None:
    pair = moving_pair()
    roots = pair.root_positions * np.array([-1, 1, 1], np.float32)
    features = pair_features(Pair(roots, mirrored_rotations(pair.rotations), pair.skeletons))
    assert np.allclose(features, mirrored(pair_features(pair)), atol=1e-4)
    assert not np.allclose(features, pair_features(pair), atol=0.1)
    assert np.allclose(mirrored(mirrored(features)), features)


def test_paced_features_are_those_that_double_at_twice_the_pace() -> None:
    slow = moving_pair(frames=81)
    fast = Pair(slow.root_positions[:, ::2], slow.rotations[:, ::2], slow.skeletons)
    there, at_pace = pair_features(slow)[:, 2:-2:2], pair_features(fast)[:, 1:-1]
    ratio = np.median(np.abs(at_pace[..., PACED]), (0, 1)) / np.median(np.abs(there[..., PACED]), (0, 1))
    assert ratio == pytest.approx(2.0, abs=0.25)
    assert np.allclose(at_pace[..., ~PACED], there[..., ~PACED], atol=1e-4)


def test_bodies_of_another_size_that_do_the_same_alone_look_the_same() -> None:
    pair = moving_pair()
    far = np.array(pair.root_positions)
    far[1, :, 1] -= 50.0
    own = slice(0, 6 * 22 + 30)
    before = pair_features(Pair(far, pair.rotations, pair.skeletons))[0, :, own]
    skeletons = (pair.skeletons[0].scaled(0.7), pair.skeletons[1])
    small = np.array(far)
    small[0] *= 0.7
    assert np.allclose(pair_features(Pair(small, pair.rotations, skeletons))[0, :, own], before, atol=1e-4)
