"""Where the questions of a transcript end in the voice."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from ...contract import Caption, TimedWord
from .script_text import spoken_text, words_of

ASTRAY = 1.0  # s that a word of a caption may lie outside it
_CLOSING = "!\"'”’)]»…."


def question_ends(
    captions: Sequence[Caption], words: Sequence[TimedWord], spoken: Sequence[TimedWord]
) -> tuple[float, ...]:
    """Ends (s), in order, of the ``spoken`` words, as they were found in the voice, behind which a caption or a timed
    word has a question mark.
    """
    ends: set[float] = set()
    for source in [*captions, *words]:
        if "?" not in source.text:
            continue
        near = [word for word in spoken if word.start > source.start - ASTRAY and word.end < source.end + ASTRAY]
        if near:
            text, asks = _with_marks(source.text)
            for a, b, size in SequenceMatcher(
                None, text, [word.text for word in near], autojunk=False
            ).get_matching_blocks():
                ends |= {near[b + k].end for k in range(size) if asks[a + k]}
    return tuple(sorted(ends))


def _with_marks(text: str) -> tuple[list[str], list[bool]]:
    """The normalised words of a text, and which of them a question mark follows."""
    words: list[str] = []
    asks: list[bool] = []
    for token in spoken_text(text).split():
        new = words_of(token)
        words += new
        asks += [False] * len(new)
        if asks and token.rstrip(_CLOSING).endswith("?"):
            asks[-1] = True
    return words, asks
