"""The frame rate of every array in the runtime."""

from __future__ import annotations

import math

FPS = 30


def frame_count(duration: float) -> int:
    """Return the number of frames at ``FPS`` that cover ``duration`` seconds, the frame at time zero included."""
    return math.ceil(duration * FPS - 1e-6) + 1
