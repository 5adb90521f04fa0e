"""The events of a check as the file keeps them: stored, sorted, filtered and put into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..messages import Message, counted
from ..properties import actor_name
from ..properties.check import ALL, CONTACT, FLOOR, OWN, PENETRATION, select_event
from ..rig.timing import frames_per_second
from ..runtime_api import Array, contract
from .shot_check import CheckEvent, ShotCheck

EARLIER = Message("Of an earlier state: check again to see what is true now")
_NOBODY = "?"
_tables: dict[int, tuple[tuple[Any, ...], Table]] = {}  # by the scene's session_uid: what it depends on, and it
_changes = 0  # of any scene, so far


@dataclass(frozen=True, eq=False)
class Table:
    """What is drawn of the events at every redraw, read once: of all of them kinds, first and last frames, titles.

    ``shown``: the indices of those that the list shows, in its order; ``places``: of all, where the list has them.
    """

    kinds: tuple[str, ...]
    starts: Array
    ends: Array
    titles: tuple[str, ...]
    shown: tuple[int, ...]
    places: tuple[int, ...]


def table(scene: bpy.types.Scene) -> Table:
    """Return what is drawn of a scene's events, read anew after a change."""
    check, names = scene.interact.check, _names(scene)  # type: ignore[attr-defined]
    key = (_changes, len(check.events), check.shown, check.whose, check.order, tuple(names.items()))
    if scene.session_uid not in _tables or _tables[scene.session_uid][0] != key:
        _tables[scene.session_uid] = key, _read(check, names)
    return _tables[scene.session_uid][1]


def forget() -> None:
    """Read the events anew when they are drawn next."""
    global _changes
    _changes += 1


def _read(check: Any, names: dict[str, str]) -> Table:
    numbers = {name: np.zeros(len(check.events), np.float32) for name in ("start", "end", "depth", "seconds")}
    for name, values in numbers.items():
        check.events.foreach_get(name, values)
    kinds = tuple(event.kind for event in check.events)
    ranks = {"time": numbers["start"], "depth": -numbers["depth"], "seconds": -numbers["seconds"]}[check.order]
    wanted = check.shown, check.whose
    chosen = [index for index, event in enumerate(check.events) if _is_wanted(event, *wanted)]
    shown = tuple(sorted(chosen, key=ranks.__getitem__))
    titles = tuple(_title(names, event) for event in check.events)
    order = [*shown, *sorted(set(range(len(kinds))) - set(shown))]
    places = tuple(place for _, place in sorted(zip(order, range(len(order)))))
    return Table(kinds, numbers["start"], numbers["end"], titles, shown, places)


def _is_wanted(event: Any, kind: str, whose: str) -> bool:
    if kind not in (ALL, event.kind):
        return False
    return whose == ALL or (bool(event.whom) and (event.whom == event.who) == (whose == OWN))


def store(scene: bpy.types.Scene, found: ShotCheck) -> None:
    """Put what a check found into the scene's list. Selected is the event nearest to that before, of the same parts."""
    check = scene.interact.check  # type: ignore[attr-defined]
    selected = _Selected(check.events[check.active]) if 0 <= check.active < len(check.events) else None
    check.events.clear()
    for event in found.contacts.events:
        _fill(check.events.add(), event, found)
    select_event(check, selected.again_in(check.events) if selected is not None else -1)
    check.is_checked = True
    forget()


class _Selected:
    """The event that was selected in a list that is made anew."""

    def __init__(self, event: Any) -> None:
        self._what, self._peak = self._named(event), event.peak

    @staticmethod
    def _named(event: Any) -> tuple[str, frozenset[tuple[str, str]]]:
        return event.kind, frozenset({(event.who, event.part), (event.whom, event.other_part)})

    def again_in(self, events: Any) -> int:
        """Return the index of the nearest event of the same kind and parts; -1 where there is none any more."""
        same = [index for index, event in enumerate(events) if self._named(event) == self._what]
        return min(same, key=lambda index: abs(events[index].peak - self._peak), default=-1)


def _fill(item: Any, event: CheckEvent, found: ShotCheck) -> None:
    item.kind, item.part, item.other_part = event.kind, event.part, event.other_part
    item.who = found.identities[event.actor]
    item.whom = found.identities[event.other_actor] if event.other_actor is not None else ""
    item.start, item.end, item.peak = (found.frame_at(row) for row in (event.start, event.end, event.peak))
    item.depth, item.seconds, item.speed, item.place = event.depth, event.seconds, event.speed, event.place


def shown_events(scene: bpy.types.Scene) -> list[int]:
    """Return the indices of the events that the list shows, in its order."""
    return list(table(scene).shown)


