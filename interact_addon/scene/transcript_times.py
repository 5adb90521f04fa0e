"""Which words of a transcript are heard in a shot, and when. No Blender here.

A caption that is cut keeps the words that are likely in what is left of it: where each is, is told by the letters
before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..runtime_api import contract
from .transcript_files import Transcript

Span = tuple[float, float]
_SECONDS_A_LETTER = 0.09  # of slow speech: captions stay up longer than they are spoken
_SHORTEST = 0.02  # seconds of a word or caption that is worth keeping


def heard_part(transcript: Transcript, heard: Span, length: float) -> Transcript:
    """What is heard of a transcript when ``heard`` is played of a sound ``length`` long, both on the file's clock."""
    captions = [
        replace(caption, end=min(caption.end, length)) for caption in transcript.captions if caption.start < length
    ]
    return Transcript(
        tuple(word for whole in transcript.words for word in _within(whole, *heard)),
        tuple(caption for whole in captions for caption in cut(whole, *heard)),
    )


def moved(transcript: Transcript, by: float) -> Transcript:
    return Transcript(
        tuple(replace(word, start=word.start + by, end=word.end + by) for word in transcript.words),
        tuple(replace(caption, start=caption.start + by, end=caption.end + by) for caption in transcript.captions),
    )


def outside(transcript: Transcript, covered: Sequence[Span]) -> Transcript:
    """Without what lies in ``covered``; a caption of which that is the greater part goes as a whole."""
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
    """The part of a caption from ``start`` to ``end``; nothing where no word is likely there."""
    if start <= caption.start and caption.end <= end:
        return [caption]
    words = caption.text.split()
    letters = sum(len(word) for word in words)
    pace = min((caption.end - caption.start) / max(letters, 1), _SECONDS_A_LETTER)
    kept, at = [], caption.start
    for word in words:
        if start <= at + 0.5 * pace * len(word) < end:
            kept.append(word)
        at += pace * len(word)
    left, right = max(caption.start, start), min(caption.end, end)
    return [contract.Caption(" ".join(kept), left, right)] if kept and right - left >= _SHORTEST else []


def _within(word: contract.TimedWord, start: float, end: float) -> list[contract.TimedWord]:
    """A word whose middle is heard, cut to what is heard of it."""
    left, right = max(word.start, start), min(word.end, end)
    is_heard = start <= 0.5 * (word.start + word.end) < end and right - left >= _SHORTEST
    return [replace(word, start=left, end=right)] if is_heard else []


def _gaps(start: float, end: float, covered: Sequence[Span]) -> Iterator[Span]:
    at = start
    for left, right in [*sorted(covered), (end, end)]:
        if min(left, end) > at:
            yield at, min(left, end)
        at = max(at, right)
