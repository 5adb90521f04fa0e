"""ARKit curves from the values of shape keys: the inverse of driving them. No Blender here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ..runtime_api import Array, contract

_STEPS = 200


def curves_of_shapes(values: Sequence[Array], weights: Sequence[Array], frames: int) -> Array:
    """Return the ARKit curves (T, 52) in [0, 1] whose shapes come nearest to those seen, by least squares.

    ``values``: (T, K) of each mesh; ``weights``: (K, 52) of each mesh, the share of each curve in each shape. Where
    one shape stands for two curves both get its value; a curve without a shape is 0. Solved by projected gradients
    from the solution without bounds (Bertsekas, "Nonlinear Programming", 1999, section 2.3).
    """
    if not len(values):
        return np.zeros((frames, len(contract.ARKIT_NAMES)))
    seen, shares = np.concatenate(values, axis=1).astype(np.float64), np.concatenate(weights).astype(np.float64)
    inverse, longest = _solved(shares.tobytes())
    curves = np.clip(seen @ inverse.T, 0.0, 1.0)
    normal, target = shares.T @ shares, seen @ shares
    step = 1.0 / (longest + 1e-9)
    for _ in range(_STEPS):
        moved = np.clip(curves - step * (curves @ normal - target), 0.0, 1.0)
        if np.abs(moved - curves).max() < 1e-6:
            break
        curves = moved
    return curves


@lru_cache(maxsize=16)
def _solved(content: bytes) -> tuple[Array, float]:
    """Return the pseudoinverse (52, K) of the shares (K, 52) of float64, and the largest eigenvalue of their square.

    Motion is read some frames at a time, always with the same shares.
    """
    shares = np.frombuffer(content, np.float64).reshape(-1, len(contract.ARKIT_NAMES))
    return np.linalg.pinv(shares), float(np.linalg.norm(shares.T @ shares, 2))
