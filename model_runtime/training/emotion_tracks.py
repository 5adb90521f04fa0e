"""Emotion of each frame as an index and an intensity, the compact form of training packs and body windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..contract import EMOTIONS, FPS, EmotionSpan, FloatArray

NEUTRAL = EMOTIONS.index("neutral")


def emotion_tracks(
    spans: Sequence[EmotionSpan], frames: int, neutral_intensity: float
) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return the index into ``EMOTIONS`` and the intensity, (T,) each; gaps are neutral at ``neutral_intensity``."""
    emotion, intensity = np.full(frames, NEUTRAL, np.uint8), np.full(frames, neutral_intensity, np.float32)
    for span in spans:
        covered = slice(round(span.start * FPS), round(span.end * FPS))
        emotion[covered], intensity[covered] = EMOTIONS.index(span.emotion), span.intensity
    return emotion, intensity
