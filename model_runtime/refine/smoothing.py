"""Remove the network's jitter: strongly where a limb is still, hardly where it moves.

Raw output has high-frequency noise, more of it the less its network has learned: most above 5 Hz, some in step with the
patches of five frames. People's jerk comes in bursts: almost none while a limb rests, a lot in a stroke, and at the
same frequencies as the jitter. So a filter with one cut-off for all moments cannot separate the two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded, solveh_banded
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, INDEX, LEG_JOINTS
from ..common.arrays import Array
from ..contract import FPS


class Limb(NamedTuple):
    """Joints that are smoothed as one.

    The cut-off is ``still`` (Hz) up to the speed ``rests`` (rad/s) and ``moving`` (Hz) from the speed ``moves`` on.
    """

    joints: tuple[int, ...]
    still: float
    moving: float
    rests: float
    moves: float


def _named(names: str, side: str = "") -> tuple[int, ...]:
    return tuple(INDEX[f"{side}{name}"] for name in names.split())


# Chosen on twelve held-out shots, with two sets of weights: these bring mean and median of the jerk of root, head,
# hands and fingers nearest to the corpus.
_ARM = "collar shoulder elbow wrist"
_PELVIS_AND_LEGS = Limb((0, *LEG_JOINTS), 2.0, 13.0, 0.10, 0.6)
LIMBS = (
    _PELVIS_AND_LEGS,
    Limb(_named("spine1 spine2 spine3 neck head"), 3.5, 11.5, 0.10, 0.5),
    *(Limb(_named(_ARM, side), 4.5, 14.5, 0.15, 0.9) for side in ("left_", "right_")),
    *(Limb(HAND_INDEX[side], 4.5, 14.5, 0.06, 0.5) for side in ("left", "right")),
)
# Fewer steps of sampling leave more jitter: with this share of the cut-off a draft has the jerk of a final, and its
# hands are as fast as before (docs/refinement.md).
CUTOFF_SHARE = {"draft": 0.6}
_JITTER_FREE = 3.0  # Hz, below which speed is judged
_AROUND = 4  # frames before and after a movement that count as moving
_EASE = 3.0  # frames, deviation of the Gaussian over which the cut-off changes


def smooth(
    root: NDArray[np.float32], rotations: NDArray[np.float32], preset: str = "final"
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return roots (T, 3) and local quaternions (T, 52, 4) without jitter and without delay.

    Motion of fewer than 16 frames stays as it is. ``preset``: how it was sampled, one of ``sampling.diffusion.PRESETS``
    or a sampler with its steps.

    Quaternions are smoothed as vectors and normalised again, which is exact to second order for the small angles
    between neighbouring frames.
    """
    if len(root) < 16:
        return np.asarray(root, np.float32), np.asarray(rotations, np.float32)
    turns = rot.continuous(rotations).astype(np.float64)
    smoothed = np.empty_like(turns)
    for limb in LIMBS:
        mine = turns[:, limb.joints]
        cutoff = CUTOFF_SHARE.get(preset, 1.0) * _cutoff(_speed(mine), limb)
        smoothed[:, limb.joints] = whittaker(mine.reshape(len(mine), -1), cutoff).reshape(mine.shape)
        if limb is _PELVIS_AND_LEGS:
            place = whittaker(np.asarray(root, np.float64), cutoff)
    return place.astype(np.float32), rot.normalize(smoothed).astype(np.float32)


def _speed(turns: Array) -> Array:
    """Return (T,) the root mean square of angular speeds of local quaternions (T, J, 4) in rad/s, without jitter."""
    calm = low_pass(turns, _JITTER_FREE)
    speed = 2.0 * np.linalg.norm(np.gradient(calm, axis=0), axis=-1) * FPS
    return np.sqrt(np.mean(speed**2, axis=1))


def low_pass(values: Array, cutoff: float) -> Array:
    """Return ``values`` (T, ...) filtered by a Butterworth filter of second order at ``cutoff`` Hz, forward and back.

    The same as ``scipy.signal.sosfiltfilt``, whose import takes long.
    """
    around = min(15, len(values) - 1)
    ends = 2 * values[:1] - values[around:0:-1], 2 * values[-1:] - values[-2 : -around - 2 : -1]
    padded = np.concatenate([ends[0], values, ends[1]])
    there = _low_pass_once(padded.reshape(len(padded), -1), cutoff)
    back = _low_pass_once(there[::-1], cutoff)[::-1]
    return back[around : around + len(values)].reshape(values.shape)


def _low_pass_once(values: Array, cutoff: float) -> Array:
    """Filter ``values`` (T, C) forward; before the first frame they were always as there."""
    k = np.tan(np.pi * cutoff / FPS)  # the bilinear transform
    scale = 1.0 / (1.0 + np.sqrt(2.0) * k + k * k)
    gain, a1, a2 = k * k * scale, 2.0 * (k * k - 1.0) * scale, (1.0 - np.sqrt(2.0) * k + k * k) * scale
    x = values - values[0]
    driven = gain * x
    driven[1:] += 2.0 * gain * x[:-1]
    driven[2:] += gain * x[:-2]
    # y[t] + a1 y[t - 1] + a2 y[t - 2] = driven[t], for all t at once.
    bands = np.repeat([[1.0], [a1], [a2]], len(x), axis=1)
    return solve_banded((2, 0), bands, driven) + values[0]


def _cutoff(speed: Array, limb: Limb) -> Array:
    """Return the cut-off (T,) in Hz."""
    around = gaussian_filter1d(maximum_filter1d(speed, 2 * _AROUND + 1), _EASE)
    share = np.clip((around - limb.rests) / (limb.moves - limb.rests), 0.0, 1.0)
    return limb.still * (limb.moving / limb.still) ** share


def whittaker(values: Array, cutoff: Array) -> Array:
    """Return the curve x (T, C) that minimises sum |x - values|^2 + sum w |third difference of x|^2.

    Whittaker's smoother (Eilers 2003, "A perfect smoother") with a weight for each frame, such that a sine at
    ``cutoff`` (T,) Hz keeps half its height where the cut-off is steady; parabolas stay whole, so a stroke keeps its
    peak and the ends no bias.
    """
    difference = (-1.0, 3.0, -3.0, 1.0)
    weight = (2.0 * np.sin(np.pi * 0.5 * (cutoff[1:-2] + cutoff[2:-1]) / FPS)) ** -6.0
    frames = len(values)
    bands = np.zeros((4, frames))  # of identity + D' W D, upper form
    bands[3] = 1.0
    for i in range(4):
        for j in range(i, 4):
            bands[3 - (j - i), j : j + frames - 3] += weight * difference[i] * difference[j]
    return solveh_banded(bands, values)
