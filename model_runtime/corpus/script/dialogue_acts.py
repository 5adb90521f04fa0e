"""What an utterance does in a talk, told from its words."""

from __future__ import annotations

import re

ACTS = ("statement", "question", "negation", "agreement", "greeting", "backchannel", "laugh", "exclamation")
_FIRST = {
    "greeting": re.compile(
        r"(hello|hi|good (morning|evening|afternoon|night)|goodbye|welcome|see you|well, well|happy birthday)\b"
    ),
    "agreement": re.compile(
        r"(yes|yeah|sure|of course|okay|right|exactly|true|all right|very well|fine by me|i agree|perfect|that's exactly|you're right|absolutely(?! not))\b"
    ),
    "negation": re.compile(
        r"(no|never|not|nobody|neither|nothing|absolutely not|don't|stop|wait|hold on|enough|forget it|leave it|i won't|i can't|i don't|there is no)\b"
    ),
}


def dialogue_act(text: str) -> str:
    """One of ``ACTS`` but 'backchannel' and 'laugh', which depend on when something is said.

    A line that ends in a question is one, for an answer is waited for; else its first words decide.
    """
    plain = text.strip().strip("\"'").lower().replace("’", "'")
    if plain.endswith("?"):
        return "question"
    for act, pattern in _FIRST.items():
        if pattern.match(plain):
            return act
    return "exclamation" if plain.endswith("!") else "statement"
