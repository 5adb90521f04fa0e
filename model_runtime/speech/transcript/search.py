"""Where a text is said in a voice: as it stands, in parts, and over minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ...contract import FloatArray
from ..wave import SAMPLE_RATE
from .alignment import ALONE, Fit, Said, fits, follow

FASTEST = 8.0  # words a second that can be said
_PACE = 5.0  # words a second that are said over many seconds
WINDOW = 20.0  # seconds of a long voice that are followed at a time
_LEAD = 0.5  # seconds before the first sound
_QUIET = 0.2  # seconds that a window's end lies in the quietest of
_PATIENCE = 6  # windows that may hold nothing of a text before anything is found
_AHEAD = 400  # words in which a lost place is looked for
_FEWEST_SOUNDS = 10  # of a part that is found where others are not
_LEAST_SHARE = 0.5  # of the sounds of a voice that the parts of its text must cover
_WORST_WORD, _WORST_PAUSE = -65.0, -45.0  # points a frame: below, another word is said, or somebody speaks


def find_text(wave16k: FloatArray, words: Sequence[str], start: float, end: float) -> list[Said]:
    """All of the normalised ``words`` in order, unjudged, from ``start`` to ``end`` (s) of a mono wave at 16 kHz; empty
    where that cannot be.
    """
    return _moved(follow(_cut(wave16k, start, end), words), start)


def find_parts(wave16k: FloatArray, words: Sequence[str], start: float, end: float, company: Fit = ALONE) -> list[Said]:
    """The parts of ``words`` that fit, the rest without a text; empty where they are too little of what is said."""
    found = _fitting(follow(_cut(wave16k, start, end), words, loose=True, enter=True, leave=True), company)
    said, beside = _seconds(found, True), _seconds(found, False)
    return _moved(found, start) if said > 0.0 and said >= _LEAST_SHARE * (said + beside) else []


def find_long_text(
    wave16k: FloatArray, words: Sequence[str], start: float, end: float
) -> tuple[list[list[Said]], list[tuple[float, float]]]:
    """What fits of a text of minutes, window by window from pause to pause, and where (s) somebody speaks and nothing
    of it fits.

    The text may begin before the voice and end behind it.
    """
    loud = np.flatnonzero(loud_moments(wave16k)) / 100.0
    windows: list[list[Said]] = []
    missed: list[tuple[float, float]] = []
    place, at = 0, start
    while place < len(words) and (windows or len(missed) < _PATIENCE):
        ahead_loud = loud[np.searchsorted(loud, at) :]
        if not len(ahead_loud) or ahead_loud[0] > end - 0.1:
            break
        at = max(at, float(ahead_loud[0]) - _LEAD)
        until = _quiet_moment(wave16k, at, end)
        said, passed = _next_words(_cut(wave16k, at, until), words[place:], until - at, until == end)
        place += passed
        if passed:
            windows.append(_moved(said, at))
            at += said[-1].end
        else:
            missed.append((at, until))
            at = until
    return windows, missed


def _next_words(cut: FloatArray, words: Sequence[str], seconds: float, at_the_end: bool) -> tuple[list[Said], int]:
    """What of a text is said in a window, and how many of its words are over then."""
    near, far = words[: int(_PACE * seconds) + 1], words[:_AHEAD]
    said = follow(cut, near, leave=True)
    if not fits(said):  # lost: somewhere else in the text, or not all that is said is in it
        said = follow(cut, far, enter=True, leave=True)
        if fits(said):
            near = far
        else:
            said = _fitting(follow(cut, near, loose=True, leave=True), ALONE)
    said = _whole_words(said, at_the_end)
    return said, _last_place(near, _texts(said))


def loud_moments(wave16k: FloatArray) -> NDArray[np.bool_]:
    """At 100 Hz: what stands out of the background and is not 45 dB below the loudest."""
    blocks = wave16k[: len(wave16k) // 160 * 160].reshape(-1, 160)
    power = np.square(blocks, dtype=np.float64).mean(axis=1) if len(blocks) else np.zeros(0)
    if not len(power) or power.max() < 1e-9:
        return np.zeros(len(power), np.bool_)
    return power > max(power.max() * 10.0**-4.5, np.percentile(power, 10) * 10.0**0.6)


def without_misfits(said: Iterable[Said]) -> list[Said]:
    """The same with words that another was said for, and pauses in which somebody speaks, as what is beside the text."""
    clear = []
    for entry in said:
        points = entry.score / max(1.0, 100.0 * (entry.end - entry.start))
        clear.append(
            entry._replace(text=None)
            if entry.text is not None and points < (_WORST_WORD if entry.text else _WORST_PAUSE)
            else entry
        )
    return clear


def _fitting(said: Sequence[Said], company: Fit) -> list[Said]:
    """Only stretches of words in a row that fit and are long enough to be no chance keep their text."""
    kept: list[Said] = []
    for has_text, group in groupby(said, key=lambda entry: entry.text is not None):
        part = list(group)
        sure = (
            has_text
            and sum(len(entry.phones) for entry in part if entry.text) >= _FEWEST_SOUNDS
            and fits(part, company)
        )
        kept += part if sure else [entry._replace(text=None) if entry.text else entry for entry in part]
    return kept


def _whole_words(said: list[Said], at_the_end: bool) -> list[Said]:
    """What lies before the words that the end of a window may have cut."""
    if at_the_end or not said or said[-1].text == "":
        return said
    places = [k for k, entry in enumerate(said) if entry.text]
    return said[: places[-2]] if len(places) > 2 else []


def _last_place(words: Sequence[str], found: Sequence[str]) -> int:
    """How many of ``words`` are over with the last of those ``found`` among them."""
    blocks = [
        block for block in SequenceMatcher(None, words, found, autojunk=False).get_matching_blocks() if block.size
    ]
    return blocks[-1].a + blocks[-1].size if blocks else 0


def _quiet_moment(wave: FloatArray, at: float, end: float) -> float:
    """The middle of the quietest moment in the second half of the window that begins ``at``, or the ``end`` that lies
    in it.
    """
    if end - at <= WINDOW:
        return end
    first = round((at + 0.5 * WINDOW) * SAMPLE_RATE)
    size = round(_QUIET * SAMPLE_RATE)
    energy = np.cumsum(np.square(wave[first : round((at + WINDOW) * SAMPLE_RATE)], dtype=np.float64))[::160]
    quiet = int(np.argmin(energy[size // 160 :] - energy[: -(size // 160)]))
    return (first + quiet * 160 + size // 2) / SAMPLE_RATE


def _texts(said: Sequence[Said]) -> list[str]:
    return [entry.text for entry in said if entry.text]


def _seconds(said: Sequence[Said], in_text: bool) -> float:
    return sum(entry.end - entry.start for entry in said if (bool(entry.text) if in_text else entry.text is None))


def _cut(wave: FloatArray, start: float, end: float) -> FloatArray:
    return wave[max(round(start * SAMPLE_RATE), 0) : max(round(end * SAMPLE_RATE), 0)]


def _moved(said: Sequence[Said], by: float) -> list[Said]:
    return [
        entry._replace(
            start=entry.start + by,
            end=entry.end + by,
            phones=tuple(p._replace(start=p.start + by, end=p.end + by) for p in entry.phones),
        )
        for entry in said
    ]
