"""One actor's way through a shot: which labels it plays when, and the places that walks and seats want it at.

People turn before they sit and rise before they walk. Recorded scenes label that as standing, and so it is laid here: a
walk that ends on a seat arrives a little earlier in front of it and turns; who walks after sitting rises around the
change. Who stops near a partner, or is joined by one, turns to face them, unless a heading is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..body_model.proxemics import CLOSEST, NEARBY
from ..body_model.skeleton import heading_of
from ..common.arrays import Array
from ..common.headings import facing, heading_towards, turned
from ..contract import FPS, ActionSpan, Actor, Waypoint

Whereabouts = Callable[[float], Array]
ON_TIME = 0.05  # seconds within which two times are one
# Metres for a human body.
BEFORE_THE_SEAT = 0.38  # from where the pelvis sits to where it stands up, as in the recorded scenes
BESIDE_THE_SEAT = 0.75
STEP = 0.5  # what a stand may bridge; further away it takes a walk
USUAL, FASTEST = 1.0, 1.8  # m/s; a walk beyond the second would be a run, which nobody has learned
# Seconds.
LOST = 0.5  # by setting off and arriving, against a walk at full speed
SITTING_DOWN = 1.0
STEPPING_BACK = 0.35  # before the label turns to sit: recorded people are halfway over the seat by then
STOPPING, HURRIED_STOP, HALF_A_TURN = 0.6, 0.4, 0.8
RISEN = 1.0  # after rising begins
RISING = 0.4  # before and again after the change from sit to walk
SHORTEST_WALK = 0.8
SETTING_OUT, PER_RADIAN = 0.9, 0.6  # of a turn on the spot, as recorded
FORESEEN = 1.5  # one turns to where a partner on the move will be
SHORTEST_TURN = 0.6  # time to turn before a walk that is worth using
LEFT_AFTER_TURNING = 0.5  # of a stand, else a turn is not worth its while
LEFT_BEFORE_GOING = 2.0  # as long as a walk follows, which takes a turn of its own
# Radians, as in the recorded scenes.
ASIDE = float(np.radians(35.0))  # that a partner is off to a side when one who stands turns there
TURN_FIRST, LEFT_TO_TURN = 0.85, 0.15  # that one turns before setting off elsewhere, all but the rest
JOINED = 0.5  # m; a partner who moves by less has not gone anywhere


def seconds_to_turn(angle: float) -> float:
    """Of a turn on the spot by ``angle`` radians."""
    return SETTING_OUT + PER_RADIAN * abs(angle)


class MotionPlan:
    """Lays ``spans`` and ``points`` of one actor, label by label, knowing at each where it stands and faces.

    ``partner`` tells where the other one is at a time, None for one who plays alone; ``unit`` is what a human metre is
    to this body; ``notes`` gets a sentence for all that is changed. The labels of ``actor`` cover the shot. Labels in
    which the lower body is kept stay.
    """

    def __init__(self, actor: Actor, partner: Whereabouts | None, unit: float, notes: list[str]) -> None:
        self.actor, self.partner, self.unit, self.notes = actor, partner, unit, notes
        self.asked = sorted(actor.waypoints, key=lambda point: point.time)
        self.spans: list[ActionSpan] = []
        self.points: list[Waypoint] = []
        self.start, self.first_heading = np.asarray(actor.position, np.float64), actor.heading
        self.place, self.heading, self.clock = self.start, actor.heading, 0.0
        self.astray = False  # after a walk that leads anywhere: ``place`` is where it began
        self.left_seat: tuple[Array, float] | None = None  # the one just risen from

    def played(self) -> Actor:
        """The actor with the labels to play and every place it is wanted at."""
        script = self.actor.actions
        for index, span in enumerate(script):
            before, after = (
                (script[index - 1] if index else None),
                (script[index + 1] if index + 1 < len(script) else None),
            )
            if self._is_kept(span):
                self._keep(span)
            elif span.label == "walk":
                self._walk(span, after)
            elif span.label == "sit":
                self._sit(span, before, after)
            else:
                self._stand(span, before, after)
        return replace(
            self.actor,
            position=_pair(self.start),
            heading=self.first_heading,
            actions=tuple(self.spans),
            waypoints=tuple(self.points),
        )

    def _walk(self, span: ActionSpan, after: ActionSpan | None) -> None:
        """Along the places in it to the one at its end; before a seat it ends a little earlier, to leave time to turn."""
        begin, end = self.clock, span.end
        goals = [point for point in self.asked if begin + ON_TIME < point.time < end - ON_TIME]
        goal = self._goal(span, after)
        if after is not None and after.label == "sit" and not self._is_kept(after):
            seat = self._seat(after, span)
            target = self._front(seat) if seat is not None else goal
            if target is None and goals:
                target = goals.pop()
            end -= self._spared(self._time_to_turn(target, seat), end - begin, target, seat)
            goals = [point for point in goals if point.time < end - 2 * STOPPING]
            if target is not None:
                goals += self._around(seat, end) if seat is not None and not goals else []
                goals.append(replace(target, time=end, heading=None))
            self._go(begin, goals)
            self._add("walk", end)
            self._add("stand", span.end)
            return
        self._go(begin, [*goals, replace(goal, time=end)] if goal is not None else goals)
        self._add("walk", end)

    def _goal(self, span: ActionSpan, after: ActionSpan | None) -> Waypoint | None:
        """The place at the end of a walk or, where none is, the first one in the stand that follows."""
        until = after.end if after is not None and after.label == "stand" and not self._is_kept(after) else span.end
        return next((point for point in self.asked if span.end - ON_TIME <= point.time <= until + ON_TIME), None)

    def _stand(self, span: ActionSpan, before: ActionSpan | None, after: ActionSpan | None) -> None:
        """In its place; what is wanted too far away for a step takes a walk."""
        taken = (
            self._goal(before, span)
            if before is not None and before.label == "walk" and not self._is_kept(before)
            else None
        )
        to_sit = after is not None and after.label == "sit" and not self._is_kept(after)
        until = span.end - ON_TIME if to_sit else span.end + ON_TIME
        for point in [
            point for point in self.asked if self.clock + ON_TIME < point.time <= until and point is not taken
        ]:
            point = replace(point, time=min(point.time, span.end))
            if not self._be_at(point, f"is wanted {{0:.2f}} m away at {point.time:.2f} s"):
                self.notes.append(
                    f"'{self.actor.name}' is wanted {self._apart(point):.2f} m away at {point.time:.2f} s and stays, since there is no time to walk there."
                )
        if to_sit and after is not None:
            seat = self._seat(after, span)
            if seat is not None:
                front = self._front(seat)
                self._be_at(
                    replace(front, time=span.end - self._time_to_turn(front, seat), heading=None),
                    "has a seat {0:.2f} m away",
                )
        self._turn_to_partner(span, goes=after is not None and after.label == "walk")
        self._add("stand", span.end)

    def _turn_to_partner(self, span: ActionSpan, goes: bool) -> None:
        """Towards a partner beside or behind whom the actor came to stand here, or who went there since; ``goes``:
        whether a walk follows.
        """
        if self.astray or self.partner is None:
            return
        free = self.clock
        for time, least in self._meetings(span, self.partner):
            time = max(time, free)
            wanted = self._to_partner(time + FORESEEN, self.place)
            if wanted is None:
                continue
            turn = abs(turned(wanted, self.heading))
            ready = time + seconds_to_turn(turn)
            busy = any(time + ON_TIME < point.time < ready + LEFT_AFTER_TURNING for point in self.points)
            if turn >= least and not busy and ready + (LEFT_BEFORE_GOING if goes else LEFT_AFTER_TURNING) < span.end:
                self.points.append(Waypoint(ready, _pair(self.place), wanted))
                self.heading, free = wanted, ready
        until = span.end - (LEFT_BEFORE_GOING if goes else 0.0)
        if self.clock < free < until - LEFT_AFTER_TURNING and not any(
            point.time > free and point.heading is not None for point in self.points
        ):
            self.points.append(Waypoint(until, _pair(self.place), self.heading))  # and is kept

    def _meetings(self, span: ActionSpan, partner: Whereabouts) -> list[tuple[float, float]]:
        """Times in a stand at which one comes to it, unless told which way to face, and at which the partner has got
        elsewhere; and how far the partner has to be aside then, in radians, for a turn.
        """
        arrived = bool(self.spans) and self.spans[-1].label == "walk"
        told = any(point.heading is not None and abs(point.time - span.start) < ON_TIME for point in self.asked)
        times = [(self.clock, 0.0)] if arrived and not told else []
        clock = np.arange(self.clock, span.end, ON_TIME)
        places = np.array([partner(time) for time in clock]).reshape(-1, 2)
        moved = np.linalg.norm(np.diff(places, axis=0), axis=-1) > JOINED * self.unit
        return [*times, *((float(time), ASIDE) for time in clock[1:][moved] if not told)]

    def _sit(self, span: ActionSpan, before: ActionSpan | None, after: ActionSpan | None) -> None:
        """Down onto the seat, its place and heading wanted from when one is seated until one rises."""
        name, first = self.actor.name, before is None
        seat = self._seat(span, before)
        if seat is not None and first:
            self.place = self.start = np.asarray(seat.position, np.float64)
            self.heading = self.first_heading = self._heading_on(seat)
        elif seat is not None and self._apart(self._front(seat)) > STEP * self.unit:
            self.notes.append(
                f"'{name}' is {self._apart(self._front(seat)):.1f} m from the seat at {span.start:.2f} s and cannot get there in time, so an "
                "invisible seat takes its place; let a longer walk lead there."
            )
            seat = self._invisible(span, first)
        elif seat is None:
            self.notes.append(
                f"No seat is given for '{name}', who sits from {span.start:.2f} s on an invisible one {self.actor.seat_height:.2f} m high; choose a seat."
            )
            seat = self._invisible(span, first)
        rises = (
            min(RISING, 0.3 * (span.end - span.start))
            if after is not None and after.label == "walk" and not self._is_kept(after)
            else 0.0
        )
        if seat is not None:
            front, heading = self._front(seat), self._heading_on(seat)
            settled = 1 / FPS if first else min(SITTING_DOWN, 0.5 * (span.end - span.start))
            ready = max(span.start - STEPPING_BACK, self._before(span, before))
            self.points += [] if first else [replace(front, time=ready, heading=heading)]
            self.points += [
                replace(seat, time=time, heading=heading) for time in (span.start + settled, span.end - rises)
            ]
            self.place, self.heading, self.astray = np.asarray(front.position), heading, False
            self.left_seat = np.asarray(seat.position), heading
        self._add("sit", span.end - rises)
        if rises and after is not None:
            self._add("stand", span.end + min(RISING, 0.3 * (after.end - after.start)))
        if seat is not None and after is not None and not self._is_kept(after):
            risen = (self.clock if rises else min(span.end + RISEN, after.end)) - 1 / FPS
            if not any(span.end < point.time < risen + SHORTEST_WALK for point in self.asked):
                self.points.append(replace(self._front(seat), time=risen, heading=None))

    def _before(self, span: ActionSpan, before: ActionSpan | None) -> float:
        """The latest time up to the start of ``span`` at which the actor is wanted, else half of what it did
        ``before``.
        """
        begin = before.start if before is not None else 0.0
        return max([0.5 * (begin + span.start), *(point.time for point in self.points if point.time <= span.start)])

    def _seat(self, span: ActionSpan, before: ActionSpan | None) -> Waypoint | None:
        """The last place in a sit label. One at its very beginning that says no heading is where the walk before it
        leads.
        """
        walked = before is not None and before.label == "walk"
        found = [point for point in self.asked if span.start - ON_TIME <= point.time <= span.end + ON_TIME]
        found = [
            p
            for p in found
            if p.time > span.start + ON_TIME
            or not walked
            or (p.heading is not None and before is not None and not before.to_partner)
        ]
        if not found:
            return None
        return replace(
            found[-1], heading=next((point.heading for point in reversed(found) if point.heading is not None), None)
        )

    def _invisible(self, span: ActionSpan, first: bool) -> Waypoint | None:
        """A seat behind where the actor stands, or under one that sits from the start; None after a walk that leads
        anywhere.
        """
        if self.astray:
            return None
        heading = self.heading if first else self._heading_on(Waypoint(span.start, _pair(self.place)))
        back = 0.0 if first else BEFORE_THE_SEAT * self.unit
        return Waypoint(span.start, _pair(self.place - back * facing(heading)), heading)

    def _heading_on(self, seat: Waypoint) -> float:
        """As the seat says, else towards the partner, else as one comes."""
        if seat.heading is not None:
            return seat.heading
        towards = self._to_partner(seat.time, np.asarray(seat.position))
        return self.heading if towards is None else towards

    def _to_partner(self, time: float, place: Array) -> float | None:
        """The heading from ``place`` (2,) to a partner who is near."""
        if self.partner is None:
            return None
        there = self.partner(time) - place
        return (
            heading_towards(there) if CLOSEST * self.unit < float(np.linalg.norm(there)) < NEARBY * self.unit else None
        )

    def _front(self, seat: Waypoint) -> Waypoint:
        """Where one stands before sitting down and after rising."""
        return replace(
            seat,
            position=_pair(np.asarray(seat.position) + BEFORE_THE_SEAT * self.unit * facing(self._heading_on(seat))),
        )

    def _time_to_turn(self, target: Waypoint | None, seat: Waypoint | None) -> float:
        """Seconds between arriving at ``target`` and sitting down there."""
        if target is None:
            return STOPPING
        coming = np.asarray(target.position) - self.place
        wanted = self._heading_on(seat if seat is not None else target)
        come = heading_towards(coming) if np.linalg.norm(coming) > 0.1 else self.heading
        return float(STOPPING + HALF_A_TURN * abs(turned(wanted, come)) / np.pi)

    def _spared(self, wanted: float, walk: float, target: Waypoint | None, seat: Waypoint | None) -> float:
        """Of the seconds ``wanted`` for turning, what a walk of so many seconds can spare; who has far to go stops in a
        hurry.
        """
        way = (
            0.0
            if target is None
            else self._apart(target)
            + (BESIDE_THE_SEAT * self.unit if seat is not None and self._around(seat, 1.0) else 0.0)
        )
        spare = walk - LOST - way / (FASTEST * self.unit)
        return min(wanted, 0.4 * walk, max(spare, wanted - STOPPING + HURRIED_STOP))

    def _around(self, seat: Waypoint, end: float) -> list[Waypoint]:
        """A place beside the seat for one who comes from behind it."""
        beside = _beside(np.asarray(seat.position), self._heading_on(seat), self.place, self.unit)
        if beside is None:
            return []
        ways = np.linalg.norm(beside - self.place), np.linalg.norm(np.asarray(self._front(seat).position) - beside)
        return [Waypoint(self.clock + (end - self.clock) * float(ways[0] / (ways[0] + ways[1])), _pair(beside))]

    def _be_at(self, point: Waypoint, why: str) -> bool:
        """At a place at its time, by a walk laid into the stand where it takes one; False where time does not allow it."""
        away = self._apart(point)
        if away <= STEP * self.unit:
            self.points.append(point)
            self.place, self.astray = np.asarray(point.position), False
            return True
        free = max([self.clock, *(laid.time for laid in self.points)])
        begin = max(free, point.time - away / (USUAL * self.unit) - LOST)
        if point.time - begin < SHORTEST_WALK:
            return False
        self.notes.append(
            f"'{self.actor.name}' {why.format(away)} without a walk and walks there from {begin:.2f} s; put a walk there to choose when."
        )
        self._add("stand", begin)
        self._go(begin, [point])
        self._add("walk", point.time)
        return True

    def _turn_to_go(self, begin: float, goal: Waypoint) -> None:
        """Towards where a walk sets off to, in the stand before it: people turn first where they have far to turn."""
        stood = begin - self.spans[-1].start if self.spans and self.spans[-1].label == "stand" else 0.0
        way = np.asarray(goal.position) - self.place
        off = turned(heading_towards(way), self.heading)
        told = any(point.heading is not None and abs(point.time - begin) < SHORTEST_TURN for point in self.points)
        if (
            not self.astray
            and not told
            and stood > SHORTEST_TURN
            and float(np.linalg.norm(way)) > STEP * self.unit
            and abs(off) > TURN_FIRST
        ):
            self.heading += off - float(np.copysign(LEFT_TO_TURN, off))
            self.points.append(Waypoint(begin, _pair(self.place), self.heading))

    def _go(self, begin: float, goals: list[Waypoint]) -> None:
        """A walk along ``goals`` from where the actor is, no faster than people walk: it comes as far as it can."""
        if goals:
            if self.left_seat is not None:
                beside = _beside(*self.left_seat, np.asarray(goals[0].position), self.unit)
                if beside is not None:
                    ways = np.linalg.norm(beside - self.place), np.linalg.norm(np.asarray(goals[0].position) - beside)
                    goals = [
                        Waypoint(begin + (goals[0].time - begin) * float(ways[0] / (ways[0] + ways[1])), _pair(beside)),
                        *goals,
                    ]
            if self.left_seat is None:
                self._turn_to_go(begin, goals[0])
            goals = self._paced(begin, goals)
            last = np.asarray(goals[-2].position) if len(goals) > 1 else self.place
            way = np.asarray(goals[-1].position) - last
            said = goals[-1].heading
            self.heading = (
                said if said is not None else heading_towards(way) if np.linalg.norm(way) > 0.05 else self.heading
            )
            self.place = np.asarray(goals[-1].position)
        self.points += goals
        self.astray, self.left_seat = not goals, None

    def _paced(self, begin: float, goals: list[Waypoint]) -> list[Waypoint]:
        """The goals as they can be reached: passed at even pace where one comes too soon, cut where all is too far."""
        places = [self.place, *(np.asarray(goal.position) for goal in goals)]
        legs = np.array([float(np.linalg.norm(b - a)) for a, b in pairwise(places)])
        spans = np.diff([begin, *(goal.time for goal in goals)])
        top, time = FASTEST * self.unit, goals[-1].time - begin
        reach = top * max(time - LOST, 0.4 * time)
        if legs.sum() <= reach and (legs <= 1.1 * top * spans).all():
            return goals
        if legs.sum() > reach:
            self.notes.append(
                f"'{self.actor.name}' would have to walk {legs.sum():.1f} m in {time:.1f} s at {begin:.2f} s and comes {reach:.1f} m far; "
                "make the walk longer or bring the target nearer."
            )
        else:
            self.notes.append(
                f"'{self.actor.name}' passes the places of the walk at {begin:.2f} s at even pace, since one comes too soon; move it in time."
            )
        shares = np.minimum(legs.cumsum(), reach) / min(legs.sum(), reach)
        paced, covered = [], 0.0
        for goal, leg, share, earlier, place in zip(goals, legs, shares, places, places[1:]):
            if covered >= reach:
                break
            part = min(1.0, (reach - covered) / max(leg, 1e-9))
            paced.append(
                replace(goal, time=begin + float(share) * time, position=_pair(earlier + part * (place - earlier)))
            )
            covered += leg
        return paced

    def _is_kept(self, span: ActionSpan) -> bool:
        kept = self.actor.constraints
        return kept is not None and bool(
            kept.part("lower")[round(span.start * FPS) : max(round(span.end * FPS), 1)].any()
        )

    def _keep(self, span: ActionSpan) -> None:
        """As asked: the motion that is kept says where the actor is."""
        self.points += [
            point for point in self.asked if max(self.clock, span.start) + ON_TIME < point.time <= span.end + ON_TIME
        ]
        kept = self.actor.constraints
        if kept is not None:
            last = np.flatnonzero(kept.part("lower")[: max(round(span.end * FPS), 1)])[-1]
            self.place = kept.root_positions[last, :2].astype(np.float64)
            self.heading = float(heading_of(kept.rotations[last, 0]))
        self.astray, self.left_seat = False, None
        self._add(span.label, span.end)

    def _add(self, label: str, end: float) -> None:
        if end - self.clock > 1e-6:
            self.spans.append(ActionSpan(label, self.clock, end))
            self.clock = end

    def _apart(self, point: Waypoint) -> float:
        return float(np.linalg.norm(np.asarray(point.position) - self.place))


def _beside(seat: Array, heading: float, far: Array, unit: float) -> Array | None:
    """A place (2,) to pass a seat by on the way between its front and ``far``, where the straight way leads over it."""
    ahead, right = facing(heading), facing(heading - np.pi / 2)
    behind, aside = -float((far - seat) @ ahead), float((far - seat) @ right)
    if behind < 0.0 or abs(aside) > behind + BESIDE_THE_SEAT * unit:
        return None
    return seat + np.copysign(BESIDE_THE_SEAT * unit, aside) * right + 0.1 * unit * ahead


def _pair(place: Array) -> tuple[float, float]:
    return float(place[0]), float(place[1])
