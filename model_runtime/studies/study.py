"""Networks trained to be compared: the same scenes, scales, seed and number of updates for each.

Networks that are trained already are reused, and an interrupted training is resumed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import torch

from ..common.checkpoints import load_checkpoint
from ..common.files import write_whole
from ..errors import InterActError
from ..networks.duet_denoiser import CONFIGS, DuetDenoiser
from ..training.body import BodyTraining, stage_config, train_body
from ..training.options import Run, add_network_options
from .baselines import train
from .options import add_shared_options, add_shot_options

_NEAR = 0.05  # of the number of windows asked for: weights trained on about as many are reused


class BudgetDiffers(InterActError):
    """Weights trained on another number of windows lie where the new ones should."""


class Study:
    """Trains stages and baselines of one size on the same data, which are read when the first network is trained."""

    def __init__(
        self, scenes: Path, words: Path | None, sizes: str, device: torch.device, batch: int, rate: float, seed: int
    ) -> None:
        self.scenes, self.words, self.sizes, self.device = scenes, words, sizes, device
        self.batch, self.rate, self.seed = batch, rate, seed

    @cached_property
    def training(self) -> BodyTraining:
        """Return the data and scales that all networks share."""
        config = stage_config("whole", self.sizes, self.words is not None)
        return BodyTraining(config, self.scenes, self.device, None, self.seed, self.words)

    def train_stage(self, stage: str, folder: Path, steps: int, without: frozenset[str] = frozenset()) -> None:
        """Make ``body_<stage>.safetensors`` in ``folder``, trained for ``steps`` updates without some of its losses."""
        target = folder / f"body_{stage}.safetensors"
        if is_made(target, steps, self.batch):
            return
        config = stage_config(stage, self.sizes, self.words is not None)
        torch.manual_seed(self.seed)
        network = DuetDenoiser(config).to(self.device)
        train_body(
            self.training.sharing(config, self.seed, without),
            network,
            folder / "state" / stage,
            target,
            self._run(steps),
        )

    def train_whole(self, name: str, folder: Path, steps: int) -> None:
        """Make a baseline's weights in ``folder``, trained for ``steps`` updates."""
        if not is_made(folder / f"{name}.safetensors", steps, self.batch):
            train(name, self.training, self.sizes, folder, self._run(steps))

    def _run(self, steps: int) -> Run:
        return Run(self.batch, self.rate, self.seed, None, steps, resume=True)


def is_made(weights: Path, steps: int, batch: int) -> bool:
    """Return whether weights of so many updates are there; raises ``BudgetDiffers`` for weights of another number."""
    if not weights.is_file():
        return False
    seen, wanted = windows_seen(weights), steps * batch
    if abs(seen - wanted) > _NEAR * wanted:
        raise BudgetDiffers(
            f"'{weights}' saw {seen} windows in training and {wanted} are asked for; remove it or choose another --out."
        )
    return True


def windows_seen(weights: Path) -> int:
    """Return how many windows of two people a checkpoint's network was trained on, by its header."""
    training = load_checkpoint(weights)[1]["training"]
    return int(training["steps"]) * int(training["batch"])


def add_study_options(parser: argparse.ArgumentParser, out: Path) -> None:
    """Add the options of a study that trains networks; ``out``: the default folder of its weights and figures."""
    parser.add_argument(
        "--out", type=Path, default=out, help="folder of the weights and the figures (default: %(default)s)"
    )
    add_network_options(parser, CONFIGS, "small", 8, 5e-4)
    add_shared_options(parser, "scenes", "words")
    add_shot_options(parser, 8, 20.0)


def study_of(options: argparse.Namespace) -> Study:
    """Return the study that ``add_study_options`` describe."""
    return Study(
        options.scenes, options.words, options.config, options.device, options.batch, options.rate, options.seed
    )


def write_result(out: Path, name: str, about: str, text: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """Print a study's table and write it into ``out`` as Markdown and as JSON."""
    print(f"{about}\n\n{text}")
    write_whole(out / f"{name}.md", f"{about}\n\n{text}\n")
    write_whole(out / f"{name}.json", json.dumps({"about": about, "rows": rows}, indent=1))
