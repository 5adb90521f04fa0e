"""The lines of the composed corpus, from a small grammar of everyday talk.

A line is a template whose ``{slot}`` words are drawn from ``SLOTS``. Every tenth template is held out for the test
split, so that no sentence of it occurs in training.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from .dialogue_templates import SLOTS, TEMPLATES

_HELD_OUT_EVERY = 10
_DOUBLE_SHARE = 0.25  # of the lines have two sentences


class Line(NamedTuple):
    """A text and the one of ``affect.BASIC_EMOTIONS`` that it suits, or ""."""

    text: str
    emotion_group: str


def dialogue_lines(count: int, seed: int, split: str = "train") -> list[Line]:
    """Return ``count`` different lines, the same for the same seed; the splits have no sentence in common.

    Raises ``ValueError`` when the grammar has fewer lines.
    """
    rng = np.random.default_rng([seed, split == "test"])
    templates = [
        (template, emotion_group)
        for emotion_group, group in TEMPLATES.items()
        for number, template in enumerate(group)
        if (number % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1) == (split == "test")
    ]
    alike = {group: [template for template, other in templates if other in (group, "")] for group in TEMPLATES}
    lines: dict[str, str] = {}
    while len(lines) < count:
        before = len(lines)
        for index in rng.permutation(len(templates)):
            template, emotion_group = templates[index]
            lines.setdefault(_fill(template, rng), emotion_group)
            if rng.random() < _DOUBLE_SHARE:
                second = alike[emotion_group][rng.integers(len(alike[emotion_group]))]
                lines.setdefault(f"{_fill(template, rng)} {_fill(second, rng)}", emotion_group)
        if len(lines) == before:
            raise ValueError(f"The grammar has only {before} different lines; {count} were asked for.")
    return [Line(text, emotion_group) for text, emotion_group in lines.items()][:count]


def _fill(template: str, rng: np.random.Generator) -> str:
    """Return the template with a word drawn for each slot."""
    text = re.sub(r"\{(\w+)\}", lambda match: str(rng.choice(SLOTS[match[1]])), template)
    return text[0].upper() + text[1:]
