"""The hierarchy beside LDA1 and LDA2, trained alike and with the same work, on the same held-out shots.

    python3 build.py evaluate --baselines [--steps N]

The same work means: the same number of (window of two people, network evaluation) pairs in training. The hierarchy has
two networks, each of which sees every window of its own training once an update; a baseline has one, which sees as many
windows as both together. Scenes, scales, losses, masks, conditions, size of a network and sampler are the same for all.

With ``--steps`` the hierarchy is trained here as well, N / 2 updates a stage, and each baseline N. Without it the
hierarchy is that of ``--weights``, and each baseline gets as many windows as its two stages have seen by their headers.
Baselines that are there already, of that much work, are kept; one that was cut off goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from ..common.checkpoints import WEIGHTS, load_checkpoint
from ..errors import InterActError
from ..networks.duet_denoiser import CONFIGS
from .baselines import BASELINES
from .body_report import corpus_row, hierarchy, measure, one_network
from .body_rows import BELOW_LDA2, table
from .study import add_study_options, shots_of, study_of, windows_seen, write_result

STAGES = ("lower", "upper")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="build.py evaluate --baselines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--steps",
        type=int,
        help="updates: train the hierarchy too, half of them a stage, and each baseline for all of them",
    )
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="the hierarchy to compare with where --steps is not given"
    )
    parser.add_argument("--seeds", type=int, default=3, help="takes of each shot, for the variety between them")
    add_study_options(parser, Path("out/baselines"))
    args = parser.parse_args(arguments)
    try:
        shots, others = shots_of(args)
        weights, steps = (args.out / "ours", args.steps) if args.steps else (args.weights, 0)
        if not args.steps:
            args.config = sizes_of(weights)
            steps = round(sum(windows_seen(weights / f"body_{stage}.safetensors") for stage in STAGES) / args.batch)
        study = study_of(args)
        for stage in STAGES if args.steps else ():
            study.train_stage(stage, weights, steps // 2)
        for name in BASELINES:
            study.train_whole(name, args.out, steps)
        seeds = list(range(1, args.seeds + 1))
        rows: dict[str, Mapping[str, float]] = {"ours": measure(hierarchy(weights), shots, seeds)}
        for name in BASELINES:
            rows[name] = measure(one_network(name, args.out), shots, seeds)
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows["truth"] = corpus_row(shots, others, len(seeds))
    about = (
        f"{steps * args.batch} windows of two people seen by each baseline's one network, and by the hierarchy's two together; '{args.config}'; "
        f"{len(shots)} held-out shots of {args.seconds:.0f} s, {len(seeds)} seeds, final."
    )
    write_result(args.out, "comparison", about, f"{table(rows)}\n\n{verdict(rows)}", rows)
    return 0


def verdict(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Whether FID_g and FID_k are as far below LDA2's as the paper's are."""
    said = []
    for key, name in (("fid_g", "FID_g"), ("fid_k", "FID_k")):
        share = rows["ours"][key] / rows["lda2"][key]
        said.append(
            f"{name} {rows['ours'][key]:.3f} is {abs(1 - share):.0%} {'below' if share <= 1 else 'above'} LDA2's {rows['lda2'][key]:.3f}: {'yes' if share <= BELOW_LDA2 else 'no'}"
        )
    return f"At least {1 - BELOW_LDA2:.0%} below LDA2? {'; '.join(said)}."


def sizes_of(weights: Path) -> str:
    """The name in ``CONFIGS`` of the sizes of a body's stages."""
    config = load_checkpoint(weights / "body_lower.safetensors")[1]["config"]
    for name, sizes in CONFIGS.items():
        if all(config[key] == value for key, value in sizes.items()):
            return name
    raise InterActError(f"The weights in '{weights}' have sizes that no config has; give --steps to train all anew.")


if __name__ == "__main__":
    sys.exit(main())
