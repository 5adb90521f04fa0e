"""Interactions by the protocols of InterGen and Inter-X: composed truth, and beside it what a model made of its texts.

    python -m model_runtime evaluate interactions --scenes corpus/interactions --made out/made

``--made`` is a folder with a performance for each scene, ``scene_0020000.npz`` for the scene of that name. Every figure
of text and motion is the mean of 20 runs with its 95 % interval, each run with one random text of each scene. The
evaluator has to be one that no generator learned from, and figures are of composed scenes, so they compare with each
other and not with those of the papers.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.arrays import Array
from ..common.checkpoints import WEIGHTS
from ..contract import INTERACTIONS
from ..datasets.scene import Scene
from ..drawing.documents import fill_in
from ..errors import InterActError
from ..metrics.retrieval import INTERGEN_BATCH, INTERX_BATCH, RUNS, Interval, repeated, text_to_motion, top_accuracy
from ..recognition.evaluator import EVALUATOR, Evaluator
from ..recognition.pair_features import Pair
from ..recognition.pair_file import checked, read_pair

BATCHES = {"interx": INTERX_BATCH, "intergen": INTERGEN_BATCH}
_MARKERS = ("<!-- evaluator -->", "<!-- /evaluator -->")
_ROWS = {
    "top1": "R-precision, top 1",
    "top2": "top 2",
    "top3": "top 3",
    "fid": "FID",
    "mm_distance": "MM distance",
    "diversity": "Diversity",
    "category": "category accuracy",
    "order": "order accuracy",
}


class TooFewPairs(InterActError):
    """There are fewer scenes than a batch of the protocol."""


@dataclass(frozen=True, eq=False)
class Told:
    """Scenes as an evaluator sees them: ``texts`` of each (K, D), its ``category`` by number, and its motion."""

    texts: Sequence[Array]
    category: Array
    pairs: Sequence[Pair]


def told_of(paths: Sequence[Path], evaluator: Evaluator) -> Told:
    """Return the interactions of scene files with their embedded texts."""
    scenes = [Scene.load(path) for path in paths]
    texts = [[t for group in s.interaction["texts"].values() for t in group] for s in scenes]
    pairs = [checked(Pair.of(s.root_positions, s.rotations, s.skeletons), str(path)) for path, s in zip(paths, scenes)]
    category = np.array([INTERACTIONS.index(s.interaction["category"]) for s in scenes])
    return Told([evaluator.embed_texts(own) for own in texts], category, pairs)


def figures(
    told: Told, motions: Sequence[Pair], real: Array, evaluator: Evaluator, batch: int, runs: int = RUNS
) -> dict[str, Interval]:
    """Return the figures of ``motions``, one for each scene, beside embeddings of ``real`` motion (M, D).

    Raises ``TooFewPairs``.
    """
    if len(motions) < batch:
        raise TooFewPairs(f"The protocol ranks in batches of {batch} and there are {len(motions)} pairs; compose more.")
    opinions = evaluator.judge(motions)
    made = np.stack([opinion.embedding for opinion in opinions])
    scores = np.array([[opinion.categories.get(name, 0.0) for name in INTERACTIONS] for opinion in opinions])

    def once(rng: np.random.Generator) -> dict[str, float]:
        texts = np.stack([own[rng.integers(len(own))] for own in told.texts])
        return text_to_motion(texts, made, real, rng, batch)

    exact = {
        "category": top_accuracy(scores, told.category),
        "order": float(np.mean([opinion.first_begins > 0.5 for opinion in opinions])),
    }
    return repeated(once, runs) | {name: Interval(value, 0.0) for name, value in exact.items()}


def table(columns: dict[str, dict[str, Interval]]) -> str:
    """Return a Markdown table of figures, a column for each set of motions."""
    rows = [f"| | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for key, name in _ROWS.items():
        shown = [str(found[key]) if found[key].half else f"{found[key].mean:.3f}" for found in columns.values()]
        rows.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=Path, default=Path("corpus/interactions"), help="folder of composed scenes")
    parser.add_argument("--split", choices=("train", "test"), default="test", help="which of them (default: test)")
    parser.add_argument(
        "--made", type=Path, metavar="FOLDER", help="performances of these scenes' texts, by their names"
    )
    parser.add_argument("--protocol", choices=sorted(BATCHES), default="interx", help="batches of 32, or of 96")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS / EVALUATOR, help="the evaluator (default: %(default)s)"
    )
    parser.add_argument("--docs", type=Path, help="folder of the pages: write the table into interactions.md")


def run(options: argparse.Namespace) -> None:
    evaluator = Evaluator.load(options.weights)
    paths = [path for path in sorted(options.scenes.glob("scene_*.npz")) if _is_asked(path, options)]
    batch = BATCHES[options.protocol]
    if len(paths) < 2 * batch:
        raise TooFewPairs(
            f"'{options.scenes}' holds {len(paths)} interactions of split '{options.split}' to measure, and one half "
            f"is compared with the other in batches of {batch}; compose {2 * batch} at least with "
            f"`python -m model_runtime corpus interactions --split {options.split}`."
        )
    halves = [paths[0::2], paths[1::2]]
    told, other = (told_of(half, evaluator) for half in halves)
    real = np.stack([opinion.embedding for opinion in evaluator.judge(other.pairs)])
    columns = {"truth": figures(told, told.pairs, real, evaluator, batch)}
    if options.made:
        made = [read_pair(options.made / path.name) for path in halves[0]]
        columns["made"] = figures(told, made, real, evaluator, batch)
    text = (
        f"{table(columns)}\n\n{len(told.pairs)} composed pairs of split '{options.split}', FID against {len(real)} "
        f"others; batches of {batch}, {RUNS} runs with their 95 % interval."
    )
    print(text)
    if options.docs:
        fill_in(options.docs / "interactions.md", _MARKERS, text)


def _is_asked(path: Path, options: argparse.Namespace) -> bool:
    """Return whether a scene is an interaction of the split, and, with ``--made``, was made."""
    scene = Scene.load(path)
    there = not options.made or (options.made / path.name).is_file()
    return bool(scene.interaction) and scene.split == options.split and there
