"""A voice into speech features and phone posteriors, with the trained encoder or another ear. Loaded once, then kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from ..checkpoint import WEIGHTS, load_checkpoint, load_into
from ..contract import FloatArray
from ..errors import CheckpointMismatch
from ..networks.audio_encoder import AudioEncoder, AudioEncoderConfig, normalise_mels
from .mel import MEL_RATE, log_mel
from .prosody import analyse_voice, common_level_gain

SPEECH_RATE = MEL_RATE
CHECKPOINT = "audio.safetensors"
_BLOCK = 1500  # frames at a time, so that long takes need little memory


@dataclass(frozen=True)
class SpeechFeatures:
    """At 50 Hz, one frame centred on every 20 ms: ``features`` (N, 64) in [-1, 1]; ``phones`` (N, 40) posteriors in the order of ``PHONES``."""

    features: FloatArray
    phones: FloatArray


class Ear(Protocol):
    """What the face hears with. Whatever listens inside, features and phones mean the same and lie at the same times."""

    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        """Hear a mono wave (S,) at 16 kHz; N = S // 320 + 1 frames. ``speech`` (N,) is 1 where the voice is heard; found here where None."""
        ...


@dataclass(frozen=True)
class MelEar:
    """The default ear: log-mels and the trained encoder."""

    encoder: AudioEncoder

    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        wave16k = np.asarray(wave16k, np.float32)
        mels = torch.from_numpy(log_mel(wave16k * np.float32(common_level_gain(wave16k))))
        speech = speech_mask(wave16k, len(mels)) if speech is None else speech
        return encode_mels(self.encoder, mels, torch.from_numpy(speech))


def load_ear(weights_dir: Path, wav2vec2: Path | None = None) -> Ear:
    """The default ear, or the wav2vec 2.0 in the folder ``wav2vec2`` with the adapter trained for it.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    default = MelEar(load_encoder(weights_dir / CHECKPOINT))
    if wav2vec2 is None:
        return default
    from .wav2vec2 import load_wav2vec2_ear  # only who asks for it waits for transformers

    return load_wav2vec2_ear(wav2vec2, default)


def encode(wave16k: FloatArray, weights_dir: str | Path | None = None) -> SpeechFeatures:
    """Hear a mono wave (S,) at 16 kHz; N = S // 320 + 1 frames. Silence gives the posterior of silence.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    return load_ear(Path(weights_dir or WEIGHTS)).encode(wave16k)


@torch.inference_mode()
def encode_mels(encoder: AudioEncoder, mels: torch.Tensor, speech: torch.Tensor) -> SpeechFeatures:
    """The same from log-mels (N, 80) and the frames that hold speech (N,)."""
    context = 2 * sum(encoder.config.dilations) + 1
    normal = normalise_mels(mels[None].float(), speech[None])
    features, phones = [], []
    for first in range(0, len(mels), _BLOCK):
        last = min(first + _BLOCK, len(mels))
        before = min(first, context)
        heard, logits = encoder(normal[:, first - before : last + context])
        features.append(heard[0, before : before + last - first])
        phones.append(logits[0, before : before + last - first].softmax(dim=-1))
    return SpeechFeatures(torch.cat(features).numpy(), torch.cat(phones).numpy())


def speech_mask(wave16k: FloatArray, steps: int) -> FloatArray:
    """(steps,) 1 where the voice is heard, at 50 Hz."""
    active = analyse_voice(wave16k).active
    return active[np.minimum(np.arange(steps) * 2, len(active) - 1)].astype(np.float32)


@lru_cache(maxsize=2)
def load_encoder(path: Path) -> AudioEncoder:
    """The trained encoder in evaluation mode. Raises ``CheckpointMissing`` or ``CheckpointMismatch``."""
    tensors, header = load_checkpoint(path)
    try:
        config = AudioEncoderConfig(**{**header["config"], "dilations": tuple(header["config"]["dilations"])})
    except (KeyError, TypeError) as error:
        raise CheckpointMismatch(f"The weights '{path.name}' do not describe an audio encoder ({error}); install matching versions.") from error
    encoder = AudioEncoder(config)
    load_into(encoder, tensors, path.name)
    return encoder.eval()
