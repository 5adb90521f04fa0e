"""Where a speaker leans on a word: the moments a beat gesture wants to hit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contract import FloatArray
from .phones import VOWELS, Segment
from .prosody import VoiceTrack, analyse_voice

# Words that carry grammar rather than meaning; "I", "you", "no", "all" and the like are left out: people do stress them.
FUNCTION_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or", "but", "if", "than", "that", "which", "who", "whom", "is", "am", "are", "was", "were", "be", "been", "being", "do", "does", "did", "has", "have", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "it", "its", "it's", "he", "him", "his", "she", "her", "they", "them", "their", "there's", "i'm", "i'd", "i'll", "i've", "you're", "you'd", "you'll", "you've", "we're", "we'd", "we'll", "we've", "he's", "she's", "they're", "into", "onto", "upon", "s", "t", "so", "such", "some", "any", "this", "these", "those", "also", "then"]
)


def find_stresses(wave16k: FloatArray, words: Sequence[Segment], phones: Sequence[Segment]) -> list[tuple[float, float]]:
    """(time s, strength 0..1) of the stressed syllables: in each content word the vowel that stands out most.

    A vowel stands out by energy, length (against that vowel's usual share) and a pitch peak; the strength is its rank
    among the vowels of the utterance, and only those of the upper half count.
    """
    track = analyse_voice(wave16k)
    vowels = [p for p in phones if p.text in VOWELS and p.end - p.start > 0.02]
    if not vowels:
        return []
    scores = _prominence(track, vowels)
    order = np.argsort(np.argsort(scores))
    rank = (order + 1) / len(scores)
    stresses = []
    for word in words:
        inside = [k for k, v in enumerate(vowels) if word.start - 1e-3 <= 0.5 * (v.start + v.end) <= word.end + 1e-3]
        if not inside or word.text in FUNCTION_WORDS:
            continue
        best = max(inside, key=lambda k: scores[k])
        if rank[best] >= 0.5 or len(vowels) < 3:
            stresses.append((round(_peak(track, vowels[best]), 3), round(float(rank[best]), 3)))
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
