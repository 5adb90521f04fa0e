"""Which way each of the two is to face, frame by frame: the turns between the headings asked for.

A heading that is asked for at one moment says little to a network; told is the whole turn that leads to it, as long as
people take for one (the turns on the spot of the recorded people), and what is held after it.
"""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array
from ..common.headings import turned
from ..common.masks import runs_of
from ..contract import FPS
from .motion_plan import seconds_to_turn
from .trajectories import RootConstraints

_HELD = FPS  # frames that a heading is held after its turn
_LAST = FPS // 3  # frames over which a heading is wanted that nothing leads to
_THE_SAME = 0.02  # radians
_TANGENT = FPS // 2  # frames of a way that tell where it leads


def facing_ahead(
    places: RootConstraints, walking: Array, path: Array, known: Array, heading: Array, now: int, stop: int
) -> tuple[Array, Array]:
    """The heading of each actor on the frames from ``now`` to before ``stop``: (2, N) radians, and where one is wanted
    (2, N).

    ``walking`` (2, T) bool; ``path`` (2, N, 2) metres and where it is ``known`` (2, N), as of ``path_ahead``: who has
    walked faces along its end; ``heading`` (2,) of the bodies on frame ``now``. Between turns and on walks nothing is
    wanted.
    """
    wanted, told = np.zeros((2, stop - now), np.float32), np.zeros((2, stop - now), bool)
    for a in range(2):
        flags = places.has_heading[a, now + 1 :].numpy()
        asked = places.heading[a, now:].numpy()
        knots = 1 + np.flatnonzero(flags)
        walks = runs_of(walking[a, now:])
        last, since = float(heading[a]), 0  # what the body faces, and from when on
        kept = _kept_to(places, walking, now, a)
        for knot in knots:
            held = knot > 1 and bool(flags[knot - 2])  # the frame before is asked for too
            ended = max((end for _, end in walks if since < end <= knot), default=None)
            come = None if ended is None else _along(path[a], known[a], ended)
            if come is not None and ended is not None:
                last, since = come, ended - _LAST  # one turns into the last step
            elif ended is not None or walking[a, now + knot]:
                last, since = float(asked[knot]), knot - _LAST
            again = kept is not None and ended is None and abs(turned(float(asked[knot]), kept)) < _THE_SAME
            angle = 0.0 if again else turned(float(asked[knot]), last)
            if again:  # asked for twice, it is meant in between as well
                last = float(asked[knot])
            first = knot if held else max(since, 0 if again else knot - round(seconds_to_turn(angle) * FPS), 0)
            share = (np.arange(first, knot + 1) - first) / max(knot - first, 1) if knot > first else np.ones(1)
            _lay(wanted[a], told[a], first, last + share * share * (3.0 - 2.0 * share) * angle)
            last, since, kept = last + angle, int(knot), float(asked[knot])
            hold = min([knot + _HELD, *(begin for begin, _ in walks if begin > knot)])
            _lay(wanted[a], told[a], knot + 1, np.full(hold - knot, last))
    return wanted, told


def _kept_to(places: RootConstraints, walking: Array, now: int, a: int) -> float | None:
    """The heading last asked for up to frame ``now``, if the actor has not walked since."""
    asked = np.flatnonzero(places.has_heading[a, : now + 1].numpy())
    if not len(asked) or walking[a, asked[-1] + 1 : now + 1].any():
        return None
    return float(places.heading[a, asked[-1]])


def _along(path: Array, known: Array, end: int) -> float | None:
    """The heading along the end of a way (N, 2) that is walked up to frame ``end``, None where it is not known."""
    end = min(end, len(path)) - 1
    begin = max(end - _TANGENT, 0)
    if not known[begin : end + 1].all() or end <= begin:
        return None
    way = path[end] - path[begin]
    return float(np.arctan2(way[0], -way[1])) if float(np.linalg.norm(way)) > 0.1 else None


def _lay(wanted: Array, told: Array, first: int, values: Array) -> None:
    """``values`` from frame ``first`` on, as far as the frames reach."""
    values = values[: max(len(wanted) - first, 0)]
    wanted[first : first + len(values)], told[first : first + len(values)] = values, True
