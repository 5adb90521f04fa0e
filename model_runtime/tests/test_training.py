"""Training: it learns, it goes on where it stopped, and what it writes is checked when it is read."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from model_runtime import rotations as rot
from model_runtime.body import BodyStage
from model_runtime.checkpoint import load_checkpoint, load_into, save_checkpoint
from model_runtime.corpus.scene import Scene
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.training.body_data import BodyData
from model_runtime.training.body_losses import _seen, arm_positions, interaction, leg_positions

FRAMES = 330


def make_scene(seed: int, split: str) -> Scene:
    """Two people who sway and lift an arm in time: simple, yet something to learn."""
    rng = np.random.default_rng(seed)
    t = np.arange(FRAMES) / 30
    roots, rotations = np.zeros((2, FRAMES, 3), np.float32), np.tile(rot.IDENTITY, (2, FRAMES, 52, 1)).astype(np.float32)
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
        seed, split, both, roots, rotations, np.full((2, FRAMES), 2, np.uint8), np.ones((2, FRAMES, 4), bool),
        rng.normal(size=(2, FRAMES, 28)).astype(np.float16), np.zeros((2, FRAMES, 52), np.float16),
        np.full(2, 0.45, np.float32), ([], []), ([], []),
    )  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for seed in range(5):
        make_scene(seed, "test" if seed == 4 else "train").save(folder / f"scene_{seed:05d}.npz")
    return folder


def train(stage: str, scenes: Path, home: Path, steps: int, *more: str) -> list[dict]:
    command = [sys.executable, "-m", "model_runtime.training.body", stage, "--scenes", str(scenes), "--out", str(home), "--state", str(home / "state"),
               "--config", "tiny", "--batch", "4", "--device", "cpu", "--max-steps", str(steps), *more]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [{"text": done.stdout}] + [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_training_learns_and_resumes_where_it_stopped(scenes, tmp_path):
    train("lower", scenes, tmp_path, 5)
    early = load_checkpoint(tmp_path / "body_lower.safetensors")[1]["training"]
    said = train("lower", scenes, tmp_path, 60, "--resume")[0]["text"]
    late = load_checkpoint(tmp_path / "body_lower.safetensors")[1]["training"]
    assert "Resumed at step 5" in said
    assert (early["steps"], late["steps"]) == (5, 60)
    assert late["validation_loss"] < 0.7 * early["validation_loss"], "held-out loss falls"
    assert BodyStage("lower", tmp_path).config.stage == "lower"


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


def test_the_interaction_loss_sees_the_distances_between_the_two_bodies(scenes):
    data = BodyData(sorted(scenes.glob("scene_*.npz")), torch.device("cpu"))
    batch = data.windows(torch.tensor([0, 40]))
    joints = leg_positions(batch.lower, batch)
    true_root = data.root[data.starts[torch.tensor([0, 40])]]  # (2 windows, 2 actors, 3), first frames
    seen = _seen(joints, batch.lower)
    between = (joints[:, 0, 0, 0] - seen[:, 0, 0]).norm(dim=-1)
    assert torch.allclose(between, (true_root[:, 0] - true_root[:, 1]).norm(dim=-1), atol=1e-4)
    one = torch.ones(2, 1, 1, 1, 1)
    assert interaction(joints, joints, batch.lower, batch, "lower", one) < 1e-9
    moved = batch.lower.clone()
    moved[:, 0, :, 67] += 0.3
    assert interaction(joints, joints, moved, batch, "lower", one) > 1e-3
    arms = arm_positions(batch.upper, batch)
    assert interaction(arms, arms, batch.lower, batch, "upper", one) < 1e-9
