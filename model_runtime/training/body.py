"""Train one stage of the body model on composed scenes.

    python -m model_runtime.training.body lower --scenes corpus/scenes --out model_runtime/weights --minutes 6 --device cuda

Writes ``body_<stage>.safetensors`` with the averaged weights, and a resumable state beside the log in
``checkpoints/body_<stage>``.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..body_features import CONTACTS, LOWER_SIZE, HandBasis
from ..checkpoint import load_checkpoint, save_checkpoint
from ..corpus.shards import INDEX, read_index
from ..diffusion import STEPS, add_noise, cosine_alphas
from ..networks.duet_denoiser import CONFIGS, STAGE_CONDITIONS, DuetConfig, DuetDenoiser
from .body_data import Batch, BodyData
from .body_losses import body_loss
from .loop import Trainer
from .masks import dropped_conditions, lower_mask, upper_mask, wanted_path
from .word_features import WordTracks


class BodyTraining:
    """Data, normaliser and loss of one stage on one device."""

    def __init__(self, config: DuetConfig, scenes: Path, device: torch.device, tensors: dict[str, Tensor] | None, seed: int, words: Path | None = None) -> None:
        train, test = split_scenes(scenes)
        self.config, self.device = config, device
        self.generator = torch.Generator(device=device).manual_seed(seed)
        basis = HandBasis(tensors["hand_mean"], tensors["hand_basis"]) if tensors is not None else None
        tracks = None if words is None else WordTracks(words)
        self.data = BodyData(train, device, basis, tracks)
        self.held_out = BodyData(test, device, self.data.basis, tracks)
        print(f"{self.data.minutes:.1f} min of scenes to train on, {self.held_out.minutes:.1f} min held out", flush=True)
        scales = [f"{stage}_{kind}" for stage in ("lower", "upper") for kind in ("mean", "std", "change")]
        self.normaliser = self._fit_normaliser() if tensors is None else {k: tensors[k].to(device) for k in scales}
        self.alphas = cosine_alphas().to(device)

    def _fit_normaliser(self) -> dict[str, Tensor]:
        """Mean, deviation and deviation of frame differences of both stages' features, over 512 windows."""
        batches = [self.data.random(64, self.generator) for _ in range(8)]
        found: dict[str, Tensor] = {}
        for stage in ("lower", "upper"):
            values = torch.cat([getattr(b, stage) for b in batches])
            std = values.std((0, 1, 2)).clamp(min=0.02)
            if stage == "lower":
                std[CONTACTS] = 0.5
            found |= {f"{stage}_mean": values.mean((0, 1, 2)), f"{stage}_std": std, f"{stage}_change": values.diff(dim=2).std((0, 1, 2)).clamp(min=0.002)}
        return found

    def scales(self) -> dict[str, Tensor]:
        """Normaliser and hand basis: what ``tensors`` must hold to go on with the same features."""
        basis = self.data.basis
        return {k: v.cpu() for k, v in self.normaliser.items()} | {"hand_mean": basis.mean, "hand_basis": basis.basis}

    def scale(self, stage: str, kind: str) -> Tensor:
        """'mean', 'std' or 'change' (F,) of a stage's features; the whole body's are those of both stages."""
        stages = ("lower", "upper") if stage == "whole" else (stage,)
        return torch.cat([self.normaliser[f"{part}_{kind}"] for part in stages])

    def terms(self, network: torch.nn.Module, batch: Batch, step: Tensor, noise: Tensor, mask: Tensor, dropped: dict[str, Tensor] | None) -> dict[str, Tensor]:
        stage = self.config.stage
        mean, std, change = (self.scale(stage, kind) for kind in ("mean", "std", "change"))
        clean = (batch.features(stage) - mean) / std
        given = (batch.lower - self.scale("lower", "mean")) / self.scale("lower", "std") if stage == "upper" else None
        keep = self.config.spread(mask)
        noisy = torch.where(keep > 0, clean, add_noise(clean, noise, step, self.alphas))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            predicted = network(noisy, step, clean, mask, batch.conditions, batch.body, given, dropped)
        if stage != "whole":
            return body_loss(stage, predicted.float(), batch, step, mean, std, change, keep)
        parts = {"lower": slice(0, LOWER_SIZE), "upper": slice(LOWER_SIZE, None)}
        return {
            f"{part}_{name}": value
            for part, cut in parts.items()
            for name, value in body_loss(part, predicted[..., cut].float(), batch, step, mean[cut], std[cut], change[cut], keep[..., cut]).items()
        }

    def training_terms(self, network: torch.nn.Module, batch_size: int) -> dict[str, Tensor]:
        batch = self.data.random(batch_size, self.generator)
        clean = batch.features(self.config.stage)
        step = torch.randint(STEPS, (batch_size,), device=self.device, generator=self.generator)
        noise = torch.randn(clean.shape, device=self.device, generator=self.generator)
        mask = self.asked(batch)
        return self.terms(network, batch, step, noise, mask, dropped_conditions(batch_size, self.device))

    def asked(self, batch: Batch) -> Tensor:
        """The mask of motion kept (B, 2, T, groups); for the lower stage the way to go joins the conditions."""
        if self.config.stage == "upper":
            return upper_mask(batch)
        batch.conditions["path"] = wanted_path(batch)
        return lower_mask(batch) if self.config.stage == "lower" else torch.cat([lower_mask(batch), upper_mask(batch)], -1)

    @torch.no_grad()
    def validate(self, network: torch.nn.Module) -> float:
        """Loss on 64 fixed windows of held-out voices and clips, at fixed steps and noise."""
        generator = torch.Generator(device=self.device).manual_seed(7)
        batch = self.held_out.random(64, generator)
        clean = batch.features(self.config.stage)
        step = torch.linspace(20, STEPS - 20, 64, device=self.device).long()
        noise = torch.randn(clean.shape, device=self.device, generator=generator)
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(7)
            mask = self.asked(batch)
        return float(sum(self.terms(network, batch, step, noise, mask, None).values()))


