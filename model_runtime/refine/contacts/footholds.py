"""Where feet go when a body is shifted as a whole: each foothold moves as one, so a foot that stands does not slide."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...common.arrays import Array, FloatArray
from ...common.easing import smoothstep
from ...common.masks import runs_of


class Footholds(NamedTuple):
    """``basis`` (T, K): a foot's share in each spline of the body's shift; ``swing`` (T,) 0 where the foot stands or is
    kept, up to 1 half way between two footholds.
    """

    basis: FloatArray
    swing: FloatArray


def follow_shift(basis: FloatArray, planted: Array, kept: Array) -> Footholds:
    """Return how a foot that is ``planted`` (T,) follows a shift with the splines ``basis`` (T, K).

    A foothold gets the shift of its middle frame, and none if a ``kept`` (T,) frame is part of it. Between footholds
    the foot goes over smoothly.
    """
    frames = len(basis)
    rows, known = np.zeros_like(basis), np.array(kept, bool)
    for first, stop in runs_of(planted):
        if not np.any(kept[first:stop]):
            rows[first:stop] = basis[(first + stop - 1) // 2]
        known[first:stop] = True
    if not known.any():
        return Footholds(basis.copy(), np.zeros(frames, np.float32))
    index = np.arange(frames)
    before = np.maximum.accumulate(np.where(known, index, -1))
    after = np.minimum.accumulate(np.where(known, index, frames)[::-1])[::-1]
    between = (before >= 0) & (after < frames) & ~known
    way = np.where(between, (index - before) / np.maximum(after - before, 1), 0.0)
    before, after = np.where(before < 0, after, before), np.where(after >= frames, before, after)
    share = smoothstep(np.clip((way - 0.1) / 0.8, 0.0, 1.0))[:, None]
    mixed = rows[before] * (1.0 - share) + rows[after] * share
    return Footholds(mixed.astype(np.float32), (16.0 * way**2 * (1.0 - way) ** 2).astype(np.float32))
