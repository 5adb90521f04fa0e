"""What somebody feels, frame by frame, as both packs and body windows hold it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..contract import EMOTIONS, FPS, FloatArray
from ..datasets.scene import Feeling

NEUTRAL = EMOTIONS.index("neutral")


def feeling_tracks(feelings: Sequence[Feeling], frames: int, unsaid: float) -> tuple[NDArray[np.uint8], FloatArray]:
    """Index into ``EMOTIONS`` and intensity (T,) each; where nothing is said it is neutral at the intensity ``unsaid``."""
    emotion, intensity = np.full(frames, NEUTRAL, np.uint8), np.full(frames, unsaid, np.float32)
    for feeling in feelings:
        span = slice(round(feeling.start * FPS), round(feeling.end * FPS))
        emotion[span], intensity[span] = EMOTIONS.index(feeling.emotion), feeling.intensity
    return emotion, intensity
