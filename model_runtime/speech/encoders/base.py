"""The interface of all speech encoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...contract import FloatArray
from ..prosody import analyse_voice


@dataclass(frozen=True)
class SpeechFeatures:
    """Output of a speech encoder at 50 Hz, one frame centred on every 20 ms.

    ``features`` (N, 64) in [-1, 1]; ``phones`` (N, 40) posteriors in the order of ``PHONES``.
    """

    features: FloatArray
    phones: FloatArray


class SpeechEncoder(Protocol):
    """A network from a voice to features and phones, which are compatible between all encoders."""

    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        """Encode a mono wave (S,) at 16 kHz in N = S // 320 + 1 frames.

        ``speech`` (N,) is 1 where the voice is active; detected where None.
        """
        ...


def speech_mask(wave16k: FloatArray, steps: int) -> FloatArray:
    """Return (steps,) 1 where the voice is active, at 50 Hz."""
    active = analyse_voice(wave16k).active
    return active[np.minimum(np.arange(steps) * 2, len(active) - 1)].astype(np.float32)
