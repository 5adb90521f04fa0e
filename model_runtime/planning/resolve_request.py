"""Resolve a request: fill in what it leaves open, and change what cannot be played.

Each change is reported in one sentence: labels too short, a seat that is missing, a walk too fast, a target inside the
partner. The request itself stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from ..body_model.proxemics import INTERSECTING, SIDE_BY_SIDE, TALKING
from ..common.headings import facing, heading_towards
from ..contract import SEAT_HEIGHTS, Actor, Request, out_of_reach
from .contact_places import come_into_reach
from .given_motion import body_is_given, described_by_motion, too_far_between
from .height_normalisation import height_units
from .interactions import play_interactions
from .label_cleanup import fill_gaps, merge_short_labels
from .motion_plan import FASTEST, ON_TIME, MotionPlan
from .pins import play_pins
from .places import beside_partner, starting_place, whereabouts


def resolve_request(request: Request) -> tuple[Request, list[str]]:
    """Return a request for two that can be played as it stands, and a sentence for each change."""
    request, notes = play_interactions(request) if request.interactions else (request, [])
    actors = []
    for actor in request.actors:
        if actor.constraints is not None and body_is_given(actor, request.frames):
            actors.append(described_by_motion(actor, actor.constraints, request.duration))
            continue
        script, sentences = merge_short_labels(actor.name, actor.actions, request.duration)
        notes += sentences
        actors.append(play_pins(replace(actor, actions=script), notes))
    alone = len(actors) == 1
    if alone:
        actors.append(stand_in(actors[0], request.duration))
    units = height_units((actors[0].skeleton.pelvis_height, actors[1].skeleton.pelvis_height))
    if not alone:
        notes += _starts_inside(actors[0], actors[1], sum(units) / 2)
        actors = [_with_walk_targets(actors[a], actors[1 - a], sum(units) / 2, notes) for a in (0, 1)]
    given = [body_is_given(actor, request.frames) for actor in actors]
    if request.contacts:
        near, late = come_into_reach(actors, request.contacts, given, units)
        actors, notes = near, [*notes, *out_of_reach(request), *late]
    actors = [
        actor if kept else _on_fitting_seat(actor, unit, notes) for actor, unit, kept in zip(actors, units, given)
    ]
    for a in (0, 1):  # walks without a target get places of their own first, so that each plans around the other's
        plan = _plan(actors, a, units, alone, given, [])
        plan.planned()
        actors[a] = replace(actors[a], waypoints=(*actors[a].waypoints, *plan.strolls))
    for actor, unit in zip(request.actors, units):
        notes += too_far_between(actor, FASTEST * unit)
    played = tuple(_plan(actors, a, units, alone, given, notes).planned() for a in (0, 1))
    return replace(request, actors=played), notes


def _plan(
    actors: Sequence[Actor],
    a: int,
    units: Sequence[float],
    alone: bool,
    given: Sequence[bool],
    notes: list[str],
) -> MotionPlan:
    """Return the plan to be made of actor ``a``: its partner goes where the request says."""
    partner = None if alone else partial(whereabouts, actors[1 - a])
    seats = [
        np.asarray(point.position)
        for actor in actors
        for point in actor.waypoints
        if any(span.label == "sit" and span.start < point.time < span.end - ON_TIME for span in actor.actions)
    ]
    return MotionPlan(actors[a], partner, units[a], notes, given[1 - a], seats)


def stand_in(actor: Actor, duration: float) -> Actor:
    """Return a partner for an actor that plays alone: silent, standing opposite or off the actor's path.

    The networks need two; the stand-in is left out of the result.
    """
    unit = actor.skeleton.leg_size
    path = [
        np.asarray(place, np.float64)
        for place in (
            starting_place(actor),
            *(point.position for point in sorted(actor.waypoints, key=lambda p: p.time)),
        )
    ]
    walked = np.concatenate([a + np.linspace(0.0, 1.0, 20)[:, None] * (b - a) for a, b in pairwise([*path, path[-1]])])
    around = [0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, -2.5, np.pi]
    places = [
        path[0] + distance * TALKING * unit * facing(actor.heading + turn)
        for distance in (1.0, 2.0, 3.0)
        for turn in around
    ]
    clear = [float(np.linalg.norm(walked - place, axis=-1).min()) for place in places]
    best = next((i for i, room in enumerate(clear) if room >= 0.99 * TALKING * unit), int(np.argmax(clear)))
    x, y = places[best]
    heading = float(heading_towards(path[0] - places[best]))
    return Actor(
        f"nobody beside {actor.name}",
        actor.skeleton,
        (float(x), float(y)),
        heading,
        actions=fill_gaps((), duration),
        seat_height=actor.seat_height,
        shape=actor.shape,
    )


def _starts_inside(first: Actor, second: Actor, unit: float) -> list[str]:
    apart = float(np.hypot(*np.subtract(starting_place(first), starting_place(second))))
    if apart >= INTERSECTING * unit:
        return []
    return [
        f"'{first.name}' and '{second.name}' start inside each other, {apart:.2f} m apart; "
        "move one of them before the shot."
    ]


def _with_walk_targets(actor: Actor, partner: Actor, unit: float, notes: list[str]) -> Actor:
    """Return the actor with a waypoint where each walk to the partner ends, and no walk target inside the partner."""
    for span in actor.actions:
        if span.to_partner:
            actor = replace(actor, waypoints=(*actor.waypoints, beside_partner(actor, partner, span, TALKING * unit)))
    points = []
    for point in sorted(actor.waypoints, key=lambda point: point.time):
        label = next(
            (span.label for span in actor.actions if span.start + ON_TIME < point.time <= span.end + ON_TIME), "stand"
        )
        theirs = whereabouts(partner, point.time)
        apart = float(np.linalg.norm(theirs - point.position))
        if label == "walk" and apart < SIDE_BY_SIDE * unit:
            from_partner = whereabouts(actor, point.time - 2 * ON_TIME) - theirs
            x, y = theirs + SIDE_BY_SIDE * unit * from_partner / max(float(np.linalg.norm(from_partner)), 1e-6)
            notes.append(
                f"'{actor.name}' is to walk to a place {apart:.2f} m from '{partner.name}' and stops "
                f"{SIDE_BY_SIDE * unit:.2f} m away; move the target."
            )
            point = replace(point, position=(float(x), float(y)))
        points.append(point)
    return replace(actor, waypoints=tuple(points))


def _on_fitting_seat(actor: Actor, unit: float, notes: list[str]) -> Actor:
    """Return the actor with a seat height that its legs can sit on."""
    height = float(np.clip(actor.seat_height, SEAT_HEIGHTS[0] * unit, SEAT_HEIGHTS[1] * unit))
    if height != actor.seat_height and any(span.label == "sit" for span in actor.actions):
        notes.append(
            f"A seat {actor.seat_height:.2f} m high does not fit the legs of '{actor.name}', who sits at "
            f"{height:.2f} m; change its height."
        )
    return replace(actor, seat_height=height)
