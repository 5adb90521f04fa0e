"""What every speech encoder gives, whatever network is inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...contract import FloatArray
from ..prosody import analyse_voice


@dataclass(frozen=True)
class SpeechFeatures:
    """At 50 Hz, one frame centred on every 20 ms: ``features`` (N, 64) in [-1, 1]; ``phones`` (N, 40) posteriors in the
    order of ``PHONES``.
    """

    features: FloatArray
    phones: FloatArray


class SpeechEncoder(Protocol):
    """A voice in, features and phones out. They mean the same and lie at the same times for every implementation."""

    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        """Hear a mono wave (S,) at 16 kHz; N = S // 320 + 1 frames. ``speech`` (N,) is 1 where the voice is heard;
        found here where None.
        """
        ...


def speech_mask(wave16k: FloatArray, steps: int) -> FloatArray:
    """(steps,) 1 where the voice is heard, at 50 Hz."""
    active = analyse_voice(wave16k).active
    return active[np.minimum(np.arange(steps) * 2, len(active) - 1)].astype(np.float32)