def split_scenes(folder: Path) -> tuple[list[Path], list[Path]]:
    """Train and held-out scenes of a folder, by the split written in each. Raises ``ScenesUnfit`` when its record names others."""
    if (folder / INDEX).is_file():
        read_index(folder)
    by_split: dict[str, list[Path]] = {"train": [], "test": []}
    for path in sorted(folder.glob("scene_*.npz")):
        with np.load(path, allow_pickle=False) as file:
            by_split[json.loads(str(file["meta"]))["split"]].append(path)
    return by_split["train"], by_split["test"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("lower", "upper"))
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path, help="file of `training.word_features`; without it the network hears no words")
    parser.add_argument("--out", type=Path, default=Path("model_runtime/weights"))
    parser.add_argument("--state", type=Path, default=Path("checkpoints"))
    parser.add_argument("--config", choices=sorted(CONFIGS), default="small")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the state in --state")
    parser.add_argument("--from-weights", action="store_true", help="begin with the weights in --out and keep their normaliser")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()

    begin = time.monotonic()
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = torch.device(args.device)
    heard = tuple(name for name in STAGE_CONDITIONS[args.stage] if name != "words" or args.words)
    config = DuetConfig(args.stage, **CONFIGS[args.config], conditions=heard)
    target = args.out / f"body_{args.stage}.safetensors"
    state = args.state / f"body_{args.stage}"
    scales = state / "scales.safetensors"
    earlier = load_checkpoint(target)[0] if args.from_weights else None
    if args.resume and scales.is_file():
        earlier = load_file(str(scales))
    training = BodyTraining(config, args.scenes, device, earlier, args.seed, args.words)
    network = DuetDenoiser(config).to(device)
    trainer = Trainer(network, state, device, args.rate)
    save_file(training.scales(), str(scales))
    if args.from_weights and earlier is not None:
        trainer.start_from({k.removeprefix("network."): v for k, v in earlier.items() if k.startswith("network.")})
    if args.resume and trainer.resume():
        print(f"Resumed at step {trainer.step}", flush=True)
    print(f"Loaded in {time.monotonic() - begin:.0f} s", flush=True)
    forward: Any = torch.compile(network) if args.compile else network
    trainer.run(lambda: training.training_terms(forward, args.batch), lambda: training.validate(network), args.minutes, args.max_steps)
    with trainer.averaged():
        validation = training.validate(network)
        tensors = {f"network.{k}": v.detach() for k, v in network.state_dict().items()}
    tensors |= training.scales()
    header = {
        "network": "DuetDenoiser",
        "config": asdict(config),
        "training": {
            "steps": trainer.step, "batch": args.batch, "seed": args.seed, "minutes_of_scenes": round(training.data.minutes, 1),
            "validation_loss": round(validation, 4), "seconds": round(trainer.spent),
        },
        "corpus": ["SmartBody (LGPL-2.1, taken under GPL-3.0)", "Microsoft Rocketbox (MIT)", "CMU Graphics Lab Motion Capture Database"],
    }  # fmt: skip
    save_checkpoint(target, tensors, header)
    print(f"Wrote {target}: validation {validation:.4f} after {trainer.step} steps", flush=True)


if __name__ == "__main__":
    main()
