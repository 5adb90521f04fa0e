"""Times at which the questions of a transcript end in the voice."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from ...contract import Caption, TimedWord
from .script_text import spoken_text, words_of

CAPTION_MARGIN = 1.0  # s that a word of a caption may lie outside it
_CLOSING = "!\"'”’)]»…."


def question_ends(
    captions: Sequence[Caption], words: Sequence[TimedWord], spoken: Sequence[TimedWord]
) -> tuple[float, ...]:
    """Return the ends (s), in order, of those ``spoken`` words, aligned with the voice, that a question mark follows in
    a caption or a timed word.
    """
    ends: set[float] = set()
    sources: list[Caption | TimedWord] = [*captions, *words]
    for source in sources:
        if "?" not in source.text:
            continue
        earliest, latest = source.start - CAPTION_MARGIN, source.end + CAPTION_MARGIN
        near = [word for word in spoken if word.start > earliest and word.end < latest]
        if near:
            text, asks = _with_marks(source.text)
            matcher = SequenceMatcher(None, text, [word.text for word in near], autojunk=False)
            for a, b, size in matcher.get_matching_blocks():
                ends |= {near[b + k].end for k in range(size) if asks[a + k]}
    return tuple(sorted(ends))


def _with_marks(text: str) -> tuple[list[str], list[bool]]:
    """Return the normalised words of a text, and which of them a question mark follows."""
    words: list[str] = []
    asks: list[bool] = []
    for token in spoken_text(text).split():
        new = words_of(token)
        words += new
        asks += [False] * len(new)
        if asks and token.rstrip(_CLOSING).endswith("?"):
            asks[-1] = True
    return words, asks
