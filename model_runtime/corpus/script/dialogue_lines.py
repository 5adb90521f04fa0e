"""What two people say to each other in the composed corpus: our own small grammar of everyday talk.

A line is a template whose ``{slot}`` words are chosen from ``SLOTS``; a seed makes the choice. Every tenth template is
kept for the test split, so that no sentence of it is heard in training.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from .dialogue_templates import SLOTS, TEMPLATES

_HELD_OUT_EVERY = 10
_DOUBLE_SHARE = 0.25  # of the lines are two sentences said in one breath


class Line(NamedTuple):
    """A text and the group of ``contract.EMOTION_GROUPS`` it suits, or ""."""

    text: str
    feeling: str


def dialogue_lines(count: int, seed: int, split: str = "train") -> list[Line]:
    """``count`` different lines of talk, the same for the same seed. No sentence of the 'test' split's is in the
    other's.

    Raises ``ValueError`` when the grammar has fewer lines.
    """
    rng = np.random.default_rng([seed, split == "test"])
    templates = [
        (template, feeling)
        for feeling, group in TEMPLATES.items()
        for number, template in enumerate(group)
        if (number % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1) == (split == "test")
    ]
    alike = {feeling: [template for template, other in templates if other in (feeling, "")] for feeling in TEMPLATES}
    lines: dict[str, str] = {}
    while len(lines) < count:
        before = len(lines)
        for index in rng.permutation(len(templates)):
            template, feeling = templates[index]
            lines.setdefault(_fill(template, rng), feeling)
            if rng.random() < _DOUBLE_SHARE:
                second = alike[feeling][rng.integers(len(alike[feeling]))]
                lines.setdefault(f"{_fill(template, rng)} {_fill(second, rng)}", feeling)
        if len(lines) == before:
            raise ValueError(f"The grammar has only {before} different lines; {count} were asked for.")
    return [Line(text, feeling) for text, feeling in lines.items()][:count]


def _fill(template: str, rng: np.random.Generator) -> str:
    text = re.sub(r"\{(\w+)\}", lambda match: str(rng.choice(SLOTS[match[1]])), template)
    return text[0].upper() + text[1:]
