"""Takes of one shot that differ in nothing but the seed, side by side, and how far apart they are.

python -m model_runtime.studies.body_seeds --scenes corpus/scenes --words corpus/word_features.npz [--docs docs]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from ..common.checkpoints import WEIGHTS
from ..drawing.contact_sheets import contact_sheet
from ..drawing.documents import fill_in
from ..drawing.renderer import BACKGROUND
from ..errors import InterActError
from ..metrics.body_measures import Bodies, hand_places, variety, variety_of_corpus
from ..training.word_features import WordTracks
from .body_report import hierarchy
from .shots import Shot, held_out_shots

TABLE = ("<!-- body seeds -->", "<!-- /body seeds -->")
CELL = (300, 250)
_BAR = 24  # pixels above each column


def draw_seeds(takes: Sequence[Bodies], shot: Shot, path: Path, moments: int = 6) -> Path:
    """One PNG: a column a take, a row a moment, the same moments in all."""
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
    """Markdown: mean distance in cm of the hands of every two takes; first actor above the diagonal, second below."""
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


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.studies.body_seeds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path, help="file of `training.word_features`, for weights that hear words")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shot", type=int, default=2, help="which of the held-out shots")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("out/body_seeds.png"))
    parser.add_argument("--docs", type=Path, metavar="DIR", help="put the picture and the table into body.md there")
    args = parser.parse_args()
    torch.set_num_threads(2)
    try:
        shots = held_out_shots(args.scenes, args.seconds, 16, WordTracks(args.words) if args.words else None)
        if args.shot >= len(shots):
            raise InterActError(f"There are {len(shots)} held-out shots; choose one from 0 to {len(shots) - 1}.")
        shot, play = shots[args.shot], hierarchy(args.weights)
        conditioning = shot.conditioning()
        takes = [play(conditioning, seed) for seed in range(1, args.seeds + 1)]
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    mine, most = variety([takes], [shot]), variety_of_corpus([shot], shots, args.seeds)
    text = (
        f"{shot.name}, {shot.scene.kind}, {args.seconds:.0f} s. Div_sample {mine['div_sample']:.4f} (moments of the corpus drawn freely: {most['div_sample']:.4f}); "
        f"hands of two takes {mine['seeds_hands_cm']:.1f} cm apart (drawn freely: {most['seeds_hands_cm']:.1f}), of the nearest two {mine['seeds_hands_least_cm']:.1f} cm, "
        f"roots {mine['seeds_roots_cm']:.1f} cm. First actor above the diagonal, second below:\n\n{apart_table(takes, shot)}"
    )
    print(text)
    if args.docs:
        draw_seeds(takes, shot, args.docs / "images" / "body_seeds.png")
        fill_in(args.docs / "body.md", TABLE, text)
    else:
        print(draw_seeds(takes, shot, args.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
