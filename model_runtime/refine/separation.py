"""Which way out of each other two limbs go, how far it is, and how a way is widened so that smoothing does not take it
away.
"""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array


def apart(out: Array, gap: Array, wide: Array, sides: Array) -> tuple[Array, Array]:
    """Depths (T, P) and ways (T, P, 3) from another bone: the more the two run through each other, the more along
    ``sides``.

    ``sides`` (T, P, 3): from the other limb to mine. Where bones cross, the way between their nearest points says
    nothing, and past it the contrary of what is wanted.
    """
    through = np.clip(1.0 - gap / np.maximum(wide, 1e-4), 0.0, 1.0)[..., None]
    way = (1.0 - through) * out + through * sides / np.maximum(np.linalg.norm(sides, axis=-1, keepdims=True), 1e-4)
    way /= np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-4)
    return depth_along(way, out, gap, wide), way


def depth_along(way: Array, out: Array, gap: Array, wide: Array) -> Array:
    """How far (T, P) along ``way`` something ``gap`` away from a line along ``out`` has to go to be ``wide`` away."""
    toward = gap * np.sum(out * way, -1)
    return np.sqrt(np.maximum(wide**2 - gap**2 + toward**2, 0.0)) - toward


def widest(push: Array, hold: int) -> Array:
    """For each frame and joint the longest push within ``hold`` frames, so that smoothing does not take a short one
    away.
    """
    result, longest = push.copy(), np.linalg.norm(push, axis=-1)
    lengths = longest.copy()
    for shift in range(1, min(hold, len(push) - 1) + 1):
        for mine, other in ((slice(shift, None), slice(None, -shift)), (slice(None, -shift), slice(shift, None))):
            more = lengths[other] > longest[mine]
            result[mine][more], longest[mine][more] = push[other][more], lengths[other][more]
    return result
