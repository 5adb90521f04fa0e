"""How one person's face behaves: what the face denoiser is told and the composer varies."""

from __future__ import annotations

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
