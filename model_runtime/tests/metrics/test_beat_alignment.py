"""Which strokes count as aligned with the voice."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.easing import smoothstep
from model_runtime.contract import FPS
from model_runtime.metrics.beat_alignment import beat_alignment, stress_times, stroke_ends
from model_runtime.speech.prosody import ENERGY, PROSODY_SIZE, VOICING
from model_runtime.tests.refine.test_feet import Motion, standing

STRESSES = np.array([2.0, 5.7, 9.1, 13.2, 16.9])
FRAMES = 600
TALKING = np.ones(FRAMES, bool)


def gesturing(stops: np.ndarray) -> Motion:
    """The left forearm swings out in 0.3 s, stops at each of ``stops`` (s), stays a second and returns in another."""
    root, rotations = standing(FRAMES)
    t = np.arange(FRAMES) / FPS
    out = sum(np.clip((t - stop + 0.3) / 0.3, 0, 1) - np.clip(t - stop - 1.0, 0, 1) for stop in stops)
    rotations[:, INDEX["left_elbow"]] = rot.from_axis_angle(np.stack([0 * t, 0 * t, 1.4 * smoothstep(out)], -1))
    return root, rotations


def ends(motion: Motion, speaking: np.ndarray = TALKING) -> np.ndarray:
    return stroke_ends(*motion, AVERAGE_SKELETON, speaking)


def test_strokes_that_stop_on_the_stresses_are_aligned() -> None:
    found = ends(gesturing(STRESSES))
    assert found == pytest.approx(STRESSES, abs=0.1)  # and the five returns are no strokes
    alignment = beat_alignment(found, STRESSES, FRAMES / FPS)
    assert alignment.share == 1.0 and alignment.share > 2 * alignment.chance


def test_strokes_that_stop_beside_the_stresses_are_not() -> None:
    assert beat_alignment(ends(gesturing(STRESSES + 0.5)), STRESSES, FRAMES / FPS).share == 0.0


def test_a_hand_that_moves_in_silence_makes_no_stroke() -> None:
    assert len(ends(gesturing(STRESSES), np.zeros(FRAMES, bool))) == 0


def test_arms_that_swing_in_walking_make_no_strokes() -> None:
    root, rotations = gesturing(STRESSES)
    root[:, 1] -= np.arange(FRAMES) / FPS  # the whole body moves on
    assert len(ends((root, rotations))) == 0


def test_stresses_are_detected_at_the_loud_peaks_of_the_voice() -> None:
    prosody = np.zeros((150, PROSODY_SIZE), np.float32)
    t = np.arange(150) / FPS
    prosody[:, VOICING] = 1.0
    prosody[:, ENERGY] = 0.4 + sum(
        size * np.exp(-(((t - at) / 0.08) ** 2)) for at, size in ((1.0, 0.7), (2.0, 0.7), (2.8, 0.3), (3.5, 0.7))
    )
    assert stress_times(prosody) == pytest.approx([1.0, 2.0, 3.5], abs=0.04)
