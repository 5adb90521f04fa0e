"""Praat's TextGrid in its two text forms, long and short. No Blender here.

Both are read by Praat's own rule: only strings in quotes and numbers and flags that stand alone between spaces count;
all other text is a comment (Praat manual, "TextGrid file formats").
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..runtime_api import contract, errors

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?:(?P<flag><\w+>)|(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?))(?!\S)'
)
_WORD_TIERS = ("words", "word", "transcript")
_NO_WORDS = re.compile(r"phon|segment|syllab|\bmau\b")  # names of tiers of phones or syllables
_SILENCES = {"", "sil", "sp", "spn", "pau", "<eps>", "<sil>", "<p:>", "#"}


@dataclass(frozen=True)
class Tier:
    """An interval tier: (start, end, mark) in seconds from the start of the sound."""

    name: str
    intervals: tuple[tuple[float, float, str], ...]


def read_textgrid(text: str) -> tuple[tuple[contract.TimedWord, ...], tuple[contract.Caption, ...]]:
    """Return the words of the tier of words if each mark is one word, else its marks as captions; without silences.

    Raises ``InvalidRequest``; its message does not name the file.
    """
    marks = [
        (start, end, mark)
        for start, end, mark in _word_tier(read_tiers(text)).intervals
        if mark.casefold() not in _SILENCES
    ]
    if any(" " in mark for _, _, mark in marks):
        return (), tuple(contract.Caption(mark, start, end) for start, end, mark in marks)
    return tuple(contract.TimedWord(mark, start, end) for start, end, mark in marks), ()


def read_tiers(text: str) -> list[Tier]:
    """Return the interval tiers without the point tiers; times count from the start of the grid and of the sound."""
    tokens = _Tokens(text)
    if tokens.string() not in ("ooTextFile", "ooTextFile short") or tokens.string() != "TextGrid":
        raise errors.InvalidRequest("is no Praat TextGrid; save it in Praat as a text file")
    begin, _ = tokens.number(), tokens.number()
    if tokens.next()[1] != "<exists>":
        raise errors.InvalidRequest("has no tiers; save it from Praat again")
    tiers = []
    for _ in range(tokens.count()):
        kind, name = tokens.string(), tokens.string()
        tokens.number(), tokens.number()
        if kind == "IntervalTier":
            tiers.append(Tier(name, tuple(tokens.interval(begin) for _ in range(tokens.count()))))
            continue
        for _ in range(tokens.count()):
            tokens.number(), tokens.string()  # a point
    return tiers


def _word_tier(tiers: list[Tier]) -> Tier:
    """Return the tier of words: by its name, else by the end of its name ("Anna - words"), else the first possible."""
    names = [tier.name.strip().casefold() for tier in tiers]
    for word_tier in _WORD_TIERS:
        if word_tier in names:
            return tiers[names.index(word_tier)]
    for tier, name in zip(tiers, names):
        if name.endswith(_WORD_TIERS):
            return tier
    for tier, name in zip(tiers, names):
        if not _NO_WORDS.search(name):
            return tier
    raise errors.InvalidRequest("has no tier of words; name one 'words'")


class _Tokens:
    """The tokens of the file in order; each method raises ``InvalidRequest`` if the next token is of another kind."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = _TOKEN.finditer(text)
        self._at = 0

    def next(self) -> tuple[str, str]:
        found = next(self._found, None)
        if found is None:
            raise errors.InvalidRequest("ends too early; save it from Praat again")
        self._at = found.start()
        return str(found.lastgroup), found[str(found.lastgroup)]

    def string(self) -> str:
        kind, value = self.next()
        return value.replace('""', '"') if kind == "text" else self._wrong("a text in quotes")

    def number(self) -> float:
        kind, value = self.next()
        return float(value) if kind == "number" and math.isfinite(float(value)) else float(self._wrong("a number"))

    def count(self) -> int:
        number = self.number()
        return int(number) if number >= 0 and number == int(number) else int(self._wrong("a count"))

    def interval(self, begin: float) -> tuple[float, float, str]:
        start, end = self.number(), self.number()
        if end < start:
            self._wrong("an end after the start")
        return start - begin, end - begin, " ".join(self.string().split())

    def _wrong(self, expected: str) -> str:
        line = self._text.count("\n", 0, self._at) + 1
        raise errors.InvalidRequest(
            f"has no valid times or marks in line {line}, where {expected} should be; save it from Praat again"
        )
