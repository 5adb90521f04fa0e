"""Where two mixed voices of a shot differ."""

from __future__ import annotations

import aud
import bpy
import numpy as np

from ..runtime_api import Array, contract

_ALIKE = 1e-3  # of a sample, -60 dB: less is how a mix is rounded


def differing_samples(before: contract.SpeechClip, now: contract.SpeechClip) -> tuple[float, float] | None:
    """Return the start and end (s of the shot) of what two voices have different; None if they sound the same.

    A voice that cannot be read any more counts as different throughout.
    """
    old, new = _samples(before), _samples(now)
    if old is None or new is None or old[1] != new[1]:
        return max(now.start, 0.0), now.start + now.duration
    (first, rate), (second, _) = old, new
    length = max(len(first), len(second))
    differs = np.abs(_padded(first, length) - _padded(second, length)) > _ALIKE
    where = np.flatnonzero(differs)
    return (now.start + float(where[0]) / rate, now.start + float(where[-1] + 1) / rate) if len(where) else None


def _samples(clip: contract.SpeechClip) -> tuple[Array, float] | None:
    """Return the samples (N,) that are heard of a clip and their rate; None where it cannot be read."""
    try:
        sound = aud.Sound(bpy.path.abspath(clip.path))
        rate = float(sound.specs[0])
        samples: Array = np.asarray(sound.data())[:, 0]
    except (aud.error, RuntimeError, OSError):
        return None
    start = round(clip.trim_start * rate)
    return clip.gain * samples[start : start + round(clip.duration * rate)], rate


def _padded(samples: Array, length: int) -> Array:
    return np.concatenate([samples, np.zeros(length - len(samples), samples.dtype)])
