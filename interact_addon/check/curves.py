"""Curves over a shot for a drawing that has fewer pixels than the shot has frames."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array


def highest_of(values: Array, most: int) -> tuple[Array, Array]:
    """Return at most ``most`` of ``values`` (T,), the highest of each group of neighbours, so that no peak is lost.

    Also where in the curve they lie, 0 to 1.
    """
    group = -(-len(values) // most)
    highest = np.pad(values, (0, -len(values) % group), mode="edge").reshape(-1, group).max(1)
    return highest, np.minimum(np.arange(len(highest)) * group / max(len(values) - 1, 1), 1.0)
