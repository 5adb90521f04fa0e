"""The words of a transcript that are audible in a shot, and their times. No Blender here.

A caption that is cut keeps the words that probably lie in the rest of it; a word's time is estimated from the number of
letters before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..runtime_api import Array, contract
from .transcript_files import Transcript

Span = tuple[float, float]
_SECONDS_A_LETTER = 0.09  # of slow speech: captions are shown longer than they are spoken
_SHORTEST = 0.02  # seconds of a word or caption


@dataclass(frozen=True)
class TimeMap:
    """When each part of a sound file is heard: seconds of the file and of the shot, (N,) each, never falling."""

    file: Array
    shot: Array

    @property
    def heard(self) -> Span:
        """The part of the file that is heard, seconds."""
        return float(self.file[0]), float(self.file[-1])

    def shot_time(self, file_time: float) -> float:
        return float(np.interp(file_time, self.file, self.shot))


def audible_part(transcript: Transcript, audible: Span, length: float) -> Transcript:
    """Return the part of a transcript in the span ``audible`` of a sound of ``length`` seconds, on the file's clock."""
    captions = [
        replace(caption, end=min(caption.end, length)) for caption in transcript.captions if caption.start < length
    ]
    return Transcript(
        tuple(word for whole in transcript.words for word in _within(whole, *audible)),
        tuple(caption for whole in captions for caption in cut(whole, *audible)),
    )


def in_shot(transcript: Transcript, times: TimeMap) -> Transcript:
    """Return a transcript on the clock of the shot; words and captions that take no time there are left out."""
    words = [
        replace(word, start=times.shot_time(word.start), end=times.shot_time(word.end)) for word in transcript.words
    ]
    captions = [
        replace(one, start=times.shot_time(one.start), end=times.shot_time(one.end)) for one in transcript.captions
    ]
    return Transcript(
        tuple(word for word in words if word.end - word.start >= _SHORTEST),
        tuple(caption for caption in captions if caption.end - caption.start >= _SHORTEST),
    )


def outside(transcript: Transcript, covered: Sequence[Span]) -> Transcript:
    """Return a transcript without the spans ``covered``; a caption that is covered for the most part is left out."""
    captions = []
    for caption in transcript.captions:
        gaps = list(_gaps(caption.start, caption.end, covered))
        if sum(right - left for left, right in gaps) > 0.5 * (caption.end - caption.start):
            captions += [piece for gap in gaps for piece in cut(caption, *gap)]
    words = [
        word
        for word in transcript.words
        if not any(left <= 0.5 * (word.start + word.end) < right for left, right in covered)
    ]
    return Transcript(tuple(words), tuple(captions))


def cut(caption: contract.Caption, start: float, end: float) -> list[contract.Caption]:
    """Return the part of a caption from ``start`` to ``end``, or nothing if probably no word lies there."""
    if start <= caption.start and caption.end <= end:
        return [caption]
    words = caption.text.split()
    letters = sum(len(word) for word in words)
    pace = min((caption.end - caption.start) / max(letters, 1), _SECONDS_A_LETTER)
    rest, at = [], caption.start
    for word in words:
        if start <= at + 0.5 * pace * len(word) < end:
            rest.append(word)
        at += pace * len(word)
    left, right = max(caption.start, start), min(caption.end, end)
    return [contract.Caption(" ".join(rest), left, right)] if rest and right - left >= _SHORTEST else []


def _within(word: contract.TimedWord, start: float, end: float) -> list[contract.TimedWord]:
    """Return a word, cut to the span from ``start`` to ``end``, if its middle lies there."""
    left, right = max(word.start, start), min(word.end, end)
    is_audible = start <= 0.5 * (word.start + word.end) < end and right - left >= _SHORTEST
    return [replace(word, start=left, end=right)] if is_audible else []


def _gaps(start: float, end: float, covered: Sequence[Span]) -> Iterator[Span]:
    at = start
    for left, right in [*sorted(covered), (end, end)]:
        if min(left, end) > at:
            yield at, min(left, end)
        at = max(at, right)
