"""Scenes of two people as an evaluator learns from them: features, judgements and texts, altered for each batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..common.arrays import Array, FloatArray
from ..contract import FPS, INTERACTIONS, RELATIONSHIPS
from ..corpus.interactions.texts import write_texts
from ..datasets.scene import Scene
from ..recognition.evaluator import padded_motion, padded_words, text_vectors
from ..recognition.pair_features import PACED, Pair, mirrored, pair_features
from ..text.words import WordFeatures
from .body import split_scenes

REALISATIONS = 3  # times that the grammar writes a scene's texts
_TALK = "chat"  # the category of scenes without an interaction, which are conversations
_WINDOW = 300  # frames of a scene that are seen at most
_EVERY = 10  # of so many scenes one is held out, where none is of the test split
_LEAST_DEVIATION = 0.02  # of a feature, so that what hardly changes is not blown up
_PACE = (0.85, 1.2)
_NOISE = 0.03  # standard deviations
_SPARE = 0.6  # seconds before the contact and after its end that are never cut off
_SIDE = re.compile(r"\b(left|right)\b(?! in front)", re.IGNORECASE)
_SWAP = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


@dataclass(frozen=True, eq=False)
class Item:
    """A scene: ``features`` (2, T, F), float16; ``category`` and ``relationship`` by number.

    ``roles``: whether the first one is known to begin; ``core``: frames that are always seen; ``personality`` (2, 5),
    NaN where unknown; ``texts``; ``kind``: what a text that is true of this scene is true of, with its hand.
    """

    features: Array
    category: int
    relationship: int
    roles: bool
    core: tuple[int, int]
    personality: FloatArray
    texts: tuple[str, ...]
    kind: tuple[str, ...]
    hand: str


@dataclass(frozen=True)
class PairBatch:
    """B pairs and a text of each, as ``PairEvaluator`` takes them, and what is true of them.

    ``alike`` (B, B) bool: the text of the column is as true of the row's motion; ``has_text``, ``roles`` (B,) bool.
    """

    motion: Tensor
    there: Tensor
    words: Tensor
    words_there: Tensor
    category: Tensor
    relationship: Tensor
    first_begins: Tensor
    personality: Tensor
    alike: Tensor
    has_text: Tensor
    roles: Tensor

    def to(self, device: torch.device) -> PairBatch:
        return PairBatch(**{name: value.to(device) for name, value in vars(self).items()})


def split_folders(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the training and the held-out scenes of folders: those of the test split, else every tenth of a folder."""
    training: list[Path] = []
    held_out: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(2, "no such folder", str(folder))
        own, other = split_scenes(folder)
        if not other:
            own, other = [p for i, p in enumerate(own) if i % _EVERY], own[::_EVERY]
        training, held_out = training + own, held_out + other
    return training, held_out


def item_of(scene: Scene, realisations: int = 1) -> Item:
    """Return a scene's item, with its own texts, or for more ``realisations`` with further ones of the grammar."""
    facts = scene.interaction
    texts = [text for group in facts.get("texts", {}).values() for text in group]
    for again in range(1, realisations if facts else 0):
        texts += [t for group in write_texts(facts, scene.split, scene.seed + again * 10**9).values() for t in group]
    contact, end = facts.get("contact", 0.0), facts.get("end", scene.duration)
    unknown = (np.nan,) * 5
    return Item(
        pair_features(pair_of(scene)).astype(np.float16),
        INTERACTIONS.index(facts.get("category", _TALK)),
        RELATIONSHIPS.index(scene.relationship),
        bool(facts),
        (round((contact - _SPARE) * FPS), round((end + _SPARE) * FPS)) if facts else (0, 0),
        np.array([actor or unknown for actor in scene.personalities], np.float32),
        tuple(texts),
        tuple(str(facts.get(name, "")) for name in ("category", "variant", "reaction")),
        str(facts.get("hand", "")),
    )


def pair_of(scene: Scene) -> Pair:
    """Return the two people of a scene."""
    return Pair.of(scene.root_positions, scene.rotations, scene.skeletons)


def exchanged_sides(text: str) -> str:
    """Return a text with left and right exchanged, as it is true of the mirrored motion."""
    return _SIDE.sub(lambda found: _SWAP.get(found[0], found[0]), text)


