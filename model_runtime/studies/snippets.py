"""Show composed and captured snippets in mixed order, without names: can a viewer tell which are which?

python -m model_runtime show snippets OUT.png --scenes DIR [--clips FILE] [--count 6] [--seed 1]

Beside the sheet, ``OUT.json`` says what each row is. Captured snippets are of clips that composing never uses. All are
shown on one body, as its build would tell them apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from ..body_model.skeleton import AVERAGE_SKELETON, Skeleton
from ..common.arrays import Array
from ..common.files import write_whole
from ..contract import FPS
from ..corpus.motion.retargeting import retarget
from ..corpus.shards import ScenesUnfit
from ..datasets.held_out import HELD_OUT_SPLIT
from ..datasets.library import load_library
from ..datasets.scene import Scene
from ..drawing.contact_sheets import contact_sheet
from ..metrics.body_motion import BodyMotion
from ..metrics.scene_measures import compares, listening
from ..planning.motion_labels import SIT, STAND, WALK
from ..speech.prosody import VOICE_ACTIVITY
from .options import add_shared_options

CONTENTS = ("walks", "sits", "stands and speaks", "stands and listens")
SECONDS, PICTURES = 3.5, 8
_CELL, _MARGIN = (250, 250), 1.15  # feet of sitters are nearer than the rest
_FINGERS_OF_CAPTURES = ("rocketbox", "hifi")


class Snippet(NamedTuple):
    """Some seconds of a body, on ``AVERAGE_SKELETON``, and where they are from."""

    root: Array
    rotations: Array
    content: str
    origin: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"), help="the captured clips")
    parser.add_argument("--count", type=int, default=6, help="snippets of each, composed and captured")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing of snippets")
    add_shared_options(parser, "scenes")


def run(options: argparse.Namespace) -> None:
    rng = np.random.default_rng(options.seed)
    files = sorted(options.scenes.glob("scene_*.npz"))
    if not files:
        raise ScenesUnfit(f"There is no scene_*.npz in '{options.scenes}'; compose some first.")
    drawn = []
    for source in (composed(files, rng), captured(options.clips, rng)):
        drawn += _some_of_each(source, options.count)
    order = rng.permutation(len(drawn))
    rows = [drawn[int(k)] for k in order]
    sheet(rows, options.out)
    key = [{"row": n + 1, "content": s.content, "origin": s.origin} for n, s in enumerate(rows)]
    write_whole(options.out.with_suffix(".json"), json.dumps(key, indent=1))
    print(options.out)


def _some_of_each(snippets: Iterator[Snippet], count: int) -> list[Snippet]:
    """Take ``count`` snippets in all, as many of each content as there are and fit."""
    wanted = {name: len(range(k, count, len(CONTENTS))) for k, name in enumerate(CONTENTS)}
    found: list[Snippet] = []
    for snippet in snippets:
        if wanted[snippet.content] > 0 and snippet.origin not in {other.origin for other in found}:
            wanted[snippet.content] -= 1
            found.append(snippet)
        if len(found) == count:
            break
    return found


def composed(files: Sequence[Path], rng: np.random.Generator) -> Iterator[Snippet]:
    """Yield snippets of scenes, one of each content from each scene and actor."""
    for k in rng.permutation(len(files)):
        scene = Scene.load(files[int(k)])
        for actor in rng.permutation(2):
            body = BodyMotion(scene.root_positions[actor], scene.rotations[actor], Skeleton(scene.skeletons[actor]))
            speaks = scene.prosody[actor, :, VOICE_ACTIVITY] > 0.5
            yield from _snippets(body, speaks, listening(scene, int(actor)), f"scene {scene.seed}, actor {actor}", rng)


def captured(clips: Path, rng: np.random.Generator) -> Iterator[Snippet]:
    """Yield snippets of the held-out clips that show what also occurs in a talk."""
    library = [c for c in load_library(clips) if c.split == HELD_OUT_SPLIT and compares(c)]
    for k in rng.permutation(len(library)):
        clip = library[int(k)]
        if clip.source not in _FINGERS_OF_CAPTURES:
            continue
        listens = np.full(clip.frames, "listen" in clip.tags)
        speaks = ~listens & bool({"talk", "gesture"} & set(clip.tags))
        body = BodyMotion(clip.root_positions, clip.rotations, clip.skeleton)
        yield from _snippets(body, speaks, listens, clip.name, rng)


def _snippets(
    body: BodyMotion, speaks: Array, listens: Array, origin: str, rng: np.random.Generator
) -> Iterator[Snippet]:
    """Yield one snippet of each of ``CONTENTS`` that the body shows for long enough."""
    length = min(round(SECONDS * FPS), body.frames)
    for content, where in zip(
        CONTENTS,
        (
            body.labels == WALK,
            body.labels == SIT,
            (body.labels == STAND) & speaks,
            (body.labels == STAND) & listens,
        ),
    ):
        share = np.convolve(where.astype(np.float64), np.ones(length) / length, "valid")
        starts = np.flatnonzero(share > 0.7)
        if len(starts) and body.frames >= 2 * FPS:
            start = int(rng.choice(starts))
            span = slice(start, start + length)
            shown = retarget(body.root[span], body.rotations[span], body.skeleton, AVERAGE_SKELETON)
            yield Snippet(*shown, content, origin)


def sheet(rows: Sequence[Snippet], out: Path) -> None:
    """Draw a row of pictures of each snippet, numbered."""
    out.parent.mkdir(parents=True, exist_ok=True)
    whole = Image.new("RGB", (PICTURES * _CELL[0] + 30, len(rows) * _CELL[1]), "white")
    with tempfile.TemporaryDirectory() as folder:
        for n, row in enumerate(rows):
            seconds = len(row.root) / FPS
            times = [float(t) for t in (np.arange(PICTURES) + 0.5) / PICTURES * seconds]
            strip = contact_sheet(
                [(row.root, row.rotations, AVERAGE_SKELETON)],
                Path(folder) / "strip.png",
                times,
                columns=PICTURES,
                cell=_CELL,
                margin=_MARGIN,
            )
            with Image.open(strip) as picture:
                whole.paste(picture, (30, n * _CELL[1]))
            ImageDraw.Draw(whole).text((4, n * _CELL[1] + 8), str(n + 1), fill=(20, 20, 20), font_size=16)
    whole.save(out)
