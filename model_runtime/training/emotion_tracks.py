"""Emotion of each frame as an index and an intensity, the compact form of training packs and body windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .. import contract
from ..contract import EMOTION_CHOICES, FPS, EmotionSpan, FloatArray

NEUTRAL = EMOTION_CHOICES.index(contract.NEUTRAL)


def emotion_tracks(spans: Sequence[EmotionSpan], frames: int) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return the index into ``EMOTION_CHOICES`` and the intensity, (T,) each, neutral in the gaps."""
    emotion, intensity = np.full(frames, NEUTRAL, np.uint8), np.zeros(frames, np.float32)
    for span in spans:
        covered = slice(round(span.start * FPS), round(span.end * FPS))
        emotion[covered], intensity[covered] = EMOTION_CHOICES.index(span.emotion), span.intensity
    return emotion, intensity
