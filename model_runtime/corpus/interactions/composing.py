"""Compose one interaction: a variant and a reaction are drawn, bases grown, contacts met, beats laid over, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...body_model.body_shape import place_points
from ...body_model.skeleton import Skeleton, forward_kinematics
from ...common.arrays import Array, FloatArray
from ...common.headings import facing
from ...contract import FPS, EmotionSpan
from ...datasets.clip import Clip
from ...refine.contacts.motion import BodyMotion, Goal
from ..listening.heads import upper_body
from ..motion.base_motion import Motion
from ..motion.clip_bank import ClipBank
from ..script.affect import AffectTrack
from ...choreography.acts import act
from .attention import Look, eye_targets, eyes_in_head, looks_of, turn_heads
from .bases import Base, Placed
from ...choreography.beating import beat
from ...choreography.catalogue import CATEGORIES
from ...choreography.elements import Category, Reaction, Touch, Variant, mirrored
from ...choreography.meeting import Reach, meet
from ...choreography.places import composing_shape

BASE_SOURCE = "rocketbox"
_TALLEST, _SHORTEST = 2.0, 1.2
_LONGEST = 8.0  # s


@dataclass
class Composed:
    """An interaction as it was made, before it is judged; two roles, T frames at ``FPS``."""

    category: str
    variant: Variant
    reaction: Reaction
    skeletons: tuple[Skeleton, Skeleton]
    roots: FloatArray
    rotations: FloatArray
    contacts: Array
    eyes: FloatArray
    at_face: Array
    goals: list[Goal]
    reaches: list[Reach]
    affects: tuple[AffectTrack, AffectTrack]
    emotions: tuple[list[EmotionSpan], list[EmotionSpan]]
    relationship: str
    contact: int
    stop: int
    facts: dict[str, Any] = field(default_factory=dict)
    off: Array = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def bodies(self) -> list[BodyMotion]:
        return [
            BodyMotion(self.roots[a], self.rotations[a], s, composing_shape(s), self.contacts[a])
            for a, s in enumerate(self.skeletons)
        ]


@dataclass(frozen=True)
class Stock:
    """What interactions of a split are made of."""

    bank: ClipBank
    clips: list[Clip]
    split: str


def compose_interaction(category: str, seed: int, stock: Stock) -> Composed:
    """Return the interaction of ``seed``; it may be unfit, see ``gate.reasons``."""
    number = list(CATEGORIES).index(category)
    rng = np.random.default_rng([seed, number, 7, 0 if stock.split == "train" else 1])
    kind = CATEGORIES[category]
    variant, reaction = _drawn(rng, kind, stock.split)
    people = [_person(rng, stock) for _ in range(2)]
    skeletons = (people[0][1], people[1][1])
    feelings, relationship = _feelings(rng, kind, reaction)
    affects = tuple(AffectTrack(spans, relationship, who == 0) for who, spans in enumerate(feelings))
    plan = _Plan(rng, variant, reaction, skeletons)
    bases = [Base(stock.bank, people[a][0], skeletons[a], affects[a], rng) for a in range(2)]
    plan.grow(bases)
    placed = plan.place(bases)
    motions = plan.acted([p.motion for p in placed])
    looks, motions = plan.looking(motions)
    made = Composed(
        category, variant, reaction, skeletons, *_stacked(motions), np.zeros((2, plan.frames, 2), np.float32),
        np.zeros((2, plan.frames), bool), [r.goal for r in plan.reaches], plan.reaches, (affects[0], affects[1]),
        feelings, relationship, plan.contact, plan.stop,
    )  # fmt: skip
    if plan.reaches:
        met = meet(made.bodies, plan.reaches, seed, variant.shift * _mean_size(skeletons))
        made.roots, made.rotations = met.roots, met.rotations
    made.off = np.zeros(plan.frames, bool)
    made.facts = {"count": 0, "reaction_count": 0, "delay": round(plan.delay, 2), **plan.facts}
    _beats(made, rng)
    _see(made, looks, rng)
    return made


def _beats(made: Composed, rng: np.random.Generator) -> None:
    for who, beats, key in ((0, made.variant.beats, "count"), (1, made.reaction.beats, "reaction_count")):
        if beats is None:
            continue
        goals = [g for g in made.goals if g.actor == who]
        if key == "count" and beats.kind != "pump" and made.reaction.joins and made.reaction.beats is None:
            goals = made.goals if beats.kind in ("shake",) else goals
        if not goals:
            continue
        beaten = beat(made.bodies, made.rotations, goals, beats, rng)
        made.rotations, made.facts[key] = beaten.rotations, beaten.count
        made.off |= beaten.off


def _see(made: Composed, looks: Sequence[Look], rng: np.random.Generator) -> None:
    """Turn the eyes of both to what they look at, given where heads are in the end."""
    uppers = [upper_body(made.roots[a], made.rotations[a], made.skeletons[a]) for a in range(2)]
    for who in range(2):
        target, at_face = eye_targets(looks, who, uppers[who], uppers[1 - who].eyes, rng)
        made.eyes[who] = eyes_in_head(made.roots[who], made.rotations[who], made.skeletons[who], target)
        made.at_face[who] = at_face


def _drawn(rng: np.random.Generator, kind: Category, split: str) -> tuple[Variant, Reaction]:
    fitting = [v for v in kind.variants if v.held_out == (split == "test")] or list(kind.variants)
    variant = fitting[int(rng.integers(len(fitting)))]
    reaction = variant.reactions[int(rng.integers(len(variant.reactions)))] if variant.reactions else Reaction("waits")
    if rng.random() < (0.12 if "shake" in kind.name else 0.5):
        variant = mirrored(variant)
        reaction = next((r for r in variant.reactions if r.name == reaction.name), reaction)
    return variant, reaction


def _person(rng: np.random.Generator, stock: Stock) -> tuple[str, Skeleton]:
    """Draw whose clips are played, 'f' or 'm', and the body: most between 1.5 and 1.95 m, some smaller or taller."""
    performers = sorted({clip.performer for clip in stock.clips if clip.source == BASE_SOURCE})
    owners = sorted({clip.performer for clip in stock.clips if clip.source in (BASE_SOURCE, "smartbody")})
    performer = str(rng.choice(performers))
    owner = performer if rng.random() < 0.6 else str(rng.choice(owners))
    skeleton = next(clip.skeleton for clip in stock.clips if clip.performer == owner)
    height = float(np.clip(rng.normal(1.72, 0.11), 1.5, 1.96))
    if rng.random() < 0.14:
        height = float(rng.choice([rng.uniform(_SHORTEST, 1.5), rng.uniform(1.92, _TALLEST)]))
    return performer[-1], skeleton.scaled(round(height / skeleton.height, 2))


def _feelings(
    rng: np.random.Generator, kind: Category, reaction: Reaction
) -> tuple[tuple[list[EmotionSpan], list[EmotionSpan]], str]:
    answers = (reaction.feeling,) if reaction.feeling else kind.answers
    names = str(rng.choice(kind.feelings)), str(rng.choice(answers))
    spans = tuple([EmotionSpan(name, float(rng.uniform(0.5, 1.1)), 0.0, _LONGEST)] for name in names)
    return (spans[0], spans[1]), str(rng.choice(kind.relationships))


def _mean_size(skeletons: Sequence[Skeleton]) -> float:
    return 0.5 * (skeletons[0].size + skeletons[1].size)


def _stacked(motions: Sequence[Motion]) -> tuple[FloatArray, FloatArray, Array]:
    return tuple(np.stack([getattr(m, name) for m in motions]) for name in ("root", "rotations", "contacts"))  # type: ignore[return-value]


class _Plan:
    """The times of one interaction, and the bases that fit them."""

    def __init__(
        self, rng: np.random.Generator, variant: Variant, reaction: Reaction, skeletons: tuple[Skeleton, Skeleton]
    ) -> None:
        self.rng, self.variant, self.reaction, self.skeletons = rng, variant, reaction, skeletons
        self.hold = float(rng.uniform(*variant.hold))
        self.delay = float(rng.uniform(*reaction.delay))
        self.come, self.go = float(rng.uniform(*variant.come)), float(rng.uniform(*variant.go))
        self.contact = self.stop = self.frames = 0
        self.reaches: list[Reach] = []
        self.facts: dict[str, Any] = {}

    def grow(self, bases: Sequence[Base]) -> None:
        """Grow both bases: notice, approach, contact, and what comes after; sets the times of the contact."""
        rng, variant = self.rng, self.variant
        actor, reactor = bases
        notice = int(rng.uniform(0.35, 0.9) * FPS)
        walks = float(rng.uniform(*variant.approach))
        actor.stand(notice)
        if walks > 0.25:
            actor.walk(walks, float(rng.uniform(0.9, 1.35)))
            # The hand is there before the last step has come to rest.
            self.contact = max(actor.arrives - int(rng.uniform(*variant.early) * FPS), notice + int(self.come * FPS))
        else:
            self.contact = notice + int((self.come + rng.uniform(0.1, 0.5)) * FPS)
        if variant.shown:
            self._play(actor)
        if variant.meets:
            reactor.stand(max(2, int(self.contact - rng.uniform(1.3, 1.6) * FPS)))
            reactor.walk(float(rng.uniform(0.3, 0.6)), 0.9)
            self.contact = max(self.contact, reactor.arrives - 3)
        self.stop = self.contact + max(2, round(self.hold * FPS))
        self._after(actor)
        self._react(reactor)
        rest = int(rng.uniform(0.5, 1.2) * FPS)
        longest = self.stop + int((self.go + (self.delay if not self.reaction.joins else 0.0)) * FPS) + rest
        ends = [base.frames for base in bases]
        self.frames = int(min(max(longest, *(e + 6 for e in ends)), self.stop + 2.6 * FPS, _LONGEST * FPS))
        for base in bases:
            base.stand(self.frames + 3)

    def _play(self, actor: Base) -> None:
        names = actor.knows(*self.variant.shown) or actor.knows(self.variant.shown[0])
        name = str(self.rng.choice(names))
        clip = actor._body.clips.bank.clip(name)
        begins = actor.play(name, bool(self.rng.random() < 0.5), float(self.rng.uniform(0.92, 1.1)))
        self.contact = begins + int(0.25 * (actor.frames - begins))
        self.hold = 0.5 * (actor.frames - begins) / FPS
        self.facts["clip"] = clip.name

    def _after(self, actor: Base) -> None:
        what = str(self.rng.choice(self.variant.after))
        self.facts["after"] = what
        if what == "stays":
            return
        actor.stand(self.stop + int(0.35 * FPS))
        if what == "steps back":
            way = np.array([float(self.rng.normal(0.0, 0.04)), float(self.rng.uniform(0.18, 0.3))])
            actor.steps(way, 1, float(self.rng.uniform(0.95, 1.2)))
        elif what == "leaves":
            actor.turn(float(self.rng.choice([-1.0, 1.0]) * self.rng.uniform(1.6, 2.6)))

    def _react(self, reactor: Base) -> None:
        low, high = self.reaction.steps_back
        count = int(self.rng.integers(low, high + 1)) if high else 0
        self.facts["steps_back"] = count
        if count:
            reactor.stand(self.contact + 2)
            metres = float(self.rng.uniform(0.2, 0.3)) * count
            reactor.steps(
                np.array([float(self.rng.normal(0.0, 0.04)), metres]),
                count,
                float(self.rng.uniform(1.4, 1.8)),
                at_once=True,
            )

    def place(self, bases: Sequence[Base]) -> list[Placed]:
        """Return both bases where the variant wants them on the frame of the contact."""
        rng, variant = self.rng, self.variant
        size = _mean_size(self.skeletons)
        at = [min(max(self.contact, base.arrives), self.frames - 1) for base in bases]
        apart = float(rng.uniform(*variant.distance)) * size
        bearing, turned = (np.radians(float(rng.uniform(*span))) for span in (variant.bearing, variant.turned))
        heading = float(rng.uniform(-np.pi, np.pi))
        first = bases[0].placed(self.frames, np.zeros(2, np.float32), heading, at[0], None)
        place = (apart * facing(heading + bearing)).astype(np.float32)
        looks = heading + bearing + np.pi + turned
        second = bases[1].placed(self.frames, place, float(looks), at[1], first.motion.root)
        self._reaches([first.motion, second.motion])
        return [first, second]

    def acted(self, motions: list[Motion]) -> list[Motion]:
        acts = [(a, self.contact / FPS + a.at) for a in self.variant.acts]
        late = 0.0 if self.reaction.joins else self.delay
        acts += [(a, self.contact / FPS + a.at + late) for a in self.reaction.acts]
        for doing, start in acts:
            size = doing.size * float(self.rng.uniform(0.8, 1.2))
            motion, skeleton = motions[doing.role], self.skeletons[doing.role]
            body = BodyMotion(motion.root, motion.rotations, skeleton, composing_shape(skeleton), motion.contacts)
            acted = act(body, doing.kind, start, size, self.rng)
            motions[doing.role] = Motion(acted.root, acted.rotations, motion.contacts)
        return motions

    def looking(self, motions: list[Motion]) -> tuple[list[Look], list[Motion]]:
        """Return who looks where, and the motions with heads turned so."""
        uppers = [upper_body(m.root, m.rotations, s) for m, s in zip(motions, self.skeletons)]
        meets = self._meeting_place(motions)
        reacts = self.contact + (0 if self.reaction.joins else int(self.delay * FPS))
        looks = looks_of(meets, self.contact, self.stop, reacts, self.frames, self.rng)
        if not any(r.goal.other is not None and r.goal.other != r.goal.actor for r in self.reaches):
            looks = [look for look in looks if look.what != "place"]
        turned = []
        for who in range(2):
            target, _ = eye_targets(looks, who, uppers[who], uppers[1 - who].eyes, self.rng)
            rotations = turn_heads(motions[who].root, motions[who].rotations, self.skeletons[who], target)
            turned.append(Motion(motions[who].root, rotations, motions[who].contacts))
        return looks, turned

    def _meeting_place(self, motions: Sequence[Motion]) -> Array:
        """Return about where (3,) the first contact will be."""
        goal = next((r.goal for r in self.reaches if r.goal.other is not None), None)
        frame = slice(self.contact, self.contact + 1)
        points = []
        wanted = [(0, "chest"), (1, "chest")] if goal is None else [(goal.other or 0, goal.other_point)]
        for role, name in wanted:
            motion, skeleton = motions[role], self.skeletons[role]
            posed = forward_kinematics(motion.root[frame], motion.rotations[frame], skeleton)
            shape = composing_shape(skeleton)
            points.append(place_points(shape, *posed)[0][0, shape.point(name)])
        place = np.mean(points, axis=0)
        if goal is not None and goal.other_point.endswith(("palm", "hand")):
            place = 0.5 * (motions[0].root[self.contact] + motions[1].root[self.contact])
            place[2] += 0.12
        return place

    def _reaches(self, motions: Sequence[Motion]) -> None:
        """Set the goals of all touches."""
        late = 0.0 if self.reaction.joins else self.delay
        for touch in self.variant.touches:
            self.reaches.append(self._reach(touch, 0.0, motions))
            if touch.height is not None:
                self.reaches.append(self._at_height(self.reaches[-1], touch, motions))
        for touch in self.reaction.touches:
            self.reaches.append(self._reach(touch, late, motions))

    def _reach(self, touch: Touch, late: float, motions: Sequence[Motion]) -> Reach:
        start = self.contact + round((touch.at + late) * FPS)
        stop = max(self.stop, start + 3) if touch.stay is None else start + max(2, round(touch.stay * FPS))
        stop = min(stop, self.frames - 6)
        start = min(start, stop - 2)
        come = round((float(self.rng.uniform(*touch.come)) if touch.come else self.come) * FPS)
        go = round((float(self.rng.uniform(*touch.go)) if touch.go else self.go) * FPS)
        if touch.aim is not None:
            place = self._aimed(touch, motions[touch.role], start)
            goal = Goal(touch.role, touch.point, start, stop, place=place, distance=0.02)
        else:
            other = touch.role if touch.own else 1 - touch.role
            goal = Goal(touch.role, touch.point, start, stop, other, touch.on, distance=touch.gap)
        return Reach(goal, max(4, min(come, start - 2)), max(4, go), touch.hand, touch.ready, touch.via, touch.back)

    def _at_height(self, reach: Reach, touch: Touch, motions: Sequence[Motion]) -> Reach:
        """Return a reach that wants the point of another at its ``height`` half way between the bodies."""
        assert touch.height is not None
        frame, point = reach.goal.start, replace(touch, aim=(0.0, 0.0, touch.height))
        x, y, z = self._aimed(point, motions[touch.role], frame)
        x, y = (0.5 * float(motions[0].root[frame, k] + motions[1].root[frame, k]) for k in range(2))
        aside = 0.16 * self.skeletons[0].size * (1.0 if touch.point.startswith("left") else -1.0)
        heading = float(motions[0].heading[frame])
        x, y = x + aside * np.cos(heading), y + aside * np.sin(heading)
        return replace(reach, goal=replace(reach.goal, other=None, other_point="", place=(x, y, z), distance=0.08))

    def _aimed(self, touch: Touch, motion: Motion, frame: int) -> tuple[float, float, float]:
        """Return the place that a touch with an ``aim`` goes to."""
        assert touch.aim is not None
        upper = upper_body(motion.root[[frame]], motion.rotations[[frame]], self.skeletons[touch.role])
        size, heading = self.skeletons[touch.role].size, float(motion.heading[frame])
        left, ahead, up = (size * x for x in touch.aim)
        shoulders = upper.eyes[0] - size * np.array([*(0.09 * facing(heading)), 0.27])
        flat = left * np.array([np.cos(heading), np.sin(heading)]) + ahead * facing(heading)
        x, y, z = (float(v) for v in shoulders + np.array([*flat, up]))
        return x, y, z
