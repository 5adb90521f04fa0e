"""The spoken words of a script or a subtitle, without tags, stage directions, speaker names and web addresses."""

from __future__ import annotations

import re

from .alignment import normalise_text

# Every repetition is bounded, so that no text takes longer than its length.
_UNSPOKEN = re.compile(
    r"<[^<>\n]{1,60}>"  # <i>, <font color="red">
    r"|\{[^{}\n]{1,60}\}"  # {\an8}
    r"|\[[^\[\]]{0,200}\]"  # [laughs]
    r"|\(\s{0,3}[^\s()]{1,30}(?:\s{1,3}[^\s()]{1,30}){0,2}\s{0,3}\)"  # (sighs); longer ones may be spoken
)
# ANNA:, JOSÉ 2:, - MRS. SMITH: at the head of a line or after the end of a sentence.
_SPEAKER = re.compile(
    r"(?m)(?:^|(?<=[.!?…\"”])(?=\s))[ \t>–—-]{0,8}"
    r"([^\W\d_a-z][^\s:a-z]{0,20}(?:[ \t]{1,2}[^\s:a-z]{1,20}){0,3}):(?=\s|$)"
)
_ADDRESS = re.compile(r"://|^www\.|.@.{1,80}\.")
_LONGEST_WORD = 40  # letters


def spoken_words(text: str) -> list[str]:
    """Return the normalised words of a script that are spoken."""
    return words_of(spoken_text(text))


def words_of(spoken: str) -> list[str]:
    """Return the normalised words of a result of ``spoken_text``, or of a piece of it."""
    return [word for word in normalise_text(spoken) if len(word) <= _LONGEST_WORD]


def spoken_text(text: str) -> str:
    """Return the spoken text of a script in its own spelling and alphabet."""
    plain = _SPEAKER.sub(
        lambda name: " " if len(name[1]) > 1 and name[1].isupper() else name[0], _UNSPOKEN.sub(" ", text)
    )
    return " ".join(token for token in plain.split() if not _ADDRESS.search(token))
