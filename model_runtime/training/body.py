"""Training of one stage of the body model on composed scenes: data, normaliser, losses, checkpoint."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.checkpoints import save_checkpoint
from ..conditioning.conditions import stage_conditions
from ..conditioning.first_vocabulary import TODAY
from ..conditioning.representation import CONTACTS, LOWER_SIZE, HandBasis
from ..corpus.shards import INDEX, read_index
from ..networks.duet_denoiser import CONFIGS, DuetConfig, DuetDenoiser
from ..sampling.diffusion import STEPS, add_noise, cosine_alphas
from .body_data import WINDOW, Batch, BodyData
from .body_losses import body_loss
from .loop import Sampling, Trainer, write_tensors
from .masks import dropped_conditions, facing_condition, lower_mask, path_condition, upper_mask
from .options import Run
from .word_features import WordTracks

SCALES = "scales.safetensors"
AROUND_SITTING = 0.2  # share of windows around sitting down and getting up, which are rare in the scenes
LICENCES = [
    "SmartBody (LGPL-2.1, taken under GPL-3.0)",
    "Microsoft Rocketbox (MIT)",
    "CMU Graphics Lab Motion Capture Database",
    "High Fidelity (Apache-2.0)",
    "Mesh2Motion, Quaternius (CC0)",
]


@dataclass(frozen=True)
class Recipe:
    """Defaults of a config's training: windows an update, rate, frames a window, and epochs if they are the budget.

    An epoch draws as many windows as fit into the scenes side by side.
    """

    batch: int = 8
    rate: float = 5e-4
    window: int = WINDOW
    epochs: int | None = None


RECIPES = {"paper": Recipe(32, 3e-4, 150, 60)}  # InterAct's, section 5


class BodyTraining:
    """Data, normaliser and loss of one stage on one device.

    ``window``: frames, a multiple of ``PATCH``; ``without``: losses left out, for ablations.
    """

    def __init__(
        self,
        config: DuetConfig,
        scenes: Path,
        device: torch.device,
        tensors: dict[str, Tensor] | None,
        seed: int,
        words: Path | None = None,
        window: int = WINDOW,
        without: frozenset[str] = frozenset(),
    ) -> None:
        train, test = split_scenes(scenes)
        self.config, self.device, self.without = config, device, without
        self.generator = torch.Generator(device=device).manual_seed(seed)
        basis = HandBasis(tensors["hand_mean"], tensors["hand_basis"]) if tensors is not None else None
        tracks = None if words is None else WordTracks(words)
        self.encoder = None if tracks is None else tracks.encoder  # of the words
        self.data = BodyData(train, device, basis, tracks, window)
        self.held_out = BodyData(test, device, self.data.basis, tracks, window)
        minutes = self.data.minutes, self.held_out.minutes
        print("{:.1f} min of scenes to train on, {:.1f} min held out".format(*minutes), flush=True)
        scales = [f"{stage}_{kind}" for stage in ("lower", "upper") for kind in ("mean", "std", "change")]
        self.normaliser = self._fit_normaliser() if tensors is None else {k: tensors[k].to(device) for k in scales}
        self.alphas = cosine_alphas().to(device)

    def sharing(self, config: DuetConfig, seed: int, without: frozenset[str] = frozenset()) -> BodyTraining:
        """Return the training of another network on the same data and scales."""
        other = copy.copy(self)
        other.config, other.without = config, without
        other.generator = torch.Generator(device=self.device).manual_seed(seed)
        return other

    @property
    def words(self) -> bool:
        """Whether the scenes hold their words."""
        return self.data.words is not None

    def _fit_normaliser(self) -> dict[str, Tensor]:
        """Return mean, deviation and deviation of frame differences of both stages' features, over 512 windows."""
        batches = [self.data.random(64, self.generator) for _ in range(8)]
        found: dict[str, Tensor] = {}
        for stage in ("lower", "upper"):
            values = torch.cat([getattr(b, stage) for b in batches])
            std = values.std((0, 1, 2)).clamp(min=0.02)
            if stage == "lower":
                std[CONTACTS] = 0.5
            found |= {
                f"{stage}_mean": values.mean((0, 1, 2)),
                f"{stage}_std": std,
                f"{stage}_change": values.diff(dim=2).std((0, 1, 2)).clamp(min=0.002),
            }
        return found

    def scales(self) -> dict[str, Tensor]:
        """Return normaliser and hand basis, with which another training has the same features."""
        basis = self.data.basis
        return {k: v.cpu() for k, v in self.normaliser.items()} | {"hand_mean": basis.mean, "hand_basis": basis.basis}

    def scale(self, stage: str, kind: str) -> Tensor:
        """Return 'mean', 'std' or 'change' (F,) of a stage's features; 'whole' has those of both stages."""
        stages = ("lower", "upper") if stage == "whole" else (stage,)
        return torch.cat([self.normaliser[f"{part}_{kind}"] for part in stages])

    def predict(
        self,
        network: torch.nn.Module,
        noisy: Tensor,
        step: Tensor,
        clean: Tensor,
        mask: Tensor,
        batch: Batch,
        dropped: dict[str, Tensor] | None,
    ) -> Tensor:
        """Return the network's clean features (B, 2, T, F), normalised; in bf16 on CUDA.

        ``clean`` is given where ``mask`` (B, 2, T, groups) is 1.
        """
        lower = None
        if self.config.stage == "upper":
            lower = (batch.lower - self.scale("lower", "mean")) / self.scale("lower", "std")
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return network(noisy, step, clean, mask, batch.conditions, batch.body, lower, dropped)

    def terms(
        self,
        network: torch.nn.Module,
        batch: Batch,
        step: Tensor,
        noise: Tensor,
        mask: Tensor,
        dropped: dict[str, Tensor] | None,
    ) -> dict[str, Tensor]:
        """Return the named losses of a batch at noise ``step`` (B,)."""
        stage = self.config.stage
        mean, std, change = (self.scale(stage, kind) for kind in ("mean", "std", "change"))
        clean = (batch.features(stage) - mean) / std
        given = self.config.expand_mask(mask)
        noisy = torch.where(given > 0, clean, add_noise(clean, noise, step, self.alphas))
        predicted = self.predict(network, noisy, step, clean, mask, batch, dropped).float()
        if stage != "whole":
            terms = body_loss(stage, predicted, batch, step, mean, std, change, given)
            return {name: value for name, value in terms.items() if name not in self.without}
        parts = {"lower": slice(0, LOWER_SIZE), "upper": slice(LOWER_SIZE, None)}
        return {
            f"{part}_{name}": value
            for part, cut in parts.items()
            for name, value in body_loss(
                part, predicted[..., cut], batch, step, mean[cut], std[cut], change[cut], given[..., cut]
            ).items()
            if name not in self.without
        }

    def training_terms(self, network: torch.nn.Module, batch: int) -> dict[str, Tensor]:
        """Return the named losses of ``batch`` random windows."""
        windows = self.data.random(batch, self.generator, AROUND_SITTING)
        clean = windows.features(self.config.stage)
        step = torch.randint(STEPS, (batch,), device=self.device, generator=self.generator)
        noise = torch.randn(clean.shape, device=self.device, generator=self.generator)
        mask = self.add_constraints(windows)
        return self.terms(network, windows, step, noise, mask, dropped_conditions(batch, self.device))

    def add_constraints(self, batch: Batch) -> Tensor:
        """Return a random inpainting mask (B, 2, T, groups); add 'path' and 'facing' to a lower stage's conditions."""
        if self.config.stage == "upper":
            return upper_mask(batch)
        batch.conditions |= {"path": path_condition(batch), "facing": facing_condition(batch)}
        lower = lower_mask(batch)
        return lower if self.config.stage == "lower" else torch.cat([lower, upper_mask(batch)], -1)

    @torch.no_grad()
    def validate(self, network: torch.nn.Module) -> float:
        """Return the loss on 64 fixed windows of held-out voices and clips, at fixed steps and noise."""
        generator = torch.Generator(device=self.device).manual_seed(7)
        batch = self.held_out.random(64, generator)
        clean = batch.features(self.config.stage)
        step = torch.linspace(20, STEPS - 20, 64, device=self.device).long()
        noise = torch.randn(clean.shape, device=self.device, generator=generator)
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(7)
            mask = self.add_constraints(batch)
        return float(sum(self.terms(network, batch, step, noise, mask, None).values()))


