"""Takes of one shot that differ in nothing but the seed, side by side, and how far apart they are.

python -m model_runtime study seeds [--docs docs]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from ..drawing.contact_sheets import contact_sheet
from ..drawing.documents import fill_in
from ..drawing.renderer import BACKGROUND
from ..metrics.body_measures import Bodies, hand_places, variety, variety_of_corpus
from .body_report import hierarchy
from .options import TooFewShots, add_shared_options, word_tracks
from .shots import Shot, held_out_shots

TABLE = ("<!-- body seeds -->", "<!-- /body seeds -->")
CELL = (300, 250)
_BAR = 24  # pixels above each column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shot", type=int, default=2, help="which of the held-out shots")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("out/body_seeds.png"))
    add_shared_options(parser, "scenes", "words", "weights", "docs")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    shots = held_out_shots(options.scenes, options.seconds, 16, word_tracks(options))
    if not shots:
        raise TooFewShots(
            f"There is no held-out scene of {options.seconds:.0f} s in '{options.scenes}'; compose some first."
        )
    if options.shot >= len(shots):
        raise TooFewShots(f"There are {len(shots)} held-out shots; choose one from 0 to {len(shots) - 1}.")
    shot, play = shots[options.shot], hierarchy(options.weights)
    conditioning = shot.conditioning()
    takes = [play(conditioning, seed) for seed in range(1, options.seeds + 1)]
    text = description(takes, shot, shots)
    print(text)
    if options.docs:
        draw_seeds(takes, shot, options.docs / "images" / "body_seeds.png")
        fill_in(options.docs / "body.md", TABLE, text)
    else:
        print(draw_seeds(takes, shot, options.out))


def description(takes: Sequence[Bodies], shot: Shot, shots: Sequence[Shot]) -> str:
    """Return how varied the takes of ``shot`` are, beside moments of all ``shots`` drawn freely, and their table."""
    made, most = variety([takes], [shot]), variety_of_corpus([shot], shots, len(takes))
    return (
        f"{shot.name}, {shot.scene.kind}, {shot.request.duration:.0f} s."
        f" Div_sample {made['div_sample']:.4f} (moments of the corpus drawn freely: {most['div_sample']:.4f});"
        f" hands of two takes {made['seeds_hands_cm']:.1f} cm apart (drawn freely: {most['seeds_hands_cm']:.1f}),"
        f" of the nearest two {made['seeds_hands_least_cm']:.1f} cm, roots {made['seeds_roots_cm']:.1f} cm."
        f" First actor above the diagonal, second below:\n\n{apart_table(takes, shot)}"
    )


def draw_seeds(takes: Sequence[Bodies], shot: Shot, path: Path, moments: int = 6) -> Path:
    """Draw one PNG: a column per take, a row per moment, the same moments in all."""
    times = ((np.arange(moments) + 0.5) / moments * shot.request.duration).tolist()
    picture = Image.new("RGB", (len(takes) * CELL[0], _BAR + moments * CELL[1]), BACKGROUND)
    pen = ImageDraw.Draw(picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    for column, (roots, rotations) in enumerate(takes):
        bodies = [(roots[a], rotations[a], actor.skeleton) for a, actor in enumerate(shot.request.actors)]
        sheet = contact_sheet(bodies, path, times, columns=1, cell=CELL, close=True)
        with Image.open(sheet) as drawn:
            picture.paste(drawn, (column * CELL[0], _BAR))
        pen.text((column * CELL[0] + 8, 4), f"seed {column + 1}", fill=(20, 20, 20), font_size=15)
    picture.save(path)
    return path


def apart_table(takes: Sequence[Bodies], shot: Shot) -> str:
    """Return Markdown: the mean distance in cm of the hands of every two takes; first actor above the diagonal."""
    count = len(takes)
    apart = np.zeros((count, count))
    for a, actor in enumerate(shot.request.actors):
        places = [hand_places(roots[a], rotations[a], actor.skeleton) for roots, rotations in takes]
        for i, j in combinations(range(count), 2):
            apart[(i, j) if a == 0 else (j, i)] = 100 * np.linalg.norm(places[i] - places[j], axis=-1).mean()
    lines = [
        "| hands apart, cm | " + " | ".join(f"seed {i + 1}" for i in range(count)) + " |",
        "|---|" + "---|" * count,
    ]
    lines += [
        f"| seed {i + 1} | " + " | ".join("" if i == j else f"{apart[i, j]:.1f}" for j in range(count)) + " |"
        for i in range(count)
    ]
    return "\n".join(lines)
