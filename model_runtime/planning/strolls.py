"""Where a walk without a target leads: some steps around the partner, or a stroll that comes back.

People who walk about while they talk stay near the other and end turned to them. A short walk is an arc around the
partner at the distance the two have, at most a quarter of the way round. A longer one leads out to the side and back to
where it began, in rounds of a few metres. Where motion that is given goes on at the place, a short walk comes back too:
in one small round or, in a second, with a step aside and back. Of several such paths the one is taken that keeps clear
of the partner and of seats and ends nearest to where the script wants the actor next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ..body_model.proxemics import STANDING_ROOM
from ..common.arrays import Array
from ..common.headings import facing, heading_towards
from ..contract import Waypoint
from .trajectories import walked_share

# Metres of a mean body.
SHORTEST_ROUND = 2.3  # of path: a shorter one turns nearly on the spot, and is walked only where one has to be back
_STEP_ASIDE = 0.8  # of path: who has to be back goes no round this short, but steps aside and back
LONGEST_ROUND = 5.5  # a longer stroll is walked in several rounds, so that it stays near
SEAT_CLEARANCE = 0.6  # from the middle of a seat to who walks past
_NEAREST_ARC = 1.0  # between two of whom one walks around the other
# Radians.
_WIDEST_ARC = float(np.radians(85.0))
_SET_OFF, _ARRIVE = float(np.radians(75.0)), float(np.radians(50.0))  # of an arc, from the direction of the partner
# How a round may lie: the headings at its beginning and end, from the partner's direction. The first ends nearly facing
# the partner; the others lie out of the way of a seat or of a partner who is near.
_ROUNDS = tuple(np.radians(((75, -15), (45, -45), (105, 15), (58, -58), (25, -85), (135, 45))))
_SEVERAL_ROUNDS = tuple(np.radians(((45, -45), (75, -15), (105, 15))))  # the first without a corner between rounds
_TO_THE_SIDES = tuple(np.radians((0.0, 40.0, -40.0, 80.0, -80.0, 130.0, -130.0)))  # from ahead, with nobody near
_ASIDE = tuple(np.radians((90.0, -90.0, 180.0)))  # of a step aside, from the direction of the partner
_SHORTER = (1.0, 0.75, 0.5)  # shares of the way that a short walk may lead
_EVERY = 0.5  # seconds between the waypoints
_POINTS = 41  # of a path while it is chosen
_LACK, _REMOTE = 10.0, 0.15  # cost of a metre of missing room, and of a metre from where the actor is wanted next


@dataclass(frozen=True)
class Surroundings:
    """What a stroll minds: ``partner`` (2,) when it ends, None if there is none near; the middles (2,) of ``seats``;
    and ``wanted`` (2,), where the script wants the actor next, if it does.
    """

    partner: Array | None
    seats: Sequence[Array] = ()
    wanted: Array | None = None


def stroll(
    begin: float,
    end: float,
    start: Array,
    heading: float,
    length: float,
    around: Surroundings,
    unit: float,
    finish: Array | None = None,
) -> list[Waypoint]:
    """Return the waypoints of a walk of ``length`` metres from ``start`` (2,), from ``begin`` to ``end`` (s).

    ``heading``: of the actor before it, radians; ``finish`` (2,): where it has to end, None for near; ``unit``: metres
    of this body for a metre of a mean body. The last waypoint lies at ``end``.
    """
    short = length < SHORTEST_ROUND * unit
    far = 0.0 if finish is None else float(np.linalg.norm(finish - start))
    ahead: float | None = None  # a heading to keep under way
    if finish is None:
        paths = (_some_steps if short else _rounds)(start, heading, length, around.partner, unit)
    elif far > 0.7 * length:
        paths = iter([np.stack([start, finish])])
    elif length < _STEP_ASIDE * unit:
        ahead = heading if around.partner is None else float(heading_towards(around.partner - finish))
        paths = _aside_and_back(start, ahead, length, finish)
    else:
        paths = _rounds(start, heading, length, around.partner, unit, finish)
    path = min(enumerate(paths), key=lambda choice: 0.02 * choice[0] + _cost(choice[1], around, unit))[1]
    return [replace(point, heading=ahead) for point in _in_time(path, begin, end, 1 if ahead is None else 2)]


def _some_steps(start: Array, heading: float, length: float, partner: Array | None, unit: float) -> Iterator[Array]:
    """Yield arcs around the partner to both sides, or ways straight on where there is none; the longest first."""
    for share in _SHORTER:
        if partner is None:
            for aside in _TO_THE_SIDES:
                yield np.stack([start, start + share * length * facing(heading + aside)])
            continue
        away = start - partner
        distance = max(float(np.linalg.norm(away)), _NEAREST_ARC * unit)
        angle = min(share * 0.95 * length / distance, _WIDEST_ARC)
        bearing = float(heading_towards(away))
        for side in (1.0, -1.0):
            finish = partner + distance * facing(bearing + side * angle)
            setting_off = bearing + np.pi - side * _SET_OFF
            arriving = bearing + side * angle + np.pi - side * _ARRIVE
            yield _bowed(start, finish, setting_off, arriving, share * length)


def _aside_and_back(start: Array, ahead: float, length: float, finish: Array) -> Iterator[Array]:
    """Yield ways of ``length`` from ``start`` to a place beside or behind, seen along ``ahead``, and back."""
    for aside in _ASIDE:
        yield np.stack([start, 0.5 * (start + finish + length * facing(ahead + aside)), finish])


def _rounds(
    start: Array, heading: float, length: float, partner: Array | None, unit: float, finish: Array | None = None
) -> Iterator[Array]:
    """Yield strolls to both sides that end at ``finish``, by default where they began, facing the partner."""
    count = max(1, math.ceil(length / (LONGEST_ROUND * unit)))
    ahead = heading if partner is None else float(heading_towards(partner - (start if finish is None else finish)))
    lies = _ROUNDS if count == 1 else _SEVERAL_ROUNDS
    for other_side in (-1, 1):  # every other round to the other side or, where there is something, to the same
        for (setting_off, arriving), side in product(lies, (1.0, -1.0)):
            path = start[None]
            for number in range(count):
                turn = side * other_side**number
                last = finish if finish is not None and number == count - 1 else start
                part = _bowed(start, last, ahead + turn * setting_off, ahead + turn * arriving, length / count)
                path = np.concatenate([path, part[1:]])
            yield path


def _bowed(start: Array, finish: Array, setting_off: float, arriving: float, length: float) -> Array:
    """Return a cubic Bézier curve (N, 2) of ``length`` from ``start`` to ``finish`` with the headings at its ends.

    A straight line where the two are as far apart as that.
    """
    t = np.linspace(0.0, 1.0, _POINTS)[:, None]
    along = (1 - t) ** 2 * (1 + 2 * t) * start + t**2 * (3 - 2 * t) * finish
    bow: Array = 3 * t * (1 - t) ** 2 * facing(setting_off) - 3 * t**2 * (1 - t) * facing(arriving)
    low, high = 0.0, 2.0 * length  # metres to the control points; a longer handle makes a longer curve
    for _ in range(20):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _length(along + middle * bow) < length else (low, middle)
    return along + low * bow


def _cost(path: Array, around: Surroundings, unit: float) -> float:
    """Return how bad a path (N, 2) is: the room that is missing, and how far it ends from where it should."""
    lack = 0.0
    obstacles = [(seat, SEAT_CLEARANCE) for seat in around.seats]
    if around.partner is not None:
        obstacles.append((around.partner, STANDING_ROOM))
    fine = _along(path, np.linspace(0.0, 1.0, _POINTS))
    for place, room in obstacles:
        apart = np.linalg.norm(fine - place, axis=-1)
        lack += max(0.0, min(room * unit, float(apart[0])) - float(apart.min()))  # who starts near may leave
    remote = 0.0 if around.wanted is None else float(np.linalg.norm(path[-1] - around.wanted))
    return (_LACK * lack + _REMOTE * remote) / unit


def _in_time(path: Array, begin: float, end: float, least: int) -> list[Waypoint]:
    """Return ``least`` or more waypoints along a path (N, 2), when somebody passes there who sets off and stops."""
    count = max(least, round((end - begin) / _EVERY))
    passed = np.arange(1, count + 1) / count * (end - begin)
    places = _along(path, walked_share(passed, end - begin))
    return [Waypoint(begin + float(time), (float(x), float(y))) for time, (x, y) in zip(passed, places)]


def _along(path: Array, shares: Array) -> Array:
    """Return the places (K, 2) at ``shares`` (K,) of the length of a path (N, 2)."""
    covered = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=-1))])
    return np.stack([np.interp(shares * covered[-1], covered, path[:, axis]) for axis in (0, 1)], -1)


def _length(path: Array) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())
