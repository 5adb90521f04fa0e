"""ARKit weights for a sequence of face meshes: head motion out, then a bounded, smooth fit of the basis, in turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...contract import ARKIT_NAMES, FloatArray
from ...errors import InvalidRequest
from .face_basis import FaceBasis
from .fit_weights import CALM, Array, fit_weights, shown_curves
from .head_motion import HeadMotion, find_head_motion, held_still, still_vertices
from .meshes import FRAMES_AT_ONCE, MeshSequence

UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0}  # millimetres each
_ROUNDS = 3  # head and weights in turns; one is enough where the still vertices are truly still
_SETTLED = 1e-3
_STRANGE = 0.05  # of the size of the face; what stays this far off is another mesh or unit, not another expression


@dataclass(frozen=True)
class FaceFit:
    """``face`` (T, 52) in [0, 1] at ``fps``; ``error`` and ``largest_error`` (T,): RMS over the vertices and the worst
    of them, in mm.

    ``missing``: curves that the basis (or the vertices looked at) cannot show, so 0 throughout. ``scale``: size of the
    basis over that of the meshes.
    """

    face: FloatArray
    fps: float
    error: FloatArray
    largest_error: FloatArray
    missing: tuple[str, ...]
    scale: float


def fit_meshes(
    meshes: MeshSequence,
    basis: FaceBasis,
    unit: str = "cm",
    calm: float = CALM,
    scaled: bool = False,
    vertex_weights: FloatArray | None = None,
) -> FaceFit:
    """Fit ``basis`` to ``meshes``. ``unit``: what both are in, a key of ``UNITS``; ``scaled``: the meshes may be of any
    one size.

    ``calm``: Hz, see ``fit_weights``. ``vertex_weights`` (V,), none negative: how much a vertex counts, 0 leaves it
    out, None: all alike. Raises ``InvalidRequest``.
    """
    counted = _checked(meshes, basis, unit, calm, vertex_weights)
    neutral, deltas = basis.neutral * np.float32(UNITS[unit]), basis.deltas * np.float32(UNITS[unit])
    still = still_vertices(basis, counted > 0.0)
    shapes = held_still(deltas, neutral, still).reshape(len(deltas), -1)
    weighted = shapes * np.repeat(counted / counted.sum(), 3).astype(np.float32)
    gram = weighted.astype(np.float64) @ shapes.astype(np.float64).T
    shown = set(shown_curves(gram).tolist())
    if not shown:
        raise InvalidRequest("No curve moves a vertex that counts; give other vertex weights.")
    # Once the head is found on faces that move, whole shapes are seen; what these have beyond the held ones is taken
    # off again.
    beyond = weighted.astype(np.float64) @ (deltas.reshape(shapes.shape) - shapes).astype(np.float64).T

    points, rest = meshes.vertices[:, still].astype(np.float64), neutral[still].astype(np.float64)
    weights: Array = np.zeros((len(points), len(deltas)))
    for turn in range(_ROUNDS):
        wanted = rest + np.tensordot(weights, deltas[:, still].astype(np.float64), axes=1)
        head = find_head_motion(points, wanted, None if scaled else UNITS[unit])
        said = _project(meshes.vertices, head, neutral, weighted) - weights @ beyond.T
        before, weights = weights, fit_weights(gram, said, meshes.fps, calm, weights if turn else None)
        if not deltas[:, still].any() or np.abs(weights - before).max() < _SETTLED:
            break
    deltas = deltas.reshape(len(deltas), -1)
    error, largest = _errors(meshes.vertices, head, neutral, deltas, weights, counted > 0.0)
    if not (np.isfinite(error).all() and np.median(error) < _STRANGE * np.linalg.norm(np.ptp(neutral, axis=0))):
        raise InvalidRequest(
            f"The meshes stay {np.median(error):.0f} mm off the basis; check that both are the same mesh, vertex for vertex, in the same unit."
        )
    missing = tuple(name for i, name in enumerate(ARKIT_NAMES) if i not in shown)
    return FaceFit(weights.astype(np.float32), meshes.fps, error, largest, missing, head.scale / UNITS[unit])


def resampled(fit: FaceFit, fps: float) -> FaceFit:
    """The same fit at ``fps``, straight lines between its frames, its first frame at the same time; errors are those of
    the nearest frame.
    """
    frames = int(np.floor((len(fit.face) - 1) * fps / fit.fps + 1e-6)) + 1
    at = np.minimum(np.arange(frames) * fit.fps / fps, len(fit.face) - 1)
    low = np.minimum(at.astype(np.int64), len(fit.face) - 1)
    part = (at - low).astype(np.float32)[:, None]
    face = fit.face[low] * (1.0 - part) + fit.face[np.minimum(low + 1, len(fit.face) - 1)] * part
    nearest = np.rint(at).astype(np.int64)
    return FaceFit(face, fps, fit.error[nearest], fit.largest_error[nearest], fit.missing, fit.scale)


def _project(vertices: FloatArray, head: HeadMotion, neutral: FloatArray, weighted: FloatArray) -> Array:
    """What the meshes say of each curve: (T, 52)."""
    found = np.empty((len(vertices), len(weighted)))
    for frames in _batches(len(vertices)):
        away = head.taken_out(vertices[frames], frames) - neutral
        found[frames] = away.reshape(len(away), -1) @ weighted.T
    return found


def _errors(
    vertices: FloatArray,
    head: HeadMotion,
    neutral: FloatArray,
    deltas: FloatArray,
    weights: Array,
    counted: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray]:
    """RMS and largest distance (T,) of the counted vertices from the fitted face."""
    rms, largest = np.empty(len(vertices), np.float32), np.empty(len(vertices), np.float32)
    for frames in _batches(len(vertices)):
        away = head.taken_out(vertices[frames], frames) - neutral
        away -= (weights[frames].astype(np.float32) @ deltas).reshape(away.shape)
        squared = np.square(away[:, counted]).sum(axis=2)
        rms[frames], largest[frames] = np.sqrt(squared.mean(axis=1)), np.sqrt(squared.max(axis=1))
    return rms, largest


def _batches(frames: int) -> list[slice]:
    return [slice(i, min(i + FRAMES_AT_ONCE, frames)) for i in range(0, frames, FRAMES_AT_ONCE)]


def _checked(
    meshes: MeshSequence, basis: FaceBasis, unit: str, calm: float, vertex_weights: FloatArray | None
) -> Array:
    """Weight of each vertex (V,), or ``InvalidRequest``."""
    count = len(basis.neutral)
    if meshes.vertices.shape[1] != count:
        raise InvalidRequest(
            f"The meshes have {meshes.vertices.shape[1]} vertices and the basis {count}; give a basis of the same mesh, vertex for vertex."
        )
    if unit not in UNITS:
        raise InvalidRequest(f"The unit '{unit}' is not known; use one of: {', '.join(UNITS)}.")
    if not 0.0 < calm < np.inf:
        raise InvalidRequest(f"Changes cannot be calmed at {calm:g} Hz; choose a value above 0, such as {CALM:g}.")
    if vertex_weights is None:
        return np.ones(count)
    given = np.asarray(vertex_weights)
    if given.shape != (count,) or not np.isfinite(given).all() or given.min() < 0.0 or given.max() <= 0.0:
        raise InvalidRequest(
            f"Vertex weights need one finite number of 0 or more for each of the {count} vertices, and one above 0."
        )
    return given.astype(np.float64)
