"""LDA1 has no partner, LDA2 has one, and both are trained and sampled like the stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from model_runtime.conditioning.conditions import CONDITIONS
from model_runtime.networks.duet_denoiser import DuetConfig
from model_runtime.sampling.body_sampler import SamplingSettings
from model_runtime.studies.baselines import BASELINES, WholeStage, network_of, sample_whole, train
from model_runtime.studies.shots import shot_of
from model_runtime.tests.training.test_training import make_scene, scenes  # noqa: F401 - a fixture
from model_runtime.training.body import BodyTraining, stage_config
from model_runtime.training.options import Run


def forward(name: str, partner: float = 0.0) -> torch.Tensor:
    """The output of an untrained baseline; ``partner`` is added to the second actor's motion."""
    torch.manual_seed(0)
    config = DuetConfig("whole", width=32, heads=2, blocks=1, conditions=tuple(CONDITIONS))
    network = network_of(name, config).eval()
    conditions = {key: torch.randn(1, 2, 50, condition.size) for key, condition in CONDITIONS.items()}
    noisy, body = torch.randn(1, 2, 50, 172), torch.randn(1, 2, 6)
    noisy[:, 1] += partner
    inputs: dict[str, Any] = dict(
        noisy=noisy,
        step=torch.tensor([300]),
        known=torch.zeros(1, 2, 50, 172),
        mask=torch.zeros(1, 2, 50, 6),
        conditions=conditions,
        body=body,
        dropped={"labels": torch.tensor([False])},
    )
    with torch.no_grad():
        return network(**inputs)


def test_lda2_depends_on_the_partner_and_lda1_does_not() -> None:
    assert torch.equal(forward("lda1")[:, 0], forward("lda1", partner=1.0)[:, 0])
    assert not torch.allclose(forward("lda2")[:, 0], forward("lda2", partner=1.0)[:, 0], atol=1e-4)


@pytest.fixture(scope="module")
def training(scenes: Path) -> BodyTraining:  # noqa: F811
    return BodyTraining(stage_config("whole", "tiny", False), scenes, torch.device("cpu"), None, 1, window=100)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_trains_and_plays_a_shot(name: str, training: BodyTraining, tmp_path: Path) -> None:
    train(name, training, "tiny", tmp_path, Run(2, 1e-3, 1, None, 2))
    shot = shot_of(make_scene(9, "test"), "a", 0, 320)
    lower, upper = sample_whole(WholeStage(name, tmp_path), shot.conditioning(), SamplingSettings(1, "draft", 1.5))
    assert lower.root.shape == (2, 320, 3) and upper.shape == (2, 320, 102)
    assert torch.isfinite(upper).all() and torch.isfinite(lower.root).all()
