"""Train one stage of the body model on composed scenes.

    python -m model_runtime train body lower --scenes corpus/scenes --minutes 6 --device cuda

Writes ``body_<stage>.safetensors`` with the averaged weights, and a resumable state beside the log in
``checkpoints/body_<stage>``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from ..common.checkpoints import load_checkpoint, tensors_under
from ..conditioning.first_vocabulary import FIRST, in_todays_words
from ..contract import FPS
from ..networks.duet_denoiser import CONFIGS, DuetDenoiser
from .body import RECIPES, SCALES, BodyTraining, Recipe, stage_config, train_body
from .loop import Sampling
from .options import add_run_options, run_of
from .sampled import SampledWindows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=("lower", "upper"))
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument(
        "--words", type=Path, help="file of `train words`; without it the network is not conditioned on words"
    )
    parser.add_argument("--out", type=Path, default=Path("model_runtime/weights"))
    add_run_options(parser, CONFIGS, "small", "8, 'paper' 32", "5e-4, 'paper' 3e-4", Path("checkpoints"))
    parser.add_argument(
        "--from-weights", action="store_true", help="begin with the weights in --out and keep their normaliser"
    )
    parser.add_argument(
        "--sample-minutes",
        type=float,
        default=20.0,
        help="sample held-out windows this often; the best weights by FID are kept; 0: never",
    )
    parser.add_argument("--patience", type=int, help="stop after so many samplings in a row without a better FID")


def run(options: argparse.Namespace) -> None:
    begin = time.monotonic()
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    recipe = RECIPES.get(options.config, Recipe())
    target, state = options.out / f"body_{options.stage}.safetensors", options.state / f"body_{options.stage}"
    earlier = _earlier(target) if options.from_weights else None
    if options.resume and (state / SCALES).is_file():
        earlier = load_file(str(state / SCALES))
    config = stage_config(options.stage, options.config, options.words is not None)
    training = BodyTraining(config, options.scenes, options.device, earlier, options.seed, options.words, recipe.window)
    options.batch, options.rate = options.batch or recipe.batch, options.rate or recipe.rate
    if recipe.epochs and options.minutes is None and options.max_steps is None:
        epoch = round(training.data.minutes * 60 * FPS / recipe.window / options.batch)
        options.max_steps = recipe.epochs * epoch
    network = DuetDenoiser(config).to(options.device)
    print(f"Loaded in {time.monotonic() - begin:.0f} s", flush=True)
    sampling = None
    if options.sample_minutes > 0:
        sampled = SampledWindows(training, state)
        sampling = Sampling(lambda step: sampled.measure(network, step), options.sample_minutes, options.patience)
    begin_with = tensors_under(earlier or {}, "network.")
    train_body(training, network, state, target, run_of(options), sampling, begin_with)


def _earlier(weights: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of weights to begin with, those of the first vocabulary in today's."""
    tensors, header = load_checkpoint(weights)
    if header["config"].get("vocabulary", FIRST) == FIRST:
        tensors |= {
            f"network.{name}": value for name, value in in_todays_words(tensors_under(tensors, "network.")).items()
        }
    return tensors
