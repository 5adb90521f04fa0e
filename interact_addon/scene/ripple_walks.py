"""Walks around a line that is spoken anew: each is moved whole, so that it keeps its time for its way.

What follows a line moves by the difference, and a walk that goes on over the line's end leads to where that begins. So
it arrives as much later or earlier, and sets out as much later or earlier, too. The label before it lasts longer or
shorter for it. Only a walk that sets out before the stretch that can be made anew gets more or less time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key
from .channels import ACTIONS
from .ownership import strips_of
from .reading import label_of

_TOUCH = 0.5  # frames


@dataclass(frozen=True)
class MovedWalk:
    """A walk's ``strip``, where it begins and ends after the exchange, and the labels that lie against it now."""

    strip: Any
    left: int
    right: int
    before: Any | None
    after: Any | None


def placed(left: float, right: float, end: int, by: int, free: int) -> tuple[float, float]:
    """Return where a walk lies after what comes from frame ``end`` on has moved ``by`` frames.

    ``free``: the first frame of the motion that is made anew; no walk sets out earlier than it did before that.
    """
    gone = min(end, end + by)  # from here to the end is left out
    if right <= gone:
        return left, right
    way = by if right > end else gone - right
    return left if left < free else max(left + way, free), right + way


def walks_of(scene: bpy.types.Scene, actor: ActorKey) -> list[Any]:
    """Return an actor's walk strips in order of time."""
    return [strip for strip in strips_of(scene, actor, ACTIONS, "COLOR") if label_of(strip.name) == "walk"]


def walks_to_move(scene: bpy.types.Scene, end: int, by: int, free: int) -> list[MovedWalk]:
    """Return the walks of both actors that begin before ``end`` and move whole; see ``placed``."""
    found = []
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        key = actor_key(actor)
        labels = strips_of(scene, key, ACTIONS, "COLOR")
        for strip in walks_of(scene, key):
            left, right = compat.strip_left(strip), compat.strip_right(strip)
            goal = placed(left, right, end, by, free)
            if by and free <= left < end and goal != (left, right):
                beside = [one for one in labels if one.channel == strip.channel and one != strip]
                before = next((one for one in beside if abs(compat.strip_right(one) - left) < _TOUCH), None)
                after = next((one for one in beside if abs(compat.strip_left(one) - right) < _TOUCH), None)
                found.append(MovedWalk(strip, round(goal[0]), round(goal[1]), before, after))
    return sorted(found, key=lambda walk: walk.left, reverse=by > 0)


def make_room(sequencer: Any, walks: Sequence[MovedWalk]) -> None:
    """Cut the labels that lie where walks go to when they move to an earlier time."""
    moving = [walk.strip for walk in walks]
    for walk in walks:
        for one in list(_labels_beside(sequencer, walk.strip)):
            if one in moving or compat.strip_left(one) >= compat.strip_left(walk.strip):
                continue
            if compat.strip_left(one) >= walk.left:
                sequencer.strips.remove(one)
            elif compat.strip_right(one) > walk.left:
                compat.set_strip_right(one, walk.left)


def move_walks(walks: Sequence[MovedWalk]) -> None:
    """Move walks; a label that ended where one began still does."""
    for walk in walks:
        way = walk.left - round(compat.strip_left(walk.strip))
        compat.move_strip(walk.strip, way)
        compat.set_strip_right(walk.strip, walk.right)
        if way > 0 and walk.before is not None:
            compat.set_strip_right(walk.before, walk.left)


def close_up(sequencer: Any, walks: Sequence[MovedWalk]) -> None:
    """Let the labels that began where walks ended begin there again."""
    for walk in walks:
        right = round(compat.strip_right(walk.strip))
        if walk.after is not None and walk.after in sequencer.strips.values() and compat.strip_left(walk.after) > right:
            compat.set_strip_left(walk.after, right)


def _labels_beside(sequencer: Any, strip: Any) -> Iterator[Any]:
    for one in sequencer.strips:
        if one.type == "COLOR" and one.channel == strip.channel and one != strip:
            yield one
