"""How well an evaluator does on scenes that it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..contract import FPS
from ..datasets.scene import Scene
from ..metrics.captions import bleu, cider, rouge_l
from ..metrics.retrieval import INTERX_BATCH, mm_distance, r_precision, r_squared, repeated
from ..recognition.evaluator import PERSONALITY, Evaluator, Opinion
from ..recognition.pair_file import LONGEST, cut
from .evaluator_data import item_of, pair_of

_DIGITS = 3


def measures_of(evaluator: Evaluator, scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return the figures of scenes by name, and of what chance or a constant would reach.

    Scenes longer than an evaluator reads count with their middle. A category that was not learned is never right.
    """
    items = [item_of(scene) for scene in scenes]
    pairs = [cut(pair_of(s), *_middle(s)) for s in scenes]
    opinions = evaluator.judge(pairs)
    categories = [scene.interaction.get("category", "chat") for scene in scenes]
    measures: dict[str, Any] = {
        "scenes": len(scenes),
        "category": _share([next(iter(o.categories)) == c for o, c in zip(opinions, categories)]),
        "category_top3": _share([c in list(o.categories)[:3] for o, c in zip(opinions, categories)]),
        "category_by_constant": _most_frequent(categories),
        "relationship": _share([next(iter(o.relationships)) == s.relationship for o, s in zip(opinions, scenes)]),
        "relationship_by_constant": _most_frequent([s.relationship for s in scenes]),
        "by_category": {
            name: f"{sum(next(iter(o.categories)) == c for o, c in zip(opinions, categories) if c == name)} of {count}"
            for name, count in sorted(Counter(categories).items())
        },
    }
    begins = [o.first_begins > 0.5 for o, item in zip(opinions, items) if item.roles]
    if begins:
        measures["order"] = _share(begins)
    measures |= _personality(opinions, [item.personality for item in items])
    told = [row for row, item in enumerate(items) if item.texts]
    if told:
        measures |= _texts(evaluator, [opinions[row] for row in told], [items[row].texts for row in told])
    return measures


def _middle(scene: Scene) -> tuple[float, float]:
    start = max(scene.duration - LONGEST, 0.0) / 2
    return start, start + min(scene.duration, LONGEST - 1.0 / FPS)


def _texts(evaluator: Evaluator, opinions: Sequence[Opinion], texts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return how motion and text find each other, by one random text a run, and how well captions are chosen."""
    motions = np.stack([o.embedding for o in opinions])
    embedded = [evaluator.embed_texts(own) for own in texts]
    batch = min(INTERX_BATCH, len(opinions))

    def once(rng: np.random.Generator) -> dict[str, float]:
        order = rng.permutation(len(motions))
        chosen = np.stack([embedded[row][rng.integers(len(embedded[row]))] for row in order])
        tops = r_precision(chosen, motions[order], batch)
        other = np.roll(chosen, 1, axis=0)
        return {f"r_precision_top{rank}": float(v) for rank, v in enumerate(tops, 1)} | {
            "mm_distance": mm_distance(chosen, motions[order]),
            "cosine": float((chosen * motions[order]).sum(-1).mean()),
            "cosine_of_mismatched": float((other * motions[order]).sum(-1).mean()),
        }

    found: dict[str, Any] = {name: str(value) for name, value in repeated(once).items()}
    captions = [evaluator.ranked_captions(motion, 1)[0][0] for motion in motions]
    scores = {"bleu4": bleu(captions, texts), "rouge_l": rouge_l(captions, texts), "cider": cider(captions, texts)}
    return {"batch": batch} | found | {f"caption_{name}": round(value, _DIGITS) for name, value in scores.items()}


def _personality(opinions: Sequence[Opinion], true: Sequence[Array]) -> dict[str, float]:
    """Return R2 of each factor over the actors whose personality is known."""
    known = [(o.personality, t) for o, t in zip(opinions, true) if o.personality is not None and np.isfinite(t).all()]
    if not known:
        return {}
    said, wanted = (np.concatenate([pair[k] for pair in known]) for k in range(2))
    return {f"r2_{name}": round(float(v), _DIGITS) for name, v in zip(PERSONALITY, r_squared(said, wanted))}


def _share(right: Sequence[bool]) -> float:
    return round(float(np.mean(right)), _DIGITS)


def _most_frequent(values: Sequence[str]) -> float:
    return round(Counter(values).most_common(1)[0][1] / len(values), _DIGITS)
