"""Networks trained to be compared: nothing is trained twice, and equal training is equal."""

import json

import pytest
import torch

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import load_checkpoint, save_checkpoint
from model_runtime.networks.duet_denoiser import DuetDenoiser
from model_runtime.studies import ablation, comparison
from model_runtime.studies.study import BudgetDiffers, Study, windows_seen
from model_runtime.tests.training.test_training import make_scene, scenes, tiny  # noqa: F401 - fixtures
from model_runtime.training.body import stage_config


def seen(path, steps: int, batch: int = 8):
    save_checkpoint(path, {"weight": torch.ones(1)}, {"training": {"steps": steps, "batch": batch}})
    return path


@pytest.mark.parametrize("stage", ablation.LOSSES)
def test_every_loss_but_the_features_is_ablated(stage, tiny):  # noqa: F811
    config = stage_config(stage, "tiny", False)
    terms = tiny.sharing(config, 1).training_terms(DuetDenoiser(config), 1)
    assert set(terms) - {"features"} == set(ablation.LOSSES[stage])


def test_networks_that_are_trained_already_are_reused(tmp_path):
    before = seen(tmp_path / "body_lower.safetensors", 500).read_bytes()
    study = Study(tmp_path / "no scenes", None, "tiny", torch.device("cpu"), 8, 1e-3, 1)
    study.train_stage("lower", tmp_path, 500)  # without reading any data
    assert (tmp_path / "body_lower.safetensors").read_bytes() == before


def test_weights_of_another_number_of_updates_are_named(tmp_path):
    seen(tmp_path / "lda2.safetensors", 500)
    study = Study(tmp_path / "no scenes", None, "tiny", torch.device("cpu"), 8, 1e-3, 1)
    with pytest.raises(BudgetDiffers, match=r"lda2.safetensors' saw 4000 windows .* 8000 are asked for"):
        study.train_whole("lda2", tmp_path, 1000)


def test_the_verdict_says_how_far_below_lda2_the_hierarchy_is():
    rows = {"ours": {"fid_g": 0.5, "fid_k": 9.0}, "lda2": {"fid_g": 1.0, "fid_k": 10.0}}
    assert comparison.verdict(rows) == (
        "At least 44% below LDA2? FID_g 0.500 is 50% below LDA2's 1.000: yes;"
        " FID_k 9.000 is 10% below LDA2's 10.000: no."
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for seed in range(5):
        make_scene(seed, "test" if seed > 2 else "train").save(folder / f"scene_{seed:05d}.npz")
    return folder


COMMON = ("--config", "tiny", "--batch", "2", "--device", "cpu", "--shots", "1", "--seconds", "6")


@pytest.mark.slow
def test_an_ablation_trains_every_variant_equally_and_measures_them(corpus, tmp_path):
    assert main(["study", "ablation", "--scenes", str(corpus), "--out", str(tmp_path), "--steps", "4", *COMMON]) == 0
    rows = json.loads((tmp_path / "ablation.json").read_text())["rows"]
    assert set(rows) == {"as is", "one network", "reference", *(f"without {loss}" for loss in ablation.LOSSES["lower"])}
    assert all(row["fid_g"] > 0 for row in rows.values())
    stages = [
        tmp_path / folder / f"body_{stage}.safetensors"
        for folder in ("as_is", "without_feet", "without_joints")
        for stage in ("lower", "upper")
    ]
    assert {windows_seen(path) for path in stages} == {4} and windows_seen(
        tmp_path / "one_network" / "lda2.safetensors"
    ) == 8
    upper = [
        load_checkpoint(tmp_path / folder / "body_upper.safetensors")[0]
        for folder in ("as_is", "without_feet", "without_joints")
    ]
    same = [all(torch.equal(upper[0][key], other[key]) for key in upper[0]) for other in upper[1:]]
    assert same == [True, False], "feet belong to the lower stage alone, joints to both"


@pytest.mark.slow
def test_baselines_are_trained_as_much_as_both_stages_and_compared(corpus, tmp_path):
    options = ["--scenes", str(corpus), "--out", str(tmp_path), "--steps", "4", "--seeds", "2", *COMMON]
    assert main(["evaluate", "baselines", *options]) == 0
    text = (tmp_path / "comparison.md").read_text()
    assert "44% below LDA2?" in text and "8 windows of two people" in text
    assert {windows_seen(tmp_path / f"{name}.safetensors") for name in ("lda1", "lda2")} == {8}
    assert sum(windows_seen(tmp_path / "ours" / f"body_{stage}.safetensors") for stage in ("lower", "upper")) == 8
