"""How something is said, for the brows: stressed syllables and questions, told by words where they are known and heard
elsewhere.

Brows go up with a rising pitch (Cavé et al. 1996, "About the relationship between eyebrow movements and F0
variations").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

from ...contract import FPS, FloatArray
from ..phones import Segment
from ..prosody import VoiceTrack
from .prominence import detect_stress
from .prominent_syllables import LEAST_APART

_PAUSE = 0.3  # s without a pitch: a phrase ends
_LAST, _END, _SLOPE = (
    0.25,
    0.05,
    0.15,
)  # s of voiced sound at a phrase's end: to look at, whose pitch counts, that must climb
_BEFORE = (0.70, 0.12)  # s before the end, from and to, whose low pitch is climbed from
_RISE, _CLIMB, _HIGH = 0.3, 0.8, 0.1  # octaves from there, octaves a second, octaves above the voice's median
_LOW = 10.0  # percentile
_HIGH_END_ASKS = 0.35  # how sure that is a question: readers go on from some
_LIKELY = 0.6  # of a stress that is heard, so that as many count as the training reader makes


class Accents(NamedTuple):
    """Times (s) of stressed syllables and ends of questions, each with how sure it is, 0 to 1."""

    stresses: tuple[tuple[float, float], ...] = ()
    questions: tuple[tuple[float, float], ...] = ()


def accents_from_transcript(stresses: Sequence[float], questions: Sequence[float]) -> Accents:
    """What words tell, which is sure."""
    return Accents(tuple((time, 1.0) for time in stresses), tuple((time, 1.0) for time in questions))


def accents_of(
    track: VoiceTrack, prosody: FloatArray, said: Sequence[Segment] = (), told: Accents | None = None
) -> Accents:
    """What is ``told`` while phones are ``said``, in order, and what is heard elsewhere in a voice and its prosody (T,
    28).
    """
    heard = detect_accents(track, prosody)
    if told is None:
        return heard

    starts = [start for _, start, _ in said]

    def elsewhere(moments: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        before = [bisect_right(starts, time) - 1 for time, _ in moments]
        return [moment for moment, k in zip(moments, before) if k < 0 or moment[0] > said[k].end]

    return Accents(*(tuple(sorted([*known, *elsewhere(others)])) for known, others in zip(told, heard)))


def detect_accents(track: VoiceTrack, prosody: FloatArray) -> Accents:
    """Syllables that stand out, each as sure as it is likely, and phrases that end high."""
    likely = detect_stress(prosody)
    peaks = find_peaks(np.pad(likely, 1), height=_LIKELY, distance=LEAST_APART * FPS)[0] - 1
    return Accents(
        tuple((float(peak) / FPS, float(likely[peak])) for peak in peaks),
        tuple((end, _HIGH_END_ASKS) for end in rising_ends(track)),
    )


def rising_ends(track: VoiceTrack) -> list[float]:
    """Times (s) at which a phrase ends with a pitch that climbs high: most are questions in speech, but readers go on
    from some.

    Of the training voices' questions this finds those of the synthesisers that raise the pitch, nine in ten; flite's
    voices do not.
    """
    voiced = np.flatnonzero(track.pitch > 0.0)
    if not len(voiced):
        return []
    octaves = np.zeros(len(track.pitch))
    octaves[voiced] = np.log2(track.pitch[voiced] / np.median(track.pitch[voiced]))
    ends = voiced[np.append(np.diff(voiced) > _PAUSE * track.rate, True)]
    found = []
    for end in ends:
        last = voiced[(voiced <= end) & (voiced > end - _LAST * track.rate)]
        before = voiced[(voiced <= end - _BEFORE[1] * track.rate) & (voiced > end - _BEFORE[0] * track.rate)]
        if len(last) < 0.1 * track.rate or len(before) < 0.08 * track.rate:
            continue
        climbing = last[-round(_SLOPE * track.rate) :]
        height = octaves[last[-round(_END * track.rate) :]].mean()
        climb = np.polyfit(climbing / track.rate, octaves[climbing], 1)[0]
        if height - np.percentile(octaves[before], _LOW) > _RISE and climb > _CLIMB and height > _HIGH:
            found.append(float(end / track.rate))
    return found
