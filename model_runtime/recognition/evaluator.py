"""Trained weights of ``PairEvaluator``, asked about pairs and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.arrays import Array, FloatArray
from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into, tensors_under
from ..contract import INTERACTIONS, RELATIONSHIPS
from ..errors import CheckpointMismatch, CheckpointMissing, InterActError
from ..networks.evaluator import PATCH, EvaluatorConfig, Judged, PairEvaluator
from ..text.words import WordFeatures, check_words
from .pair_features import PAIR_FEATURES, Pair, pair_features

EVALUATOR = "evaluator.safetensors"
# The five factors (Costa and McCrae 1992), in standard deviations of people.
PERSONALITY = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
TRAINED_BY = "python -m model_runtime train evaluator --scenes corpus/interactions"
_LARGEST = 6.0  # standard deviations that a feature may be off
_TOGETHER = 16  # pairs or texts in one pass


class NotLearned(InterActError):
    """Weights are asked for what their scenes did not hold."""


@dataclass(frozen=True)
class Opinion:
    """What the weights say of one pair.

    ``categories`` and ``relationships``: probability of each that they learned, the likeliest first; ``first_begins``:
    probability that the first one acts; ``personality`` (2, 5) in standard deviations, None if they learned none;
    ``embedding`` (D,) of unit length.
    """

    categories: dict[str, float]
    relationships: dict[str, float]
    first_begins: float
    personality: FloatArray | None
    embedding: FloatArray


class Evaluator:
    """The encoders and heads of a checkpoint, and the captions that it ranks."""

    def __init__(self, network: PairEvaluator, tensors: dict[str, Tensor], header: dict[str, Any], words: Path) -> None:
        self.network, self.header, self._words = network.eval(), header, words
        self.mean, self.deviation = tensors["mean"], tensors["deviation"]
        learned = header["learned"]
        self.categories: list[str] = learned["categories"]
        self.relationships: list[str] = learned["relationships"]
        self.knows_personality: bool = learned["personality"]
        self.captions: list[str] = header["captions"]

    @staticmethod
    def load(path: str | Path = WEIGHTS / EVALUATOR, words: Path = WEIGHTS) -> Evaluator:
        """Load weights; ``words``: folder of ``words.safetensors``.

        Raises ``CheckpointMissing``, ``CheckpointMismatch`` or, of another text encoder, ``TextEncoderMismatch``.
        """
        path = Path(path)
        if not path.is_file():
            raise CheckpointMissing(
                f"There are no weights of the evaluator at '{path}'; make them with `{TRAINED_BY}`, "
                "or say with --weights where they are."
            )
        tensors, header = load_checkpoint(path)
        try:
            config = EvaluatorConfig(**header["config"])
            wanted = (PAIR_FEATURES, len(INTERACTIONS), len(RELATIONSHIPS))
            found = (config.features, config.categories, config.relationships)
            if found != wanted:
                raise CheckpointMismatch(
                    f"The weights '{path.name}' read {found} features, categories and relationships, and this code has "
                    f"{wanted}; train them again with `{TRAINED_BY}`."
                )
            check_words({path.name: header}, words)
            network = PairEvaluator(config)
            load_into(network, tensors_under(tensors, "network."), path.name)
            return Evaluator(network, tensors, header, words)
        except (KeyError, TypeError) as error:
            raise CheckpointMismatch(
                f"The weights '{path.name}' are not those of an evaluator of this version ({error}); "
                f"train them again with `{TRAINED_BY}`."
            ) from error

    @cached_property
    def word_features(self) -> WordFeatures:
        return WordFeatures.load(self._words)

    @torch.no_grad()
    def judge(self, pairs: Sequence[Pair]) -> list[Opinion]:
        """Return an opinion of each pair."""
        opinions = []
        for start in range(0, len(pairs), _TOGETHER):
            features = [pair_features(pair) for pair in pairs[start : start + _TOGETHER]]
            motion, there = padded_motion(features, self.mean, self.deviation)
            judged = self.network.motion(motion, there)
            opinions += [self._opinion(judged, row) for row in range(len(features))]
        return opinions

    @torch.no_grad()
    def embed_texts(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) of unit length."""
        parts = [np.zeros((0, self.network.config.embedding), np.float32)]
        for start in range(0, len(texts), _TOGETHER):
            vectors = [text_vectors(text, self.word_features) for text in texts[start : start + _TOGETHER]]
            parts.append(self.network.text(*padded_words(vectors)).numpy())
        return np.concatenate(parts)

    @cached_property
    def caption_embeddings(self) -> FloatArray:
        """(N, D) of ``captions``."""
        return self.embed_texts(self.captions)

    def ranked_captions(self, embedding: Array, most: int) -> list[tuple[str, float]]:
        """Return the ``most`` fitting captions of a pair's embedding (D,) and their cosines, the best first."""
        likeness = self.caption_embeddings @ embedding
        return [(self.captions[i], float(likeness[i])) for i in np.argsort(-likeness, kind="stable")[:most]]

    def personality_of(self, opinion: Opinion) -> list[dict[str, float]]:
        """Return the five factors of both. Raises ``NotLearned``."""
        if opinion.personality is None:
            raise NotLearned(
                "These weights know nothing of personality, since the scenes they learned from carry none; "
                f"train them with `{TRAINED_BY}` on scenes that do."
            )
        return [dict(zip(PERSONALITY, map(float, actor))) for actor in opinion.personality]

    def _opinion(self, judged: Judged, row: int) -> Opinion:
        return Opinion(
            _likeliest(judged.category[row], INTERACTIONS, self.categories),
            _likeliest(judged.relationship[row], RELATIONSHIPS, self.relationships),
            float(judged.first_begins[row].sigmoid()),
            judged.personality[row].numpy() if self.knows_personality else None,
            judged.embedding[row].numpy(),
        )


def _likeliest(logits: Tensor, names: Sequence[str], learned: Sequence[str]) -> dict[str, float]:
    """Return the probabilities of the ``learned`` of ``names``, the likeliest first."""
    chosen = logits[[names.index(name) for name in learned]].softmax(-1)
    return {learned[i]: float(chosen[i]) for i in chosen.argsort(descending=True).tolist()}


def text_vectors(text: str, features: WordFeatures) -> FloatArray:
    """Return (W, 48), one vector a word of the text; a text without words is one empty word."""
    return features.vectors(text.split() or [""])


def padded_words(vectors: Sequence[Array]) -> tuple[Tensor, Tensor]:
    """Return texts (W, 48) as (B, W, 48), and (B, W) bool where they are."""
    words = torch.zeros(len(vectors), max(len(v) for v in vectors), vectors[0].shape[-1])
    there = torch.zeros(words.shape[:2], dtype=torch.bool)
    for row, found in enumerate(vectors):
        words[row, : len(found)], there[row, : len(found)] = torch.as_tensor(found), True
    return words, there


def padded_motion(features: Sequence[Array], mean: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (2, T, F) as (B, 2, T, F), normalised, in whole patches, and (B, T) bool where they are."""
    frames = -(-max(f.shape[1] for f in features) // PATCH) * PATCH
    motion = torch.zeros(len(features), 2, frames, features[0].shape[-1])
    there = torch.zeros(len(features), frames, dtype=torch.bool)
    for row, found in enumerate(features):
        values = (torch.as_tensor(found).float() - mean) / deviation
        motion[row, :, : found.shape[1]] = values.clamp(-_LARGEST, _LARGEST)
        there[row, : found.shape[1]] = True
    return motion, there
