"""Which way each actor should face, frame by frame: the turns between the headings that are given.

A single heading keyframe conditions the network weakly, so the whole turn that leads to it is given, as long as people
take for one, and the heading is held after it.
"""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array
from ..common.easing import smoothstep
from ..common.headings import heading_towards, turned
from ..common.masks import runs_of
from ..contract import FPS
from .motion_plan import seconds_to_turn
from .trajectories import RootConstraints

_HELD = FPS  # frames that a heading is held after its turn
_LAST = FPS // 3  # frames over which a heading is given that no turn leads to
_THE_SAME = 0.02  # radians
_LONGEST_TURN = round(seconds_to_turn(np.pi) * FPS)  # frames
_TANGENT = FPS // 2  # frames at the end of a path that give its direction


def facing_ahead(
    places: RootConstraints, walking: Array, path: Array, known: Array, heading: Array, now: int, stop: int
) -> tuple[Array, Array]:
    """Return headings (2, N) in radians from ``now`` to before ``stop``, and the frames (2, N) on which one is wanted.

    ``walking`` (2, T) bool; ``path`` (2, N, 2) metres and where it is ``known`` (2, N), from ``path_ahead``: an actor
    that has walked faces along its end; ``heading`` (2,) of the bodies on frame ``now``. Between turns and on walks no
    heading is wanted.
    """
    wanted, has_wanted = np.zeros((2, stop - now), np.float32), np.zeros((2, stop - now), bool)
    for a in range(2):
        flags = places.has_heading[a, now + 1 : stop + _LONGEST_TURN].numpy()  # no turn to a later one begins before
        given = 1 + np.flatnonzero(flags)
        values = places.heading[a, now:].numpy()
        walks = runs_of(walking[a, now:])
        last, since = float(heading[a]), 0  # what the body faces, and from which frame on
        held = _held_heading(places, walking, now, a)
        for knot in map(int, given):
            value, follows = float(values[knot]), knot > 1 and bool(flags[knot - 2])  # the frame before is given too
            ended = max((end for _, end in walks if since < end <= knot), default=None)
            arrived = None if ended is None else _along(path[a], known[a], ended)
            if arrived is not None and ended is not None:
                last, since = arrived, ended - _LAST  # the turn begins with the last step
            elif ended is not None or walking[a, now + knot]:
                last, since = value, knot - _LAST
            again = held is not None and ended is None and abs(turned(value, held)) < _THE_SAME
            angle = 0.0 if again else turned(value, last)
            if again:  # given twice, a heading is meant in between as well
                last = value
            begin = 0 if again else knot - round(seconds_to_turn(angle) * FPS)
            first = knot if follows else max(since, begin, 0)
            share = (np.arange(first, knot + 1) - first) / max(knot - first, 1) if knot > first else np.ones(1)
            _write(wanted[a], has_wanted[a], first, last + smoothstep(share) * angle)
            last, since, held = last + angle, knot, value
            hold = min([knot + _HELD, *(begin for begin, _ in walks if begin > knot)])
            _write(wanted[a], has_wanted[a], knot + 1, np.full(hold - knot, last))
    return wanted, has_wanted


def _held_heading(places: RootConstraints, walking: Array, now: int, a: int) -> float | None:
    """Return the heading last given up to frame ``now``, if the actor has not walked since."""
    given = np.flatnonzero(places.has_heading[a, : now + 1].numpy())
    if not len(given) or walking[a, given[-1] + 1 : now + 1].any():
        return None
    return float(places.heading[a, given[-1]])


def _along(path: Array, known: Array, end: int) -> float | None:
    """Return the heading along the end of a path (N, 2) walked up to frame ``end``, None where it is not known."""
    end = min(end, len(path)) - 1
    begin = max(end - _TANGENT, 0)
    if not known[begin : end + 1].all() or end <= begin:
        return None
    direction = path[end] - path[begin]
    return float(heading_towards(direction)) if float(np.linalg.norm(direction)) > 0.1 else None


def _write(wanted: Array, has_wanted: Array, first: int, values: Array) -> None:
    """Write ``values`` from frame ``first`` on, as far as the frames reach."""
    values = values[: max(len(wanted) - first, 0)]
    wanted[first : first + len(values)], has_wanted[first : first + len(values)] = values, True
