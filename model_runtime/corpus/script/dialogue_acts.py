"""The dialogue act of an utterance, found from its words."""

from __future__ import annotations

import re

ACTS = ("statement", "question", "negation", "agreement", "greeting", "backchannel", "laugh", "exclamation")
# Patterns of the first words of a line, by the act that they show.
_FIRST = {
    "greeting": (
        "hello", "hi", "good (morning|evening|afternoon|night)", "goodbye", "welcome", "see you", "well, well",
        "happy birthday",
    ),
    "agreement": (
        "yes", "yeah", "sure", "of course", "okay", "right", "exactly", "true", "all right", "very well", "fine by me",
        "i agree", "perfect", "that's exactly", "you're right", "absolutely(?! not)",
    ),
    "negation": (
        "no", "never", "not", "nobody", "neither", "nothing", "absolutely not", "don't", "stop", "wait", "hold on",
        "enough", "forget it", "leave it", "i won't", "i can't", "i don't", "there is no",
    ),
}  # fmt: skip
_PATTERNS = {act: re.compile(rf"({'|'.join(words)})\b") for act, words in _FIRST.items()}


def dialogue_act(text: str) -> str:
    """Return one of ``ACTS``, but never 'backchannel' or 'laugh', which depend on the conversation.

    A line that ends in a question mark is a question; else its first words decide.
    """
    plain = text.strip().strip("\"'").lower().replace("’", "'")
    if plain.endswith("?"):
        return "question"
    for act, pattern in _PATTERNS.items():
        if pattern.match(plain):
            return act
    return "exclamation" if plain.endswith("!") else "statement"


_FUNNY = re.compile(
    r"\b(ha ha|jok(e|es|ing|ed)|funny|funniest|laugh\w*|giggl\w*|hilarious|ridiculous|tickl\w*|clowns?)\b"
)


def funny(text: str) -> bool:
    """Return whether a remark may make its listener laugh, by its words."""
    return bool(_FUNNY.search(text.lower()))
