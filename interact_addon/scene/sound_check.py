"""Whether a mix holds what a retimed voice plays. Blender may lose the trim of its head, or start it late, silently.

When the voice is heard was measured with a sound whose height tells the time (``sound_times``). So it is known how loud
the file is at each moment, and that is compared with the mix.
"""

from __future__ import annotations

from collections.abc import Sequence

import aud
import numpy as np

from .. import compat
from ..runtime_api import Array, contract
from .sound_files import sound_file
from .transcript_times import TimeMap
from .voices import BOTH, LEFT, Voice

_WINDOW = 0.01  # seconds over which loudness is measured
_LISTENED = 4.0  # seconds of a voice that are compared, from its start
_FEWEST = 30  # windows in which nothing else is heard
_FLOOR = 1e-3  # of loudness, -60 dB
_LATEST, _EARLY = 0.5, 0.06  # seconds by which a start may be off, and from which on it counts
_CLEARLY = 0.1  # of a correlation


def may_lose_its_head(voice: Voice) -> bool:
    """Return whether Blender may play a voice from another place: it is retimed, and its head is trimmed."""
    strip = voice.strip
    return bool(len(strip.retiming_keys)) and compat.strip_left(strip) > compat.strip_content(strip)[0]


def starts_elsewhere(
    actor: str, voice: Voice, times: TimeMap, clip: contract.SpeechClip, others: Sequence[Voice]
) -> bool:
    """Return whether a clip holds another part of a voice's file than it plays, or holds it at other times.

    ``times``: when the file is heard in the shot; ``clip``: the mix over the shot; ``others``: what is heard in it too.
    """
    moments = np.arange(times.shot[0], min(times.shot[-1], times.shot[0] + _LISTENED), _WINDOW)
    for other in others:
        moments = moments[(moments + _WINDOW < other.start) | (moments > other.end)]
    if len(moments) < _FEWEST:
        return False
    heard = _loudness(clip.path, BOTH)
    file = _loudness(str(sound_file(voice.strip, actor)), voice.side)
    there = np.interp(moments, times.shot, times.file)
    mixed = _at(heard, moments)
    likeness = _correlation(mixed, _at(file, there))
    if _correlation(mixed, _at(file, there - times.file[0])) > likeness + _CLEARLY:
        return True
    lags = np.arange(-_LATEST, _LATEST + 1e-6, _WINDOW)
    shifted = [_correlation(_at(heard, moments + lag), _at(file, there)) for lag in lags]
    best = int(np.argmax(shifted))
    return bool(abs(lags[best]) > _EARLY and shifted[best] > likeness + _CLEARLY)


def _loudness(path: str, side: str) -> Array:
    """Return the logarithm of a sound's loudness, one value for each window."""
    sound = aud.Sound(path)
    samples = np.asarray(sound.data(), np.float32)
    samples = samples.mean(1) if side == BOTH else samples[:, 0 if side == LEFT else -1]
    size = max(round(_WINDOW * sound.specs[0]), 1)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    found: Array = np.log(np.sqrt((windows**2).mean(1)) + _FLOOR)
    return found


def _at(loudness: Array, moments: Array) -> Array:
    """Return the loudness at some moments (s); silence outside."""
    index = np.floor(moments / _WINDOW + 1e-6).astype(np.int64)
    inside = (index >= 0) & (index < len(loudness))
    return np.where(inside, loudness[np.clip(index, 0, max(len(loudness) - 1, 0))], np.log(_FLOOR))


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-6 else 0.0
