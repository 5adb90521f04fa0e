"""The events of a check as the file keeps them: stored, sorted, filtered and put into words."""

from __future__ import annotations

from typing import Any

import bpy

from ..messages import counted
from ..properties import actor_name
from ..properties.check import CONTACT, FLOOR, PENETRATION
from ..rig.timing import frames_per_second
from ..runtime_api import contract
from .shot_check import CheckEvent, ShotCheck

_NOBODY = "?"


def store(scene: bpy.types.Scene, found: ShotCheck) -> None:
    """Put what a check found into the scene's list."""
    check = scene.interact.check  # type: ignore[attr-defined]
    check.events.clear()
    for event in found.contacts.events:
        _fill(check.events.add(), event, found)
    check.active = -1
    check.is_checked = True


def _fill(item: Any, event: CheckEvent, found: ShotCheck) -> None:
    item.kind, item.part, item.other_part = event.kind, event.part, event.other_part
    item.who = found.identities[event.actor]
    item.whom = found.identities[event.other_actor] if event.other_actor is not None else ""
    item.start, item.end, item.peak = (found.frame_at(row) for row in (event.start, event.end, event.peak))
    item.depth, item.seconds, item.speed, item.place = event.depth, event.seconds, event.speed, event.place


def shown_events(scene: bpy.types.Scene) -> list[int]:
    """Return the indices of the events that the list shows, in its order."""
    check = scene.interact.check  # type: ignore[attr-defined]
    chosen = [index for index, event in enumerate(check.events) if check.shown in ("all", event.kind)]
    keys = {
        "time": lambda index: check.events[index].start,
        "depth": lambda index: -check.events[index].depth,
        "seconds": lambda index: -check.events[index].seconds,
    }
    return sorted(chosen, key=keys[check.order])


def next_event(scene: bpy.types.Scene, step: int) -> int | None:
    """Return the index of the event that is shown in the list and next in time, after (1) or before (-1) now."""
    events, now = scene.interact.check.events, scene.frame_current  # type: ignore[attr-defined]
    ahead = [index for index in shown_events(scene) if (round(events[index].peak) - now) * step > 0]
    return min(ahead, key=lambda index: (events[index].peak - now) * step, default=None)


def title(scene: bpy.types.Scene, event: Any) -> str:
    """Return whose parts meet: ``Mia left hand, Tom chest``."""
    names = {actor.identity: actor_name(actor) for actor in scene.interact.actors}  # type: ignore[attr-defined]
    who = names.get(event.who, _NOBODY)
    part, other = readable(event.part), readable(event.other_part)
    if event.kind == FLOOR:
        return f"{who} {part}: {other}"
    if event.whom == event.who:
        return f"{who} {part}, own {other}"
    return f"{who} {part}, {names.get(event.whom, _NOBODY)} {other}"


def facts(event: Any) -> str:
    """Return when an event is and how deep or long: ``101  3.2 cm``."""
    if event.kind == CONTACT:
        return f"{event.peak:.0f}  {event.seconds:.1f} s"
    return f"{event.peak:.0f}  {100.0 * event.depth:.1f} cm"


def summary(scene: bpy.types.Scene) -> str:
    """Return one sentence on what the last check found."""
    events = scene.interact.check.events  # type: ignore[attr-defined]
    counts = {kind: sum(event.kind == kind for event in events) for kind in (PENETRATION, CONTACT, FLOOR)}
    deepest = max((event.depth for event in events if event.kind == PENETRATION), default=0.0)
    deep = f", {100.0 * deepest:.1f} cm at the deepest" if counts[PENETRATION] else ""
    seconds = (scene.frame_end - scene.frame_start) / frames_per_second(scene)
    return (
        f"Checked {seconds:.1f} s: {counted(counts[PENETRATION], 'penetration')}{deep}, "
        f"{counted(counts[CONTACT], 'contact')}, {counted(counts[FLOOR], 'event')} of feet"
    )


def point_title(goal: contract.ContactGoal) -> str:
    """Return what touches what in plain names: ``Mia's right palm - Tom's left shoulder``."""
    first = f"{goal.actor}'s {readable(goal.point)}"
    if goal.place is not None:
        return f"{first} - its place"
    whose = "own" if goal.other == goal.actor else f"{goal.other}'s"
    return f"{first} - {whose} {readable(goal.other_point)}"


def readable(part: str) -> str:
    """Return a part of the body as people write it: ``left hand``."""
    return part.replace("_", " ")
