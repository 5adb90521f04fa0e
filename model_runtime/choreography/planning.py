"""Interactions of a request as choreographies: which variant, who stands where, and when hands meet.

What is asked for between two strips becomes places, labels and times here, before anything is generated; the touches,
acts and beats themselves are laid over the generated motion (``performing.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..body_model.proxemics import SIDE_BY_SIDE
from ..common.arrays import Array
from ..common.headings import facing, heading_towards
from ..contract import (
    FPS,
    INTERACTIONS,
    PLAYED_BY_LABELS,
    ActionSpan,
    Actor,
    InteractionSpan,
    Request,
    Waypoint,
    lay_over,
    played_part,
)
from ..contract.interactions import waiting
from ..planning.given_motion import body_is_given
from ..planning.height_normalisation import height_units
from ..planning.interactions import place_at
from ..planning.label_cleanup import fill_gaps
from ..planning.motion_plan import LOST, SHORTEST_WALK, STEP, USUAL
from .catalogue import CATEGORIES
from .elements import Reaction, Variant, mirrored
from .reaching import mean_size

_NOTICED = 0.15  # seconds from the beginning of a strip to the first step or reach
_SETTLED = 0.25  # seconds between the end of a walk, with a foot still in the air, and the contact
_FRONTAL = 60.0  # degrees that a reactor is turned away, up to which the two need not go round each other
_NEAR_ENOUGH = 0.06  # metres by which a place may be missed without a step
_APART, _STEPS_BACK = 0.95, 1.2  # metres between two who let go of each other, seconds that the step back takes
_MOST_UNLIKE = 1.7  # times as tall as the other, up to which two touch; scenes are composed with no more
_ROOM = 0.02  # metres more than the nearest that a walk may end
_A_STEP = 1.0  # seconds that a step to the place takes
_LONGER = 0.05  # seconds by which an interaction may outlast its strip unsaid


@dataclass(frozen=True)
class PlannedInteraction:
    """One interaction: ``roles`` are the actors by number, who begins first. Times in seconds of the shot.

    ``contact`` and ``stop``: when it begins and ends; ``come`` and ``go``: how long an arm takes before and after;
    ``delay`` of the reaction. ``shift``: metres by which each body is readily moved as a whole. ``seed`` of all that is
    drawn while it is performed.
    """

    span: InteractionSpan
    category: str
    roles: tuple[int, int]
    variant: Variant
    reaction: Reaction
    contact: float
    stop: float
    come: float
    go: float
    delay: float
    shift: float
    seed: int

    @property
    def end(self) -> float:
        """When both are back in their own motion."""
        late = 0.0 if self.reaction.joins else self.delay
        return self.stop + self.go + late


def plan_interactions(request: Request) -> tuple[Request, list[PlannedInteraction], list[str]]:
    """Return a request in which both stand where its interactions want them, what is to be performed, and a sentence
    for each interaction that cannot be.
    """
    plans: list[PlannedInteraction] = []
    notes: list[str] = []
    names = [actor.name for actor in request.actors]
    for span in sorted(request.interactions, key=lambda span: span.start):
        part = played_part(span, names)
        if not part.category or part.category in PLAYED_BY_LABELS:
            continue
        if len(names) < 2:
            notes.append(f"'{part.category}' needs two; cast the second character.")
            continue
        if plans and span.start + _NOTICED < plans[-1].end:
            before = plans[-1]
            notes.append(
                f"'{part.category}' at {span.start:.2f} s begins before '{before.category}' is over, at "
                f"{before.end:.2f} s, and is not played; start its strip after that."
            )
            continue
        planner = _Planner(request, replace(span, who=part.who, start=max(span.start, 0.0)), part.category)
        if refused := planner.refused() or planner.late():
            notes.append(refused)
            continue
        request, plan = planner.planned()
        plans.append(plan)
        notes += planner.notes
    return request, plans, notes


class _Planner:
    """Plans one interaction into a request: places first, then times."""

    def __init__(self, request: Request, span: InteractionSpan, category: str) -> None:
        self.request, self.span, self.category = request, span, category
        self.actors = [replace(actor, actions=fill_gaps(actor.actions, request.duration)) for actor in request.actors]
        self.size = mean_size([actor.skeleton for actor in self.actors])
        self.roles = (span.who[0], 1 - span.who[0])
        rng = np.random.default_rng([request.seed, INTERACTIONS.index(category), round(span.start * FPS), 5])
        self.variant, self.reaction = _drawn(rng, category, self.actors[self.roles[0]].leading_hand)
        variant, reaction = self.variant, self.reaction
        self.come, self.go, hold = (float(rng.uniform(*times)) for times in (variant.come, variant.go, variant.hold))
        self.delay = float(rng.uniform(*reaction.delay))
        self.contact, self.shift = span.start + _NOTICED + self.come + _SETTLED, variant.shift
        self.walk: ActionSpan | None = None
        self.there: Waypoint | None = None
        self.touching = _touches(variant, reaction)
        if all(self._sits(actor, span.end) is None for actor in self.actors):
            self._come_near(rng)
        self.stop = self.contact + hold
        if self.stop + self.leaving > span.end:
            self.stop = max(self.contact + variant.hold[0], span.end - self.leaving)
        self.seed = int(rng.integers(2**31))
        self.notes: list[str] = []

    @property
    def leaving(self) -> float:
        """Seconds from the end of the contact until both are back in their own motion."""
        return self.go + (0.0 if self.reaction.joins else self.delay)

    @property
    def over(self) -> float:
        """When the strip and what it asks for are over."""
        return max(self.span.end, self.stop + self.leaving)

    def _sits(self, actor: Actor, until: float) -> float | None:
        """Return from when on an actor sits before ``until`` (s); None if it does not."""
        seats = (a for a in actor.actions if a.label == "sit" and a.start < until and a.end > self.span.start)
        return next((max(a.start, self.span.start) for a in seats), None)

    def refused(self) -> str:
        """Return why the interaction is not played, "" if it is."""
        when = f"'{self.category}' at {self.span.start:.2f} s"
        for actor in self.actors:
            if body_is_given(actor, self.request.frames):
                return f"The body of '{actor.name}' is given, so {when} is not played."
        if not self.touching:
            return ""
        for actor in self.actors:
            if (time := self._sits(actor, self.over)) is not None:
                return (
                    f"'{actor.name}' sits at {time:.2f} s and '{self.category}' is played standing, until "
                    f"{self.over:.2f} s; move one of the two strips."
                )
        small, tall = sorted(self.actors, key=lambda actor: actor.skeleton.height)
        if tall.skeleton.height > _MOST_UNLIKE * small.skeleton.height:
            return (
                f"'{small.name}' ({small.skeleton.height:.2f} m) and '{tall.name}' ({tall.skeleton.height:.2f} m) are "
                f"too unlike in height for {when}; ask for something without a touch, such as a wave."
            )
        return ""

    def late(self) -> str:
        """Return why there is no time for the interaction, "" if there is; note where its strip is too short."""
        takes = self.stop + self.leaving - self.span.start
        if self.stop + self.leaving > self.request.duration:
            return (
                f"'{self.category}' at {self.span.start:.2f} s takes {takes:.1f} s and the shot ends before; "
                "start its strip earlier."
            )
        if self.stop + self.leaving > self.span.end + _LONGER:
            self.notes.append(
                f"'{self.category}' at {self.span.start:.2f} s takes {takes:.1f} s, until after its strip; make the "
                "strip that long, or let the two stand nearer to each other."
            )
        return ""

    def _come_near(self, rng: np.random.Generator) -> None:
        """Let the one who begins walk or step to where the variant wants it."""
        units = height_units((self.actors[0].skeleton.pelvis_height, self.actors[1].skeleton.pelvis_height))
        unit, begins = 0.5 * sum(units), self.span.start + _NOTICED
        drawn = self.variant, self.reaction
        place, way, short = _place_of(rng, self.actors, self.roles, self.span.start, drawn, unit)
        self.shift = max(self.variant.shift, 0.5 * short + _NEAR_ENOUGH) * self.size
        if way > STEP * unit:
            arrives = begins + max(way / (USUAL * unit) + LOST, SHORTEST_WALK)
            self.contact = max(self.contact, arrives + _SETTLED)
            self.walk, self.there = ActionSpan("walk", begins, arrives), replace(place, time=arrives)
        elif way > _NEAR_ENOUGH:
            self.contact = max(self.contact, begins + _A_STEP)
            self.there = replace(place, time=self.contact - _SETTLED)

    def _step_back(self, end: float, actions: Sequence[ActionSpan], points: Sequence[Waypoint]) -> list[Waypoint]:
        """Return the place to which the one who came steps back, if there is time for it and the two stand close."""
        assert self.there is not None
        until = next((a.end for a in actions if a.label == "stand" and a.start <= end < a.end), end)
        if until - end < _STEPS_BACK or any(end < p.time <= until for p in points):
            return []
        unit = self.size
        theirs = place_at(self.actors, self.roles[1], end, unit)
        away = np.asarray(self.there.position) - theirs
        apart = float(np.linalg.norm(away))
        if apart >= _APART * unit - _NEAR_ENOUGH or apart < 1e-3:
            return []
        x, y = theirs + away * (_APART * unit / apart)
        return [Waypoint(end + _STEPS_BACK, (float(x), float(y)), self.there.heading)]

    def planned(self) -> tuple[Request, PlannedInteraction]:
        """Return the request with both where they should be, and what is performed there."""
        plan = PlannedInteraction(
            self.span, self.category, self.roles, self.variant, self.reaction, self.contact, self.stop, self.come,
            self.go, self.delay, self.shift, self.seed,
        )  # fmt: skip
        if not self.touching:  # a sign is made from wherever the two are, and whatever they do
            return self.request, plan
        played = []
        for number, actor in enumerate(self.actors):
            actions = waiting(actor.actions, self.span.start, self.over)
            points = [p for p in actor.waypoints if not self.span.start < p.time <= self.over]
            if number == self.roles[0]:
                actions = lay_over(actions, self.walk) if self.walk is not None else actions
                if self.there is not None:
                    points += [self.there, *self._step_back(plan.end, actions, points)]
            played.append(replace(actor, actions=actions, waypoints=tuple(points)))
        return replace(self.request, actors=tuple(played)), plan


def _drawn(rng: np.random.Generator, category: str, hand: str) -> tuple[Variant, Reaction]:
    """Return a variant that goes without a captured clip or a second walk, and a reaction, whose steps are left out."""
    kind = CATEGORIES[category]
    fitting = [v for v in kind.variants if not (v.shown or v.meets)] or list(kind.variants)
    frontal = [v for v in fitting if abs(0.5 * sum(v.turned)) <= _FRONTAL]
    among = frontal or fitting
    variant = among[int(rng.integers(len(among)))]
    if hand == "left" or (not hand and "shake" not in kind.name and rng.random() < 0.3):
        variant = mirrored(variant)
    answers = variant.reactions
    return variant, answers[int(rng.integers(len(answers)))] if answers else Reaction("waits")


def _touches(variant: Variant, reaction: Reaction) -> bool:
    """Return whether anybody touches the other, for which both have to stand at the right place."""
    return any(touch.on and not touch.own for touch in (*variant.touches, *reaction.touches))


def _place_of(
    rng: np.random.Generator,
    actors: Sequence[Actor],
    roles: tuple[int, int],
    time: float,
    drawn: tuple[Variant, Reaction],
    unit: float,
) -> tuple[Waypoint, float, float]:
    """Return where the one who begins should stand, how far that is, and by how much two stand too far apart there.

    The other faces the one who begins.
    """
    variant, reaction = drawn
    first, second = (place_at(actors, number, time, unit) for number in roles)
    low, high = (x * mean_size([actor.skeleton for actor in actors]) for x in variant.distance)
    bearing, turned = (np.radians(float(rng.uniform(*span))) for span in (variant.bearing, variant.turned))
    now = float(np.linalg.norm(first - second))
    wanted = float(rng.uniform(low, high))
    if not _touches(variant, reaction) and abs(turned) < np.radians(_FRONTAL):
        return Waypoint(time, (float(first[0]), float(first[1]))), 0.0, 0.0  # a sign is seen from wherever it is made
    apart = max(wanted, (SIDE_BY_SIDE + _ROOM) * unit)
    theirs = float(heading_towards(first - second)) if now > 1e-3 else actors[roles[1]].heading
    mine = theirs - bearing - np.pi - turned
    place: Array = second - apart * facing(mine + bearing)
    way = float(np.linalg.norm(place - first))
    return Waypoint(time, (float(place[0]), float(place[1])), float(mine)), way, apart - wanted
