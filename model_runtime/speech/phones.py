"""The phone set of the CMU dictionary, without stress digits: the order of every phone posterior in this project."""

from __future__ import annotations

from typing import NamedTuple

PHONES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH", "SIL",
)  # fmt: skip
SILENCE = PHONES.index("SIL")
VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"})


class Segment(NamedTuple):
    """A word or an ARPABET phone and its time in seconds."""

    text: str
    start: float
    end: float