def next_event(scene: bpy.types.Scene, step: int) -> int | None:
    """Return the index of the event that is shown in the list and next in time, after (1) or before (-1) now."""
    events, now = scene.interact.check.events, scene.frame_current  # type: ignore[attr-defined]
    ahead = [index for index in shown_events(scene) if (round(events[index].peak) - now) * step > 0]
    return min(ahead, key=lambda index: (events[index].peak - now) * step, default=None)


def title(scene: bpy.types.Scene, event: Any) -> str:
    """Return whose parts meet: ``Mia left hand, Tom chest``."""
    return _title(_names(scene), event)


def _names(scene: bpy.types.Scene) -> dict[str, str]:
    return {actor.identity: actor_name(actor) for actor in scene.interact.actors}  # type: ignore[attr-defined]


def _title(names: dict[str, str], event: Any) -> str:
    who = names.get(event.who, _NOBODY)
    part, other = readable(event.part), readable(event.other_part)
    if event.kind == FLOOR:
        return f"{who} {part}: {other}"
    if event.whom == event.who:
        return f"{who} {part}, own {other}"
    if not event.whom:  # furniture, by its own name
        return f"{who} {part}, {event.other_part}"
    return f"{who} {part}, {names.get(event.whom, _NOBODY)} {other}"


def short_title(scene: bpy.types.Scene, event: Any) -> str:
    """Return the same for a narrow list, names by what tells them apart: ``M L hand-T chest``."""
    names = _names(scene)
    short = dict(zip(names, _initials(tuple(names.values()))))
    who = short.get(event.who, _NOBODY)
    part, other = _short(event.part), _short(event.other_part)
    if event.kind == FLOOR:
        return f"{who} {part}: {other}"
    if event.whom == event.who:
        return f"{who} {part}-own {other}"
    if not event.whom:
        return f"{who} {part}-{event.other_part}"
    return f"{who} {part}-{short.get(event.whom, _NOBODY)} {other}"


def _initials(names: tuple[str, ...]) -> list[str]:
    """Return as few of the first letters of each name as tell it from the others, whole names where none do."""
    for count in range(1, max(map(len, names), default=0)):
        found = [name[:count] for name in names]
        if len(set(found)) == len(found):
            return found
    return list(names)


def _short(part: str) -> str:
    """Return a part of the body with its side as one letter: ``L hand``."""
    side, _, rest = readable(part).partition(" ")
    return f"{side[0].upper()} {rest}" if side in ("left", "right") else readable(part)


def facts(event: Any) -> str:
    """Return when an event is and how deep or long: ``101  3.2 cm``."""
    if event.kind == CONTACT:
        return f"{event.peak:.0f}  {event.seconds:.1f} s"
    return f"{event.peak:.0f}  {100.0 * event.depth:.1f} cm"


def fact(event: Any, order: str) -> str:
    """Return the one of these by which a list is sorted, without its unit: frame, centimetres or seconds."""
    if order == "time":
        return f"{event.peak:.0f}"
    return f"{event.seconds if order == 'seconds' else 100.0 * event.depth:z.1f}"


def summary(scene: bpy.types.Scene) -> str:
    """Return one sentence on what the last check found."""
    events = scene.interact.check.events  # type: ignore[attr-defined]
    counts = {kind: sum(event.kind == kind for event in events) for kind in (PENETRATION, CONTACT, FLOOR)}
    deepest = max((event.depth for event in events if event.kind == PENETRATION), default=0.0)
    overlaps = counted(counts[PENETRATION], "penetration")
    if counts[PENETRATION]:
        centimetres = f"{100.0 * deepest:.1f}"
        overlaps = Message("{overlaps}, {centimetres} cm at the deepest", overlaps=overlaps, centimetres=centimetres)
    return Message(
        "Checked {seconds} s: {overlaps}, {contacts}, {feet} of feet",
        seconds=f"{(scene.frame_end - scene.frame_start) / frames_per_second(scene):.1f}",
        overlaps=overlaps,
        contacts=counted(counts[CONTACT], "contact"),
        feet=counted(counts[FLOOR], "event"),
    )


def point_title(goal: contract.ContactGoal, thing: str = "") -> str:
    """Return what touches what in plain names: ``Mia's right palm - Tom's left shoulder``, ``- Cup``: a ``thing``."""
    first = f"{goal.actor}'s {readable(goal.point)}"
    if goal.places:
        return f"{first} - {thing or 'target'}"
    whose = "own" if goal.other == goal.actor else f"{goal.other}'s"
    return f"{first} - {whose} {readable(goal.other_point)}"


def readable(part: str) -> str:
    """Return a part of the body as people write it: ``left hand``."""
    return part.replace("_", " ")
