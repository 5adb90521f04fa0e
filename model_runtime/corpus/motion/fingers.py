"""Fingers that live: they curl and open a little, spread, and tap now and then, in the hands of a body at rest."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import FINGERS, INDEX
from ...common.arrays import Array
from ...contract import FPS, FloatArray
from .limbs import SIDES

_EVERY = 3.2  # s, mean between two changes of curl
_CURL, _OWN = np.radians(7.0), np.radians(3.5)  # standard deviation of the curl of a hand, and of each finger beside it
_DRIFT = np.radians(0.8)
_EASE = 0.16  # s, of the Gaussian that turns a step into a movement
_MOST = np.radians(16.0)
_SHARES = (0.7, 1.0, 0.6)  # of the three joints of a finger
_TAPS_EVERY, _TAP = 30.0, np.radians(13.0)  # s on average between bouts of tapping, and its size at the knuckle
_SPREAD = np.radians(1.5)
# How far out from the middle of the hand each finger spreads.
_OUTWARD = {"index": 1.0, "middle": 0.3, "ring": -0.4, "pinky": -1.2, "thumb": 0.0}


def live_fingers(rng: np.random.Generator, rotations: FloatArray) -> None:
    """Turn the finger joints of ``rotations`` (T, 52, 4) in place; gestures laid over later bring their own fingers."""
    frames = len(rotations)
    for side in SIDES:
        sign = 1.0 if side == "left" else -1.0
        together, spread = _steps(rng, frames, _CURL), _steps(rng, frames, _SPREAD)
        taps = _taps(rng, frames)
        for finger in FINGERS:
            curl = together + _steps(rng, frames, _OWN) + _drift(rng, frames)
            if finger in ("index", "middle"):
                curl = curl + taps
            curl = _MOST * np.tanh(curl / _MOST) * (0.5 if finger == "thumb" else 1.0)
            axis = np.array([0.35, 0.5 * sign, 0.8 * sign] if finger == "thumb" else [0.0, sign, 0.0])
            for number, share in enumerate(_SHARES, 1):
                vector = (share * curl)[:, None] * axis / np.linalg.norm(axis)
                if number == 1:
                    vector = vector - (_OUTWARD[finger] * spread)[:, None] * np.array([0.0, 0.0, sign])
                joint = INDEX[f"{side}_{finger}{number}"]
                rotations[:, joint] = rot.multiply(
                    rotations[:, joint], rot.from_axis_angle(vector.astype(np.float32))
                ).astype(np.float32)


def _steps(rng: np.random.Generator, frames: int, size: float) -> FloatArray:
    """Return (T,) a value of standard deviation ``size`` that changes every few seconds and is held between."""
    moments = np.cumsum(np.maximum(0.4, rng.gamma(1.5, _EVERY / 1.5, int(frames / FPS / 0.4) + 2)) * FPS)
    values = rng.normal(0.0, size, len(moments) + 1)
    return gaussian_filter1d(values[np.searchsorted(moments, np.arange(frames))], _EASE * FPS, mode="nearest")


def _drift(rng: np.random.Generator, frames: int) -> FloatArray:
    noise = gaussian_filter1d(rng.standard_normal(frames + 4 * FPS), 0.5 * FPS)[2 * FPS : 2 * FPS + frames]
    return _DRIFT * noise / max(float(noise.std()), 1e-6)


def _taps(rng: np.random.Generator, frames: int) -> Array:
    """Return (T,) the curl of bouts of two to six taps."""
    taps = np.zeros(frames)
    clock = float(rng.exponential(_TAPS_EVERY))
    while clock < frames / FPS:
        count, rate = int(rng.integers(2, 7)), float(rng.uniform(2.2, 3.6))
        phase = np.clip((np.arange(frames) / FPS - clock) * rate, 0.0, count)
        taps += _TAP * np.sin(np.pi * (phase % 1.0)) ** 2
        clock += count / rate + float(rng.exponential(_TAPS_EVERY))
    return taps