def split_scenes(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the training and the held-out scenes of a folder, by the split stored in each.

    Raises ``ScenesUnfit`` if the folder's index lists others.
    """
    if (folder / INDEX).is_file():
        read_index(folder)
    by_split: dict[str, list[Path]] = {"train": [], "test": []}
    for path in sorted(folder.glob("scene_*.npz")):
        with np.load(path, allow_pickle=False) as file:
            by_split[json.loads(str(file["meta"]))["split"]].append(path)
    return by_split["train"], by_split["test"]


def stage_config(stage: str, name: str, words: bool) -> DuetConfig:
    """Return the config of a stage by the name of its sizes, with all conditions; that of words only if asked for."""
    conditions = stage_conditions("lower" if stage == "whole" else stage)
    return DuetConfig(
        stage, **CONFIGS[name], conditions=tuple(c for c in conditions if c != "words" or words), vocabulary=TODAY
    )


def train_body(
    training: BodyTraining,
    network: DuetDenoiser,
    state: Path,
    target: Path,
    run: Run,
    sampling: Sampling | None = None,
    begin_with: dict[str, Tensor] | None = None,
) -> Trainer:
    """Train ``network`` as ``run`` says and write it with its scales to ``target``.

    ``begin_with``: weights of the network to start from.
    """
    trainer = Trainer(network, state, training.device, run.rate)
    write_tensors(state / SCALES, training.scales())
    if begin_with:
        trainer.start_from(begin_with)
    trainer.fit(training, run, sampling)
    with trainer.exported():
        validation = training.validate(network)
        tensors = {f"network.{k}": v.detach().clone() for k, v in network.state_dict().items()}
    record: dict[str, Any] = {
        "steps": trainer.best_step or trainer.step,
        "batch": run.batch,
        "window": training.data.window,
        "seed": run.seed,
        "minutes_of_scenes": round(training.data.minutes, 1),
        "validation_loss": round(validation, 4),
        "seconds": round(trainer.spent),
    }
    if training.words:
        record["words"] = training.encoder
    if trainer.best_step:
        record["validation_fid"] = round(trainer.best_fid, 3)
    header = {
        "network": type(network).__name__,
        "config": asdict(training.config),
        "training": record,
        "corpus": LICENCES,
    }
    save_checkpoint(target, tensors | training.scales(), header)
    print(f"Wrote {target}: validation {validation:.4f} after {record['steps']} of {trainer.step} steps", flush=True)
    return trainer
