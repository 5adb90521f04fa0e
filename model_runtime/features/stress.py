"""Where a speaker leans on a word: the moments a beat gesture wants to hit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contract import FloatArray
from .lexical_stress import stress_prior
from .phones import VOWELS, Segment
from .prosody import VoiceTrack, analyse_voice

# Words that carry grammar rather than meaning; "I", "you", "no", "all" and the like are left out: people do stress them.
FUNCTION_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or", "but", "if", "than", "that", "which", "who", "whom", "is", "am", "are", "was", "were", "be", "been", "being", "do", "does", "did", "has", "have", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "it", "its", "it's", "he", "him", "his", "she", "her", "they", "them", "their", "there's", "i'm", "i'd", "i'll", "i've", "you're", "you'd", "you'll", "you've", "we're", "we'd", "we'll", "we've", "he's", "she's", "they're", "into", "onto", "upon", "s", "t", "so", "such", "some", "any", "this", "these", "those", "also", "then"]
)


_LEAST_APART = 0.18  # s; two stresses nearer than a syllable are one
_LEXICAL_WEIGHT = 1.5  # of the rule against one standard deviation of what is heard


def find_stresses(wave16k: FloatArray, words: Sequence[Segment], phones: Sequence[Segment]) -> list[tuple[float, float]]:
    """(time s, strength 0..1) of the stressed syllables: in each content word the vowel that carries it.

    Which vowel is told by the word's sounds and spelling (``lexical_stress``) together with what stands out by energy, length
    (against that vowel's usual share) and a pitch peak. The time is the vowel's nucleus, where it is loudest; the strength is its
    rank among the vowels of the utterance. Only those of the upper half count, and of two close together the stronger.
    """
    track = analyse_voice(wave16k)
    vowels = [p for p in phones if p.text in VOWELS and p.end - p.start > 0.02]
    if not vowels:
        return []
    scores = _prominence(track, vowels)
    order = np.argsort(np.argsort(scores))
    rank = (order + 1) / len(scores)
    stresses: list[tuple[float, float]] = []
    for word in words:
        inside = [k for k, v in enumerate(vowels) if word.start - 1e-3 <= 0.5 * (v.start + v.end) <= word.end + 1e-3]
        if not inside or word.text in FUNCTION_WORDS:
            continue
        sounds = [p.text for p in phones if word.start - 1e-3 <= 0.5 * (p.start + p.end) <= word.end + 1e-3 and (p.text not in VOWELS or p.end - p.start > 0.02)]
        prior = stress_prior(word.text, sounds)
        best = inside[int(np.argmax(_LEXICAL_WEIGHT * np.array(prior) + scores[inside]))]
        loudest = max(rank[k] for k in inside)  # the word is stressed as its most prominent vowel says
        if loudest < 0.5 and len(vowels) >= 3:
            continue
        time, strength = round(_peak(track, vowels[best]), 3), round(float(loudest), 3)
        if stresses and time - stresses[-1][0] < _LEAST_APART:
            if stresses[-1][1] >= strength:
                continue
            stresses.pop()
        stresses.append((time, strength))
    return stresses


def _prominence(track: VoiceTrack, vowels: Sequence[Segment]) -> FloatArray:
    energy, pitch, length = [], [], []
    voiced = track.pitch[track.pitch > 0.0]
    middle = np.median(voiced) if len(voiced) else 1.0
    for vowel in vowels:
        a, b = _frames(track, vowel)
        energy.append(track.energy[a:b].max())
        heights = track.pitch[a:b][track.pitch[a:b] > 0.0]
        pitch.append(np.log2(heights.max() / middle) if len(heights) else 0.0)
        usual = 0.06 if vowel.text in ("AH", "IH", "UH", "ER") else 0.09
        length.append(np.log((vowel.end - vowel.start) / usual))
    return sum((_standard(np.array(values)) for values in (energy, pitch, length)), np.zeros(len(vowels))).astype(np.float32)


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-3)


def _peak(track: VoiceTrack, vowel: Segment) -> float:
    a, b = _frames(track, vowel)
    return (a + int(np.argmax(track.energy[a:b]))) / track.rate


def _frames(track: VoiceTrack, vowel: Segment) -> tuple[int, int]:
    last = len(track.energy) - 1
    a = min(int(vowel.start * track.rate), last)
    return a, max(a + 1, min(int(np.ceil(vowel.end * track.rate)), last + 1))
