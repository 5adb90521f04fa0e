"""Train the network that hears stressed syllables, on the voices of composed scenes and the stresses of their words.

    python -m model_runtime.training.prominence --scenes corpus/scenes --out model_runtime/weights

Two minutes of one CPU core. Prints precision and recall within 0.1 s on held-out voices.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..common.checkpoints import save_checkpoint
from ..contract import FPS, FloatArray
from ..speech.stress.prominence import stress_bumps
from ..speech.stress.prominence_network import ProminenceNet
from .body import split_scenes

LENGTH, BATCH, RATE = 600, 24, 2e-3
_ON_STRESS = 4.0  # a bump's frames weigh five times a frame without
_NEAR = 0.1  # seconds


def voices_of(scenes: Sequence[Path]) -> tuple[list[FloatArray], list[list[float]]]:
    """Prosody (T, 28) of every actor, and the times of its stresses."""
    heard, stressed = [], []
    for path in scenes:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            for actor in range(2):
                heard.append(file["prosody"][actor].astype(np.float32))
                stressed.append([float(time) for time in meta["stresses"][actor]])
    return heard, stressed


def train(scenes: Sequence[Path], steps: int, seed: int) -> ProminenceNet:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    heard, stressed = voices_of(scenes)
    prosody = np.concatenate(heard)
    wanted = np.concatenate([stress_bumps(times, len(voice)) for times, voice in zip(stressed, heard)])
    network = ProminenceNet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)
    for _ in range(steps):
        starts = rng.integers(0, len(prosody) - LENGTH, BATCH)
        inputs, target = (
            torch.from_numpy(np.stack([track[s : s + LENGTH] for s in starts])) for track in (prosody, wanted)
        )
        loss = nn.functional.binary_cross_entropy_with_logits(network(inputs), target, weight=1 + _ON_STRESS * target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def precision_and_recall(network: ProminenceNet, scenes: Sequence[Path], threshold: float = 0.5) -> tuple[float, float]:
    """Share of heard stresses that are one, and of stresses that are heard, within 0.1 s."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--out", type=Path, default=Path("model_runtime/weights"))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    known, held_out = split_scenes(args.scenes)
    network = train(known, args.steps, args.seed)
    precision, recall = precision_and_recall(network, held_out)
    header = {
        "network": "ProminenceNet",
        "training": {
            "steps": args.steps,
            "seed": args.seed,
            "precision": round(precision, 3),
            "recall": round(recall, 3),
        },
    }
    save_checkpoint(args.out / "prominence.safetensors", dict(network.state_dict()), header)
    print(
        f"Held-out voices: {precision:.3f} of what is heard as a stress is one, {recall:.3f} of the stresses are heard."
    )


if __name__ == "__main__":
    main()
