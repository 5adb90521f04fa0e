"""Training: it learns, it goes on where it stopped, and what it writes is checked when it is read."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.checkpoints import load_checkpoint, load_into, save_checkpoint
from model_runtime.conditioning.representation import HEADING, unwrap
from model_runtime.datasets.scene import Scene
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.networks.duet_denoiser import CONFIGS, DuetDenoiser
from model_runtime.sampling.body_sampler import BodyStage
from model_runtime.training.body import RECIPES, BodyTraining, stage_config, train_body
from model_runtime.training.body_data import BodyData
from model_runtime.training.body_losses import (
    arm_positions,
    displacement,
    heading_change,
    interaction,
    leg_positions,
    partner_in_heading_frame,
    unrest,
    world_velocity,
)
from model_runtime.training.curves import read_log
from model_runtime.training.loop import Sampling, Trainer
from model_runtime.training.options import Run
from model_runtime.training.sampled import SampledWindows

FRAMES = 330


def make_scene(seed: int, split: str) -> Scene:
    """Two people who sway and lift an arm in time: simple, yet something to learn."""
    rng = np.random.default_rng(seed)
    t = np.arange(FRAMES) / 30
    roots, rotations = (
        np.zeros((2, FRAMES, 3), np.float32),
        np.tile(rot.IDENTITY, (2, FRAMES, 52, 1)).astype(np.float32),
    )
    for a in range(2):
        phase = rng.uniform(0, 6)
        roots[a, :, 0] = 0.05 * np.sin(t + phase)
        roots[a, :, 1], roots[a, :, 2] = -1.5 * a, 0.95
        vector = np.zeros((FRAMES, 3))
        vector[:, 1] = 1.2 + 0.3 * np.sin(2 * t + phase)
        rotations[a, :, INDEX["left_shoulder"]] = rot.from_axis_angle(vector)
        rotations[a, :, 0] = rot.about_z(np.full(FRAMES, np.pi * a))
    both = np.stack([AVERAGE_SKELETON.offsets] * 2)
    return Scene(
        seed,
        split,
        both,
        roots,
        rotations,
        np.full((2, FRAMES), 2, np.uint8),
        np.ones((2, FRAMES, 4), bool),
        rng.normal(size=(2, FRAMES, 28)).astype(np.float16),
        np.zeros((2, FRAMES, 52), np.float16),
        np.full(2, 0.45, np.float32),
        ([], []),
        ([], []),
    )


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for seed in range(5):
        make_scene(seed, "test" if seed == 4 else "train").save(folder / f"scene_{seed:05d}.npz")
    return folder


def train(stage: str, scenes: Path, home: Path, steps: int, *more: str) -> list[dict]:
    command = [
        sys.executable,
        "-m",
        "model_runtime",
        "train",
        "body",
        stage,
        "--scenes",
        str(scenes),
        "--out",
        str(home),
        "--state",
        str(home / "state"),
        "--config",
        "tiny",
        "--batch",
        "4",
        "--device",
        "cpu",
        "--max-steps",
        str(steps),
        "--sample-minutes",
        "0",
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [{"text": done.stdout}] + [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_training_learns_and_resumes_where_it_stopped(scenes, tmp_path):
    train("lower", scenes, tmp_path, 5)
    early = load_checkpoint(tmp_path / "body_lower.safetensors")[1]["training"]
    output = train("lower", scenes, tmp_path, 60, "--resume")[0]["text"]
    late = load_checkpoint(tmp_path / "body_lower.safetensors")[1]["training"]
    assert "Resumed at step 5" in output
    assert (early["steps"], late["steps"]) == (5, 60)
    assert late["validation_loss"] < 0.7 * early["validation_loss"], "held-out loss falls"
    assert BodyStage("lower", tmp_path).config.stage == "lower"


class Falling:
    """A network of one number that training lowers; its third sampled result is the best."""

    def __init__(self, folder: Path, steps: int = 3) -> None:
        torch.manual_seed(0)
        self.network, self.at, self.drawn, self.rates = (
            torch.nn.Linear(1, 1, bias=False),
            0,
            list[float](),
            list[float](),
        )
        self.trainer, self.steps = Trainer(self.network, folder, torch.device("cpu"), 0.1), steps

    def loss(self) -> dict[str, torch.Tensor]:
        self.drawn.append(float(torch.rand(1)))
        self.rates.append(self.trainer.optimizer.param_groups[0]["lr"])
        return {"loss": self.network.weight.square().sum()}

    def measure(self, step: int) -> dict[str, float]:
        torch.rand(100)  # sampling draws as well
        self.at += 1
        if self.at == 3:
            self.weight_at_third = self.network.weight.item()
        return {"fid": abs(self.at - 3) + 1.0}

    def run(self, sampling: Sampling | None) -> "Falling":
        torch.manual_seed(1)
        self.trainer.run(self.loss, lambda: 0.0, None, self.steps, sampling)
        return self


def test_training_stops_when_sampled_results_get_no_better_and_the_best_weights_ship(tmp_path):
    run = Falling(tmp_path, 8)
    run.run(Sampling(run.measure, 0.0, patience=2))
    assert run.at == 5 and run.trainer.step == 5 < run.steps
    with run.trainer.exported():
        assert run.network.weight.item() == run.weight_at_third
    assert run.network.weight.item() != run.weight_at_third


def test_sampling_leaves_the_random_numbers_of_training_unchanged(tmp_path):
    without, sampled = Falling(tmp_path / "a"), Falling(tmp_path / "b")
    without.run(None), sampled.run(Sampling(sampled.measure, 0.0))
    assert sampled.at == 3 and without.drawn == sampled.drawn
    assert torch.equal(without.network.weight, sampled.network.weight)


def test_a_state_from_before_there_were_sampled_results_is_resumed(tmp_path):
    first = Falling(tmp_path, 10).run(None)
    state = tmp_path / "state.safetensors"
    save_file(load_file(str(state)), str(state), metadata={"step": "10", "spent": "3.5"})
    later = Falling(tmp_path, 11)
    assert later.trainer.resume() and (later.trainer.step, later.trainer.spent) == (10, 3.5)
    assert torch.equal(later.network.weight, first.network.weight)
    assert later.run(Sampling(later.measure, 0.0)).trainer.step == 11


def test_a_budget_of_steps_lets_the_rate_decay_over_them(tmp_path):
    rates = Falling(tmp_path, 400).run(None).rates
    assert rates[0] < 0.02 * max(rates) and rates[-1] < 0.05 * max(rates)


@pytest.fixture(scope="module")
def tiny(scenes) -> BodyTraining:
    return BodyTraining(stage_config("upper", "tiny", False), scenes, torch.device("cpu"), None, 1, window=100)


@pytest.mark.parametrize("stage", ("lower", "upper"))
def test_sampled_results_leave_measures_a_sheet_curves_and_the_best_weights(stage, tiny, tmp_path):
    training = tiny.sharing(stage_config(stage, "tiny", False), 1)
    run = Run(batch=2, rate=1e-3, seed=1, minutes=None, max_steps=2)
    network = DuetDenoiser(training.config)
    sampled = SampledWindows(training, tmp_path)
    once = Sampling(lambda step: sampled.measure(network, step), minutes=60)
    train_body(training, network, tmp_path, tmp_path / "body.safetensors", run, once)
    (row,) = read_log(tmp_path / "log.jsonl")
    assert row["step"] == 2 and row["fid_g"] > 0 and row["fid_k"] > 0
    for name in ("samples_000002.png", "curves.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 500
    shipped, header = load_checkpoint(tmp_path / "body.safetensors")
    assert (
        header["training"]["validation_fid"] == pytest.approx(row["fid"], abs=1e-3) and header["training"]["steps"] == 2
    )
    best = load_file(str(tmp_path / "best.safetensors"))
    assert all(torch.allclose(shipped[f"network.{name}"], value, atol=2e-3) for name, value in best.items())


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_every_size_is_built_and_gives_losses(name, tiny):
    config = stage_config("upper", name, False)
    with torch.no_grad():
        terms = tiny.sharing(config, 1).training_terms(DuetDenoiser(config), 1)
    assert all(torch.isfinite(value) for value in terms.values())


def test_the_papers_windows_are_150_frames_long(scenes, tiny):
    config = stage_config("lower", "tiny", False)
    training = BodyTraining(config, scenes, torch.device("cpu"), tiny.scales(), 1, window=RECIPES["paper"].window)
    assert training.data.random(2, training.generator).lower.shape == (2, 2, 150, 70)
    assert all(torch.isfinite(value) for value in training.training_terms(DuetDenoiser(config), 2).values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("stage", ("lower", "upper"))
def test_training_runs_on_cuda_and_its_weights_play_on_the_processor(stage, scenes, tmp_path):
    rows = train(stage, scenes, tmp_path, 20, "--device", "cuda", "--sample-minutes", "60")[1:]
    assert np.isfinite([row["fid"] for row in rows if "fid" in row]).all()
    assert all(torch.isfinite(value).all() for value in BodyStage(stage, tmp_path).network.state_dict().values())


@pytest.mark.parametrize("stage", ("lower", "upper", "whole"))
def test_a_loss_that_is_switched_off_is_no_part_of_training(stage, tiny):
    config = stage_config(stage, "tiny", False)
    network = DuetDenoiser(config)
    names, fewer = (
        set(tiny.sharing(config, 1, without).training_terms(network, 1))
        for without in (frozenset(), frozenset({"joints"}))
    )
    assert {name.removeprefix("lower_").removeprefix("upper_") for name in names - fewer} == {"joints"}


def test_a_truncated_checkpoint_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, {"weight": torch.ones(4, 4)}, {})
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CheckpointMismatch, match="damaged or truncated"):
        load_checkpoint(path)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointMissing, match="install the runtime again"):
        load_checkpoint(tmp_path / "none.safetensors")


def test_a_checkpoint_of_another_shape_says_which_field_differs():
    with pytest.raises(CheckpointMismatch, match="'weight' is"):
        load_into(torch.nn.Linear(3, 3), {"weight": torch.ones(2, 3), "bias": torch.ones(3)}, "net")


def test_weights_are_kept_in_half_precision_without_pickle(tmp_path):
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, {"weight": torch.full((64, 64), 0.5)}, {"note": "hello"})
    tensors, header = load_checkpoint(path)
    assert path.stat().st_size < 64 * 64 * 2 + 500
    assert tensors["weight"].dtype == torch.float32 and header["note"] == "hello"


def test_the_interaction_loss_measures_the_distances_between_the_two_bodies(scenes):
    data = BodyData(sorted(scenes.glob("scene_*.npz")), torch.device("cpu"))
    batch = data.windows(torch.tensor([0, 40]))
    joints = leg_positions(batch.lower, batch)
    true_root = data.root[data.starts[torch.tensor([0, 40])]]  # (2 windows, 2 actors, 3), first frames
    partner = partner_in_heading_frame(joints, batch.lower)
    between = (joints[:, 0, 0, 0] - partner[:, 0, 0]).norm(dim=-1)
    assert torch.allclose(between, (true_root[:, 0] - true_root[:, 1]).norm(dim=-1), atol=1e-4)
    one = torch.ones(2, 1, 1, 1, 1)
    assert interaction(joints, joints, batch.lower, batch, "lower", one) < 1e-9
    moved = batch.lower.clone()
    moved[:, 0, :, 67] += 0.3
    assert interaction(joints, joints, moved, batch, "lower", one) > 1e-3
    arms = arm_positions(batch.upper, batch)
    assert interaction(arms, arms, batch.lower, batch, "upper", one) < 1e-9


def test_velocities_and_turn_rates_add_up_to_the_displacement_of_each_second(scenes):
    data = BodyData(sorted(scenes.glob("scene_*.npz")), torch.device("cpu"))
    index = torch.tensor([0, 40])
    batch = data.windows(index)
    frames = data.starts[index][:, None] + torch.arange(300)
    places = data.root[frames].transpose(1, 2)[..., :2]
    moved = places[:, :, 31:] - places[:, :, 1:-30]
    assert torch.allclose(displacement(batch.lower, batch)[:, :, 1:].norm(dim=-1), moved.norm(dim=-1), atol=1e-3)
    cosine, sine = batch.lower[..., HEADING].unbind(-1)
    heading = unwrap(torch.atan2(sine, cosine))
    assert torch.allclose(heading_change(batch.lower)[..., 0], heading[:, :, 30:] - heading[:, :, :-30], atol=1e-3)


def test_velocities_in_the_world_are_those_of_the_pelvis_and_its_legs(scenes):
    data = BodyData(sorted(scenes.glob("scene_*.npz")), torch.device("cpu"))
    index = torch.tensor([0, 40])
    batch = data.windows(index)
    frames = data.starts[index][:, None] + torch.arange(300)
    places = data.root[frames].transpose(1, 2)
    speed = world_velocity(leg_positions(batch.lower, batch), batch.lower, batch)[..., 0, :].norm(dim=-1)
    assert torch.allclose(speed, places.diff(dim=2).norm(dim=-1) * 30, atol=2e-3)


def test_slow_drift_counts_where_the_reference_holds_still_and_nowhere_else():
    one, still = torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 2, 9, 4, 3)
    drift = torch.full_like(still, 0.01)
    assert unrest(still, still, one) == 0.0
    assert unrest(drift, still, one) > 0.01
    assert unrest(2 * drift, still, one) < 2.2 * unrest(drift, still, one), "not as its square"
    moving = torch.full_like(still, 0.2)
    assert unrest(still, moving, one) == 0.0


def test_windows_around_sitting_down_can_be_drawn_more_often(tmp_path):
    scene = make_scene(1, "train")
    long = 1200
    for name in ("root_positions", "rotations", "labels", "contacts", "prosody", "face"):
        value = getattr(scene, name)
        setattr(scene, name, np.repeat(value[:, :1], long, 1))
    scene.labels[0, 900:] = 0
    scene.save(tmp_path / "scene_00001.npz")
    data = BodyData([tmp_path / "scene_00001.npz"], torch.device("cpu"))

    def share(chance: float) -> float:
        labels = data.random(64, torch.Generator().manual_seed(1), chance).labels[:, 0]
        return float((labels[:, 0] != labels[:, -1]).float().mean())

    assert share(0.0) < 0.6 and share(1.0) == 1.0
