"""The moments of a talk to which changes of posture are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WITHIN = 4.0  # s to a moment that draws a change to it
_DRAWN = 0.85  # of the changes with such a moment
_LATE = (-0.2, 0.6)  # s after the moment


class Moments:
    """Ends of turns (s): postures shift there more often than elsewhere, most of all where the topic changes (Cassell,
    Nakano, Bickmore, Sidner and Rich 2001, "Non-verbal cues for discourse structure").
    """

    def __init__(self, rng: np.random.Generator, moments: Sequence[float]) -> None:
        self._rng, self._moments = rng, np.sort(np.asarray(moments, np.float64))

    def near(self, time: float) -> float:
        """Return the time (s) of a change that is due at ``time``: often just after a moment nearby."""
        if not len(self._moments):
            return time
        nearest = float(self._moments[np.argmin(np.abs(self._moments - time))])
        if abs(nearest - time) > _WITHIN or self._rng.random() > _DRAWN:
            return time
        return nearest + float(self._rng.uniform(*_LATE))