class EvaluatorData:
    """Items of a split, and batches of them."""

    def __init__(self, items: Sequence[Item], words: WordFeatures) -> None:
        self.items, self.words = items, words
        self._vectors: dict[str, Array] = {}

    def scales(self) -> tuple[Tensor, Tensor]:
        """Return mean and deviation (F,) of the features, of motion and mirrored motion alike."""
        frames = np.concatenate([item.features.reshape(-1, item.features.shape[-1])[::3] for item in self.items])
        both = np.concatenate([frames, mirrored(frames)]).astype(np.float32)
        deviation = np.maximum(both.std(0), _LEAST_DEVIATION)
        return torch.from_numpy(both.mean(0)), torch.from_numpy(deviation)

    @property
    def minutes(self) -> float:
        return sum(item.features.shape[1] for item in self.items) / FPS / 60.0

    def altered(self, count: int, rng: np.random.Generator, mean: Tensor, deviation: Tensor) -> PairBatch:
        """Return ``count`` random scenes: mirrored or not, either actor first, cut, at another pace, with noise."""
        rows = [self.items[i] for i in rng.choice(len(self.items), count, replace=count > len(self.items))]
        mirror, swap = rng.random(count) < 0.5, rng.random(count) < 0.5
        features = [
            _altered(row.features.astype(np.float32), row.core, rng, m, s) for row, m, s in zip(rows, mirror, swap)
        ]
        texts = [exchanged_sides(text) if m else text for text, m in zip((_text(row, rng) for row in rows), mirror)]
        batch = self._batch(rows, features, texts, swap, mirror, mean, deviation)
        noise = torch.from_numpy(rng.standard_normal(batch.motion.shape, np.float32))
        return PairBatch(**{**vars(batch), "motion": batch.motion + _NOISE * noise * batch.there[:, None, :, None]})

    def plain(self, rows: Sequence[int], mean: Tensor, deviation: Tensor, seed: int = 0) -> PairBatch:
        """Return scenes as they are, the middle of long ones; every other one with its actors exchanged."""
        rng = np.random.default_rng(seed)
        items = [self.items[i] for i in rows]
        swap = np.arange(len(items)) % 2 == 1
        features = []
        for item, exchange in zip(items, swap):
            first = max((item.features.shape[1] - _WINDOW) // 2, 0)
            cut = item.features[:, first : first + _WINDOW].astype(np.float32)
            features.append(cut[::-1] if exchange else cut)
        texts = [_text(item, rng) for item in items]
        return self._batch(items, features, texts, swap, np.zeros(len(items), bool), mean, deviation)

    def _batch(
        self,
        items: Sequence[Item],
        features: Sequence[Array],
        texts: Sequence[str],
        swap: Array,
        mirror: Array,
        mean: Tensor,
        deviation: Tensor,
    ) -> PairBatch:
        motion, there = padded_motion([np.ascontiguousarray(f) for f in features], mean, deviation)
        words, words_there = padded_words([self._vector(text) for text in texts])
        kinds = [(*item.kind, exchanged_sides(item.hand) if m else item.hand) for item, m in zip(items, mirror)]
        personality = np.stack([item.personality[::-1] if s else item.personality for item, s in zip(items, swap)])
        return PairBatch(
            motion,
            there,
            words,
            words_there,
            torch.tensor([item.category for item in items]),
            torch.tensor([item.relationship for item in items]),
            torch.from_numpy(~swap).float(),
            torch.from_numpy(personality),
            torch.tensor([[a == b for b in kinds] for a in kinds]),
            torch.tensor([bool(item.texts) for item in items]),
            torch.tensor([item.roles for item in items]),
        )

    def _vector(self, text: str) -> Array:
        if text not in self._vectors:
            self._vectors[text] = text_vectors(text, self.words).astype(np.float16)
        return self._vectors[text]


def _text(item: Item, rng: np.random.Generator) -> str:
    return item.texts[int(rng.integers(len(item.texts)))] if item.texts else ""


def _altered(features: Array, core: tuple[int, int], rng: np.random.Generator, mirror: bool, swap: bool) -> Array:
    """Return features (2, T, F) cut at both ends outside of ``core``, at another pace, mirrored and exchanged."""
    frames = features.shape[1]
    low, high = min(max(core[0], 0), frames), min(max(core[1], 0), frames)
    first, last = int(rng.integers(low // 2 + 1)), frames - int(rng.integers((frames - high) // 2 + 1))
    pace = float(np.exp(rng.uniform(*np.log(_PACE))))
    if last - first > _WINDOW:
        latest = max(min(low, last - _WINDOW), first) if high > low else last - _WINDOW
        first = int(rng.integers(first, latest + 1))
        last = first + _WINDOW
    times = np.arange(first, last - 1, pace)
    before = times.astype(int)
    share = (times - before).astype(np.float32)[None, :, None]
    found = features[:, before] * (1 - share) + features[:, before + 1] * share
    found[..., PACED] *= pace
    if mirror:
        found = mirrored(found)
    return found[::-1] if swap else found
