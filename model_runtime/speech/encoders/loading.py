"""Load a speech encoder."""

from __future__ import annotations

from pathlib import Path

from ...common.checkpoints import WEIGHTS
from ...contract import FloatArray
from .base import SpeechEncoder, SpeechFeatures
from .mel import CHECKPOINT, MelSpeechEncoder, load_encoder


def load_speech_encoder(weights_dir: Path, wav2vec2: Path | None = None) -> SpeechEncoder:
    """Return the default encoder, or the wav2vec 2.0 in the folder ``wav2vec2`` with the adapter trained for it.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    default = MelSpeechEncoder(load_encoder(weights_dir / CHECKPOINT))
    if wav2vec2 is None:
        return default
    from .wav2vec2 import load_wav2vec2_encoder  # imports transformers, which the default does not need

    return load_wav2vec2_encoder(wav2vec2, default)


def encode(wave16k: FloatArray, weights_dir: str | Path | None = None) -> SpeechFeatures:
    """Encode a mono wave (S,) at 16 kHz; N = S // 320 + 1 frames. Silence gives the posterior of silence.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    return load_speech_encoder(Path(weights_dir or WEIGHTS)).encode(wave16k)
