"""Stressed syllables of a voice with known words and phones: the moments for beat gestures and brows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...common.arrays import Array
from ...contract import FloatArray
from ..phones import VOWELS, Segment
from ..prosody import VoiceTrack, analyse_voice
from .lexical_stress import stress_prior

# Words that carry grammar rather than meaning. "I", "you", "no", "all" and the like are not among them: people do
# stress them.
FUNCTION_WORDS = frozenset((
    "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or", "but", "if",
    "than", "that", "which", "who", "whom", "is", "am", "are", "was", "were", "be", "been", "being", "do", "does",
    "did", "has", "have", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must",
    "it", "its", "it's", "he", "him", "his", "she", "her", "they", "them", "their", "there's", "i'm", "i'd", "i'll",
    "i've", "you're", "you'd", "you'll", "you've", "we're", "we'd", "we'll", "we've", "he's", "she's", "they're",
    "into", "onto", "upon", "s", "t", "so", "such", "some", "any", "this", "these", "those", "also", "then",
))  # fmt: skip

LEAST_APART = 0.18  # s; two stresses nearer than a syllable are one
_LEXICAL_WEIGHT = 2.5  # of the rule against one standard deviation of the acoustic prominence
_PAUSE = 0.15  # s between two words of different phrases
# What the last content word of a phrase gains, in standard deviations: English stresses it (Halliday 1967).
_NUCLEUS = 1.2


def find_stresses(
    wave16k: FloatArray, words: Sequence[Segment], phones: Sequence[Segment]
) -> list[tuple[float, float]]:
    """Return (time s, strength 0 to 1) of the stressed syllables, one vowel of each content word.

    The vowel is chosen by the word's phones and spelling (``lexical_stress``) and by its acoustic prominence: energy,
    length against that vowel's usual length, and pitch, without the decline over the phrase. The time is the loudest
    moment of the vowel; the strength is its rank among the vowels of the utterance. Only the upper half counts, and of
    two close together the stronger.
    """
    track = analyse_voice(wave16k)
    vowels = [p for p in phones if _is_long_vowel(p)]
    if not vowels:
        return []
    carriers, scores = _carriers(words, phones, vowels, _prominence(track, vowels))
    rank = (np.argsort(np.argsort(scores)) + 1) / len(scores)
    stresses: list[tuple[float, float]] = []
    for carrier, inside in carriers:
        strength = round(float(max(rank[k] for k in inside)), 3)  # a word is as prominent as its most prominent vowel
        if strength < 0.5 and len(vowels) >= 3:
            continue
        time = round(_peak(track, vowels[carrier]), 3)
        if stresses and time - stresses[-1][0] < LEAST_APART:
            if stresses[-1][1] >= strength:
                continue
            stresses.pop()
        stresses.append((time, strength))
    return stresses


def _carriers(
    words: Sequence[Segment], phones: Sequence[Segment], vowels: Sequence[Segment], scores: FloatArray
) -> tuple[list[tuple[int, list[int]]], FloatArray]:
    """Return the stressed vowel of each content word with all its vowels, and the ``scores`` (V,) of the vowels with
    what the last content word of each phrase gains.
    """
    phrases = _phrases(words)
    carriers: list[tuple[int, list[int]]] = []
    for number, word in enumerate(words):
        inside = [k for k, vowel in enumerate(vowels) if _within(vowel, word)]
        if not inside or word.text in FUNCTION_WORDS:
            continue
        sounds = [p.text for p in phones if _within(p, word) and (p.text not in VOWELS or _is_long_vowel(p))]
        likely = _LEXICAL_WEIGHT * np.array(stress_prior(word.text, sounds)) + scores[inside]
        carriers.append((inside[int(np.argmax(likely))], inside))
        later = [
            other
            for other, phrase in zip(words[number + 1 :], phrases[number + 1 :])
            if phrase == phrases[number] and other.text not in FUNCTION_WORDS
        ]
        if not later:
            scores[inside] += _NUCLEUS
    return carriers, scores


def _is_long_vowel(phone: Segment) -> bool:
    return phone.text in VOWELS and phone.end - phone.start > 0.02


def _within(phone: Segment, word: Segment) -> bool:
    return word.start - 1e-3 <= 0.5 * (phone.start + phone.end) <= word.end + 1e-3


def _phrases(words: Sequence[Segment]) -> list[int]:
    """Return the number of each word's phrase: phrases are parted by pauses."""
    pauses = [after.start - before.end > _PAUSE for before, after in pairwise(words)]
    return [0, *np.cumsum(pauses).tolist()] if words else []


def _prominence(track: VoiceTrack, vowels: Sequence[Segment]) -> FloatArray:
    """Return the acoustic prominence (V,) of each vowel, a sum of standard scores."""
    energy, pitch, length = [], [], []
    voiced = track.pitch[track.pitch > 0.0]
    middle = np.median(voiced) if len(voiced) else 1.0
    for vowel in vowels:
        a, b = _frames(track, vowel)
        energy.append(track.energy[a:b].max())
        heights = track.pitch[a:b][track.pitch[a:b] > 0.0]
        pitch.append(np.log2(heights.max() / middle) if len(heights) else np.nan)
        usual = 0.06 if vowel.text in ("AH", "IH", "UH", "ER") else 0.09
        length.append(np.log((vowel.end - vowel.start) / usual))
    times = np.array([vowel.start for vowel in vowels])
    parts = [_standard(_without_decline(times, np.array(values))) for values in (energy, pitch)]
    return (parts[0] + parts[1] + _standard(np.array(length))).astype(np.float32)


def _without_decline(times: Array, values: Array) -> Array:
    """Return values (V,) without their linear decline over time, 0 where unknown (nan)."""
    known = np.isfinite(values)
    if known.sum() < 5:
        return np.where(known, values - (values[known].mean() if known.any() else 0.0), 0.0)
    slope, offset = np.polyfit(times[known], values[known], 1)
    return np.where(known, values - min(slope, 0.0) * times - offset, 0.0)


def _standard(values: Array) -> Array:
    return np.clip((values - values.mean()) / (values.std() + 1e-3), -2.5, 2.5)


def _peak(track: VoiceTrack, vowel: Segment) -> float:
    """Return the loudest moment (s) of a vowel outside its first and last eighth, which the consonants affect."""
    edge = (vowel.end - vowel.start) / 8.0
    a, b = _frames(track, vowel)
    return float(np.clip((a + int(np.argmax(track.energy[a:b]))) / track.rate, vowel.start + edge, vowel.end - edge))


def _frames(track: VoiceTrack, vowel: Segment) -> tuple[int, int]:
    """Return the first frame of a vowel and one past its last."""
    last = len(track.energy) - 1
    a = min(int(vowel.start * track.rate), last)
    return a, max(a + 1, min(int(np.ceil(vowel.end * track.rate)), last + 1))
