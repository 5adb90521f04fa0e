"""Alignment of a text with a part of a voice: as a whole, in parts that fit, or window by window over minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ...contract import FloatArray
from ..wave import SAMPLE_RATE
from .alignment import NO_CONTEXT, AlignedWord, FitScore, align_words, fits

FASTEST = 8.0  # words a second that can be spoken
_PACE = 5.0  # words a second that are spoken over many seconds
WINDOW = 20.0  # seconds of a long voice that are aligned at a time
_LEAD = 0.5  # seconds before the first sound
_QUIET = 0.2  # seconds around a window's end, which is put where these are quietest
_PATIENCE = 6  # windows that may hold nothing of a text before any part of it is found
_AHEAD = 400  # words in which a lost place is searched
_FEWEST_PHONES = 10  # of a part that is accepted while others are not
_LEAST_SHARE = 0.5  # of the speech of a voice that the parts of its text must cover
# Points a frame below which another word is spoken, or the pause is not silent.
_WORST_WORD, _WORST_PAUSE = -65.0, -45.0


def align_span(wave16k: FloatArray, words: Sequence[str], start: float, end: float) -> list[AlignedWord]:
    """Align all normalised ``words`` with a mono wave at 16 kHz from ``start`` to ``end`` (s), whether they fit or not.

    Empty where the alignment fails.
    """
    return _shifted(align_words(_cut(wave16k, start, end), words), start)


def align_parts(
    wave16k: FloatArray, words: Sequence[str], start: float, end: float, context: FitScore = NO_CONTEXT
) -> list[AlignedWord]:
    """Align the parts of ``words`` that fit, the rest as filler; empty where they cover too little of the speech."""
    cut = _cut(wave16k, start, end)
    aligned = _fitting(align_words(cut, words, gaps=True, late_start=True, early_end=True), context)
    in_text = sum(entry.end - entry.start for entry in aligned if entry.text)
    filler = sum(entry.end - entry.start for entry in aligned if entry.text is None)
    return _shifted(aligned, start) if in_text > 0.0 and in_text >= _LEAST_SHARE * (in_text + filler) else []


def align_long_text(
    wave16k: FloatArray,
    words: Sequence[str],
    start: float,
    end: float,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[list[AlignedWord]], list[tuple[float, float]]]:
    """Align a text of minutes window by window, from pause to pause; also return spans (s) of speech without a fit.

    The text may begin before the voice and end after it. ``check`` is called before each window and may raise.
    """
    loud = np.flatnonzero(loud_mask(wave16k)) / 100.0
    windows: list[list[AlignedWord]] = []
    missed: list[tuple[float, float]] = []
    place, at = 0, start
    while place < len(words) and (windows or len(missed) < _PATIENCE):
        check()
        ahead_loud = loud[np.searchsorted(loud, at) :]
        if not len(ahead_loud) or ahead_loud[0] > end - 0.1:
            break
        at = max(at, float(ahead_loud[0]) - _LEAD)
        until = _quiet_moment(wave16k, at, end)
        aligned, passed = _next_words(_cut(wave16k, at, until), words[place:], until - at, until == end)
        place += passed
        if passed:
            windows.append(_shifted(aligned, at))
            at += aligned[-1].end
        else:
            missed.append((at, until))
            at = until
    return windows, missed


def _next_words(
    cut: FloatArray, words: Sequence[str], seconds: float, at_the_end: bool
) -> tuple[list[AlignedWord], int]:
    """Return the words of a text that are spoken in a window, and how many of its words end with it."""
    near, far = words[: int(_PACE * seconds) + 1], words[:_AHEAD]
    aligned = align_words(cut, near, early_end=True)
    if not fits(aligned):  # the window is further on in the text, or has speech that is not in it
        aligned = align_words(cut, far, late_start=True, early_end=True)
        if fits(aligned):
            near = far
        else:
            aligned = _fitting(align_words(cut, near, gaps=True, early_end=True), NO_CONTEXT)
    aligned = _whole_words(aligned, at_the_end)
    return aligned, _last_place(near, [entry.text for entry in aligned if entry.text])


def loud_mask(wave16k: FloatArray) -> NDArray[np.bool_]:
    """Return (N,) at 100 Hz: true where the wave is above its background noise and within 45 dB of its loudest."""
    blocks = wave16k[: len(wave16k) // 160 * 160].reshape(-1, 160)
    power = np.square(blocks, dtype=np.float64).mean(axis=1) if len(blocks) else np.zeros(0)
    if not len(power) or power.max() < 1e-9:
        return np.zeros(len(power), np.bool_)
    return power > max(power.max() * 10.0**-4.5, np.percentile(power, 10) * 10.0**0.6)


def without_misfits(aligned: Iterable[AlignedWord]) -> list[AlignedWord]:
    """Return the same with words that do not fit, and pauses that are not silent, as filler."""
    accepted = []
    for entry in aligned:
        points = entry.score / max(1.0, 100.0 * (entry.end - entry.start))
        worst = _WORST_WORD if entry.text else _WORST_PAUSE
        misfits = entry.text is not None and points < worst
        accepted.append(entry._replace(text=None) if misfits else entry)
    return accepted


def _fitting(aligned: Sequence[AlignedWord], context: FitScore) -> list[AlignedWord]:
    """Return the same with words as filler unless they are in a stretch that fits and is too long to fit by chance."""
    accepted: list[AlignedWord] = []
    for in_text, group in groupby(aligned, key=lambda entry: entry.text is not None):
        part = list(group)
        phones = sum(len(entry.phones) for entry in part if entry.text)
        if in_text and phones >= _FEWEST_PHONES and fits(part, context):
            accepted += part
        else:
            accepted += [entry._replace(text=None) if entry.text else entry for entry in part]
    return accepted


def _whole_words(aligned: list[AlignedWord], at_the_end: bool) -> list[AlignedWord]:
    """Return the words without the last ones, which the end of a window may have cut."""
    if at_the_end or not aligned or aligned[-1].text == "":
        return aligned
    places = [k for k, entry in enumerate(aligned) if entry.text]
    return aligned[: places[-2]] if len(places) > 2 else []


def _last_place(words: Sequence[str], found: Sequence[str]) -> int:
    """Return how many of ``words`` are spoken with the last of those ``found`` among them."""
    blocks = [
        block for block in SequenceMatcher(None, words, found, autojunk=False).get_matching_blocks() if block.size
    ]
    return blocks[-1].a + blocks[-1].size if blocks else 0


def _quiet_moment(wave: FloatArray, at: float, end: float) -> float:
    """Return the middle (s) of the quietest moment in the second half of the window from ``at``, or the ``end`` where
    that is nearer.
    """
    if end - at <= WINDOW:
        return end
    first = round((at + 0.5 * WINDOW) * SAMPLE_RATE)
    size = round(_QUIET * SAMPLE_RATE)
    energy = np.cumsum(np.square(wave[first : round((at + WINDOW) * SAMPLE_RATE)], dtype=np.float64))[::160]
    quiet = int(np.argmin(energy[size // 160 :] - energy[: -(size // 160)]))
    return (first + quiet * 160 + size // 2) / SAMPLE_RATE


def _cut(wave: FloatArray, start: float, end: float) -> FloatArray:
    return wave[max(round(start * SAMPLE_RATE), 0) : max(round(end * SAMPLE_RATE), 0)]


def _shifted(aligned: Sequence[AlignedWord], by: float) -> list[AlignedWord]:
    return [
        entry._replace(
            start=entry.start + by,
            end=entry.end + by,
            phones=tuple(p._replace(start=p.start + by, end=p.end + by) for p in entry.phones),
        )
        for entry in aligned
    ]
