"""Fréchet distances and diversity of motion: the measures of audio2photoreal's evaluation (Ng et al. 2024).

A frame is one vector: every joint's rotation by two columns of its matrix, the pelvis without its heading
(``pose_vectors``). That is continuous where rotation vectors jump at half a turn; one such jump in a raised arm would
outweigh all else in FID_k. FID_g compares Gaussians over the vectors, FID_k over their changes from frame to frame;
Div_g and Div_k are their spread within a motion, Div_sample the spread over takes of the same shot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import sqrtm

from ..body_model import rotations as rot
from ..body_model.skeleton import heading_of
from ..common.arrays import Array
from ..contract import FPS


def pose_vectors(rotations: Array) -> Array:
    """Return the first two columns of the rotation matrices (T, 312) of local quaternions (T, 52, 4), the pelvis turned
    to heading 0.

    Zhou et al. 2019, section 4.2.
    """
    still = np.array(rotations, np.float64)
    still[:, 0] = rot.multiply(rot.conjugate(rot.about_z(heading_of(still[:, 0].astype(np.float32)))), still[:, 0])
    return rot.to_matrix(still)[..., :2].swapaxes(-1, -2).reshape(len(still), -1)


def changes(poses: Array) -> Array:
    """Return the velocity (T - 1, D) of pose vectors, a second."""
    return np.diff(poses, axis=0) * FPS


def frechet_distance(a: Array, b: Array) -> float:
    """Return the Fréchet distance of Gaussians fitted to rows (N, D) and (M, D): |mean|^2 + tr(A + B - 2 sqrt(A B)).

    Heusel et al. 2017, equation 6.
    """
    mean_a, mean_b = a.mean(0), b.mean(0)
    spread_a, spread_b = (np.cov(x, rowvar=False) + 1e-8 * np.eye(x.shape[1]) for x in (a, b))
    root = sqrtm(spread_a @ spread_b).real
    return float(np.sum((mean_a - mean_b) ** 2) + np.trace(spread_a + spread_b - 2.0 * root))


def fid(made: Sequence[Array], real: Sequence[Array]) -> dict[str, float]:
    """Return 'fid_g' and 'fid_k' of motions given as pose vectors (T, D) each; lower is nearer to the real ones."""
    return {
        "fid_g": frechet_distance(np.concatenate(made), np.concatenate(real)),
        "fid_k": frechet_distance(
            np.concatenate([changes(m) for m in made]), np.concatenate([changes(r) for r in real])
        ),
    }


def diversity(motions: Sequence[Array]) -> dict[str, float]:
    """Return 'div_g' and 'div_k': the standard deviation over a motion's frames of the pose and of its change, averaged
    over joints and motions.
    """
    return {
        "div_g": float(np.mean([m.std(0).mean() for m in motions])),
        "div_k": float(np.mean([changes(m).std(0).mean() for m in motions])),
    }


def sample_diversity(takes: Sequence[Array]) -> float:
    """Return the standard deviation over takes (S, T, D) of one shot, averaged over frames; 0 for equal takes."""
    return float(np.stack(takes).std(0).mean())
