"""The rigid motion of a head, found on the vertices that move least and taken out of the meshes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...contract import FloatArray
from .face_basis import FaceBasis

Array = NDArray[np.float64]
_SHARE = 0.25  # of the vertices; those that the curves move least
_ENOUGH = 2000  # of them, spread over all: more only take time


@dataclass(frozen=True)
class HeadMotion:
    """Takes mesh vertices v to the basis: ``scale`` (v - centre) rotation + ``place``, row vectors.

    ``rotations`` (T, 3, 3), ``centres`` (T, 3) in the unit of the meshes, ``places`` (T, 3) in that of the basis.
    """

    rotations: Array
    centres: Array
    places: Array
    scale: float

    def taken_out(self, vertices: FloatArray, frames: slice) -> FloatArray:
        """(t, V, 3) meshes of ``frames`` -> the same, in the place, turn and size of the basis."""
        turn = (self.scale * self.rotations[frames]).astype(np.float32)
        still: FloatArray = (vertices - self.centres[frames, None].astype(np.float32)) @ turn + self.places[
            frames, None
        ].astype(np.float32)
        return still


def still_vertices(basis: FaceBasis, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the quarter of the ``allowed`` vertices that all curves together move least, or of some of them where
    they are many.
    """
    moved = np.sqrt((basis.deltas.astype(np.float64) ** 2).sum(axis=(0, 2)))
    among = np.flatnonzero(allowed)
    quarter = min(len(among), max(12, round(_SHARE * len(among))))
    chosen: NDArray[np.int64] = np.sort(among[np.argsort(moved[among], kind="stable")[:quarter]])
    return chosen[:: -(-quarter // _ENOUGH)]


def held_still(deltas: FloatArray, neutral: FloatArray, still: NDArray[np.int64]) -> FloatArray:
    """Shapes (K, V, 3) as meshes show them whose head motion was taken out on the ``still`` vertices of ``neutral`` (V,
    3).

    Where a shape moves those too, what of it looks like a small turn and shift of the head goes from all of its
    vertices.
    """
    at = neutral.astype(np.float64) - neutral[still].mean(axis=0)
    modes = np.concatenate(
        [np.broadcast_to(np.eye(3), (len(at), 3, 3)), np.cross(np.eye(3), at[:, None])], axis=1
    ).transpose(0, 2, 1)
    seen = deltas[:, still].reshape(len(deltas), -1).astype(np.float64)
    motion = np.linalg.lstsq(modes[still].reshape(-1, 6), seen.T, rcond=None)[0]
    left: FloatArray = deltas - np.tensordot(motion.T, modes, axes=(1, 2)).astype(np.float32)
    return left


def find_head_motion(points: Array, wanted: Array, scale: float | None) -> HeadMotion:
    """The motion that brings ``points`` (T, S, 3) of the meshes onto ``wanted`` (T, S, 3) or (1, S, 3) of the basis.

    Kabsch (1976) frame by frame; with ``scale`` None one size for the whole sequence, the median of Umeyama's (1991). A
    second pass counts a vertex the less, the farther it stays off over the sequence: a neck or an ear that the basis
    takes for still does not turn the head.
    """
    share = np.full(points.shape[1], 1.0 / points.shape[1])
    motion = _kabsch(points, wanted, share, scale)
    off = np.sqrt(np.mean(np.sum((_moved(points, motion) - wanted) ** 2, axis=2), axis=0))
    usual = max(float(np.median(off)), 1e-9)
    share = 1.0 / (1.0 + (off / usual) ** 4)
    return _kabsch(points, wanted, share / share.sum(), scale)


def _kabsch(points: Array, wanted: Array, share: Array, scale: float | None) -> HeadMotion:
    centres, places = share @ points, share @ wanted
    from_centre, goal = points - centres[:, None], wanted - places[:, None]
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
