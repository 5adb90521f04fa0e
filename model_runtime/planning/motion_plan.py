"""Plan one actor's shot: which label is played when, and where walks and seats want the root.

People turn before they sit and rise before they walk, and recorded scenes label that as standing. So does the plan: a
walk that ends on a seat arrives a little earlier in front of it and turns there; a walk after sitting begins with
rising, around the change of label. An actor that stops near the partner, or that the partner joins, turns to face the
partner unless the script gives a heading. A walk without a target stays near (``strolls.py``). This is the only place
that knows how somebody sits down: a request gives seats, not steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..body_model.proxemics import CLOSEST, NEARBY
from ..body_model.skeleton import heading_of
from ..common.arrays import Array
from ..common.headings import facing, heading_towards, turned
from ..contract import FASTEST_WALK, FPS, ActionSpan, Actor, Waypoint
from .given_motion import way_aside
from .pins import heads_of
from .strolls import Surroundings, stroll

Whereabouts = Callable[[float], Array]  # time (s) -> place (2,)
ON_TIME = 0.05  # seconds within which two times count as one
# Metres of a mean body.
BEFORE_THE_SEAT = 0.38  # from the seated pelvis to where the actor stands before and after, as in the recorded scenes
BESIDE_THE_SEAT = 0.75  # at which a path passes a seat
STEP = 0.5  # the longest way made without a walk
ON_THE_SPOT = 0.01  # a waypoint nearer than this is where the actor stands
LEAN = 0.3  # from the root of a standing actor to a pin of its head, further than which it goes nearer
JOINED = 0.5  # a partner who moves by less has not gone anywhere
USUAL, FASTEST = 1.0, FASTEST_WALK  # m/s
# Seconds.
LOST = 0.5  # by setting off and arriving, against a walk at full speed
SITTING_DOWN = 1.0
STEPPING_BACK = 0.35  # before the label turns to sit: recorded people are halfway over the seat by then
STOPPING, HURRIED_STOP, HALF_A_TURN = 0.6, 0.4, 0.8
RISEN = 1.0  # after rising begins
RISING = 0.4  # before and again after the change from sit to walk
SHORTEST_WALK = 0.8
SETTING_OUT, PER_RADIAN = 0.9, 0.6  # of a turn on the spot, as recorded
FORESEEN = 1.5  # ahead of a moving partner to whom an actor turns
SHORTEST_TURN = 0.6  # of standing before a walk, for a turn to be worth it
LEFT_AFTER_TURNING = 0.5  # of a stand, for a turn to be worth it
LEFT_BEFORE_GOING = 2.0  # the same where a walk follows, which needs a turn of its own
# Radians, as in the recorded scenes.
FACED = float(np.radians(5.0))  # off the place that a stand faces, for the actor to turn
ASIDE = float(np.radians(35.0))  # from an actor's heading to the partner, for the actor to turn
TURN_FIRST, LEFT_TO_TURN = 0.85, 0.15  # from the heading to a walk's direction: turned before it, but for the rest


def seconds_to_turn(angle: float) -> float:
    """Return the duration of a turn on the spot by ``angle`` radians."""
    return SETTING_OUT + PER_RADIAN * abs(angle)


class MotionPlan:
    """Plans ``spans`` and ``points`` of one actor, label by label, tracking where it stands and faces.

    ``partner`` gives the partner's place at a time, None for an actor that plays alone; ``unit``: metres of this body
    for a metre of a mean body; ``notes`` receives a sentence for each change; ``partner_is_given``: the partner's body
    is given, so that this one has to make way; ``seats``: middles (2,) of the seats of both. The labels of ``actor``
    cover the shot. Labels in which the lower body is given by motion constraints stay as they are. ``strolls`` holds,
    after planning, the waypoints found for walks without a target.
    """

    def __init__(
        self,
        actor: Actor,
        partner: Whereabouts | None,
        unit: float,
        notes: list[str],
        partner_is_given: bool = False,
        seats: Sequence[Array] = (),
    ) -> None:
        self.actor, self.partner, self.unit, self.notes = actor, partner, unit, notes
        self.partner_is_given, self.seats = partner_is_given, seats
        self.waypoints = sorted(actor.waypoints, key=lambda point: point.time)
        self.spans: list[ActionSpan] = []
        self.points: list[Waypoint] = []
        self.strolls: list[Waypoint] = []
        self.start, self.first_heading = np.asarray(actor.position, np.float64), actor.heading
        self.place, self.heading, self.clock = self.start, actor.heading, 0.0
        self.left_seat: tuple[Array, float] | None = None  # place and heading of the seat just left

    def planned(self) -> Actor:
        """Return the actor with the labels to play and every place where its root is wanted."""
        script = self.actor.actions
        for before, span, after in zip((None, *script), script, (*script[1:], None)):
            if self._is_given(span):
                self._follow_constraints(span)
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

    # ---- walking ----------------------------------------------------------------------------------------------------

    def _walk(self, span: ActionSpan, after: ActionSpan | None) -> None:
        """Walk through the waypoints in the span to the one at its end."""
        begin = self.clock
        goals = [point for point in self.waypoints if begin + ON_TIME < point.time < span.end - ON_TIME]
        goal = self._goal(span, after)
        if after is not None and self._is_free(after, "sit"):
            self._walk_to_seat(span, after, goals, goal)
            return
        if goal is None:
            goals += self._stroll(begin, span.end, goals)
        elif not goals and self._distance(goal) < STEP * self.unit:  # there already: it leads out and back
            goals = self._stroll(begin, span.end, finish=np.asarray(goal.position))
        else:
            goals.append(replace(goal, time=span.end))
        self._go(begin, goals)
        self._add("walk", span.end)

    def _walk_to_seat(self, span: ActionSpan, sits: ActionSpan, goals: list[Waypoint], goal: Waypoint | None) -> None:
        """Walk to the front of a seat, arriving early enough to turn there before sitting down."""
        begin = self.clock
        seat = self._seat(sits, span)
        target = self._front(seat) if seat is not None else goal
        if target is None and goals:
            target = goals.pop()
        end = span.end - self._spared(self._time_to_turn(target, seat), span.end - begin, target, seat)
        goals = [point for point in goals if point.time < end - 2 * STOPPING]
        if target is not None:
            goals += self._around(seat, end) if seat is not None and not goals else []
            goals.append(replace(target, time=end, heading=None))
        self._go(begin, goals or self._stroll(begin, end))
        self._add("walk", end)
        self._add("stand", span.end)

    def _goal(self, span: ActionSpan, after: ActionSpan | None) -> Waypoint | None:
        """Return the waypoint at the end of a walk or, without one, the first in the stand that follows."""
        until = after.end if after is not None and self._is_free(after, "stand") else span.end
        return next((point for point in self.waypoints if span.end - ON_TIME <= point.time <= until + ON_TIME), None)

    def _stroll(
        self, begin: float, end: float, goals: Sequence[Waypoint] = (), finish: Array | None = None
    ) -> list[Waypoint]:
        """Return, and remember in ``strolls``, the waypoints of a walk that has no target at its end.

        It goes on from the last of its ``goals``, if it has any, and ends at ``finish`` (2,), if it is given.
        """
        place, heading = self.place, self.heading
        for goal in goals:
            heading = float(heading_towards(np.asarray(goal.position) - place))
            begin, place = goal.time, np.asarray(goal.position)
        length = USUAL * self.unit * max(end - begin - LOST, 0.55 * (end - begin))
        is_near = self._heading_to_partner(end, place) is not None
        partner = self.partner(end) if self.partner is not None and is_near else None
        found, wanted = self._wanted_after(end)
        around = Surroundings(partner, self.seats, wanted)
        points = stroll(begin, end, place, heading, length, around, self.unit, found if finish is None else finish)
        if end > self.actor.actions[-1].end - LEFT_AFTER_TURNING:  # no time to turn to the partner afterwards
            points[-1] = replace(points[-1], heading=self._heading_to_partner(end, np.asarray(points[-1].position)))
        self.strolls += points
        return points

    def _wanted_after(self, time: float) -> tuple[Array | None, Array | None]:
        """Return where a walk that ends at ``time`` has to end, if anywhere, and where the actor walks to next.

        It has to end where motion is given before another walk, or in front of a seat.
        """
        before: ActionSpan | None = None
        for span in self.actor.actions:
            if span.end > time + ON_TIME:
                if self._is_given(span):
                    return self._given_place(span), None
                if span.label == "sit":
                    seat = self._seat(span, before)
                    return (None if seat is None else np.asarray(self._front(seat).position)), None
                if span.label == "walk" and span.start > time - ON_TIME:
                    goal = next((point for point in self.waypoints if point.time > span.start + ON_TIME), None)
                    return None, None if goal is None else np.asarray(goal.position)
            before = span
        return None, None

    def _go(self, begin: float, goals: list[Waypoint]) -> None:
        """Walk along ``goals`` from where the actor is, no faster than people walk: it comes as far as it can."""
        if self.left_seat is not None:
            beside = _beside(*self.left_seat, np.asarray(goals[0].position), self.unit)
            if beside is not None:
                share = _share_of_way(self.place, beside, np.asarray(goals[0].position))
                goals = [Waypoint(begin + (goals[0].time - begin) * share, _pair(beside)), *goals]
        else:
            self._turn_to_go(begin, goals)
        goals = self._paced(begin, goals)
        last = np.asarray(goals[-2].position) if len(goals) > 1 else self.place
        direction = np.asarray(goals[-1].position) - last
        if goals[-1].heading is not None:
            self.heading = goals[-1].heading
        elif np.linalg.norm(direction) > 0.05:
            self.heading = float(heading_towards(direction))
        self.place = np.asarray(goals[-1].position)
        self.points += goals
        self.left_seat = None

    def _turn_to_go(self, begin: float, goals: Sequence[Waypoint]) -> None:
        """Turn towards a walk's direction in the stand before it, where that is a large turn."""
        stood = begin - self.spans[-1].start if self.spans and self.spans[-1].label == "stand" else 0.0
        goal = next((goal for goal in goals if self._distance(goal) > STEP * self.unit), goals[0])
        direction = np.asarray(goal.position) - self.place
        angle = float(turned(heading_towards(direction), self.heading))
        given = any(point.heading is not None and abs(point.time - begin) < SHORTEST_TURN for point in self.points)
        is_far = float(np.linalg.norm(direction)) > STEP * self.unit
        if not given and stood > SHORTEST_TURN and is_far and abs(angle) > TURN_FIRST:
            self.heading += angle - float(np.copysign(LEFT_TO_TURN, angle))
            self.points.append(Waypoint(begin, _pair(self.place), self.heading))

    def _paced(self, begin: float, goals: list[Waypoint]) -> list[Waypoint]:
        """Return the goals as they can be reached: at even pace if one is too early, cut short if they are too far."""
        places = [self.place, *(np.asarray(goal.position) for goal in goals)]
        legs = np.array([float(np.linalg.norm(b - a)) for a, b in pairwise(places)])
        spans = np.diff([begin, *(goal.time for goal in goals)])
        top, time = FASTEST * self.unit, goals[-1].time - begin
        reach = top * max(time - LOST, 0.4 * time)
        if legs.sum() <= reach and (legs <= 1.1 * top * spans).all():
            return goals
        if legs.sum() > reach:
            self._note(
                f"would have to walk {legs.sum():.1f} m in {time:.1f} s at {begin:.2f} s and comes {reach:.1f} m far; "
                "make the walk longer or bring the target nearer."
            )
        else:
            self._note(
                f"passes the places of the walk at {begin:.2f} s at even pace, since one comes too soon; "
                "move it in time."
            )
        shares = np.minimum(legs.cumsum(), reach) / min(legs.sum(), reach)
        paced, covered = [], 0.0
        for goal, leg, share, earlier, place in zip(goals, legs, shares, places, places[1:]):
            if covered >= reach:
                break
            part = min(1.0, (reach - covered) / max(leg, 1e-9))
            position = _pair(earlier + part * (place - earlier))
            paced.append(replace(goal, time=begin + float(share) * time, position=position))
            covered += leg
        return paced

    # ---- standing ---------------------------------------------------------------------------------------------------

    def _stand(self, span: ActionSpan, before: ActionSpan | None, after: ActionSpan | None) -> None:
        """Stand in place; a waypoint too far away for a step gets a walk."""
        walked = before is not None and self._is_free(before, "walk")
        taken = self._goal(before, span) if before is not None and walked else None
        seat = self._seat(after, span) if after is not None and self._is_free(after, "sit") else None
        to_sit = after is not None and self._is_free(after, "sit")
        until = span.end - ON_TIME if to_sit else span.end + ON_TIME
        inside = [point for point in self.waypoints if self.clock + ON_TIME < point.time <= until]
        heads = list(heads_of(self.actor, span))
        if not inside:
            self._make_way(span)
        for point in sorted([*inside, *heads], key=lambda point: point.time):
            if point is taken or (point in heads and self._distance(point) <= LEAN * self.unit):
                continue
            if point in heads:
                point = self._nearer(point)
            point = replace(point, time=min(point.time, span.end))
            if not self._be_at(point, f"is wanted {{0:.2f}} m away at {point.time:.2f} s"):
                self._note(
                    f"is wanted {self._distance(point):.2f} m away at {point.time:.2f} s and stays, "
                    "since there is no time to walk there."
                )
        if seat is not None:
            front = self._front(seat)
            ready = span.end - self._time_to_turn(front, seat)
            self._be_at(replace(front, time=ready, heading=None), "has a seat {0:.2f} m away")
        self._turn_to_partner(span, walk_follows=after is not None and after.label == "walk")
        self._add("stand", span.end)

    def _make_way(self, span: ActionSpan) -> None:
        """Step aside in time, as often as a partner whose body is given comes too near in the span."""
        while self.partner is not None and self.partner_is_given:
            begin = max([self.clock, *(point.time for point in self.points)])
            aside = way_aside(self.place, begin, span.end, self.partner, self.unit)
            if aside is None:
                return
            told, distance = len(self.notes), self._distance(aside)
            in_time = self._be_at(aside, "")
            del self.notes[told:]
            if not in_time or distance > STEP * self.unit:
                goes = f"goes {distance:.2f} m aside" if in_time else "has no time to go aside"
                self._note(
                    f"stands in the partner's way at {aside.time:.2f} s and {goes}; "
                    "let it start elsewhere, or put a walk there to choose when and where to."
                )
            if not in_time:
                return

    def _nearer(self, head: Waypoint) -> Waypoint:
        """Return a place from which the actor reaches a pin of its head, as near to where it is as is comfortable."""
        away = np.asarray(head.position) - self.place
        left = 0.5 * LEAN * self.unit / float(np.linalg.norm(away))
        return replace(head, position=_pair(self.place + (1.0 - left) * away))

    def _be_at(self, point: Waypoint, why: str) -> bool:
        """Be at a place at its time, with a walk in the stand if it is far; return False if there is no time for it."""
        distance = self._distance(point)
        if distance <= STEP * self.unit:
            self.points.append(point)
            self.place = np.asarray(point.position)
            self.heading = self.heading if point.heading is None else point.heading
            return True
        free = max([self.clock, *(planned.time for planned in self.points)])
        begin = max(free, point.time - distance / (USUAL * self.unit) - LOST)
        if point.time - begin < SHORTEST_WALK:
            return False
        self._note(
            f"{why.format(distance)} without a walk and walks there from {begin:.2f} s; "
            "put a walk there to choose when."
        )
        self._add("stand", begin)
        self._go(begin, [point])
        self._add("walk", point.time)
        return True

    def _turn_to_partner(self, span: ActionSpan, walk_follows: bool) -> None:
        """Turn to the partner after arriving, and whenever the partner has moved to another side."""
        if self.partner is None and span.facing is None:
            return
        left = LEFT_BEFORE_GOING if walk_follows else LEFT_AFTER_TURNING
        free = self.clock
        for time, least in self._meetings(span):
            time = max(time, free)
            wanted = self._wanted_heading(span, time)
            if wanted is None or self._is_turned_by_pin(time):
                continue
            turn = abs(turned(wanted, self.heading))
            ready = time + seconds_to_turn(turn)
            soon = [point for point in self.points if time + ON_TIME < point.time < ready + LEFT_AFTER_TURNING]
            busy = any(point.heading is not None or self._distance(point) > ON_THE_SPOT for point in soon)
            if turn >= least and not busy and ready + left < span.end:
                self.points.append(Waypoint(ready, _pair(self.place), wanted))
                self.heading, free = wanted, ready
        until = span.end - (LEFT_BEFORE_GOING if walk_follows else 0.0)
        later = any(point.time > free and point.heading is not None for point in self.points)
        if self.clock < free < until - LEFT_AFTER_TURNING and not later:
            self.points.append(Waypoint(until, _pair(self.place), self.heading))  # hold the heading

    def _is_turned_by_pin(self, time: float) -> bool:
        """Return whether a pin of the root says at a time (s) which way the actor faces."""
        return any(pin.heading is not None and pin.start - ON_TIME <= time < pin.end for pin in self.actor.pins)

    def _wanted_heading(self, span: ActionSpan, time: float) -> float | None:
        """Return the heading for a stand at ``time`` (s): to what it faces, else to a partner who is near."""
        if span.facing is None:
            return self._heading_to_partner(time + FORESEEN, self.place)
        direction = np.asarray(span.facing) - self.place
        return float(heading_towards(direction)) if np.linalg.norm(direction) > CLOSEST * self.unit else None

    def _meetings(self, span: ActionSpan) -> list[tuple[float, float]]:
        """Return (time, least angle) at which to turn in a stand: on arrival or once risen, and when the partner is
        somewhere else.

        The partner must then be aside by the angle, in radians. A stand whose heading the script gives has none; one
        that faces a place has one.
        """
        partner, before = self.partner, self.spans[-1].label if self.spans else "stand"
        free = self.clock + (RISEN if before == "sit" else 0.0)
        if span.facing is not None or partner is None:
            return [(free, FACED)] if span.facing is not None else []
        if any(point.heading is not None and abs(point.time - span.start) < ON_TIME for point in self.waypoints):
            return []
        clock = np.arange(self.clock, span.end, ON_TIME)
        moved, last = [], partner(self.clock)
        for time in clock[1:]:
            if np.linalg.norm(partner(time) - last) > JOINED * self.unit:
                moved.append((float(time), ASIDE))
                last = partner(time)
        return [*([] if before == "stand" else [(free, 0.0)]), *moved]

    # ---- sitting ----------------------------------------------------------------------------------------------------

    def _sit(self, span: ActionSpan, before: ActionSpan | None, after: ActionSpan | None) -> None:
        """Sit down onto the seat, hold its place and heading while seated, and rise."""
        seat = self._reached_seat(span, before)
        walk = after if after is not None and self._is_free(after, "walk") else None
        rises = min(RISING, 0.3 * (span.end - span.start)) if walk is not None else 0.0
        front, heading, first = self._front(seat), self._heading_on(seat), before is None
        seated = 1 / FPS if first else min(SITTING_DOWN, 0.5 * (span.end - span.start))
        if not first:
            ready = max(span.start - STEPPING_BACK, self._free_before(span, before))
            self.points.append(replace(front, time=ready, heading=heading))
        for time in (span.start + seated, span.end - rises):
            self.points.append(replace(seat, time=time, heading=heading))
        self.place, self.heading = np.asarray(front.position), heading
        self.left_seat = np.asarray(seat.position), heading
        self._add("sit", span.end - rises)
        if walk is not None:
            self._add("stand", span.end + min(RISING, 0.3 * (walk.end - walk.start)))
        if after is not None and not self._is_given(after):
            risen = (self.clock if rises else min(span.end + RISEN, after.end)) - 1 / FPS
            if not any(span.end < point.time < risen + SHORTEST_WALK for point in self.waypoints):
                self.points.append(replace(self._front(seat), time=risen, heading=None))

    def _reached_seat(self, span: ActionSpan, before: ActionSpan | None) -> Waypoint:
        """Return the seat of a sit label if it can be reached in time, else an invisible one where the actor is.

        The first label's seat is where the shot starts.
        """
        seat, first = self._seat(span, before), before is None
        if seat is None:
            self._note(
                f"No seat is given for '{self.actor.name}', who sits from {span.start:.2f} s on an invisible one "
                f"{self.actor.seat_height:.2f} m high; choose a seat.",
                named=True,
            )
            return self._invisible(span, first)
        if first:
            self.place = self.start = np.asarray(seat.position, np.float64)
            self.heading = self.first_heading = self._heading_on(seat)
            return seat
        distance = self._distance(self._front(seat))
        if distance <= STEP * self.unit:
            return seat
        self._note(
            f"is {distance:.1f} m from the seat at {span.start:.2f} s and cannot get there in time, so an "
            "invisible seat takes its place; let a longer walk lead there."
        )
        return self._invisible(span, first)

    def _free_before(self, span: ActionSpan, before: ActionSpan | None) -> float:
        """Return the latest time up to a span's start at which the actor is wanted, at least the middle of the span
        before.
        """
        begin = before.start if before is not None else 0.0
        return max([0.5 * (begin + span.start), *(point.time for point in self.points if point.time <= span.start)])

    def _seat(self, span: ActionSpan, before: ActionSpan | None) -> Waypoint | None:
        """Return the last waypoint in a sit label, with the last heading given in it.

        A waypoint at its very beginning without a heading is where the walk before it leads, not the seat.
        """

        def is_seat(point: Waypoint) -> bool:
            if point.time > span.start + ON_TIME or before is None or before.label != "walk":
                return True
            return point.heading is not None and not before.to_partner

        inside = [p for p in self.waypoints if span.start - ON_TIME <= p.time <= span.end + ON_TIME and is_seat(p)]
        if not inside:
            return None
        heading = next((point.heading for point in reversed(inside) if point.heading is not None), None)
        return replace(inside[-1], heading=heading)

    def _invisible(self, span: ActionSpan, first: bool) -> Waypoint:
        """Return a seat behind where the actor stands, or under an actor that sits from the start."""
        heading = self.heading if first else self._heading_on(Waypoint(span.start, _pair(self.place)))
        back = 0.0 if first else BEFORE_THE_SEAT * self.unit
        return Waypoint(span.start, _pair(self.place - back * facing(heading)), heading)

    def _heading_on(self, seat: Waypoint) -> float:
        """Return the heading on a seat: as given, else towards the partner, else as the actor faces."""
        if seat.heading is not None:
            return seat.heading
        towards = self._heading_to_partner(seat.time, np.asarray(seat.position))
        return self.heading if towards is None else towards

    def _front(self, seat: Waypoint) -> Waypoint:
        """Return the place where the actor stands before sitting down and after rising."""
        ahead = BEFORE_THE_SEAT * self.unit * facing(self._heading_on(seat))
        return replace(seat, position=_pair(np.asarray(seat.position) + ahead))

    def _time_to_turn(self, target: Waypoint | None, seat: Waypoint | None) -> float:
        """Return the seconds between arriving at ``target`` and sitting down there."""
        if target is None:
            return STOPPING
        arriving = np.asarray(target.position) - self.place
        wanted = self._heading_on(seat if seat is not None else target)
        heading = heading_towards(arriving) if np.linalg.norm(arriving) > 0.1 else self.heading
        return float(STOPPING + HALF_A_TURN * abs(turned(wanted, heading)) / np.pi)

    def _spared(self, wanted: float, walk: float, target: Waypoint | None, seat: Waypoint | None) -> float:
        """Return how many of the seconds ``wanted`` for turning a walk of ``walk`` seconds can spare.

        A walk that is far for its time ends with a hurried stop.
        """
        distance = 0.0 if target is None else self._distance(target)
        if target is not None and seat is not None and self._around(seat, 1.0):
            distance += BESIDE_THE_SEAT * self.unit
        spare = walk - LOST - distance / (FASTEST * self.unit)
        return min(wanted, 0.4 * walk, max(spare, wanted - STOPPING + HURRIED_STOP))

    def _around(self, seat: Waypoint, end: float) -> list[Waypoint]:
        """Return a waypoint beside the seat if the straight way from behind would lead over it."""
        beside = _beside(np.asarray(seat.position), self._heading_on(seat), self.place, self.unit)
        if beside is None:
            return []
        share = _share_of_way(self.place, beside, np.asarray(self._front(seat).position))
        return [Waypoint(self.clock + (end - self.clock) * share, _pair(beside))]

    # ---- common -----------------------------------------------------------------------------------------------------

    def _heading_to_partner(self, time: float, place: Array) -> float | None:
        """Return the heading from ``place`` (2,) to a partner who is near, else None."""
        if self.partner is None:
            return None
        direction = self.partner(time) - place
        is_near = CLOSEST * self.unit < float(np.linalg.norm(direction)) < NEARBY * self.unit
        return float(heading_towards(direction)) if is_near else None

    def _is_given(self, span: ActionSpan) -> bool:
        """Return whether motion constraints give the lower body anywhere in the span."""
        constraints = self.actor.constraints
        if constraints is None:
            return False
        return bool(constraints.part("lower")[round(span.start * FPS) : max(round(span.end * FPS), 1)].any())

    def _is_free(self, span: ActionSpan, label: str) -> bool:
        return span.label == label and not self._is_given(span)

    def _follow_constraints(self, span: ActionSpan) -> None:
        """Keep a span as it was asked for: the motion that is given says where the actor is."""
        begin = max(self.clock, span.start)
        self.points += [p for p in self.waypoints if begin + ON_TIME < p.time <= span.end + ON_TIME]
        constraints = self.actor.constraints
        if constraints is not None:
            last = np.flatnonzero(constraints.part("lower")[: max(round(span.end * FPS), 1)])[-1]
            self.place = constraints.root_positions[last, :2].astype(np.float64)
            self.heading = float(heading_of(constraints.rotations[last, 0]))
        self.left_seat = None
        self._add(span.label, span.end)

    def _given_place(self, span: ActionSpan) -> Array:
        """Return the place (2,) where the motion that is given in a span begins."""
        constraints = self.actor.constraints
        assert constraints is not None
        since = round(span.start * FPS)
        first = since + int(np.flatnonzero(constraints.part("lower")[since:])[0])
        return constraints.root_positions[first, :2].astype(np.float64)

    def _add(self, label: str, end: float) -> None:
        if end - self.clock > 1e-6:
            self.spans.append(ActionSpan(label, self.clock, end))
            self.clock = end

    def _note(self, sentence: str, named: bool = False) -> None:
        """Tell the user of a change; the sentence begins with the actor's name unless it is ``named`` inside."""
        self.notes.append(sentence if named else f"'{self.actor.name}' {sentence}")

    def _distance(self, point: Waypoint) -> float:
        return float(np.linalg.norm(np.asarray(point.position) - self.place))


def _beside(seat: Array, heading: float, far: Array, unit: float) -> Array | None:
    """Return a place (2,) to pass a seat by, between its front and ``far`` (2,), if the straight way leads over the
    seat.
    """
    ahead, right = facing(heading), facing(heading - np.pi / 2)
    behind, aside = -float((far - seat) @ ahead), float((far - seat) @ right)
    if behind < 0.0 or abs(aside) > behind + BESIDE_THE_SEAT * unit:
        return None
    return seat + np.copysign(BESIDE_THE_SEAT * unit, aside) * right + 0.1 * unit * ahead


def _share_of_way(start: Array, middle: Array, end: Array) -> float:
    """Return which share of the way from ``start`` (2,) over ``middle`` to ``end`` lies before ``middle``."""
    before, after = np.linalg.norm(middle - start), np.linalg.norm(end - middle)
    return float(before / (before + after))


def _pair(place: Array) -> tuple[float, float]:
    return float(place[0]), float(place[1])
