"""Train the network that detects stressed syllables, on the voices of composed scenes and the stresses of their words.

    python -m model_runtime train stress --scenes corpus/scenes --out model_runtime/weights

Takes two minutes of one CPU core and prints precision and recall within 0.1 s on held-out voices.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..common.checkpoints import WEIGHTS, save_checkpoint
from ..contract import FPS, FloatArray
from ..speech.stress.prominence_network import ProminenceNet
from ..speech.stress.stress_detection import stress_bumps
from .body import split_scenes

LENGTH, BATCH, RATE = 600, 24, 2e-3
_ON_STRESS = 4.0  # frames at a stress weigh five times those without
_NEAR = 0.1  # seconds


def voices_of(scenes: Sequence[Path]) -> tuple[list[FloatArray], list[list[float]]]:
    """Return the prosody (T, 28) of every actor and the times (s) of its stresses."""
    voices, stressed = [], []
    for path in scenes:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            for actor in range(2):
                voices.append(file["prosody"][actor].astype(np.float32))
                stressed.append([float(time) for time in meta["stresses"][actor]])
    return voices, stressed


def train(scenes: Sequence[Path], steps: int, seed: int) -> ProminenceNet:
    """Train a network for ``steps`` on the voices of ``scenes``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    voices, stressed = voices_of(scenes)
    prosody = np.concatenate(voices)
    targets = np.concatenate([stress_bumps(times, len(voice)) for times, voice in zip(stressed, voices)])
    network = ProminenceNet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)
    for _ in range(steps):
        starts = rng.integers(0, len(prosody) - LENGTH, BATCH)
        inputs, target = (
            torch.from_numpy(np.stack([track[s : s + LENGTH] for s in starts])) for track in (prosody, targets)
        )
        loss = nn.functional.binary_cross_entropy_with_logits(network(inputs), target, weight=1 + _ON_STRESS * target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def precision_and_recall(network: ProminenceNet, scenes: Sequence[Path], threshold: float = 0.5) -> tuple[float, float]:
    """Return the share of detected stresses that are right and of stresses that are detected, within 0.1 s."""
    right = found = hit = real = 0
    for voice, times in zip(*voices_of(scenes)):
        likely = torch.sigmoid(network(torch.from_numpy(voice)[None]))[0].numpy()
        peaks = (
            np.flatnonzero((likely[1:-1] > threshold) & (likely[1:-1] >= likely[:-2]) & (likely[1:-1] > likely[2:])) + 1
        ) / FPS
        away = (
            np.abs(peaks[:, None] - np.array(times)[None])
            if len(peaks) and times
            else np.full((len(peaks), len(times)), np.inf)
        )
        found, real = found + len(peaks), real + len(times)
        right += int((away.min(1, initial=np.inf) <= _NEAR).sum())
        hit += int((away.min(0, initial=np.inf) <= _NEAR).sum())
    return right / max(found, 1), hit / max(real, 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> int:
    training, held_out = split_scenes(options.scenes)
    network = train(training, options.steps, options.seed)
    precision, recall = precision_and_recall(network, held_out)
    header = {
        "network": "ProminenceNet",
        "training": {
            "steps": options.steps,
            "seed": options.seed,
            "precision": round(precision, 3),
            "recall": round(recall, 3),
        },
    }
    save_checkpoint(options.out / "prominence.safetensors", dict(network.state_dict()), header)
    print(f"Held-out voices: precision {precision:.3f}, recall {recall:.3f} of the stresses, within {_NEAR} s.")
    return 0
