"""What the commands that train a network are told alike."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

MINUTES = 6.0  # where neither minutes nor steps are given


@dataclass(frozen=True)
class Run:
    """How a network is trained: batch and rate, and the budget, which ends with whichever of the two comes first."""

    batch: int
    rate: float
    seed: int
    minutes: float | None
    max_steps: int | None
    resume: bool = False
    compile: bool = False


def add_network_options(
    parser: argparse.ArgumentParser, configs: Iterable[str], config: str, batch: str | int, rate: str | float
) -> None:
    """``config``, ``batch`` and ``rate`` are the defaults; a text says where theirs come from and leaves them None."""
    parser.add_argument(
        "--config", choices=sorted(configs), default=config, help="sizes of the network (default: %(default)s)"
    )
    parser.add_argument(
        "--device",
        type=torch.device,
        default="cuda" if torch.cuda.is_available() else "cpu",
        help="'cpu' or 'cuda', which trains in bf16",
    )
    parser.add_argument("--batch", type=int, default=_number(batch), help=f"windows an update (default: {batch})")
    parser.add_argument("--rate", type=float, default=_number(rate), help=f"highest learning rate (default: {rate})")
    parser.add_argument("--seed", type=int, default=1)


def add_run_options(
    parser: argparse.ArgumentParser,
    configs: Iterable[str],
    config: str,
    batch: str | int,
    rate: str | float,
    state: Path,
) -> None:
    """Those of the network, and how long it is trained; see ``add_network_options``."""
    add_network_options(parser, configs, config, batch, rate)
    parser.add_argument(
        "--state",
        type=Path,
        default=state,
        help="folder of the resumable state, the log, its curves and samples (default: %(default)s)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help=f"wall time over which the rate decays (default: {MINUTES:g} unless --max-steps is given)",
    )
    parser.add_argument("--max-steps", type=int, help="updates to make; the same work on a fast and on a busy machine")
    parser.add_argument("--resume", action="store_true", help="go on from the state in --state")
    parser.add_argument("--compile", action="store_true", help="compile the network first; worth it on a GPU")


def run_of(args: argparse.Namespace) -> Run:
    """The run that the options ask for."""
    minutes = MINUTES if args.minutes is None and args.max_steps is None else args.minutes
    return Run(args.batch, args.rate, args.seed, minutes, args.max_steps, args.resume, args.compile)


def _number(default: str | int | float) -> int | float | None:
    return None if isinstance(default, str) else default
