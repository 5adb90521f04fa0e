"""Which sampler, how many steps, how much guidance: the table from which the presets *draft* and *final* come.

    python -m model_runtime.studies.sampler_study --scenes corpus/scenes --words corpus/word_features.npz [--docs docs]

DDIM with 50 steps is the papers' reference; DDIM and DPM-Solver++ with 4 to 25 steps, the latter even in time and even
in log-SNR, stand beside it at one guidance, then one sampler at guidance 1 to 5. All play the same held-out shots with
the same seed and the same after-steps. Seconds are CPU seconds of this machine and compare only within the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from matplotlib.figure import Figure

from ..common.checkpoints import WEIGHTS
from ..drawing.documents import fill_in, write_whole
from ..errors import InterActError
from ..training.word_features import WordTracks
from .body_plots import save
from .body_report import corpus_row, hierarchy, measure
from .body_rows import ROWS
from .shots import held_out_shots

TABLE = ("<!-- sampler study -->", "<!-- /sampler study -->")
STEPS = (4, 6, 8, 12, 16, 25)
KINDS = {
    "ddim": ("DDIM", "#c0842f"),
    "dpm": ("DPM-Solver++", "#8a8a8a"),
    "snr": ("DPM-Solver++ even in log-SNR", "#4a6fa5"),
}
GUIDANCE, GUIDANCES, ITS_SAMPLER = 2.0, (1.0, 1.5, 3.0, 4.0, 5.0), "snr12"
STUDIES = [
    ("ddim50", GUIDANCE),
    *((f"{kind}{steps}", GUIDANCE) for kind in KINDS for steps in STEPS),
    *((ITS_SAMPLER, g) for g in GUIDANCES),
]
_KEYS = (
    "fid_g",
    "fid_k",
    "skate_cm_s",
    "beat_ratio",
    "strokes_a_minute",
    "jerk_hands",
    "obedience",
    "seconds_per_second",
)
_HEADS = (
    "FID_g",
    "FID_k",
    "foot skate, cm/s",
    "beat over chance",
    "strokes a minute",
    "jerk of hands",
    "obedience",
    "CPU seconds a second",
)
Study = tuple[str, float]


def markdown(rows: Mapping[Study, Mapping[str, float]], truth: Mapping[str, float]) -> str:
    digits = {row.key: row.digits for row in ROWS}

    def cells(figures: Mapping[str, float]) -> str:
        return " | ".join(f"{figures[key]:.{digits[key]}f}" if key in figures else "" for key in _KEYS)

    lines = ["| sampler, steps | guidance | " + " | ".join(_HEADS) + " |", "|---|---|" + "---|" * len(_KEYS)]
    lines += [
        f"| {_named(sampler)} | {guidance:g} | {cells(figures)} |" for (sampler, guidance), figures in rows.items()
    ]
    return "\n".join([*lines, f"| truth | | {cells(truth)} |"])


def _named(sampler: str) -> str:
    kind = sampler.rstrip("0123456789")
    return f"{KINDS[kind][0]}, {sampler[len(kind) :]}"


def draw(rows: Mapping[Study, Mapping[str, float]], path: Path) -> Path:
    """FID_g, FID_k and beat against time, then against guidance."""
    figure = Figure(figsize=(12, 6), layout="constrained")
    axes = figure.subplots(2, 3)
    for column, (key, head) in enumerate(
        (("fid_g", "FID_g"), ("fid_k", "FID_k"), ("beat_ratio", "gesture beat over chance"))
    ):
        above, below = axes[0, column], axes[1, column]
        for kind, (name, colour) in KINDS.items():
            own = sorted(
                (row["seconds_per_second"], row[key], s[len(kind) :])
                for (s, g), row in rows.items()
                if s.startswith(kind) and g == GUIDANCE
            )
            above.plot([t for t, _, _ in own], [v for _, v, _ in own], "o-", color=colour, ms=4, label=name)
            for time, value, steps in own:
                above.annotate(steps, (time, value), fontsize=7, xytext=(2, 3), textcoords="offset points")
        guided = sorted((g, row[key]) for (s, g), row in rows.items() if s == ITS_SAMPLER)
        below.plot([g for g, _ in guided], [v for _, v in guided], "o-", color="#4a6fa5", ms=4)
        above.set(title=f"{head}, by steps", xlabel="CPU seconds for a second of both")
        below.set(title=f"{head}, by guidance", xlabel=f"guidance ({_named(ITS_SAMPLER)} steps)")
    axes[0, 0].legend(fontsize=8, frameon=False)
    return save(figure, path)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.studies.sampler_study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path, help="file of `training.word_features`, for weights that hear words")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=16.0, help="of each shot")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path, metavar="DIR", help="also put the table and the plot into body.md there")
    args = parser.parse_args()
    torch.set_num_threads(2)
    rows: dict[Study, Mapping[str, float]] = {}
    try:
        both = held_out_shots(args.scenes, args.seconds, 2 * args.shots, WordTracks(args.words) if args.words else None)
        shots, others = both[::2], both[1::2]
        if not others:
            raise InterActError(
                f"There are no two held-out scenes of {args.seconds:.0f} s in '{args.scenes}'; compose some first."
            )
        for sampler, guidance in STUDIES:
            rows[sampler, guidance] = measure(hierarchy(args.weights, sampler, guidance), shots, [1])
            print(markdown(rows, {}).splitlines()[-2], flush=True)
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    text = f"{len(shots)} held-out shots of {args.seconds:.0f} s:\n\n{markdown(rows, corpus_row(shots, others))}"
    print(f"\n{text}")
    if args.json:
        write_whole(
            args.json,
            json.dumps(
                {f"{sampler}, guidance {guidance:g}": row for (sampler, guidance), row in rows.items()}, indent=1
            ).encode(),
        )
    if args.docs:
        draw(rows, args.docs / "images" / "body_samplers.png")
        fill_in(args.docs / "body.md", TABLE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
