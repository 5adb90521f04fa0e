"""Brow accents: random brow movements on the stresses and questions of speech, for the composer and the face model.

Brows rise on some stressed words (Flecha-García 2010, "Eyebrow raises in dialogue") and stay up at the end of a
question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.easing import smoothstep
from ..contract import FPS, FloatArray
from ..networks.face_inputs import ASK, BROWS_SIZE, KNIT, KNOWN, UP
from .style import FaceStyle

Moments = Sequence[tuple[float, float]]  # times (s) with the confidence of each, 0 to 1


def brow_accents(
    rng: np.random.Generator,
    stresses: Moments,
    questions: Moments,
    style: FaceStyle,
    frames: int,
    arousal: FloatArray | None = None,
) -> FloatArray:
    """Return brow accents (T, BROWS_SIZE) of a person of ``style`` on stresses and at questions.

    ``arousal`` (T,), -1.5 to 1.5, makes accents more or less frequent.
    """
    track = np.zeros((frames, BROWS_SIZE), np.float32)
    track[:, KNOWN] = 1.0
    for at, confidence in stresses:
        excited = float(arousal[min(max(int(at * FPS), 0), frames - 1)]) if arousal is not None and frames else 0.0
        if rng.random() >= confidence:
            continue
        if rng.random() < (0.15 + 0.45 * style.brows) * (1.0 + 0.4 * excited):
            size = rng.uniform(0.12, 0.34) * (0.7 + 0.6 * style.brows)
            add_bump(track[:, UP], size, at, 0.13, rng.uniform(0.08, 0.35), 0.25)
        elif rng.random() < 0.10:
            add_bump(track[:, KNIT], rng.uniform(0.10, 0.28), at, 0.15, rng.uniform(0.1, 0.6), 0.3)
    for end, confidence in questions:
        if rng.random() < confidence:
            add_bump(track[:, ASK], rng.uniform(0.2, 0.4), end - 0.35, 0.3, 0.7, 0.5)
    return track


def add_bump(track: FloatArray, size: float, at: float, rise: float, hold: float, fall: float) -> None:
    """Raise ``track`` (T,) in place to at least a bump of ``size``.

    It rises over ``rise`` s until ``at`` (s), holds for ``hold`` s and falls over ``fall`` s.
    """
    first, last = max(int((at - rise) * FPS), 0), min(int((at + hold + fall) * FPS) + 2, len(track))
    if last > first:
        t = np.arange(first, last, dtype=np.float32) / FPS
        up, down = np.clip((t - at + rise) / rise, 0, 1), np.clip((t - at - hold) / fall, 0, 1)
        np.maximum(track[first:last], size * smoothstep(up) * (1 - smoothstep(down)), out=track[first:last])
