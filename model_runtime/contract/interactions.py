"""What the pair is asked for and the model plays, and the labels that it stands for.

``PLAYED_INTERACTIONS`` in the vocabulary says which categories are played. Everything else about a span is carried on
to the model and the take, and said to be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .prompts import read_prompt
from .request import ActionSpan, Actor, InteractionSpan, Request
from .vocabulary import PLAYED_BY_LABELS, PLAYED_INTERACTIONS

_NOTHING = 1e-6  # seconds
_MOST_SHOWN = 60  # letters of a prompt in a sentence


@dataclass(frozen=True)
class PlayedPart:
    """What is played of a span: a ``category`` of ``PLAYED_INTERACTIONS``, "" for nothing, and ``who`` acts.

    ``left_out``: one sentence that says what is not played, and why; "" where all is.
    """

    category: str
    who: tuple[int, ...]
    left_out: str = ""


def played_part(span: InteractionSpan, names: Sequence[str]) -> PlayedPart:
    """Return what is played of a span; ``names``: of the two actors, who may be named in a text."""
    if span.category:
        known = span.category in PLAYED_INTERACTIONS
        return PlayedPart(span.category if known else "", span.who, "" if known else not_played(span.category))
    reading, text = read_prompt(span.prompt, names), _shown(span.prompt)
    who = reading.who or span.who
    if not reading.categories:
        why = f"The model does not know what to play for '{text}': nothing is generated for this strip."
        return PlayedPart("", who, f"{why} Use the name of an interaction, such as 'handshake' or 'walk towards'.")
    categories = _without_approach(reading.categories)
    if len(categories) > 1:
        asked = " and ".join(f"'{name}'" for name in categories)
        why = f"'{text}' asks for {asked}: nothing is generated for this strip; cut it and ask for one in each part."
        return PlayedPart("", who, why)
    (category,) = categories
    if category not in PLAYED_INTERACTIONS:
        return PlayedPart("", who, not_played(category))
    rest = f"'{text}' is played as '{category}', without: {', '.join(reading.rest)}." if reading.rest else ""
    return PlayedPart(category, who, rest)


def _without_approach(categories: Sequence[str]) -> tuple[str, ...]:
    """Return the categories without a walk towards somebody that leads to what is done next: it belongs to that."""
    first, *others = categories
    performed = len(others) == 1 and others[0] in PLAYED_INTERACTIONS and others[0] not in PLAYED_BY_LABELS
    return tuple(others) if first == "walk towards" and performed else tuple(categories)


def not_played(category: str) -> str:
    """Return the sentence for a category that the model does not play."""
    return f"The model cannot play '{category}' yet: nothing is generated for this strip."


def with_interactions(request: Request) -> Request:
    """Return a request whose labels say what its interactions ask for: who walks to whom, and who waits meanwhile.

    Each lasts as long as its strip; planning ends a walk when it is there. The interactions stay in the request.
    """
    actors, names = list(request.actors), [actor.name for actor in request.actors]
    for span in request.interactions:
        part = played_part(span, names)
        if part.category == "walk towards":
            actors = list(_walking(actors, part.who, span.start, span.end))
    return replace(request, actors=tuple(actors))


def _walking(actors: Sequence[Actor], who: Sequence[int], start: float, end: float) -> Sequence[Actor]:
    walk = ActionSpan("walk", start, end, to_partner=True)
    return [
        replace(actor, actions=lay_over(actor.actions, walk) if number in who else waiting(actor.actions, start, end))
        for number, actor in enumerate(actors)
    ]


def lay_over(actions: Sequence[ActionSpan], over: ActionSpan) -> tuple[ActionSpan, ...]:
    """Return spans with one laid over them: what lies under it is cut."""
    parts = []
    for span in actions:
        for start, end in ((span.start, min(span.end, over.start)), (max(span.start, over.end), span.end)):
            if end - start > _NOTHING:
                parts.append(replace(span, start=start, end=end))
    return tuple(sorted([*parts, over], key=lambda span: span.start))


def waiting(actions: Sequence[ActionSpan], start: float, end: float) -> tuple[ActionSpan, ...]:
    """Return the spans of somebody who waits from ``start`` to ``end`` (s): who would walk stands, who sits stays."""
    walks = [span for span in actions if span.label == "walk" and span.start < end and span.end > start]
    for walk in walks:
        actions = lay_over(actions, ActionSpan("stand", max(walk.start, start), min(walk.end, end)))
    return tuple(actions)


def _shown(prompt: str) -> str:
    text = " ".join(prompt.split())
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3].rstrip()}..."
