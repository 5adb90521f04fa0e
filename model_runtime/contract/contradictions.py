"""Contacts that cannot all be met: two of the same time that would tear a body apart, found from the goals alone.

Of two goals, points on the same body are at least and at most so far apart, whatever its pose; so are what they touch.
Where the two ranges do not meet, no pose meets both. Nothing is solved for it, so what is out of reach in other ways is
not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..body_model.body_shape import BodyShape
from ..body_model.skeleton import JOINTS, PARENTS, Skeleton
from ..common.timing import FPS
from .request import ContactGoal
from .vocabulary import CONTACT_MET

_TRUNK = ("pelvis", "spine", "neck", "head", "collar")
_BENT = 0.5  # of their distance in the T-pose, nearer than which a trunk does not bring two of its points
_LOOKS = 5  # moments at which what moves is looked at

_End = tuple[str, str]  # an actor and a point of it; a target has no actor
_Range = tuple[float, float]


@dataclass(frozen=True)
class Contradiction:
    """The contacts ``first`` and ``second``, by number, miss each other by ``metres`` at ``time`` (s) at the least."""

    first: int
    second: int
    time: float
    metres: float


def contradictions(
    contacts: Sequence[ContactGoal], bodies: Mapping[str, tuple[BodyShape, Skeleton]]
) -> Iterator[Contradiction]:
    """Yield pairs of contacts that cannot both be met; ``bodies``: shape and skeleton by the actor's name.

    What is ``held`` touches already, so it is no contradiction.
    """
    for (a, one), (b, other) in combinations(enumerate(contacts), 2):
        start, end = max(one.start, other.start), min(one.end, other.end)
        if end - start <= 1.0 / FPS or one.held or other.held:
            continue
        times = np.linspace(start, end, _LOOKS if len(one.places) + len(other.places) > 2 else 1)
        missed = [_missed(one, other, float(time), bodies) for time in times]
        worst = int(np.argmax(missed))
        if missed[worst] > 2.0 * CONTACT_MET:
            yield Contradiction(a, b, float(times[worst]), missed[worst])


def _missed(
    one: ContactGoal, other: ContactGoal, time: float, bodies: Mapping[str, tuple[BodyShape, Skeleton]]
) -> float:
    """Return by how many metres two goals cannot both be met at a time, at the least."""
    allowed, missed = one.distance + other.distance, 0.0
    mine, theirs = _ends(one), _ends(other)
    for first, second in ((mine, theirs), (mine, theirs[::-1])):
        if first[0][0] != second[0][0] or first[1][0] != second[1][0]:
            continue
        if not first[0][0]:  # targets are compared once, as what is touched
            continue
        low, high = _apart(first[0][1], second[0][1], *bodies[first[0][0]])
        if first[1][0]:
            least, most = _apart(first[1][1], second[1][1], *bodies[first[1][0]])
        else:
            least = most = float(np.linalg.norm(_place(one, time) - _place(other, time)))
        missed = max(missed, least - allowed - high, low - allowed - most)
    return missed


def _ends(goal: ContactGoal) -> tuple[_End, _End]:
    return (goal.actor, goal.point), (goal.other, goal.other_point)


def _place(goal: ContactGoal, time: float) -> np.ndarray:
    """Return where the target (3,) of a goal is at a time."""
    known = np.asarray(goal.places)
    at = (time - goal.start) / (goal.end - goal.start) * (len(known) - 1)
    return np.array([np.interp(at, np.arange(len(known)), known[:, axis]) for axis in range(3)])


def _apart(point: str, other: str, shape: BodyShape, skeleton: Skeleton) -> _Range:
    """Return how far, in metres, two points of one body are apart at the least and at the most."""
    i, j = shape.point(point), shape.point(other)
    joints = int(shape.point_joint[i]), int(shape.point_joint[j])
    offsets = shape.point_offset[i].astype(np.float64), shape.point_offset[j].astype(np.float64)
    if joints[0] == joints[1]:
        there = float(np.linalg.norm(offsets[0] - offsets[1]))
        return there, there
    lines = [_line(joint) for joint in joints]
    between = set(lines[0]) ^ set(lines[1])
    bones = sum(float(np.linalg.norm(skeleton.offsets[joint])) for joint in between)
    most = bones + sum(float(np.linalg.norm(offset)) for offset in offsets)
    if not all(JOINTS[joint].rpartition("_")[2].startswith(_TRUNK) for joint in joints):
        return 0.0, most
    rest = skeleton.rest_positions
    return _BENT * float(np.linalg.norm(rest[joints[0]] + offsets[0] - rest[joints[1]] - offsets[1])), most


def _line(joint: int) -> list[int]:
    """Return a joint and all above it."""
    line = []
    while joint >= 0:
        line.append(joint)
        joint = PARENTS[joint]
    return line
