"""Numbers in a text as they are read aloud, in the words of the dictionary."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

# A number with what belongs to it: $1,203.50, 1984, 2nd, 1990s, 5%.
NUMBER = (
    r"(?P<currency>[$£€])?(?P<whole>\d[\d,]*)(?:\.(?P<part>\d+))?(?:(?P<ending>st|nd|rd|th|s)(?![a-z]))?(?P<percent>%)?"
)
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
_LONGEST = 6  # digits; longer numbers are read digit by digit


def read_number(match: re.Match[str]) -> list[str]:
    """Return the words of a match of ``NUMBER``.

    "1984" is read as a year, "007" and numbers of more than six digits by their digits, "$5" with its currency behind.
    """
    digits = match["whole"].replace(",", "")
    unit = [_CURRENCIES[match["currency"]]] if match["currency"] else []
    if len(digits) > _LONGEST or (digits[0] == "0" and len(digits) > 1):
        words = _spelled_digits(digits)
    elif _is_year(match):
        words = spell_number(int(digits), "year")
    else:
        words = spell_number(int(digits))
    if match["part"] and unit:
        words += [*unit, *spell_number(int(match["part"][:2]))]
    elif match["part"]:
        words += ["point", *_spelled_digits(match["part"])]
    else:
        words += unit
    if match["ending"] == "s":
        words[-1] = words[-1][:-1] + "ies" if words[-1].endswith("y") else words[-1] + "s"
    elif match["ending"]:
        words[-1] = _ordinals().get(words[-1], words[-1])
    return words + ["percent"] * bool(match["percent"])


def spell_number(number: int, to: Literal["cardinal", "ordinal", "year"] = "cardinal") -> list[str]:
    """Return the words of a whole number without "and": 203 -> two, hundred, three."""
    from num2words import num2words  # with all its languages 0.1 s to import; few transcripts have digits

    spelled: str = num2words(number, to=to)
    return [word for word in re.sub("[-,]", " ", spelled).split() if word != "and"]


def _is_year(match: re.Match[str]) -> bool:
    whole = match["whole"].rstrip(",")
    plain = not match["part"] and not match["currency"]
    return plain and len(whole) == 4 and whole.isdigit() and 1100 <= int(whole) < 2000


def _spelled_digits(digits: str) -> list[str]:
    return [word for digit in digits for word in spell_number(int(digit))]


@cache
def _ordinals() -> dict[str, str]:
    """Map every word that a number may end with to its ordinal: "five" -> "fifth", "thousand" -> "thousandth"."""
    numbers = (*range(20), *range(20, 100, 10), 100, 1000)
    return {spell_number(number)[-1]: spell_number(number, "ordinal")[-1] for number in numbers}
