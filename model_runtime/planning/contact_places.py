"""Who is asked to touch something out of reach comes nearer in time, by steps: a place to stand before the contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..common.arrays import Array
from ..common.headings import heading_towards
from ..contract import FPS, Actor, ContactGoal, Waypoint
from ..contract.directions import is_of_hand
from ..contract.reach import is_seated, reach_of, readable
from .places import whereabouts

_READY = 0.35  # seconds before the contact at which one stands there
_SETTING_OUT, _PACE = 0.7, 0.9  # seconds that a step takes at the least, and metres a second of a mean body
_NOTHING = 0.05  # metres for which nobody takes a step


def come_into_reach(
    actors: Sequence[Actor], contacts: Sequence[ContactGoal], given: Sequence[bool], units: Sequence[float]
) -> tuple[list[Actor], list[str]]:
    """Return the actors with places from which they meet their contacts, and a sentence for each that has no time.

    Their labels cover the shot, and walks have their waypoints. Whoever sits, walks or is ``given`` there stays; who is
    touched by a hand stays as well, if the other can come. ``units``: metres of each body for one of a mean body.
    """
    result, notes = list(actors), list[str]()
    for goal in sorted(contacts, key=lambda goal: goal.start):
        names = {actor.name: actor for actor in result}
        reach = reach_of(goal, names)
        if reach is None:
            continue
        order = [actor.name for actor in result]
        pair = [order.index(goal.actor), *([order.index(goal.other)] if goal.other else [])]
        places = [whereabouts(result[number], goal.start) for number in pair]
        if not goal.other:
            places.append(np.asarray(goal.places[0][:2], np.float64))
        apart = float(np.linalg.norm(places[1] - places[0]))
        free = [k for k, number in enumerate(pair) if not given[number] and _stands(result[number], goal)]
        if reach.far >= apart or apart - reach.easy < _NOTHING or not free:
            continue
        reaching = [k for k in free if _reaches(goal, k)] or free
        way = (apart - reach.easy) / len(reaching)
        towards = (places[1] - places[0]) / apart
        for k in reaching:
            number, sign = pair[k], 1.0 if k == 0 else -1.0
            place = places[k] + sign * way * towards
            coming = _coming(result[number], goal, places[k], place, sign * towards, way / units[number])
            if coming is None:
                notes.append(
                    f"'{result[number].name}' has no time to come {way:.2f} m nearer for the {readable(goal.point)} of "
                    f"'{goal.actor}' at {goal.start:.2f} s; ask for the contact later, or let them start nearer."
                )
            else:
                result[number] = coming
    return result, notes


def _reaches(goal: ContactGoal, end: int) -> bool:
    """Return whether an end of a goal is a hand, which comes to what it touches."""
    return is_of_hand((goal.point, goal.other_point)[end])


def _stands(actor: Actor, goal: ContactGoal) -> bool:
    """Return whether an actor stands in its contact and the moment before."""
    before = goal.start - _READY
    return not is_seated(actor, before, goal.end) and not any(
        span.label == "walk" and span.start < goal.end and span.end > before for span in actor.actions
    )


def _coming(actor: Actor, goal: ContactGoal, here: Array, there: Array, towards: Array, way: float) -> Actor | None:
    """Return an actor that goes ``there`` in time and stays until its contact is over; None where it has no time."""
    arrives = goal.start - _READY
    sets_out = arrives - _SETTING_OUT - way / _PACE
    busy = [span.end for span in actor.actions if span.label != "stand" and span.end <= arrives]
    taken = [point.time for point in actor.waypoints if point.time <= arrives]
    free = max([0.0, *busy, *taken])
    if arrives - free < _SETTING_OUT:
        return None
    heading = float(heading_towards(towards))
    stays = min(goal.end, actor.actions[-1].end) - 1.0 / FPS
    points = [
        Waypoint(arrives, _pair(there), heading),
        Waypoint(max(stays, arrives + 2.0 / FPS), _pair(there), heading),
    ]
    if sets_out > free + 2.0 / FPS:
        points.insert(0, Waypoint(sets_out, _pair(here)))
    kept = [point for point in actor.waypoints if not arrives <= point.time <= stays]
    return replace(actor, waypoints=tuple(sorted([*kept, *points], key=lambda point: point.time)))


def _pair(place: Array) -> tuple[float, float]:
    return float(place[0]), float(place[1])
