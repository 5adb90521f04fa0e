"""The body trained without each of its losses, and as one network, with equal training, on the same shots.

    python -m model_runtime study ablation --steps 8000 --out out/ablation

``--steps`` are the updates of all networks of a body together: each of the two stages takes half, the one network of
'one network' (both bodies whole, as LDA2) all of them. A loss that only one stage has leaves the other stage as it is.
An interrupted training is resumed, and trained weights are reused; the table and ``ablation.json`` are made anew.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch

from .body_report import corpus_row, hierarchy, measure, one_network
from .body_rows import ROWS, table
from .options import held_out_shots_of
from .study import Study, add_study_options, is_made, study_of, write_result

# Losses that are left out in turn, by stage; the loss of the features themselves stays.
LOSSES = {
    "lower": (
        "velocity",
        "orientation",
        "travel",
        "turning",
        "feet",
        "interaction",
        "joints",
        "joint_velocity",
        "holds",
    ),
    "upper": ("velocity", "interaction", "joints", "joint_velocity", "holds"),
}
AS_IS, WHOLE = "as is", "one network"
SHOWN = (
    "fid_g",
    "fid_k",
    "obedience",
    "skate_cm_s",
    "slide_cm",
    "jerk_hands",
    "jerk_head",
    "jerk_root",
    "beat_ratio",
    "pair_share",
    "miss_cm",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps", type=int, default=8000, help="updates of a variant's networks together (default: %(default)s)"
    )
    add_study_options(parser, Path("out/ablation"))


def run(options: argparse.Namespace) -> None:
    shots, others = held_out_shots_of(options)
    folders = train_variants(study_of(options), options.out, options.steps)
    rows: dict[str, Mapping[str, float]] = {}
    for name, folder in folders.items():
        torch.manual_seed(0)
        rows[name] = measure(one_network("lda2", folder) if name == WHOLE else hierarchy(folder), shots, [1])
    rows["reference"] = corpus_row(shots, others)
    about = (
        f"{options.steps} updates of {options.batch} windows a variant, '{options.config}'; {len(shots)} held-out shots"
        f" of {options.seconds:.0f} s, final, one seed."
    )
    write_result(options.out, "ablation", about, table(rows, [row for row in ROWS if row.key in SHOWN]), rows)


def train_variants(study: Study, out: Path, steps: int) -> dict[str, Path]:
    """Train every variant and return the folder of its weights, by its name."""
    folders = {AS_IS: out / "as_is"}
    for stage in LOSSES:
        study.train_stage(stage, folders[AS_IS], steps // 2)
    for loss in LOSSES["lower"]:
        folder = folders[f"without {loss}"] = out / f"without_{loss}"
        for stage, losses in LOSSES.items():
            if loss in losses:
                study.train_stage(stage, folder, steps // 2, frozenset({loss}))
            elif not is_made(folder / f"body_{stage}.safetensors", steps // 2, study.batch):
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folders[AS_IS] / f"body_{stage}.safetensors", folder / f"body_{stage}.safetensors")
    folders[WHOLE] = out / "one_network"
    study.train_whole("lda2", folders[WHOLE], steps)
    return folders
