"""The baselines are what they are said to be, and run like the stages."""

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


def forward(name: str, **changes) -> torch.Tensor:
    torch.manual_seed(0)
    config = DuetConfig("whole", width=32, heads=2, blocks=1, conditions=tuple(CONDITIONS))
    network = network_of(name, config).eval()
    conditions = {key: torch.randn(1, 2, 50, condition.size) for key, condition in CONDITIONS.items()}
    values = dict(
        noisy=torch.randn(1, 2, 50, 172),
        step=torch.tensor([300]),
        known=torch.zeros(1, 2, 50, 172),
        mask=torch.zeros(1, 2, 50, 6),
        conditions=conditions,
        body=torch.randn(1, 2, 6),
        dropped={"labels": torch.tensor([False])},
    )
    noisy = values["noisy"].clone()
    noisy[:, 1] += changes.get("partner", 0.0)
    with torch.no_grad():
        return network(**values | {"noisy": noisy})


def test_lda1_knows_nothing_of_the_partner_and_lda2_does():
    assert torch.equal(forward("lda1")[:, 0], forward("lda1", partner=1.0)[:, 0])
    assert not torch.allclose(forward("lda2")[:, 0], forward("lda2", partner=1.0)[:, 0], atol=1e-4)


@pytest.fixture(scope="module")
def training(scenes) -> BodyTraining:  # noqa: F811
    return BodyTraining(stage_config("whole", "tiny", False), scenes, torch.device("cpu"), None, 1, window=100)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_trains_and_plays_a_shot(name, training, tmp_path):
    train(name, training, "tiny", tmp_path, Run(2, 1e-3, 1, None, 2))
    shot = shot_of(make_scene(9, "test"), "a", 0, 320)
    lower, upper = sample_whole(WholeStage(name, tmp_path), shot.conditioning(), SamplingSettings(1, "draft", 1.5))
    assert lower.root.shape == (2, 320, 3) and upper.shape == (2, 320, 102)
    assert torch.isfinite(upper).all() and torch.isfinite(lower.root).all()
