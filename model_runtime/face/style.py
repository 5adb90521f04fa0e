"""How one person's face behaves: what the face denoiser is told and the composer varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract import FloatArray


@dataclass(frozen=True)
class FaceStyle:
    """How this person's face behaves: ``articulation`` about 1; the others 0 (little) to 1 (much)."""

    articulation: float = 1.0
    smile: float = 0.4
    brows: float = 0.5
    blinks: float = 0.5

    def vector(self) -> FloatArray:
        """(4,) each about -1 to 1, as the denoiser is told it."""
        return np.array(
            [(self.articulation - 1.0) / 0.2, 2 * self.smile - 1, 2 * self.brows - 1, 2 * self.blinks - 1], np.float32
        )

    @staticmethod
    def draw(rng: np.random.Generator) -> FaceStyle:
        return FaceStyle(float(rng.uniform(0.85, 1.15)), *(float(v) for v in rng.uniform(0.0, 1.0, 3)))


def blink_times(
    rng: np.random.Generator, duration: float, style: FaceStyle, moments: Sequence[tuple[float, float]] = ()
) -> list[float]:
    """When the lids shut (s): 12 to 22 times a minute by style, never within half a second of each other.

    ``moments`` (time, chance): phrase ends and shifts of gaze draw blinks, as they do in conversation (Nakano and
    Kitazawa 2010).
    """
    times = [at + rng.uniform(-0.05, 0.2) for at, chance in moments if rng.random() < chance]
    rate = 12.0 + 10.0 * style.blinks
    at = rng.uniform(0.0, 3.0)
    while at < duration:
        if all(abs(at - taken) > 1.0 for taken in times):
            times.append(at)
        at += 0.6 + rng.gamma(2.2, max(60.0 / rate - 0.6, 0.5) / 2.2)
    kept: list[float] = []
    for at in sorted(times):
        if 0.0 <= at < duration and (not kept or at - kept[-1] >= 0.5):
            kept.append(float(at))
    return kept
