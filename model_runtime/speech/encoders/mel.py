"""The default speech encoder: log-mels into the trained network, which is loaded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ...common.checkpoints import load_checkpoint, load_into
from ...contract import FloatArray
from ...errors import CheckpointMismatch
from ..prosody import common_level_gain
from .base import SpeechFeatures, speech_mask
from .log_mel import log_mel
from .mel_network import AudioEncoder, AudioEncoderConfig, normalise_mels

CHECKPOINT = "audio.safetensors"
_BLOCK = 1500  # frames at a time, so that long takes need little memory


@dataclass(frozen=True)
class MelSpeechEncoder:
    """The default speech encoder: log-mels and the trained network."""

    encoder: AudioEncoder

    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        wave16k = np.asarray(wave16k, np.float32)
        mels = torch.from_numpy(log_mel(wave16k * np.float32(common_level_gain(wave16k))))
        speech = speech_mask(wave16k, len(mels)) if speech is None else speech
        return encode_mels(self.encoder, mels, torch.from_numpy(speech))


@torch.inference_mode()
def encode_mels(encoder: AudioEncoder, mels: torch.Tensor, speech: torch.Tensor) -> SpeechFeatures:
    """Return the same from log-mels (N, 80) and the frames that hold speech (N,)."""
    context = 2 * sum(encoder.config.dilations) + 1
    normal = normalise_mels(mels[None].float(), speech[None])
    features, phones = [], []
    for first in range(0, len(mels), _BLOCK):
        last = min(first + _BLOCK, len(mels))
        before = min(first, context)
        found, logits = encoder(normal[:, first - before : last + context])
        features.append(found[0, before : before + last - first])
        phones.append(logits[0, before : before + last - first].softmax(dim=-1))
    return SpeechFeatures(torch.cat(features).numpy(), torch.cat(phones).numpy())


@lru_cache(maxsize=2)
def load_encoder(path: Path) -> AudioEncoder:
    """Load the trained encoder in evaluation mode. Raises ``CheckpointMissing`` or ``CheckpointMismatch``."""
    tensors, header = load_checkpoint(path)
    try:
        config = AudioEncoderConfig(**{**header["config"], "dilations": tuple(header["config"]["dilations"])})
    except (KeyError, TypeError) as error:
        raise CheckpointMismatch(
            f"The weights '{path.name}' do not describe an audio encoder ({error}); install matching versions."
        ) from error
    encoder = AudioEncoder(config)
    load_into(encoder, tensors, path.name)
    return encoder.eval()
