"""When brows go up and down with what is said: events, drawn by chance as blinks are, for the composer and for the
trained face alike.

Brows beat on stressed words, some of them (Flecha-García 2010, "Eyebrow raises in dialogue"), and stay up at the end of
a question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contract import FPS, FloatArray
from ..networks.face_inputs import ASK, BROWS_SIZE, KNIT, KNOWN, UP
from .style import FaceStyle

Moments = Sequence[tuple[float, float]]  # times (s), and how sure each is, 0 to 1


def brow_accents(
    rng: np.random.Generator,
    stresses: Moments,
    questions: Moments,
    style: FaceStyle,
    frames: int,
    arousal: FloatArray | None = None,
) -> FloatArray:
    """(``frames``, BROWS_SIZE) of a person of ``style`` who stresses and asks; ``arousal`` (T,), -1.5 to 1.5, makes
    lively.
    """
    track = np.zeros((frames, BROWS_SIZE), np.float32)
    track[:, KNOWN] = 1.0
    for at, sure in stresses:
        lively = (
            1.0 + 0.4 * float(arousal[min(max(int(at * FPS), 0), frames - 1)])
            if arousal is not None and frames
            else 1.0
        )
        if rng.random() >= sure:
            continue
        if rng.random() < (0.15 + 0.45 * style.brows) * lively:
            add_bump(
                track[:, UP],
                rng.uniform(0.12, 0.34) * (0.7 + 0.6 * style.brows),
                at,
                0.13,
                rng.uniform(0.08, 0.35),
                0.25,
            )
        elif rng.random() < 0.10:
            add_bump(track[:, KNIT], rng.uniform(0.10, 0.28), at, 0.15, rng.uniform(0.1, 0.6), 0.3)
    for end, sure in questions:
        if rng.random() < sure:
            add_bump(track[:, ASK], rng.uniform(0.2, 0.4), end - 0.35, 0.3, 0.7, 0.5)
    return track


def add_bump(track: FloatArray, size: float, at: float, rise: float, hold: float, fall: float) -> None:
    """Raise ``track`` (T,) in place to at least ``size`` times 0 to 1 and back: up over ``rise`` s until ``at``, held,
    down over ``fall`` s.
    """
    first, last = max(int((at - rise) * FPS), 0), min(int((at + hold + fall) * FPS) + 2, len(track))
    if last > first:
        t = np.arange(first, last, dtype=np.float32) / FPS
        up, down = np.clip((t - at + rise) / rise, 0, 1), np.clip((t - at - hold) / fall, 0, 1)
        np.maximum(
            track[first:last], size * up * up * (3 - 2 * up) * (1 - down * down * (3 - 2 * down)), out=track[first:last]
        )
