"""Drafts beside finals of the same requests and seeds: how steady feet and hands are, and how labels are obeyed.

    python -m model_runtime evaluate draft [--shots 4] [--docs docs]

The shots are those of ``evaluate quick``, shorter: two readers who are kept out of all training, or the demo's voices.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..common.files import write_whole
from ..contract import QUALITIES, Performance, Request
from ..drawing.documents import fill_in
from ..generate import generate
from ..metrics.measures import jerk, measure_pair
from .options import add_shared_options
from .quick import held_out_voices, talk
from .report import prosody_and_labels

TABLE = ("<!-- draft beside final -->", "<!-- /draft beside final -->")
Figures = Mapping[str, float]
_ROWS = {
    "jerk of hands, m/s³": "jerk_hands",
    "jerk of head, m/s³": "jerk_head",
    "jerk of root, m/s³": "jerk_root",
    "foot skate, cm/s": "foot_skate_cm_per_s",
    "below the floor, cm": "floor_depth_cm",
    "label obedience": "label_obedience",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shots", type=int, default=4, help="how many (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each shot (default: %(default)s)")
    add_shared_options(parser, "data", "weights", "docs", "json")


def run(options: argparse.Namespace) -> None:
    voices, source = held_out_voices(options.data)
    shots = [talk(voices, seed, options.seconds)[0] for seed in range(options.shots)]
    found = {
        quality: mean([figures_of(shot, generate(shot, weights=options.weights)) for shot in each])
        for quality in QUALITIES
        for each in [[replace(shot, quality=quality) for shot in shots]]
    }
    text = f"{table(found)}\n\n{len(shots)} shots of {options.seconds:.0f} s, the same seeds; voices: {source}."
    print(text)
    if options.json:
        write_whole(options.json, json.dumps(found, indent=1))
    if options.docs:
        fill_in(options.docs / "sampling.md", TABLE, text)


def figures_of(request: Request, result: Performance) -> dict[str, float]:
    """Return the figures of a result: jerk as the mean of both actors, what is worse of both else."""
    prosodies, labels = prosody_and_labels(request, result.frames)
    skeletons = [actor.skeleton for actor in request.actors]
    pair = measure_pair(result, skeletons, labels, prosodies)
    jerks = [jerk(one.root_positions, one.rotations, s) for one, s in zip(result.actors, skeletons)]
    found = {f"jerk_{part}": float(np.mean([each[part] for each in jerks])) for part in jerks[0]}
    return found | {name: float(pair[name]) for name in _ROWS.values() if name in pair}


def mean(figures: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure over the shots that have it."""
    return {name: float(np.nanmean([one[name] for one in figures])) for name in figures[0]}


def table(found: Mapping[str, Figures]) -> str:
    """Return draft and final side by side with what the draft is of the final, in Markdown."""
    lines = ["| | draft | final | draft over final |", "|---|---|---|---|"]
    for title, name in _ROWS.items():
        draft, final = found["draft"][name], found["final"][name]
        ratio = f"{draft / final:.2f}" if abs(final) > 1e-9 else "-"
        lines.append(f"| {title} | {draft:.2f} | {final:.2f} | {ratio} |")
    return "\n".join(lines)
