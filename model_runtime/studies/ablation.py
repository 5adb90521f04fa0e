"""What each loss and the hierarchy are worth: the body trained without each in turn, with the same work, measured on
the same shots.

    python -m model_runtime.studies.ablation --scenes corpus/scenes --steps 8000 --out out/ablation

``--steps`` are the updates of all of a body's networks together: each of the two stages takes half, the one network of
'one network' (both bodies whole, as LDA2) all of them. A loss that only one stage has leaves the other stage as it is.
A training that was cut off goes on, and what is trained is kept; the table and ``ablation.json`` are made anew.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from ..errors import InterActError
from .body_report import corpus_row, hierarchy, measure, one_network
from .body_rows import ROWS, table
from .study import Study, add_study_options, is_made, shots_of, study_of, write_result

# Losses that may go, by the stage that has them; the features themselves stay.
LOSSES = {
    "lower": ("velocity", "orientation", "travel", "turning", "feet", "interaction", "joints", "joint_velocity"),
    "upper": ("velocity", "interaction", "joints", "joint_velocity"),
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


def train_variants(study: Study, out: Path, steps: int) -> dict[str, Path]:
    """Folder of each variant's weights, by its name."""
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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.studies.ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--steps", type=int, default=8000, help="updates of a variant's networks together (default: %(default)s)"
    )
    add_study_options(parser, Path("out/ablation"))
    args = parser.parse_args(arguments)
    try:
        shots, others = shots_of(args)
        folders = train_variants(study_of(args), args.out, args.steps)
        rows: dict[str, Mapping[str, float]] = {}
        for name, folder in folders.items():
            torch.manual_seed(0)
            rows[name] = measure(one_network("lda2", folder) if name == WHOLE else hierarchy(folder), shots, [1])
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows["truth"] = corpus_row(shots, others)
    about = f"{args.steps} updates of {args.batch} windows a variant, '{args.config}'; {len(shots)} held-out shots of {args.seconds:.0f} s, final, one seed."
    write_result(args.out, "ablation", about, table(rows, [row for row in ROWS if row.key in SHOWN]), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
