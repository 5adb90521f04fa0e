"""Curves within a tolerance: pure arithmetic, no Blender."""

from __future__ import annotations

import numpy as np
import pytest

from interact_addon.rig.curve_fit import FittedKeys, evaluate, fit_curves

Array = np.ndarray


def fit(values: Array, tolerance: float = 0.001, must: tuple[int, ...] = ()) -> FittedKeys:
    """Fit one group of curves (T, C)."""
    forced = np.zeros((len(values), 1), bool)
    forced[list(must)] = True
    (keys,) = fit_curves(values[:, None], np.array([tolerance]), forced)
    return keys


def wave(frames: int = 200) -> Array:
    """Return a smooth motion (T, 3) of a metre."""
    time = np.arange(frames)[:, None] / 30.0
    return np.sin(time * [2.0, 3.1, 1.3]) + 0.1 * np.cos(time * [7.0, 5.0, 9.0])


def test_every_frame_is_within_the_tolerance() -> None:
    for tolerance in (1e-2, 1e-3, 1e-4):
        keys = fit(wave(), tolerance)
        assert np.linalg.norm(evaluate(keys, np.arange(200)) - wave(), axis=1).max() <= tolerance


def test_smooth_motion_needs_few_keys_and_a_closer_tolerance_more() -> None:
    counts = [len(fit(wave(), tolerance).frames) for tolerance in (1e-2, 1e-3, 1e-4)]
    assert counts[0] < counts[1] < counts[2] < 0.25 * 200


def test_keys_have_exactly_the_values_of_their_frames() -> None:
    keys = fit(wave())
    np.testing.assert_array_equal(keys.values, wave()[keys.frames])


def test_what_never_changes_has_one_key() -> None:
    assert fit(np.full((90, 4), 0.7)).frames.tolist() == [0]


def test_frames_that_must_have_a_key_have_one() -> None:
    must = (1, 50, 51, 120)
    assert set(must) <= set(fit(wave(), must=must).frames.tolist())
    assert fit(np.zeros((90, 1)), must=must[:2]).frames.tolist() == [0, 1, 50]


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_the_shortest_shots_are_as_they_are(frames: int) -> None:
    values = np.random.default_rng(0).normal(size=(frames, 2))
    np.testing.assert_allclose(evaluate(fit(values, 1e-9), np.arange(frames)), values, atol=1e-12)


def test_a_jump_does_not_swing_out_between_frames() -> None:
    jump = np.repeat([0.0, 1.0], 30)[:, None]
    between = evaluate(fit(jump), np.arange(0.0, 59.0, 0.1))
    assert between.min() > -0.005 and between.max() < 1.005


def test_between_frames_a_smooth_motion_stays_smooth() -> None:
    time = np.arange(0.0, 199.0, 0.1)
    truth = np.sin(time[:, None] / 30.0 * [2.0, 3.1, 1.3]) + 0.1 * np.cos(time[:, None] / 30.0 * [7.0, 5.0, 9.0])
    assert np.linalg.norm(evaluate(fit(wave()), time) - truth, axis=1).max() < 0.0015


def test_noise_gets_a_key_on_every_frame_and_is_kept() -> None:
    noise = np.random.default_rng(1).normal(size=(60, 1))
    assert len(fit(noise, 1e-4).frames) > 50
    np.testing.assert_allclose(evaluate(fit(noise, 1e-4), np.arange(60)), noise, atol=1e-4)


def test_far_from_zero_the_tolerance_holds_too() -> None:
    far = wave() + 5000.0
    assert np.linalg.norm(evaluate(fit(far), np.arange(200)) - far, axis=1).max() <= 0.001


def test_groups_do_not_change_each_other() -> None:
    both = np.stack([wave(), wave()[::-1]], axis=1)
    together = fit_curves(both, np.array([1e-3, 1e-2]), np.zeros((200, 2), bool))
    np.testing.assert_array_equal(together[0].frames, fit(wave()).frames)
    assert len(together[1].frames) < len(together[0].frames)
