"""Direction: a request as it was asked, made ready to be played.

What an animator leaves unsaid is filled in, what cannot be done is brought to what can, and each such change is told in
one sentence: labels too short, a seat that is nowhere, a walk too fast, a target inside the partner, a partner who is
missing. The request itself stays as it was.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from ..body_model.proxemics import INTERSECTING, SIDE_BY_SIDE, TALKING
from ..body_model.skeleton import AVERAGE_SKELETON
from ..common.arrays import Array
from ..common.headings import facing, heading_towards
from ..contract import FPS, SEAT_HEIGHTS, ActionSpan, Actor, Request, Waypoint
from .height_normalisation import height_units
from .label_cleanup import fill_gaps, merge_short_labels
from .motion_plan import ON_TIME, MotionPlan


def resolve_request(request: Request) -> tuple[Request, list[str]]:
    """A request for two that can be played as it stands, and what was changed, in sentences."""
    notes: list[str] = []
    actors = []
    for actor in request.actors:
        script, said = merge_short_labels(actor.name, actor.actions, request.duration)
        actors.append(replace(actor, actions=script))
        notes += said
    alone = len(actors) == 1
    if alone:
        actors.append(stand_in(actors[0], request.duration))
    units = height_units((actors[0].skeleton.pelvis_height, actors[1].skeleton.pelvis_height))
    if not alone:
        notes += _starts_inside(actors[0], actors[1], sum(units) / 2)
        actors = [_led(actors[a], actors[1 - a], sum(units) / 2, notes) for a in (0, 1)]
    actors = [_on_fitting_seat(actor, unit, notes) for actor, unit in zip(actors, units)]
    partners = [None if alone else partial(whereabouts, actors[1 - a]) for a in (0, 1)]
    played = tuple(MotionPlan(actors[a], partners[a], units[a], notes).played() for a in (0, 1))
    return replace(request, actors=played), notes


def stand_in(actor: Actor, duration: float) -> Actor:
    """Somebody for an actor that plays alone: stands opposite, or where the actor's ways do not lead, says nothing, and
    is left out of the result.
    """
    unit = actor.skeleton.pelvis_height / AVERAGE_SKELETON.pelvis_height
    way = [
        np.asarray(place, np.float64)
        for place in (actor.position, *(point.position for point in sorted(actor.waypoints, key=lambda p: p.time)))
    ]
    walked = np.concatenate([a + np.linspace(0.0, 1.0, 20)[:, None] * (b - a) for a, b in pairwise([*way, way[-1]])])
    around = [0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, -2.5, np.pi]
    places = [
        way[0] + distance * TALKING * unit * facing(actor.heading + turn)
        for distance in (1.0, 2.0, 3.0)
        for turn in around
    ]
    clear = [float(np.linalg.norm(walked - place, axis=-1).min()) for place in places]
    best = next((i for i, room in enumerate(clear) if room >= 0.99 * TALKING * unit), int(np.argmax(clear)))
    x, y = places[best]
    heading = heading_towards(way[0] - places[best])
    return Actor(
        f"nobody beside {actor.name}",
        actor.skeleton,
        (float(x), float(y)),
        heading,
        actions=fill_gaps((), duration),
        seat_height=actor.seat_height,
    )


def whereabouts(actor: Actor, time: float) -> Array:
    """Where an actor is to be at ``time`` as far as that is said: (2,) metres."""
    if actor.constraints is not None:
        frames = np.flatnonzero(actor.constraints.part("lower")[: round(time * FPS) + 1])
        if len(frames):
            return actor.constraints.root_positions[frames[-1], :2].astype(np.float64)
    before = [point for point in actor.waypoints if point.time <= time + ON_TIME]
    return np.asarray(max(before, key=lambda point: point.time).position if before else actor.position, np.float64)


def _starts_inside(first: Actor, second: Actor, unit: float) -> list[str]:
    apart = float(np.hypot(*np.subtract(first.position, second.position)))
    if apart >= INTERSECTING * unit:
        return []
    return [
        f"'{first.name}' and '{second.name}' start inside each other, {apart:.2f} m apart; move one of them before the shot."
    ]


def _led(actor: Actor, partner: Actor, unit: float, notes: list[str]) -> Actor:
    """With waypoints where walks to the partner end, and none that lies in the partner."""
    for span in actor.actions:
        if span.to_partner:
            actor = replace(actor, waypoints=(*actor.waypoints, _beside_partner(actor, partner, span, TALKING * unit)))
    points = []
    for point in sorted(actor.waypoints, key=lambda point: point.time):
        label = next(
            (span.label for span in actor.actions if span.start + ON_TIME < point.time <= span.end + ON_TIME), "stand"
        )
        theirs = whereabouts(partner, point.time)
        apart = float(np.linalg.norm(theirs - point.position))
        if label == "walk" and apart < SIDE_BY_SIDE * unit:
            from_there = whereabouts(actor, point.time - 2 * ON_TIME) - theirs
            x, y = theirs + SIDE_BY_SIDE * unit * from_there / max(float(np.linalg.norm(from_there)), 1e-6)
            notes.append(
                f"'{actor.name}' is to walk to a place {apart:.2f} m from '{partner.name}' and stops {SIDE_BY_SIDE * unit:.2f} m away; move the target."
            )
            point = replace(point, position=(float(x), float(y)))
        points.append(point)
    return replace(actor, waypoints=tuple(points))


def _beside_partner(actor: Actor, partner: Actor, walk: ActionSpan, distance: float) -> Waypoint:
    """At ``distance`` from where the partner is when the walk ends, facing there; two who walk to each other meet
    halfway.
    """
    mine, theirs = whereabouts(actor, walk.start), whereabouts(partner, walk.end)
    if any(span.to_partner and span.start < walk.end and span.end > walk.start for span in partner.actions):
        theirs = whereabouts(partner, walk.start)
        middle = 0.5 * (mine + theirs)
        apart = float(np.linalg.norm(theirs - mine))
        place = middle - 0.5 * distance * (theirs - mine) / max(apart, 1e-6)
    else:
        apart = float(np.linalg.norm(theirs - mine))
        place = theirs - distance * (theirs - mine) / max(apart, 1e-6)
    there = theirs - place
    return Waypoint(walk.end, (float(place[0]), float(place[1])), heading_towards(there))


def _on_fitting_seat(actor: Actor, unit: float, notes: list[str]) -> Actor:
    """With a seat that legs of its size can sit on."""
    height = float(np.clip(actor.seat_height, SEAT_HEIGHTS[0] * unit, SEAT_HEIGHTS[1] * unit))
    if height != actor.seat_height and any(span.label == "sit" for span in actor.actions):
        notes.append(
            f"A seat {actor.seat_height:.2f} m high does not fit the legs of '{actor.name}', who sits at {height:.2f} m; change its height."
        )
    return replace(actor, seat_height=height)
