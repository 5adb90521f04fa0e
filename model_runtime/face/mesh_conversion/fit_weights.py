"""Blend weights over time: a bounded, smooth least-squares problem.

With the shapes B (3V, K) and the meshes less the neutral y_t (3V,), both weighted by vertex, it needs only the Gram
matrix B'B (K, K) and the projections B'y_t (T, K), so the number of vertices does not matter.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.optimize import minimize

from ...contract import ARKIT_NAMES

Array = NDArray[np.float64]
CALM = 10.0  # Hz; faster changes are smoothed as noise
_RIDGE = 3e-4  # share of a curve's own motion; keeps shapes that cancel out (look in, look out) at rest
_CLOSE_OVER_JAW = 2e-3  # share of mouthClose's own motion; decides only what the mesh leaves open
_JAW, _CLOSE = ARKIT_NAMES.index("jawOpen"), ARKIT_NAMES.index("mouthClose")


def shown_curves(gram: Array) -> NDArray[np.int64]:
    """Return the columns of the curves that move the mesh; the others cannot be found."""
    size = np.sqrt(np.diag(gram))
    return np.flatnonzero(size > 1e-6 * size.max(initial=0.0))


def fit_weights(gram: Array, projections: Array, fps: float, calm: float = CALM, start: Array | None = None) -> Array:
    """Return weights (T, 52) in [0, 1] for ``gram`` (52, 52) and ``projections`` (T, 52) at ``fps``.

    A curve that moves nothing stays 0. The weights minimise

        sum_t |B w_t - y_t|^2 + smooth |w_t-1 - 2 w_t + w_t+1|^2 + ridge |w_t|^2 + hinge max(0, mouthClose - jawOpen)^2

    with each weight in units of its curve's motion (d = diag(gram)^1/2), so that a blink is smoothed no more than a
    jaw. ``smooth`` = (fps / 2 pi calm)^4, which halves the changes of a lone curve at ``calm`` Hz (Whittaker's
    smoother). ARKit's mouthClose brings the lips together over an open jaw, so a larger mouthClose than jawOpen is
    penalised, but possible for pressed lips. The problem is convex; L-BFGS-B (Byrd et al. 1995) starts from ``start``
    or from the clipped solution without bounds.
    """
    used = shown_curves(gram)
    d = np.sqrt(np.diag(gram))[used]
    weights = np.zeros_like(projections)
    hessian = gram[np.ix_(used, used)] / np.outer(d, d) + _RIDGE * np.eye(len(used))
    linear = projections[:, used] / d
    smooth = (fps / (2.0 * math.pi * calm)) ** 4
    first = _without_bounds(hessian, linear, smooth) if start is None else start[:, used] * d
    both = {_JAW, _CLOSE} <= set(used.tolist())
    jaw, close = (int(np.searchsorted(used, i)) for i in (_JAW, _CLOSE))
    shape = linear.shape

    def objective(flat: Array) -> tuple[float, Array]:
        u = flat.reshape(shape)
        pull = u @ hessian
        value = 0.5 * np.vdot(u, pull) - np.vdot(u, linear)
        gradient = pull - linear
        if len(u) > 2:
            bend = np.diff(u, 2, axis=0)
            value += 0.5 * smooth * np.vdot(bend, bend)
            bend *= smooth
            gradient[:-2] += bend
            gradient[1:-1] -= 2.0 * bend
            gradient[2:] += bend
        if both:
            over = np.maximum(u[:, close] - u[:, jaw] * (d[close] / d[jaw]), 0.0) * _CLOSE_OVER_JAW
            value += 0.5 / _CLOSE_OVER_JAW * np.vdot(over, over)
            gradient[:, close] += over
            gradient[:, jaw] -= over * (d[close] / d[jaw])
        return float(value), gradient.ravel()

    highest = np.tile(d, len(linear))
    bounds = np.stack([np.zeros_like(highest), highest], axis=1)
    begin = np.clip(first, 0.0, d).ravel()
    options: dict[str, Any] = {"maxiter": 1000, "maxfun": 2000, "ftol": 1e-10, "gtol": 1e-6}
    found = minimize(objective, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weights[:, used] = np.clip(found.x.reshape(shape) / d, 0.0, 1.0)
    return weights


def _without_bounds(hessian: Array, linear: Array, smooth: float) -> Array:
    """Return the smooth solution (T, K) without bounds: one banded problem for each eigenvector of ``hessian``."""
    values, vectors = np.linalg.eigh(hessian)
    along = linear @ vectors
    bands = smooth * _bending(len(linear))
    for k, value in enumerate(values):
        own = bands.copy()
        own[-1] += value
        along[:, k] = solveh_banded(own, along[:, k])
    solution: Array = along @ vectors.T
    return solution


def _bending(frames: int) -> Array:
    """Return the upper bands (3, T) of D'D, where D takes second differences."""
    bands = np.zeros((3, frames))
    for offset in range(3):
        for i, j in ((i, i + offset) for i in range(3 - offset)):
            step = (1.0, -2.0, 1.0)
            if frames > 2:
                bands[2 - offset, j : frames - 2 + j] += step[i] * step[j]
    return bands
