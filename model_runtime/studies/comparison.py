"""The hierarchy beside LDA1 and LDA2, with equal training, on the same held-out shots.

    python -m model_runtime evaluate baselines [--steps N]

Equal training means the same number of (window of two people, network evaluation) pairs. The hierarchy has two
networks, each of which sees every window of its own training once an update; a baseline has one, which sees as many
windows as both together. Scenes, scales, losses, masks, conditions, size of a network and sampler are the same for all.

With ``--steps`` the hierarchy is trained here as well, N / 2 updates a stage, and each baseline N. Without it the
hierarchy is that of ``--weights``, and each baseline gets as many windows as its two stages have seen by their headers.
Baselines already trained on as many windows are reused, and an interrupted training is resumed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from ..common.checkpoints import load_checkpoint
from ..errors import InterActError
from ..metrics.targets import TARGETS
from ..networks.duet_denoiser import CONFIGS
from .baselines import BASELINES
from .body_report import corpus_row, hierarchy, measure, one_network
from .body_rows import below_lda2, table
from .options import add_shared_options, held_out_shots_of
from .study import add_study_options, study_of, windows_seen, write_result

STAGES = ("lower", "upper")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps",
        type=int,
        help="updates: train the hierarchy too, half of them a stage, and each baseline for all of them",
    )
    parser.add_argument("--seeds", type=int, default=3, help="takes of each shot, for the variety between them")
    add_shared_options(parser, "weights")
    add_study_options(parser, Path("out/baselines"))


def run(options: argparse.Namespace) -> None:
    shots, others = held_out_shots_of(options)
    weights, steps = (options.out / "ours", options.steps) if options.steps else (options.weights, 0)
    if not options.steps:
        options.config = sizes_of(weights)
        steps = round(sum(windows_seen(weights / f"body_{stage}.safetensors") for stage in STAGES) / options.batch)
    study = study_of(options)
    for stage in STAGES if options.steps else ():
        study.train_stage(stage, weights, steps // 2)
    for name in BASELINES:
        study.train_whole(name, options.out, steps)
    seeds = list(range(1, options.seeds + 1))
    rows: dict[str, Mapping[str, float]] = {"ours": measure(hierarchy(weights), shots, seeds)}
    for name in BASELINES:
        rows[name] = measure(one_network(name, options.out), shots, seeds)
    rows["reference"] = corpus_row(shots, others, len(seeds))
    about = (
        f"{steps * options.batch} windows of two people seen by each baseline's one network, and by the hierarchy's two"
        f" together; '{options.config}'; {len(shots)} held-out shots of {options.seconds:.0f} s, {len(seeds)} seeds,"
        " final."
    )
    write_result(options.out, "comparison", about, f"{table(rows)}\n\n{verdict(rows)}", rows)


def verdict(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return in a sentence whether FID_g and FID_k are as far below LDA2's as the paper's are."""
    sentences = []
    for key, name in (("fid_g", "FID_g"), ("fid_k", "FID_k")):
        ours, lda2 = rows["ours"][key], rows["lda2"][key]
        side = "below" if ours <= lda2 else "above"
        answer = "yes" if below_lda2(rows["ours"], rows["lda2"], key) else "no"
        sentences.append(f"{name} {ours:.3f} is {abs(1 - ours / lda2):.0%} {side} LDA2's {lda2:.3f}: {answer}")
    most = TARGETS["fid_over_lda2"].most or 1.0
    return f"At least {1 - most:.0%} below LDA2? {'; '.join(sentences)}."


def sizes_of(weights: Path) -> str:
    """Return the name in ``CONFIGS`` of the sizes of a body's stages."""
    config = load_checkpoint(weights / "body_lower.safetensors")[1]["config"]
    for name, sizes in CONFIGS.items():
        if all(config[key] == value for key, value in sizes.items()):
            return name
    raise InterActError(f"The weights in '{weights}' have sizes that no config has; give --steps to train all anew.")
