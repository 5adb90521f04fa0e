"""How far apart two who touch may stand, by the length of their arms: who has to come nearer, and who cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ..body_model.skeleton import INDEX, Skeleton
from ..common.timing import FPS
from .directions import is_of_hand
from .request import Actor, ContactGoal, Request

_EASY, _FAR, _MOST = 0.75, 0.9, 0.97  # of an arm's length that one reaches at ease, at a stretch, and at all
_STRETCH, _LEAN = 0.05, 0.15  # metres at a stature of 1.70 m that a trunk comes along at a stretch, and at all
_NEAREST = 0.55  # metres at that stature, nearer than which nobody is asked to come
_SEATED = 0.08  # metres of a seated pelvis over its seat


class Reach(NamedTuple):
    """Metres over the floor between the roots of two, or of one and a target: at ease, at a stretch, at the most."""

    easy: float
    far: float
    most: float


def reach_of(goal: ContactGoal, actors: Mapping[str, Actor]) -> Reach | None:
    """Return how far apart a contact lets two be; None where nobody's hand has to reach somebody or something else."""
    mine = actors[goal.actor]
    if goal.held or goal.other == goal.actor:
        return None
    ends = [(mine, goal.point), *([(actors[goal.other], goal.other_point)] if goal.other else [])]
    hands = [(actor, point) for actor, point in ends if is_of_hand(point)]
    if not hands:
        return None
    heights = [_height(actor, point, goal.start) for actor, point in ends]
    if not goal.other:
        heights.append(goal.places[0][2])
    rise = heights[0] - heights[1]
    length = sum(_arm(actor, point) for actor, point in hands)
    ahead = sum(_ahead(actor, point) for actor, point in ends if not is_of_hand(point)) + goal.distance
    size = max(actor.skeleton.size for actor, _ in ends)

    def over_the_floor(share: float, trunk: float) -> float:
        level = np.sqrt(max((share * length) ** 2 - rise**2, 0.0))
        return float(level) + ahead + trunk * size * len(hands)

    far = max(over_the_floor(_FAR, _STRETCH), _NEAREST * size)
    return Reach(max(over_the_floor(_EASY, 0.0), _NEAREST * size), far, max(over_the_floor(_MOST, _LEAN), far))


def out_of_reach(request: Request) -> Iterator[str]:
    """Yield a sentence for each contact that two cannot meet from their seats, or from where their motion is given.

    Who stands freely comes nearer while motion is generated, so nothing is said of them. To resolve, nobody takes a
    step; bodies are shifted as far as ``Resolve.furthest``.
    """
    shifted = 0.0 if request.resolve is None else request.resolve.furthest
    actors = {actor.name: actor for actor in request.actors}
    for goal in request.contacts:
        reach, names = reach_of(goal, actors), [goal.actor, *([goal.other] if goal.other else [])]
        places = [_fixed_place(actors[name], goal, request.resolve is not None) for name in names]
        if not goal.other:
            places.append(np.asarray(goal.places[0][:2]))
        if reach is None or any(place is None for place in places):
            continue
        apart = float(np.linalg.norm(places[0] - places[1]))  # type: ignore[operator]
        most = reach.most + shifted * len(names)
        if apart > most:
            other = f"the {readable(goal.other_point)} of '{goal.other}'" if goal.other else "its target"
            yield (
                f"The {readable(goal.point)} of '{goal.actor}' cannot reach {other} at {goal.start:.2f} s: they are "
                f"{apart:.2f} m apart, and {most:.2f} m is the most; bring them nearer or move the contact."
            )


def is_seated(actor: Actor, start: float, end: float) -> bool:
    """Return whether an actor sits at some time from ``start`` to ``end`` (s)."""
    return any(span.label == "sit" and span.start < end and span.end > start for span in actor.actions)


def readable(point: str) -> str:
    """Return a contact point as people write it."""
    return point.replace("_", " ")


def _fixed_place(actor: Actor, goal: ContactGoal, resolving: bool) -> np.ndarray | None:
    """Return where (2,) an actor is at a contact if its place is settled: given motion, or a seat."""
    frame = round(goal.start * FPS)
    given = actor.constraints
    if given is not None and frame < len(given.mask) and (resolving or given.part("lower")[frame]):
        return given.root_positions[frame, :2].astype(np.float64)
    for span in actor.actions:
        if span.label == "sit" and span.start <= goal.start and goal.end <= span.end:
            seats = [point for point in actor.waypoints if span.start - 1.0 / FPS <= point.time <= span.end]
            return np.asarray(seats[-1].position, np.float64) if seats else None
    return None


def _height(actor: Actor, point: str, time: float) -> float:
    """Return how high a point is, or the shoulder from which a hand reaches, standing or on the seat."""
    skeleton, shape = actor.skeleton, actor.body_shape
    rest = skeleton.rest_positions
    if is_of_hand(point):
        height = float(rest[INDEX[f"{point.partition('_')[0]}_shoulder"], 2])
    else:
        index = shape.point(point)
        height = float(rest[shape.point_joint[index], 2] + shape.point_offset[index, 2])
    if is_seated(actor, time, time + 1.0 / FPS) and height > 0.9 * skeleton.pelvis_height:
        height += actor.seat_height + _SEATED * skeleton.size - skeleton.pelvis_height
    return height


def _arm(actor: Actor, point: str) -> float:
    skeleton, side = actor.skeleton, point.partition("_")[0]
    bones = [skeleton.offsets[INDEX[f"{side}_{joint}"]] for joint in ("elbow", "wrist")]
    return float(np.linalg.norm(bones, axis=-1).sum()) + _hand(skeleton, side)


def _hand(skeleton: Skeleton, side: str) -> float:
    return 0.6 * float(np.linalg.norm(skeleton.offsets[INDEX[f"{side}_middle1"]]))


def _ahead(actor: Actor, point: str) -> float:
    """Return how far a point is before the root at rest, metres; nothing if it is behind."""
    shape = actor.body_shape
    index = shape.point(point)
    place = actor.skeleton.rest_positions[shape.point_joint[index]] + shape.point_offset[index]
    return max(float(-place[1]), 0.0)
