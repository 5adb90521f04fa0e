"""Networks trained to be compared: the same scenes, scales, seed and work for each. What is trained already is kept,
and a training that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch

from ..common.checkpoints import load_checkpoint
from ..drawing.documents import write_whole
from ..errors import InterActError
from ..networks.duet_denoiser import CONFIGS, DuetDenoiser
from ..training.body import BodyTraining, stage_config, train_body
from ..training.options import Run, add_network_options
from ..training.word_features import WordTracks
from .baselines import train
from .shots import Shot, held_out_shots

WORDS = Path("corpus/word_features.npz")
_NEAR = 0.05  # of the work asked for: weights of about as much are kept


class BudgetDiffers(InterActError):
    """Weights of other work than asked for lie where the new ones should."""


class Study:
    """Trains stages and baselines of one size on the same data, which is read when the first network lacks."""

    def __init__(
        self, scenes: Path, words: Path | None, sizes: str, device: torch.device, batch: int, rate: float, seed: int
    ) -> None:
        self.scenes, self.words, self.sizes, self.device = scenes, words, sizes, device
        self.batch, self.rate, self.seed = batch, rate, seed

    @cached_property
    def training(self) -> BodyTraining:
        config = stage_config("whole", self.sizes, self.words is not None)
        return BodyTraining(config, self.scenes, self.device, None, self.seed, self.words)

    def train_stage(self, stage: str, folder: Path, steps: int, without: frozenset[str] = frozenset()) -> None:
        """``body_<stage>.safetensors`` in ``folder``, trained for ``steps`` updates without some of its losses."""
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
        """A baseline's weights in ``folder``, trained for ``steps`` updates."""
        if not is_made(folder / f"{name}.safetensors", steps, self.batch):
            train(name, self.training, self.sizes, folder, self._run(steps))

    def _run(self, steps: int) -> Run:
        return Run(self.batch, self.rate, self.seed, None, steps, resume=True)


def is_made(weights: Path, steps: int, batch: int) -> bool:
    """Whether weights of that work are there. Raises ``BudgetDiffers`` where there are some of other work."""
    if not weights.is_file():
        return False
    seen, wanted = windows_seen(weights), steps * batch
    if abs(seen - wanted) > _NEAR * wanted:
        raise BudgetDiffers(
            f"'{weights}' saw {seen} windows in training and {wanted} are asked for; remove it or choose another --out."
        )
    return True


def windows_seen(weights: Path) -> int:
    """Windows of two people that a checkpoint's network was trained on, by its header."""
    told = load_checkpoint(weights)[1]["training"]
    return int(told["steps"]) * int(told["batch"])


def add_study_options(parser: argparse.ArgumentParser, out: Path) -> None:
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument(
        "--words",
        type=Path,
        default=WORDS if WORDS.is_file() else None,
        help="file of `training.word_features` (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, default=out, help="folder of the weights and the figures (default: %(default)s)"
    )
    add_network_options(parser, CONFIGS, "small", 8, 5e-4)
    parser.add_argument("--shots", type=int, default=8, help="held-out shots to measure on")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each shot")


def study_of(args: argparse.Namespace) -> Study:
    return Study(args.scenes, args.words, args.config, args.device, args.batch, args.rate, args.seed)


def shots_of(args: argparse.Namespace) -> tuple[Sequence[Shot], Sequence[Shot]]:
    """Held-out shots to measure on, and others that say what the truth measures beside them."""
    both = held_out_shots(args.scenes, args.seconds, 2 * args.shots, WordTracks(args.words) if args.words else None)
    if len(both) < 2:
        raise InterActError(
            f"There are no two held-out shots of {args.seconds:.0f} s in '{args.scenes}'; compose some first."
        )
    return both[::2], both[1::2]


def write_result(out: Path, name: str, about: str, text: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """Print a study's table and leave it beside the weights, for people and for programs."""
    print(f"{about}\n\n{text}")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / f"{name}.md", f"{about}\n\n{text}\n".encode())
    write_whole(out / f"{name}.json", json.dumps({"about": about, "rows": rows}, indent=1).encode())
