"""Filter composed interactions by an evaluator: their texts have to fit, and they may be neither copies nor strange.

    python -m model_runtime corpus filter --scenes corpus/interactions --real captured/

Text2Interact's two filters (Wu et al. 2026), after those of the gate. The cosine of a scene's texts to its motion has
to reach 0.58 in the mean. The annulus: the distance of its motion to the nearest among captured motion and scenes kept
before has to lie between the 5th and the 95th percentile of the distances of captured motion to its nearest; without
``--real`` there are no such bounds, and this filter is left out and said to be. Nothing is removed: ``filter.json`` in
the folder names what is kept and why all else is not. The evaluator should have learned from other scenes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...common.arrays import Array
from ...common.checkpoints import WEIGHTS
from ...common.files import write_whole
from ...datasets.scene import Scene
from ...errors import InterActError
from ...recognition.evaluator import EVALUATOR, Evaluator
from ...recognition.pair_features import Pair
from ...recognition.pair_file import checked, read_pair

FILTER = "filter.json"
LEAST_COSINE = 0.58
PERCENTILES = (5.0, 95.0)
UNLIKE_TEXT, TOO_NEAR, TOO_FAR = "text", "copy", "strange"  # reasons, the first word of each


class NothingToFilter(InterActError):
    """A folder has no composed interactions, or too few captured ones to compare with."""


class Annulus(NamedTuple):
    """The least and the largest distance to the nearest other motion."""

    least: float
    most: float


def annulus_of(real: Array) -> Annulus:
    """Return the 5th and the 95th percentile of the distances of real motions (M, D) to the nearest other one.

    Raises ``NothingToFilter`` for fewer than three.
    """
    if len(real) < 3:
        raise NothingToFilter(f"{len(real)} captured motions are too few to tell what is usual; give three at least.")
    apart = np.linalg.norm(real[:, None] - real[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return Annulus(*(float(v) for v in np.percentile(apart.min(1), PERCENTILES)))


def reasons_of(
    cosines: Array, motions: Array, real: Array, annulus: Annulus | None, least: float = LEAST_COSINE
) -> list[str]:
    """Return of each motion (N, D), in order, why it is refused, "" where it is kept.

    ``cosines`` (N,) of its texts to it; ``real`` (M, D) captured motion; without an ``annulus`` the texts alone count.
    """
    known, reasons = list(real), []
    for cosine, motion in zip(cosines, motions):
        nearest = min((float(np.linalg.norm(motion - other)) for other in known), default=None)
        if cosine < least:
            reason = f"{UNLIKE_TEXT} {cosine:.2f} under {least:.2f}"
        elif annulus is not None and nearest is not None and nearest < annulus.least:
            reason = f"{TOO_NEAR} {nearest:.3f} from the nearest, under {annulus.least:.3f}"
        elif annulus is not None and nearest is not None and nearest > annulus.most:
            reason = f"{TOO_FAR} {nearest:.3f} from the nearest, over {annulus.most:.3f}"
        else:
            reason = ""
            known.append(motion)
        reasons.append(reason)
    return reasons


def filter_scenes(
    folder: Path, evaluator: Evaluator, real: Sequence[Path] = (), least: float = LEAST_COSINE
) -> dict[str, Any]:
    """Judge every interaction of a folder, write ``filter.json`` into it and return what it holds.

    Raises ``NothingToFilter``, ``SceneUnreadable`` or ``PairUnreadable``.
    """
    paths = sorted(folder.glob("scene_*.npz"))
    scenes = [(path, scene) for path in paths if (scene := Scene.load(path)).interaction]
    if not scenes:
        raise NothingToFilter(
            f"'{folder}' holds no composed interactions; compose some with "
            "`python -m model_runtime corpus interactions`."
        )
    captured = [read_pair(path) for path in real]
    pairs = [checked(Pair.of(s.root_positions, s.rotations, s.skeletons), str(path)) for path, s in scenes]
    opinions = evaluator.judge(pairs)
    motions = np.stack([opinion.embedding for opinion in opinions])
    known = np.array([opinion.embedding for opinion in evaluator.judge(captured)]).reshape(-1, motions.shape[1])
    annulus = annulus_of(known) if captured else None
    cosines = np.array([_fit(evaluator, scene, motion) for (_, scene), motion in zip(scenes, motions)])
    reasons = reasons_of(cosines, motions, known, annulus, least)
    named = {path.name: reason for (path, _), reason in zip(scenes, reasons)}
    found = {
        "least_cosine": least,
        "annulus": annulus,
        "captured": len(captured),
        "weights": evaluator.header["training"],
        "cosines": {path.name: round(float(c), 4) for (path, _), c in zip(scenes, cosines)},
        "kept": [name for name, reason in named.items() if not reason],
        "refused": {name: reason for name, reason in named.items() if reason},
        "by_category": _counted([scene.interaction["category"] for _, scene in scenes], reasons),
    }
    write_whole(folder / FILTER, json.dumps(found, indent=1))
    return found


def table(found: dict[str, Any]) -> str:
    """Return what was kept and refused of each category, in Markdown."""
    rows = ["| category | kept | text | copy | strange |", "|---|---|---|---|---|"]
    for name, counts in found["by_category"].items():
        of = sum(counts.values())
        refused = " | ".join(str(counts.get(reason, 0)) for reason in (UNLIKE_TEXT, TOO_NEAR, TOO_FAR))
        rows.append(f"| {name} | {counts.get('kept', 0)} of {of} | {refused} |")
    return "\n".join(rows)


def _counted(categories: Sequence[str], reasons: Sequence[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for category, reason in zip(categories, reasons):
        counts.setdefault(category, Counter())[reason.split()[0] if reason else "kept"] += 1
    return {category: dict(found) for category, found in sorted(counts.items())}


def _fit(evaluator: Evaluator, scene: Scene, motion: Array) -> float:
    """Return the mean cosine of a scene's texts to its motion."""
    texts = [text for group in scene.interaction["texts"].values() for text in group]
    return float((evaluator.embed_texts(texts) @ motion).mean())


def _files(places: Sequence[Path]) -> list[Path]:
    """Return the files of places, which are files or folders of .npz."""
    return [file for place in places for file in (sorted(place.glob("*.npz")) if place.is_dir() else [place])]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=Path, default=Path("corpus/interactions"), help="folder of composed scenes")
    parser.add_argument(
        "--real", type=Path, nargs="+", default=[], metavar="PATH", help="captured pairs: performances or scenes (.npz)"
    )
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS / EVALUATOR, help="the evaluator (default: %(default)s)"
    )
    parser.add_argument("--least", type=float, default=LEAST_COSINE, help="cosine of text and motion (%(default)s)")


def run(options: argparse.Namespace) -> None:
    found = filter_scenes(options.scenes, Evaluator.load(options.weights), _files(options.real), options.least)
    print(table(found))
    if not options.real:
        print("\nOf texts alone: nearness was not judged, since no captured pairs were given with --real.")
    print(f"{len(found['kept'])} kept, {len(found['refused'])} refused; {options.scenes / FILTER}")
