"""ARKit weights of a sequence of face meshes: head motion and a bounded, smooth fit of the basis, in alternation."""

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
_ROUNDS = 3  # of head motion and weights; one is enough if the still vertices are really still
_SETTLED = 1e-3
_LARGEST_ERROR = 0.05  # of the size of the face; a larger one means another mesh or unit


@dataclass(frozen=True)
class FaceFit:
    """``face`` (T, 52) in [0, 1] at ``fps``; ``error`` and ``largest_error`` (T,): RMS and maximum over vertices, mm.

    ``missing``: curves that move no counted vertex of the basis, 0 throughout. ``scale``: size of the basis over that
    of the meshes.
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
    """Fit ``basis`` to ``meshes``. Raises ``InvalidRequest``.

    ``unit``: of both, a key of ``UNITS``; ``scaled``: the meshes may have another size; ``calm``: Hz, see
    ``fit_weights``; ``vertex_weights`` (V,): weight of each vertex, 0 or more, None for equal ones.
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
    # After the first round the head motion is found on faces with expressions, so whole shapes show; the projections
    # are on the shapes held still, and the difference is subtracted.
    beyond = weighted.astype(np.float64) @ (deltas.reshape(shapes.shape) - shapes).astype(np.float64).T

    points, rest = meshes.vertices[:, still].astype(np.float64), neutral[still].astype(np.float64)
    weights: Array = np.zeros((len(points), len(deltas)))
    for number in range(_ROUNDS):
        target = rest + np.tensordot(weights, deltas[:, still].astype(np.float64), axes=1)
        head = find_head_motion(points, target, None if scaled else UNITS[unit])
        projections = _project(meshes.vertices, head, neutral, weighted) - weights @ beyond.T
        before, weights = weights, fit_weights(gram, projections, meshes.fps, calm, weights if number else None)
        if not deltas[:, still].any() or np.abs(weights - before).max() < _SETTLED:
            break
    deltas = deltas.reshape(len(deltas), -1)
    error, largest = _errors(meshes.vertices, head, neutral, deltas, weights, counted > 0.0)
    if not (np.isfinite(error).all() and np.median(error) < _LARGEST_ERROR * np.linalg.norm(np.ptp(neutral, axis=0))):
        raise InvalidRequest(
            f"The meshes stay {np.median(error):.0f} mm off the basis; "
            "check that both are the same mesh, vertex for vertex, in the same unit."
        )
    missing = tuple(name for i, name in enumerate(ARKIT_NAMES) if i not in shown)
    return FaceFit(weights.astype(np.float32), meshes.fps, error, largest, missing, head.scale / UNITS[unit])


def resampled(fit: FaceFit, fps: float) -> FaceFit:
    """Return the fit at ``fps``, linearly interpolated from its first frame on; errors are of the nearest frame."""
    frames = int(np.floor((len(fit.face) - 1) * fps / fit.fps + 1e-6)) + 1
    at = np.minimum(np.arange(frames) * fit.fps / fps, len(fit.face) - 1)
    low = np.minimum(at.astype(np.int64), len(fit.face) - 1)
    part = (at - low).astype(np.float32)[:, None]
    face = fit.face[low] * (1.0 - part) + fit.face[np.minimum(low + 1, len(fit.face) - 1)] * part
    nearest = np.rint(at).astype(np.int64)
    return FaceFit(face, fps, fit.error[nearest], fit.largest_error[nearest], fit.missing, fit.scale)


def _project(vertices: FloatArray, head: HeadMotion, neutral: FloatArray, weighted: FloatArray) -> Array:
    """Return the projections (T, 52) of the meshes, without head motion, on the weighted shapes."""
    found = np.empty((len(vertices), len(weighted)))
    for frames in _batches(len(vertices)):
        offset = head.removed_from(vertices[frames], frames) - neutral
        found[frames] = offset.reshape(len(offset), -1) @ weighted.T
    return found


def _errors(
    vertices: FloatArray,
    head: HeadMotion,
    neutral: FloatArray,
    deltas: FloatArray,
    weights: Array,
    counted: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray]:
    """Return RMS and largest distance (T,) of the counted vertices from the fitted face."""
    rms, largest = np.empty(len(vertices), np.float32), np.empty(len(vertices), np.float32)
    for frames in _batches(len(vertices)):
        offset = head.removed_from(vertices[frames], frames) - neutral
        offset -= (weights[frames].astype(np.float32) @ deltas).reshape(offset.shape)
        squared = np.square(offset[:, counted]).sum(axis=2)
        rms[frames], largest[frames] = np.sqrt(squared.mean(axis=1)), np.sqrt(squared.max(axis=1))
    return rms, largest


def _batches(frames: int) -> list[slice]:
    return [slice(i, min(i + FRAMES_AT_ONCE, frames)) for i in range(0, frames, FRAMES_AT_ONCE)]


def _checked(
    meshes: MeshSequence, basis: FaceBasis, unit: str, calm: float, vertex_weights: FloatArray | None
) -> Array:
    """Return the weight of each vertex (V,). Raises ``InvalidRequest`` if something does not fit."""
    count = len(basis.neutral)
    if meshes.vertices.shape[1] != count:
        raise InvalidRequest(
            f"The meshes have {meshes.vertices.shape[1]} vertices and the basis {count}; "
            "give a basis of the same mesh, vertex for vertex."
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
