"""Samplers, steps and guidance: the table from which the presets *draft* and *final* come.

    python -m model_runtime study samplers [--docs docs]

DDIM with 50 steps is the papers' reference; DDIM and DPM-Solver++ with 4 to 25 steps, the latter even in time and even
in log-SNR, stand beside it at one guidance, then one sampler at guidance 1 to 5. All play the same held-out shots with
the same seed and the same after-steps. Seconds are CPU seconds of this machine and compare only within the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from matplotlib.figure import Figure

from ..common.files import write_whole
from ..drawing.documents import fill_in
from .body_plots import save
from .body_report import corpus_row, hierarchy, measure
from .body_rows import ROWS
from .options import add_shared_options, add_shot_options, held_out_shots_of

TABLE = ("<!-- sampler study -->", "<!-- /sampler study -->")
STEPS = (4, 6, 8, 12, 16, 25)
KINDS = {
    "ddim": ("DDIM", "#c0842f"),
    "dpm": ("DPM-Solver++", "#8a8a8a"),
    "snr": ("DPM-Solver++ even in log-SNR", "#4a6fa5"),
}
GUIDANCE, GUIDANCES, ITS_SAMPLER = 2.0, (1.0, 1.5, 3.0, 4.0, 5.0), "snr12"
SETTINGS = [
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
_TITLES = (
    "FID_g",
    "FID_k",
    "foot skate, cm/s",
    "beat over chance",
    "strokes a minute",
    "jerk of hands",
    "obedience",
    "CPU seconds a second",
)
Setting = tuple[str, float]  # a sampler with its steps, and guidance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_shot_options(parser, 10, 16.0)
    add_shared_options(parser, "scenes", "words", "weights", "json", "docs")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    shots, others = held_out_shots_of(options)
    rows: dict[Setting, Mapping[str, float]] = {}
    for sampler, guidance in SETTINGS:
        rows[sampler, guidance] = measure(hierarchy(options.weights, sampler, guidance), shots, [1])
        print(markdown(rows, {}).splitlines()[-2], flush=True)
    text = f"{len(shots)} held-out shots of {options.seconds:.0f} s:\n\n{markdown(rows, corpus_row(shots, others))}"
    print(f"\n{text}")
    if options.json:
        named = {f"{sampler}, guidance {guidance:g}": row for (sampler, guidance), row in rows.items()}
        write_whole(options.json, json.dumps(named, indent=1))
    if options.docs:
        draw(rows, options.docs / "images" / "body_samplers.png")
        fill_in(options.docs / "body.md", TABLE, text)


def markdown(rows: Mapping[Setting, Mapping[str, float]], reference: Mapping[str, float]) -> str:
    """Return the table of all studies, the reference in its last line."""
    digits = {row.key: row.digits for row in ROWS}

    def cells(figures: Mapping[str, float]) -> str:
        return " | ".join(f"{figures[key]:.{digits[key]}f}" if key in figures else "" for key in _KEYS)

    lines = ["| sampler, steps | guidance | " + " | ".join(_TITLES) + " |", "|---|---|" + "---|" * len(_KEYS)]
    lines += [
        f"| {_named(sampler)} | {guidance:g} | {cells(figures)} |" for (sampler, guidance), figures in rows.items()
    ]
    return "\n".join([*lines, f"| reference | | {cells(reference)} |"])


def _named(sampler: str) -> str:
    kind = sampler.rstrip("0123456789")
    return f"{KINDS[kind][0]}, {sampler[len(kind) :]}"


def draw(rows: Mapping[Setting, Mapping[str, float]], path: Path) -> Path:
    """Draw FID_g, FID_k and beat alignment against time, then against guidance."""
    figure = Figure(figsize=(12, 6), layout="constrained")
    axes = figure.subplots(2, 3)
    for column, (key, title) in enumerate(
        (("fid_g", "FID_g"), ("fid_k", "FID_k"), ("beat_ratio", "beat alignment over chance"))
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
        above.set(title=f"{title}, by steps", xlabel="CPU seconds for a second of both")
        below.set(title=f"{title}, by guidance", xlabel=f"guidance ({_named(ITS_SAMPLER)} steps)")
    axes[0, 0].legend(fontsize=8, frameon=False)
    return save(figure, path)
