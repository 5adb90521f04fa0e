"""Train one stage of the body model on composed scenes.

    python -m model_runtime.training.train_body lower --scenes corpus/scenes --out model_runtime/weights --minutes 6 --device cuda

Writes ``body_<stage>.safetensors`` with the averaged weights, and a resumable state beside the log in
``checkpoints/body_<stage>``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from ..common.checkpoints import load_checkpoint
from ..contract import FPS
from ..networks.duet_denoiser import CONFIGS, DuetDenoiser
from .body import RECIPES, SCALES, BodyTraining, Recipe, stage_config, train_body
from .loop import Sampling
from .options import add_run_options, run_of
from .sampled import SampledWindows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    args = parser.parse_args()

    begin = time.monotonic()
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    recipe = RECIPES.get(args.config, Recipe())
    target, state = args.out / f"body_{args.stage}.safetensors", args.state / f"body_{args.stage}"
    earlier = load_checkpoint(target)[0] if args.from_weights else None
    if args.resume and (state / SCALES).is_file():
        earlier = load_file(str(state / SCALES))
    config = stage_config(args.stage, args.config, args.words is not None)
    training = BodyTraining(config, args.scenes, args.device, earlier, args.seed, args.words, recipe.window)
    args.batch, args.rate = args.batch or recipe.batch, args.rate or recipe.rate
    if recipe.epochs and args.minutes is None and args.max_steps is None:
        args.max_steps = recipe.epochs * round(training.data.minutes * 60 * FPS / recipe.window / args.batch)
    network = DuetDenoiser(config).to(args.device)
    begin_with = {k.removeprefix("network."): v for k, v in (earlier or {}).items() if k.startswith("network.")}
    print(f"Loaded in {time.monotonic() - begin:.0f} s", flush=True)
    sampling = None
    if args.sample_minutes > 0:
        sampled = SampledWindows(training, state)
        sampling = Sampling(lambda step: sampled.measure(network, step), args.sample_minutes, args.patience)
    train_body(training, network, state, target, run_of(args), sampling, begin_with)


if __name__ == "__main__":
    main()
