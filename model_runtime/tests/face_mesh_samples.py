"""Face meshes for the tests: a small head with seven ARKit shapes, curves for it, and a head that moves."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from model_runtime.contract import ARKIT_NAMES, FPS, FloatArray
from model_runtime.face.arkit import CURVE, columns
from model_runtime.face.mesh_conversion.face_basis import FaceBasis

# Of each curve of the small face: direction from the middle of the head, offset (cm), width.
PUSHES = {
    "jawOpen": ((0.0, -0.7, 0.7), (0.0, -2.5, -0.5), 0.5),
    "mouthClose": ((0.0, -0.45, 0.9), (0.0, 1.6, 0.2), 0.22),
    "mouthSmileLeft": ((0.35, -0.3, 0.85), (0.8, 0.9, -0.2), 0.25),
    "mouthSmileRight": ((-0.35, -0.3, 0.85), (-0.8, 0.9, -0.2), 0.25),
    "eyeBlinkLeft": ((0.35, 0.3, 0.9), (0.0, -1.0, 0.1), 0.15),
    "eyeBlinkRight": ((-0.35, 0.3, 0.9), (0.0, -1.0, 0.1), 0.15),
    "browInnerUp": ((0.0, 0.55, 0.8), (0.0, 0.8, 0.0), 0.25),
}  # fmt: skip
SMALL = columns(*PUSHES)


def small_face() -> FaceBasis:
    """Return a head of 1500 points with seven shapes, 20 cm high, whose back is still."""
    rng = np.random.default_rng(0)
    out = rng.normal(size=(1500, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    deltas = np.zeros((len(ARKIT_NAMES), 1500, 3), np.float32)
    for name, (middle, push, width) in PUSHES.items():
        near = np.exp(-0.5 * np.square((out - middle).astype(np.float64)).sum(axis=1) / width**2)
        deltas[CURVE[name]] = np.where(near < 0.01, 0.0, near)[:, None] * np.array(push)
    return FaceBasis((out * (7.0, 10.0, 9.0)).astype(np.float32), deltas)


def smooth_curves(shown: list[int], frames: int = 90, seed: int = 1, highest: FloatArray | float = 0.9) -> FloatArray:
    """Return slow random weights (T, 52) from 0 to ``highest`` in the ``shown`` columns."""
    noise = gaussian_filter1d(np.random.default_rng(seed).normal(size=(frames, len(shown))), 6.0, axis=0)
    face = np.zeros((frames, len(ARKIT_NAMES)), np.float32)
    face[:, shown] = np.clip(0.35 + 0.35 * noise / noise.std(axis=0), 0.0, 1.0) * highest
    return face


def meshes_of(basis: FaceBasis, face: FloatArray, noise: float = 0.0, fps: float = FPS) -> FloatArray:
    """Return meshes (T, V, 3) of ``face``; ``noise`` in the unit of the basis."""
    still = basis.neutral + np.tensordot(face, basis.deltas, axes=1)
    return still + np.float32(noise) * np.random.default_rng(5).standard_normal(still.shape, np.float32)


def on_a_moving_head(meshes: FloatArray) -> FloatArray:
    """Return the meshes of a head that sways by decimetres and turns by up to 30 degrees, 1.6 m above the floor."""
    t = np.arange(len(meshes)) / FPS
    turn = np.stack([0.3 * np.sin(1.7 * t + 1.0), 0.5 * np.sin(1.1 * t), 0.2 * np.sin(2.3 * t)], axis=1)
    sway = np.stack([5.0 * np.sin(0.9 * t), 160.0 + 3.0 * np.sin(1.3 * t), 10.0 * np.sin(0.4 * t)], axis=1)
    turned = meshes @ Rotation.from_rotvec(turn).as_matrix().transpose(0, 2, 1).astype(np.float32)
    return (turned + sway[:, None]).astype(np.float32)


def jitter(face: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(np.diff(face, 2, axis=0)))))


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
