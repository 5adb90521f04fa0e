"""Weights of the vertices in a fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...contract import FloatArray
from ...errors import InvalidRequest
from ..arkit import columns
from .face_basis import FaceBasis

LIPS_AND_LIDS = 4.0
# Curves that move the rims of lips and eyelids and little else.
_RIMS = columns(
    "mouthRollLower", "mouthRollUpper", "mouthPress", "mouthShrugLower", "mouthShrugUpper", "mouthUpperUp",
    "mouthLowerDown", "eyeBlink",
)  # fmt: skip


def read_vertex_weights(path: Path, count: int) -> FloatArray:
    """Return the weights (``count``,) of a text file with one number of 0 or more for each vertex.

    Raises ``InvalidRequest``.
    """
    try:
        weights = np.array(path.read_text(encoding="utf-8").split(), np.float32)
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"The vertex weights '{path}' cannot be read; give a text file with one number for each vertex."
        ) from error
    if len(weights) != count:
        raise InvalidRequest(
            f"'{path.name}' weighs {len(weights)} vertices and the basis has {count}; give one number for each vertex."
        )
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not weights.any():
        raise InvalidRequest(
            f"The weights in '{path.name}' are not all finite and 0 or more, or none is above 0; mend the file."
        )
    return weights


def lips_and_lids(basis: FaceBasis, times: float = LIPS_AND_LIDS) -> FloatArray:
    """Return weights (V,) from 1 far off to ``times`` on lips and eyelids, which are few vertices but visible.

    They are found by the motion of the curves of their rims. Raises ``InvalidRequest``.
    """
    if not 1.0 <= times <= 1000.0:
        raise InvalidRequest(f"Lips and lids cannot count {times:g} times; choose a value between 1 and 1000.")
    moved = np.sqrt(np.square(basis.deltas[_RIMS]).sum(axis=(0, 2)))
    near = np.clip(2.0 * moved / max(float(moved.max()), 1e-12), 0.0, 1.0)
    weights: FloatArray = (1.0 + (times - 1.0) * near).astype(np.float32)
    return weights
