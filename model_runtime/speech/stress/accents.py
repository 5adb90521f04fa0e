"""Accents for the brows: stressed syllables and questions, from the transcript where there is one, else detected.

Brows rise with a rising pitch (Cavé et al. 1996, "About the relationship between eyebrow movements and F0 variations").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...common.peaks import find_peaks
from ...contract import FPS, FloatArray
from ..phones import Segment
from ..prosody import VoiceTrack
from .stress_detection import detect_stress
from .transcript_stress import LEAST_APART

_PAUSE = 0.3  # s without a pitch: a phrase ends
_LAST = 0.25  # s of voiced sound at a phrase's end that are analysed
_END, _SLOPE = 0.05, 0.15  # s at its end: whose mean pitch counts, whose pitch must climb
_BEFORE = (0.70, 0.12)  # s before the end, from and to, of the low pitch that the end is compared with
_RISE, _CLIMB, _HIGH = 0.3, 0.8, 0.1  # octaves above that pitch, octaves a second, octaves above the voice's median
_LOW = 10.0  # percentile
_HIGH_END_ASKS = 0.35  # certainty that a high end is a question: readers also raise the pitch before they go on
_LIKELY = 0.6  # likelihood from which a detected stress counts: as many as the training reader makes


class Accents(NamedTuple):
    """Times (s) of stressed syllables and of the ends of questions, each with its certainty, 0 to 1."""

    stresses: tuple[tuple[float, float], ...] = ()
    questions: tuple[tuple[float, float], ...] = ()


def accents_from_transcript(stresses: Sequence[float], questions: Sequence[float]) -> Accents:
    """Return accents of certainty 1."""
    return Accents(tuple((time, 1.0) for time in stresses), tuple((time, 1.0) for time in questions))


def accents_of(
    track: VoiceTrack, prosody: FloatArray, phones: Sequence[Segment] = (), from_transcript: Accents | None = None
) -> Accents:
    """Return the accents of a voice with its prosody (T, 28).

    Those ``from_transcript`` hold during its ``phones``, which are in order; elsewhere accents are detected.
    """
    detected = detect_accents(track, prosody)
    if from_transcript is None:
        return detected

    starts = [start for _, start, _ in phones]

    def elsewhere(moments: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        before = [bisect_right(starts, time) - 1 for time, _ in moments]
        return [moment for moment, k in zip(moments, before) if k < 0 or moment[0] > phones[k].end]

    return Accents(*(tuple(sorted([*known, *elsewhere(found)])) for known, found in zip(from_transcript, detected)))


def detect_accents(track: VoiceTrack, prosody: FloatArray) -> Accents:
    """Return detected stresses, with their likelihood as certainty, and phrases that end high."""
    likelihood = detect_stress(prosody)
    peaks = find_peaks(np.pad(likelihood, 1), height=_LIKELY, apart=LEAST_APART * FPS) - 1
    return Accents(
        tuple((float(peak) / FPS, float(likelihood[peak])) for peak in peaks),
        tuple((end, _HIGH_END_ASKS) for end in rising_phrase_ends(track)),
    )


def rising_phrase_ends(track: VoiceTrack) -> list[float]:
    """Return times (s) at which a phrase ends with a rising pitch: most are questions, though not all of readers.

    Finds nine in ten questions of the synthetic training voices that raise the pitch; flite's voices do not.
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
