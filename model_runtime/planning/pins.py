"""What pins of head and root mean for the plan: where an actor stands or sits, and that it does not walk meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..contract import ActionSpan, Actor, Pin, Waypoint
from .label_cleanup import SHORTEST_LABEL, joined

_INSIDE = 0.1  # seconds within a sit label at which its seat is given
_MOVES = 0.05  # metres by which a pin of a root may move and still be one place
_AT_ONCE = 0.05  # seconds after the start of a shot


def play_pins(actor: Actor, notes: list[str]) -> Actor:
    """Return an actor, whose labels cover the shot, with the waypoints of its pinned root and no walk in such a pin.

    A walk that leads into a pin of head or root ends there, and one that leads out of it begins there. A pinned root is
    a place to stand or, in a sit label, the seat. ``notes`` receives a sentence for each change.
    """
    for pin in sorted(actor.pins, key=lambda pin: pin.start):
        if pin.part in ("head", "root"):
            actor = _without_walks(actor, pin, notes)
        if pin.part == "root":
            actor = _with_places(_at_one_place(actor, pin, notes), pin)
    return actor


def _at_one_place(actor: Actor, pin: Pin, notes: list[str]) -> Actor:
    if np.ptp(np.asarray(pin.places)[:, :2], axis=0).max() > _MOVES:
        notes.append(
            f"The root of '{actor.name}' is held where its target is at {pin.start:.2f} s and does not follow it; "
            "let a walk along a curve lead the actor."
        )
    return actor


def _without_walks(actor: Actor, pin: Pin, notes: list[str]) -> Actor:
    """Return the actor with its walks cut where a pin holds it: what is left before leads to the pin."""
    spans, points = list[ActionSpan](), list(actor.waypoints)
    place = Waypoint(pin.start, _floor_place(pin))
    for span in actor.actions:
        if span.label != "walk" or pin.end <= span.start or pin.start >= span.end:
            spans.append(span)
            continue
        first = pin.start if pin.start - span.start >= SHORTEST_LABEL else span.start
        last = pin.end if span.end - pin.end >= SHORTEST_LABEL else span.end
        points = [point for point in points if not first - _AT_ONCE < point.time < last - _AT_ONCE]
        if last == span.end:
            points = [point for point in points if not abs(point.time - span.end) <= _AT_ONCE]
        if first > span.start:
            spans.append(replace(span, end=first, to_partner=False))
            points.append(place)
        spans.append(ActionSpan("stand", first, last))
        if last < span.end:
            spans.append(replace(span, start=last))
        notes.append(
            f"The {pin.part} of '{actor.name}' is held from {pin.start:.2f} s, so the walk stops there until "
            f"{last:.2f} s; move the pin or the walk to have both."
        )
    return replace(actor, actions=joined(spans), waypoints=tuple(points))


def _with_places(actor: Actor, pin: Pin) -> Actor:
    """Return the actor with waypoints for its pinned root, in the place of others meanwhile."""
    points = list(actor.waypoints)
    for span in actor.actions:
        first, last = max(pin.start, span.start), min(pin.end, span.end)
        if last - first < SHORTEST_LABEL:
            continue
        if span.label == "sit":
            seats = [point for point in points if span.start + _AT_ONCE < point.time <= span.end + _AT_ONCE]
            points = [point for point in points if point not in seats]
            heading = next((point.heading for point in reversed(seats) if point.heading is not None), None)
            time = min(span.start + _INSIDE, 0.5 * (span.start + span.end))
            points.append(Waypoint(time, _floor_place(pin), heading if pin.heading is None else pin.heading))
        elif span.label == "stand" and not _sits_beside(actor, pin, first, last):
            points = [point for point in points if not first - _AT_ONCE < point.time < last + _AT_ONCE]
            if first <= _AT_ONCE:
                actor = replace(actor, position=_floor_place(pin), heading=_or(pin.heading, actor.heading))
            points += [Waypoint(time, _floor_place(pin), pin.heading) for time in (first, last) if time > _AT_ONCE]
    return replace(actor, waypoints=tuple(sorted(points, key=lambda point: point.time)))


def _sits_beside(actor: Actor, pin: Pin, first: float, last: float) -> bool:
    """Return whether a pin that holds a stand from ``first`` to ``last`` (s) goes on in a sit: it is the seat then."""
    sits = [span for span in actor.actions if span.label == "sit" and span.end > pin.start and span.start < pin.end]
    return any(span.start <= last + _AT_ONCE and span.end >= first - _AT_ONCE for span in sits)


def heads_of(actor: Actor, span: ActionSpan) -> Iterator[Waypoint]:
    """Yield a waypoint under each pin of the head that begins in a stand: there the head would be upright."""
    for pin in actor.pins:
        if pin.part == "head" and span.start - _AT_ONCE <= pin.start < span.end - _AT_ONCE:
            x, y, _ = np.asarray(pin.places, np.float64).mean(0)
            yield Waypoint(pin.start, (float(x), float(y)))


def _floor_place(pin: Pin) -> tuple[float, float]:
    x, y, _ = pin.places[0]
    return x, y


def _or(heading: float | None, other: float) -> float:
    return other if heading is None else heading
