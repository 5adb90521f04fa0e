"""Where a request puts an actor at a time, and where a walk to the partner ends."""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array
from ..common.headings import heading_towards
from ..contract import FPS, ActionSpan, Actor, Waypoint
from .motion_plan import ON_TIME


def whereabouts(actor: Actor, time: float) -> Array:
    """Return the place (2,) in metres where the request puts an actor at ``time``."""
    if actor.constraints is not None:
        given, frame = actor.constraints.part("lower"), min(round(time * FPS), len(actor.constraints.mask) - 1)
        if not given[frame]:
            frame = max(np.flatnonzero(given[:frame]), default=-1)
        if frame >= 0:
            return actor.constraints.root_positions[frame, :2].astype(np.float64)
    before = [point for point in actor.waypoints if point.time <= time + ON_TIME]
    return np.asarray(max(before, key=lambda point: point.time).position if before else starting_place(actor), float)


def starting_place(actor: Actor) -> tuple[float, float]:
    """Return the place in metres where an actor is at time 0: on its seat if the first label is sit."""
    first = actor.actions[0]
    seats = [point for point in actor.waypoints if point.time <= first.end + ON_TIME] if first.label == "sit" else []
    return max(seats, key=lambda point: point.time).position if seats else actor.position


def beside_partner(actor: Actor, partner: Actor, walk: ActionSpan, distance: float) -> Waypoint:
    """Return a waypoint at ``distance`` from where the partner is when the walk ends, facing the partner.

    Two who walk to each other meet halfway.
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
    heading = float(heading_towards(theirs - place))
    return Waypoint(walk.end, (float(place[0]), float(place[1])), heading)
