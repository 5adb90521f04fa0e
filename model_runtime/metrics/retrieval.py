"""How well motion and text find each other: the protocols of InterGen and Inter-X over an evaluator's embeddings.

Motion and text of the same pair are rows of equal number in two arrays (N, D) of one space. InterGen (Liang et al.
2024, section 6.1) ranks in batches of 96, Inter-X (Xu et al. 2024, section 5) in batches of 32; both draw 300 pairs for
diversity and 10 of 30 takes of 100 texts for multimodality, and give the mean of 20 runs with its 95 % interval. The
FID of embeddings is ``distribution.frechet_distance``. Few lines of numpy: torchmetrics has none of them for
embeddings that are not its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..common.arrays import Array
from .distribution import frechet_distance

INTERGEN_BATCH, INTERX_BATCH = 96, 32
TOP = 3
DIVERSITY_PAIRS = 300
MULTIMODALITY_PAIRS = 10
RUNS = 20


class Interval(NamedTuple):
    """A ``mean`` over runs and half of its 95 % confidence interval."""

    mean: float
    half: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.half:.3f}"


def r_precision(texts: Array, motions: Array, batch: int, top: int = TOP) -> Array:
    """Return (top,) shares of texts (N, D) whose own motion (N, D) is among the nearest 1, 2, ... of its batch.

    Batches are consecutive rows, so shuffle both alike before; rows beyond the last whole batch are left out, as in
    both papers' code. Raises ``ValueError`` if there is no whole batch.
    """
    hits = np.zeros(top)
    for rows in _batches(len(texts), batch):
        distances = distances_between(texts[rows], motions[rows])
        # A motion that is just as near counts as nearer, so that equal embeddings are no success.
        nearer = (distances <= np.diagonal(distances)[:, None]).sum(1) - 1
        hits += [(nearer < rank).sum() for rank in range(1, top + 1)]
    return hits / (len(texts) // batch * batch)


def mm_distance(texts: Array, motions: Array) -> float:
    """Return the mean distance of each text (N, D) to its own motion (N, D)."""
    return float(np.linalg.norm(np.asarray(texts, np.float64) - motions, axis=-1).mean())


def diversity(motions: Array, rng: np.random.Generator, pairs: int = DIVERSITY_PAIRS) -> float:
    """Return the mean distance of ``pairs`` random pairs among motions (N, D).

    Both halves are drawn without repetition, so N has to be ``pairs`` at least, else ``ValueError``.
    """
    if len(motions) < pairs:
        raise ValueError(f"Diversity of {pairs} pairs needs as many motions, there are {len(motions)}.")
    first, second = (rng.choice(len(motions), pairs, replace=False) for _ in range(2))
    return float(np.linalg.norm(np.asarray(motions[first], np.float64) - motions[second], axis=-1).mean())


def multimodality(takes: Array, rng: np.random.Generator, pairs: int = MULTIMODALITY_PAIRS) -> float:
    """Return the mean distance of ``pairs`` random pairs among the takes of each text: (texts, takes, D).

    Raises ``ValueError`` if a text has fewer than ``pairs`` takes.
    """
    if takes.shape[1] < pairs:
        raise ValueError(f"Multimodality of {pairs} pairs needs as many takes of a text, there are {takes.shape[1]}.")
    first, second = (rng.choice(takes.shape[1], pairs, replace=False) for _ in range(2))
    return float(np.linalg.norm(np.asarray(takes[:, first], np.float64) - takes[:, second], axis=-1).mean())


def text_to_motion(texts: Array, made: Array, real: Array, rng: np.random.Generator, batch: int) -> dict[str, float]:
    """Return one run of the protocol: 'top1' to 'top3', 'mm_distance', 'fid' against ``real`` (M, D), 'diversity'.

    ``texts`` and ``made`` (N, D) belong together row by row. Diversity is of 300 pairs, of N where there are fewer.
    """
    order = rng.permutation(len(texts))
    tops = r_precision(texts[order], made[order], batch)
    return {f"top{rank}": float(value) for rank, value in enumerate(tops, 1)} | {
        "mm_distance": mm_distance(texts, made),
        "fid": frechet_distance(np.asarray(made, np.float64), np.asarray(real, np.float64)),
        "diversity": diversity(made, rng, min(DIVERSITY_PAIRS, len(made))),
    }


def repeated(
    measure: Callable[[np.random.Generator], Mapping[str, float]], runs: int = RUNS, seed: int = 0
) -> dict[str, Interval]:
    """Return each measure over ``runs`` of ``measure(rng)``, each with random numbers of its own."""
    rows = [measure(np.random.default_rng([seed, run])) for run in range(runs)]
    return {name: interval([row[name] for row in rows]) for name in rows[0]}


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of values and 1.96 s / sqrt(n), with s the population's deviation as in both papers' code."""
    return Interval(float(np.mean(values)), float(1.96 * np.std(values) / np.sqrt(len(values))))


def top_accuracy(scores: Array, true: Array, top: int = 1) -> float:
    """Return the share of rows of ``scores`` (N, C) whose ``true`` class (N,) is among the ``top`` highest scores."""
    best = np.argsort(-np.asarray(scores), axis=-1, kind="stable")[:, :top]
    return float((best == np.asarray(true)[:, None]).any(-1).mean())


def r_squared(predicted: Array, true: Array) -> Array:
    """Return (K,) the coefficient of determination of each column of (N, K): 1 is exact, 0 is as good as the mean."""
    residual = ((np.asarray(true, np.float64) - predicted) ** 2).sum(0)
    spread = ((np.asarray(true, np.float64) - np.mean(true, axis=0)) ** 2).sum(0)
    return 1.0 - residual / spread


def distances_between(a: Array, b: Array) -> Array:
    """Return the Euclidean distances (N, M) of rows (N, D) and (M, D)."""
    return np.linalg.norm(np.asarray(a, np.float64)[:, None] - np.asarray(b, np.float64)[None], axis=-1)


def _batches(rows: int, batch: int) -> Sequence[slice]:
    if rows < batch:
        raise ValueError(f"R-precision in batches of {batch} needs as many pairs, there are {rows}.")
    return [slice(start, start + batch) for start in range(0, rows - batch + 1, batch)]
