"""Options that the commands of training share."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

MINUTES = 6.0  # if neither minutes nor steps are given


@dataclass(frozen=True)
class Run:
    """How a network is trained: batch, rate, and a budget of minutes or steps, whichever is spent first."""

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
    """Add the options of a network; ``config``, ``batch`` and ``rate`` are defaults.

    A text in place of a number describes the default, which is None.
    """
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
    """Add the options of a network and of its training; see ``add_network_options``."""
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


def run_of(options: argparse.Namespace) -> Run:
    """Return the run of the options."""
    minutes = MINUTES if options.minutes is None and options.max_steps is None else options.minutes
    return Run(options.batch, options.rate, options.seed, minutes, options.max_steps, options.resume, options.compile)


def _number(default: str | int | float) -> int | float | None:
    return None if isinstance(default, str) else default
