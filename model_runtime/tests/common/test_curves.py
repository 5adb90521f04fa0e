"""Peaks, splines and filters beside those of scipy, whose import would make the runtime start later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import interpolate, signal

from model_runtime.common.peaks import find_peaks
from model_runtime.common.splines import cubic_hermite
from model_runtime.contract import FPS
from model_runtime.refine.smoothing import low_pass


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"height": 0.5}, {"height": 0.5}),
        ({"height": 0.0, "apart": 4}, {"height": 0.0, "distance": 4}),
        ({"height": 0.0, "apart": 4.5}, {"height": 0.0, "distance": 4.5}),
        ({"height": 0.3, "prominence": 0.8}, {"height": 0.3, "prominence": 0.8}),
    ],
    ids=str,
)
def test_peaks_are_those_of_scipy(ours: dict[str, float], theirs: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    for frames in (1, 2, 3, 5, 40, 300):
        for steps in (1000, 2):  # two steps a unit make plateaus and equal peaks
            curve = np.round(rng.normal(size=frames) * steps) / steps
            assert find_peaks(curve, **ours).tolist() == signal.find_peaks(curve, **theirs)[0].tolist()


def test_a_spline_through_points_with_slopes_is_that_of_scipy_outside_them_too() -> None:
    rng = np.random.default_rng(1)
    times, values, slopes = np.array([0.0, 0.3, 2.0, 2.5]), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    at = np.linspace(-0.5, 3.0, 50)
    curve = interpolate.CubicHermiteSpline(times, values, slopes)
    ours, slope = cubic_hermite(times, values, slopes, at)
    np.testing.assert_allclose(ours, curve(at), atol=1e-9)
    np.testing.assert_allclose(slope, curve.derivative()(at), atol=1e-9)


@pytest.mark.parametrize("frames", [16, 17, 200])
def test_the_filter_without_delay_is_that_of_scipy(frames: int) -> None:
    values = np.random.default_rng(2).normal(size=(frames, 3, 4)).cumsum(0)
    sections = signal.butter(2, 3.0, fs=FPS, output="sos")
    expected = signal.sosfiltfilt(sections, values, axis=0, padlen=min(15, frames - 1))
    np.testing.assert_allclose(low_pass(values, 3.0), expected, atol=1e-9)
