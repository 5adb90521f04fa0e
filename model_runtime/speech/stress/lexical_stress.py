"""The stressed vowel of an English word by rule, as the dictionary of pocketsphinx has no stress marks.

After Hayes 1995 ("Metrical Stress Theory", ch. 6): heavy syllables and full vowels attract stress, suffixes fix it, the
last vowel of a noun is extrametrical. Meant to be combined with acoustic prominence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..phones import VOWELS

# Endings with a fixed place of the stress, counted in vowels from the end.
_FROM_END = (
    (re.compile(r"(tion|sion|cian|tial|cial|cious|tious|ience|ient|gion)s?$"), 2),
    (re.compile(r"(ic|ics)$"), 2), (re.compile(r"(ically)$"), 3),
    (re.compile(r"(ical|ity|ities|ify|graphy|logy|nomy|ular)$"), 3),
    (re.compile(r"(eer|(?<!ff)ee|teen|ette|esque)$"), 1),
)  # fmt: skip
# Beginnings that are seldom stressed, with one of these vowels.
_WEAK_START = re.compile(
    r"(be|de|re|pre|ex|un|im|in|com|con|dis|mis|en|em|sur|per|for|pro|to|a(?=[bcdfglmnprst][a-z])|enough)"
)
_WEAK_START_VOWELS = {"AH", "IH", "ER", "IY", "EH"}
_ENDING = re.compile(r"(ing|ed|es|er|ers|ly|ness|ful|less|ment|y|able|ible|en|ish|age|le|ow|ward)$")
_COMPOUND = re.compile(r"(any|some|every|no)(body|thing|one|where|how)")
_FULLNESS = {"AH": 0.0, "ER": 0.15, "IH": 0.3, "IY": 0.7, "UH": 0.6, "OW": 0.8, "UW": 0.8, "EH": 1.0}


def stress_prior(word: str, phones: Sequence[str]) -> list[float]:
    """Return a score for each vowel of ``phones``, by spelling and sound; the likeliest stress has the highest."""
    vowels = [k for k, phone in enumerate(phones) if phone in VOWELS]
    count = len(vowels)
    if count < 2:
        return [1.0] * count
    letters = "".join(letter for letter in word.lower() if "a" <= letter <= "z")
    scores = [_FULLNESS.get(phones[k], 1.2) for k in vowels]
    for number, k in enumerate(vowels):
        until = vowels[number + 1] if number + 1 < count else len(phones)
        closed = until - k - 1 >= (3 if number + 1 < count else 2)
        scores[number] += 0.3 * closed
    scores[0] += 1.0
    weak_start = _WEAK_START.match(letters) and phones[vowels[0]] in _WEAK_START_VOWELS
    if weak_start and (count == 2 or max(scores[1:]) >= 0.3):
        scores[0] -= 1.4
    if _COMPOUND.match(letters):
        scores[0] += 2.0
    if _ENDING.search(letters) and phones[vowels[-1]] in ("AH", "ER", "IH", "IY", "OW", "EY"):
        scores[-1] -= 1.0
    scores[-1] -= 0.35 if count > 2 else 0.0
    for ending, place in _FROM_END:
        if ending.search(letters) and count >= place:
            scores[count - place] += 2.0
            break
    return scores
