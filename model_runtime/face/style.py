"""Style of a person's face: a condition of the face denoiser, varied by the composer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract import FloatArray


@dataclass(frozen=True)
class FaceStyle:
    """``articulation`` is about 1; the others are 0 (little) to 1 (much)."""

    articulation: float = 1.0
    smile: float = 0.4
    brows: float = 0.5
    blinks: float = 0.5

    def vector(self) -> FloatArray:
        """Return the style as the denoiser's condition: (4,), each about -1 to 1."""
        return np.array(
            [(self.articulation - 1.0) / 0.2, 2 * self.smile - 1, 2 * self.brows - 1, 2 * self.blinks - 1], np.float32
        )

    @staticmethod
    def draw(rng: np.random.Generator) -> FaceStyle:
        """Return a random style."""
        return FaceStyle(float(rng.uniform(0.85, 1.15)), *(float(v) for v in rng.uniform(0.0, 1.0, 3)))


def blink_times(
    rng: np.random.Generator, duration: float, style: FaceStyle, moments: Sequence[tuple[float, float]] = ()
) -> list[float]:
    """Return the times (s) of blinks: 12 to 22 a minute by style, at least half a second apart.

    ``moments`` (time, chance): ends of phrases and gaze shifts, which evoke blinks in conversation (Nakano and Kitazawa
    2010).
    """
    times = [at + rng.uniform(-0.05, 0.2) for at, chance in moments if rng.random() < chance]
    rate = 12.0 + 10.0 * style.blinks
    at = rng.uniform(0.0, 3.0)
    while at < duration:
        if all(abs(at - other) > 1.0 for other in times):
            times.append(at)
        at += 0.6 + rng.gamma(2.2, max(60.0 / rate - 0.6, 0.5) / 2.2)
    spaced: list[float] = []
    for at in sorted(times):
        if 0.0 <= at < duration and (not spaced or at - spaced[-1] >= 0.5):
            spaced.append(float(at))
    return spaced
