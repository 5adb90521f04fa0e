"""Shifts of weight and posture that short captured idles lack: over the feet while standing, in the trunk while seated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from .. import rotations as rot
from ..contract import ACTION_LABELS, FPS, FloatArray
from ..skeleton import INDEX, Skeleton
from .base_motion import Motion
from .labels import root_speed
from .legs import leg_positions, reach

_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_EASE = 0.33  # s, standard deviation of the Gaussian that turns a step into a shift of about a second


def with_posture(rng: np.random.Generator, body: Motion, skeleton: Skeleton, labels: NDArray[np.uint8]) -> Motion:
    """``body`` with its pelvis carried from foot to foot and its trunk leaning now this way, now that; the feet stay.

    Sizes follow what is measured of quiet standing: shifts of some centimetres every several seconds over a sway of
    millimetres (Duarte and Zatsiorsky 1999).
    """
    frames = body.frames
    stands = labels == ACTION_LABELS.index("stand")
    moving = binary_dilation((root_speed(body.root) > 0.12) | (np.abs(np.gradient(body.heading)) * FPS > 0.25), iterations=8)
    standing = gaussian_filter1d((stands & ~moving).astype(np.float32), 7.0)
    seated = gaussian_filter1d(((labels == ACTION_LABELS.index("sit")) & ~moving).astype(np.float32), 7.0)
    sway = _noise(rng, frames, 0.6, 5)
    restless = float(rng.uniform(0.5, 1.3))

    lateral = standing * (_shifts(rng, frames, 7.0, 0.022) * restless + 0.002 * sway[0])
    forward = standing * (_shifts(rng, frames, 9.0, 0.007) + 0.003 * sway[1])
    turn = standing * _shifts(rng, frames, 8.0, np.radians(3.5)) * restless
    lean = standing * (_shifts(rng, frames, 9.0, np.radians(2.0)) + np.radians(0.4) * sway[2])
    lean += seated * (_shifts(rng, frames, 9.0, np.radians(4.5)) * restless + np.radians(0.5) * sway[2])
    roll = seated * (_shifts(rng, frames, 8.0, np.radians(2.5)) * restless + np.radians(0.4) * sway[3])
    twist = seated * _shifts(rng, frames, 8.0, np.radians(3.0)) + standing * np.radians(0.5) * sway[4]

    positions, world = leg_positions(body.root, body.rotations, skeleton)
    heading = rot.about_z(body.heading)
    root = body.root + rot.rotate(heading, np.stack([lateral, -forward, -1.5 * lateral**2], -1)).astype(np.float32)
    rotations = body.rotations.copy()
    # The hip of the standing leg rises a little, the trunk stays upright over it.
    hip = np.clip(-1.3 * lateral, -0.06, 0.06)
    pelvis = rot.multiply(rot.multiply(heading, _turn(turn, hip, np.zeros(frames, np.float32))), rot.conjugate(heading))
    rotations[:, 0] = rot.multiply(pelvis, rotations[:, 0])
    for joint in _SPINE:
        rotations[:, joint] = rot.multiply(rotations[:, joint], _turn((twist - turn) / 3, (roll - hip) / 3, lean / 3))
    rotations = rot.normalize(rotations).astype(np.float32)
    solved = reach(root.astype(np.float32), rotations, skeleton, positions[:, :, 2], world[:, :, 2])
    # Walking keeps its own legs: where nothing was shifted nothing is solved.
    still = (standing < 1e-3)[:, None, None]
    return Motion(root.astype(np.float32), np.where(still, rotations, solved), body.contacts)


def _shifts(rng: np.random.Generator, frames: int, every: float, size: float) -> FloatArray:
    """(T,) a value that rests, and moves to another of standard deviation ``size`` about ``every`` seconds."""
    steps = np.zeros(frames, np.float32)
    clock = 0
    while clock < frames:
        steps[clock:] = rng.normal(0.0, size)
        clock += int(rng.gamma(3.0, every / 3.0) * FPS) + FPS
    return np.clip(gaussian_filter1d(steps, _EASE * FPS, mode="nearest"), -2.2 * size, 2.2 * size)


def _noise(rng: np.random.Generator, frames: int, seconds: float, count: int) -> FloatArray:
    """(count, T) slow noise of unit deviation."""
    pad = int(3 * seconds * FPS)
    noise = gaussian_filter1d(rng.standard_normal((count, frames + 2 * pad)), seconds * FPS, axis=1)[:, pad : pad + frames]
    return noise / np.maximum(noise.std(1, keepdims=True), 1e-6)


def _turn(yaw: FloatArray, roll: FloatArray, pitch: FloatArray) -> FloatArray:
    """Small turns (T, 4): pitch forward about x, roll about y, yaw about z."""
    return rot.from_axis_angle(np.stack([pitch, roll, yaw], -1).astype(np.float32))
