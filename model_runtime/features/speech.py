"""A voice into speech features and phone posteriors, with the trained encoder. Loaded once, then kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

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


def encode(wave16k: FloatArray, weights_dir: str | Path | None = None) -> SpeechFeatures:
    """Hear a mono wave (S,) at 16 kHz; N = S // 320 + 1 frames. Silence gives the posterior of silence.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    encoder = load_encoder(Path(weights_dir or WEIGHTS) / CHECKPOINT)
    wave16k = np.asarray(wave16k, np.float32)
    mels = torch.from_numpy(log_mel(wave16k * np.float32(common_level_gain(wave16k))))
    return encode_mels(encoder, mels, torch.from_numpy(speech_mask(wave16k, len(mels))))


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
