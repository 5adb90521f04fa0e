"""Touches of a choreography as reaches of a motion: when a hand comes and goes, and where a sign in the air is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..common.headings import facing
from ..contract import FPS
from ..refine.contacts.motion import Goal
from .elements import Touch
from .meeting import Reach

Place = tuple[float, float, float]

_LAST = 6  # frames that a shot goes on after a touch
_SHORTEST = 4  # frames in which an arm comes or goes
_OFF_A_SIGN, _OFF_THE_MIDDLE = 0.02, 0.08  # metres by which a place in the air, and that of two hands, may be missed
_ASIDE = 0.16  # metres of a body of 1.7 m from the line between two to where their hands meet


@dataclass(frozen=True)
class Timing:
    """Frames of the ``contact``, of its end ``stop`` and of the shot; seconds that an arm takes to ``come`` and ``go``
    where a touch does not say.
    """

    contact: int
    stop: int
    frames: int
    come: float
    go: float


def reach_of(
    touch: Touch, late: float, timing: Timing, rng: np.random.Generator, aimed: Callable[[int], Place]
) -> Reach:
    """Return the reach of a touch that begins ``late`` seconds after its time.

    ``aimed``: a frame -> the place (x, y, z) that a touch with an ``aim`` goes to.
    """
    start = timing.contact + round((touch.at + late) * FPS)
    stop = max(timing.stop, start + 3) if touch.stay is None else start + max(2, round(touch.stay * FPS))
    stop = min(stop, timing.frames - _LAST)
    start = min(start, stop - 2)
    come = round((float(rng.uniform(*touch.come)) if touch.come else timing.come) * FPS)
    go = round((float(rng.uniform(*touch.go)) if touch.go else timing.go) * FPS)
    if touch.aim is not None:
        goal = Goal(touch.role, touch.point, start, stop, place=aimed(start), distance=_OFF_A_SIGN)
    else:
        other = touch.role if touch.own else 1 - touch.role
        goal = Goal(touch.role, touch.point, start, stop, other, touch.on, distance=touch.gap)
    come, go = max(_SHORTEST, min(come, start - 2)), max(_SHORTEST, go)
    return Reach(goal, come, go, touch.hand, touch.ready, touch.via, touch.back)


def aimed_at(aim: Place, shoulders: Array, heading: float, size: float) -> Place:
    """Return the place of an ``aim``: metres of a body of 1.7 m to the left, ahead and up from the middle of the
    ``shoulders`` (3,) of a body of this ``size`` that faces ``heading`` (radians).
    """
    left, ahead, up = (size * value for value in aim)
    flat = left * np.array([np.cos(heading), np.sin(heading)]) + ahead * facing(heading)
    x, y, z = (float(value) for value in shoulders + np.array([*flat, up]))
    return x, y, z


def half_way(reach: Reach, height: float, roots: Sequence[Array], heading: float, size: float) -> Reach:
    """Return a reach that wants the point of another at a ``height`` (m) half way between two bodies.

    ``roots`` (3,) of both at its start; ``heading`` (radians) and ``size`` of the one who begins.
    """
    x, y = (0.5 * float(roots[0][axis] + roots[1][axis]) for axis in range(2))
    aside = _ASIDE * size * (1.0 if reach.goal.point.startswith("left") else -1.0)
    place = (x + aside * float(np.cos(heading)), y + aside * float(np.sin(heading)), height)
    return replace(reach, goal=replace(reach.goal, other=None, other_point="", place=place, distance=_OFF_THE_MIDDLE))


def mean_size(skeletons: Sequence[Skeleton]) -> float:
    """Return the mean of both bodies' sizes, 1 at 1.7 m."""
    return 0.5 * (skeletons[0].size + skeletons[1].size)
