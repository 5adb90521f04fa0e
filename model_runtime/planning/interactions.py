"""Interactions as far as labels can play them: who is to walk to whom, for as long as the way takes, while who waits.

``PLAYED_INTERACTIONS`` in the contract names what is played. *chat* needs nothing: both are free, as without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..body_model.proxemics import TALKING
from ..contract import ActionSpan, Actor, InteractionSpan, Request, lay_over, played_part
from ..contract.interactions import waiting
from .given_motion import body_is_given
from .height_normalisation import height_units
from .label_cleanup import fill_gaps
from .motion_plan import LOST, SHORTEST_WALK, STEP, USUAL
from .places import beside_partner, whereabouts


def play_interactions(request: Request) -> tuple[Request, list[str]]:
    """Return a request for two whose labels play its interactions, and a sentence for what is not played of them."""
    notes: list[str] = []
    names = [actor.name for actor in request.actors]
    actors = [replace(actor, actions=fill_gaps(actor.actions, request.duration)) for actor in request.actors]
    for span in sorted(request.interactions, key=lambda span: span.start):
        part = played_part(span, names)
        notes += [part.left_out] if part.left_out and part.left_out not in notes else []
        if part.category == "walk towards":
            given = [number for number in part.who if body_is_given(actors[number], request.frames)]
            notes += [
                f"The body of '{names[number]}' is given, so it does not walk towards anybody." for number in given
            ]
            free = [number for number in part.who if number not in given]
            actors = _walk_towards(actors, free, span, notes) if free else actors
    return replace(request, actors=tuple(actors)), notes


def _walk_towards(actors: Sequence[Actor], who: Sequence[int], span: InteractionSpan, notes: list[str]) -> list[Actor]:
    """Let the actors ``who`` walk to the partner from the start of a span on, at the pace of people."""
    units = height_units((actors[0].skeleton.pelvis_height, actors[1].skeleton.pelvis_height))
    unit = sum(units) / 2
    there = [place_at(actors, number, span.start, unit) for number in (0, 1)]
    apart = float(np.linalg.norm(there[1] - there[0]))
    way = (apart - TALKING * unit) / len(who)
    if way < STEP * unit:
        names = " and ".join(f"'{actors[number].name}'" for number in who)
        notes.append(
            f"{names} {'are' if len(who) > 1 else 'is'} to walk towards the partner at {span.start:.2f} s, who is "
            f"only {apart:.2f} m away, and {'stay' if len(who) > 1 else 'stays'}; start the strip farther apart."
        )
        return list(actors)
    end = min(span.end, span.start + max(way / (USUAL * unit) + LOST, SHORTEST_WALK))
    walked = []
    for number, actor in enumerate(actors):
        if number in who:
            still = lay_over(actor.actions, ActionSpan("stand", span.start, span.end))
            walked.append(replace(actor, actions=lay_over(still, ActionSpan("walk", span.start, end, True))))
            continue
        waits = waiting(actor.actions, span.start, span.end)
        if waits != actor.actions:
            notes.append(f"'{actor.name}' is to walk at {span.start:.2f} s, and waits for the partner instead.")
        walked.append(replace(actor, actions=waits))
    return walked


def place_at(actors: Sequence[Actor], number: int, time: float, unit: float) -> np.ndarray:
    """Return where an actor is at a time (s), after the walks to the partner before it."""
    actor, partner = actors[number], actors[1 - number]
    ended = [span for span in actor.actions if span.to_partner and span.end <= time]
    points = [beside_partner(actor, partner, span, TALKING * unit) for span in ended]
    return whereabouts(replace(actor, waypoints=(*actor.waypoints, *points)), time)
