"""Energy raises or lowers the slow part of what a prediction moves, and does nothing where it is usual."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.tracks import energy_track
from model_runtime.contract import (
    ARKIT_NAMES,
    Actor,
    EnergySpan,
    Request,
    check_request,
    request_from_json,
    request_to_json,
)
from model_runtime.errors import InvalidRequest
from model_runtime.face.performance import _gain
from model_runtime.sampling.diffusion import scale_predicted_noise
from model_runtime.sampling.vigour import scaled_with, vigour_of

FRAMES, STEP = 60, 400


def moves(energy: float, waves: float) -> float:
    """Return how far a prediction that waves so often in 2 s swings, over that of usual energy."""
    time = torch.linspace(0, 2 * np.pi * waves, FRAMES)[None, None, :, None].expand(1, 2, -1, 3)
    clean, noisy = time.sin(), 2.0 * time.sin()
    usual = scale_predicted_noise(noisy, clean, STEP, 1.2)
    track = np.full((2, FRAMES), energy, np.float32)
    return float(scaled_with(vigour_of(track), noisy, clean, STEP, 1.2).std() / usual.std())


def test_more_energy_swings_further_and_less_of_it_less() -> None:
    assert moves(0.0, 2) < 0.99 < 1.01 < moves(2.0, 2) and moves(1.0, 2) == pytest.approx(1.0, abs=1e-6)


def test_what_trembles_is_not_raised() -> None:
    assert moves(2.0, 15) == pytest.approx(1.0, abs=0.02)


def test_energy_changes_smoothly_and_is_usual_in_the_gaps() -> None:
    actor = Actor("Anna", AVERAGE_SKELETON, energy=(EnergySpan(2.0, 2.0, 4.0),))
    track = energy_track(actor, 180)
    assert track[:30] == pytest.approx(1.0, abs=0.01) and track[90] == pytest.approx(2.0, abs=0.01)
    assert np.abs(np.diff(track)).max() < 0.1
    assert (energy_track(Actor("Anna", AVERAGE_SKELETON), 10) == 1.0).all()


def test_energy_raises_brows_and_moves_no_lip() -> None:
    gain = _gain(np.array([[0.0], [1.0], [2.0]], np.float32))
    assert gain[:, ARKIT_NAMES.index("browInnerUp")] == pytest.approx([0.6, 1.0, 1.4])
    assert (gain[:, [ARKIT_NAMES.index(name) for name in ("jawOpen", "mouthClose", "eyeBlinkLeft")]] == 1.0).all()


def test_energy_and_leading_hand_cross_the_pipe_unchanged() -> None:
    actor = Actor("Anna", AVERAGE_SKELETON, energy=(EnergySpan(1.5, 0.5, 2.0),), leading_hand="left")
    back = request_from_json(request_to_json(Request(4.0, (actor,)))).actors[0]
    assert back.energy == actor.energy and back.leading_hand == "left"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"energy": (EnergySpan(2.5, 0.0, 1.0),)}, "choose a value from 0 to 2"),
        ({"energy": (EnergySpan(float("nan"), 0.0, 1.0),)}, "choose a value from 0 to 2"),
        ({"leading_hand": "both"}, "choose one of: left, right"),
    ],
)
def test_an_energy_or_hand_that_is_none_is_said(changes: dict, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        check_request(Request(4.0, (Actor("Anna", AVERAGE_SKELETON, **changes),)))
