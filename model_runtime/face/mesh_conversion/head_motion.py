"""The rigid motion of a head, estimated on the vertices that move least and removed from the meshes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...contract import FloatArray
from .face_basis import FaceBasis

Array = NDArray[np.float64]
_SHARE = 0.25  # of the vertices: those that the curves move least
_MOST = 2000  # of these, evenly chosen; more would only take time


@dataclass(frozen=True)
class HeadMotion:
    """Maps mesh vertices v to the basis: ``scale`` (v - centre) rotation + ``place``, row vectors.

    ``rotations`` (T, 3, 3), ``centres`` (T, 3) in the unit of the meshes, ``places`` (T, 3) in that of the basis.
    """

    rotations: Array
    centres: Array
    places: Array
    scale: float

    def removed_from(self, vertices: FloatArray, frames: slice) -> FloatArray:
        """Return the meshes (t, V, 3) of ``frames`` in the position, orientation and size of the basis."""
        turn = (self.scale * self.rotations[frames]).astype(np.float32)
        still: FloatArray = (vertices - self.centres[frames, None].astype(np.float32)) @ turn + self.places[
            frames, None
        ].astype(np.float32)
        return still


def still_vertices(basis: FaceBasis, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the indices of the quarter of the ``allowed`` vertices that all curves together move least.

    Of more than ``_MOST`` an even choice is returned.
    """
    moved = np.sqrt((basis.deltas.astype(np.float64) ** 2).sum(axis=(0, 2)))
    among = np.flatnonzero(allowed)
    quarter = min(len(among), max(12, round(_SHARE * len(among))))
    chosen: NDArray[np.int64] = np.sort(among[np.argsort(moved[among], kind="stable")[:quarter]])
    return chosen[:: -(-quarter // _MOST)]


def held_still(deltas: FloatArray, neutral: FloatArray, still: NDArray[np.int64]) -> FloatArray:
    """Return shapes (K, V, 3) without the head motion that they seem to have on the ``still`` vertices of ``neutral``.

    Meshes show them so after the head motion is removed: where a shape moves still vertices, its part that looks like a
    small rotation and shift is removed from all vertices.
    """
    at = neutral.astype(np.float64) - neutral[still].mean(axis=0)
    modes = np.concatenate(
        [np.broadcast_to(np.eye(3), (len(at), 3, 3)), np.cross(np.eye(3), at[:, None])], axis=1
    ).transpose(0, 2, 1)
    seen = deltas[:, still].reshape(len(deltas), -1).astype(np.float64)
    motion = np.linalg.lstsq(modes[still].reshape(-1, 6), seen.T, rcond=None)[0]
    left: FloatArray = deltas - np.tensordot(motion.T, modes, axes=(1, 2)).astype(np.float32)
    return left


def find_head_motion(points: Array, target: Array, scale: float | None) -> HeadMotion:
    """Return the motion that maps ``points`` (T, S, 3) of the meshes onto ``target`` (T or 1, S, 3) of the basis.

    Kabsch (1976) frame by frame; with ``scale`` None one size for the whole sequence, the median of Umeyama's (1991). A
    second pass gives vertices with large errors less weight, so that a moving neck or ear does not turn the head.
    """
    share = np.full(points.shape[1], 1.0 / points.shape[1])
    motion = _kabsch(points, target, share, scale)
    off = np.sqrt(np.mean(np.sum((_moved(points, motion) - target) ** 2, axis=2), axis=0))
    usual = max(float(np.median(off)), 1e-9)
    share = 1.0 / (1.0 + (off / usual) ** 4)
    return _kabsch(points, target, share / share.sum(), scale)


def _kabsch(points: Array, target: Array, share: Array, scale: float | None) -> HeadMotion:
    """Return the least-squares motion with the weight ``share`` (S,) of each vertex."""
    centres, places = share @ points, share @ target
    from_centre, goal = points - centres[:, None], target - places[:, None]
    u, stretch, vt = np.linalg.svd(from_centre.transpose(0, 2, 1) @ (goal * share[:, None]))
    mirrored = np.sign(np.linalg.det(u @ vt))  # -1 where the best fit would be a mirror image, which a head is not
    stretch[:, 2] *= mirrored
    u[:, :, 2] *= mirrored[:, None]
    if scale is None:
        spread = share @ np.square(from_centre).sum(axis=2).T
        scale = float(np.median(stretch.sum(axis=1) / np.maximum(spread, 1e-30)))
    return HeadMotion(u @ vt, centres, np.broadcast_to(places, centres.shape), scale)


def _moved(points: Array, motion: HeadMotion) -> Array:
    moved: Array = (points - motion.centres[:, None]) @ (motion.scale * motion.rotations) + motion.places[:, None]
    return moved
