"""Compose one interaction: a variant and a reaction are drawn, bases grown, contacts met, beats laid over, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...body_model.skeleton import Skeleton
from ...choreography.beating import beat
from ...choreography.catalogue import CATEGORIES
from ...choreography.elements import Category, Reaction, Variant, mirrored
from ...choreography.feet import led_foot
from ...choreography.meeting import Reach, meet
from ...choreography.places import composing_shape
from ...choreography.reaching import mean_size
from ...common.arrays import Array, FloatArray
from ...contract import EmotionSpan
from ...datasets.clip import Clip
from ...refine.contacts.motion import BodyMotion, Goal
from ..listening.heads import upper_body
from ..motion.base_motion import Motion
from ..motion.clip_bank import ClipBank
from ..script.affect import AffectTrack
from .attention import Look, eye_targets, eyes_in_head
from .bases import Base
from .captured import captured_pair
from .plan import LONGEST, Plan
from .riding import carried

BASE_SOURCE = "rocketbox"
_TALLEST, _SHORTEST = 2.0, 1.2


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
    if variant.pair:
        return _captured(category, seed, stock, rng, (variant, reaction), feelings, relationship)
    affects = tuple(AffectTrack(spans, relationship, who == 0) for who, spans in enumerate(feelings))
    plan = Plan(rng, variant, reaction, skeletons)
    bases = [
        Base(
            stock.bank, people[a][0], skeletons[a], affects[a], rng, variant.seated and a == 1, variant.seat * (a == 0)
        )
        for a in range(2)
    ]
    plan.grow(bases)
    placed = plan.place(bases)
    motions = plan.acted([p.motion for p in placed])
    looks, motions = plan.looking(motions)
    motions = plan.acted(motions, late_ones=True)
    holds: list[Goal] = []
    if variant.rides:
        motions, holds = carried(motions, skeletons, rng)
    made = Composed(
        category, variant, reaction, skeletons, *_stacked(motions), np.zeros((2, plan.frames, 2), np.float32),
        np.zeros((2, plan.frames), bool), [*(r.goal for r in plan.reaches), *holds], plan.reaches,
        (affects[0], affects[1]), feelings, relationship, plan.contact, plan.stop,
    )  # fmt: skip
    if plan.reaches:
        met = meet(made.bodies, plan.reaches, seed, variant.shift * mean_size(skeletons))
        made.roots, made.rotations = met.roots, met.rotations
    for found in plan.feet:
        actor = found.goal.actor
        made.roots[actor], made.rotations[actor], made.contacts[actor] = led_foot(made.bodies, found)
        made.goals.append(found.goal)
    made.off = np.zeros(plan.frames, bool)
    made.facts = {"count": 0, "reaction_count": 0, "delay": round(plan.delay, 2), **plan.facts}
    _beats(made, rng)
    _see(made, looks, rng)
    return made


def _captured(
    category: str,
    seed: int,
    stock: Stock,
    rng: np.random.Generator,
    drawn: tuple[Variant, Reaction],
    feelings: tuple[list[EmotionSpan], list[EmotionSpan]],
    relationship: str,
) -> Composed:
    """Return an interaction that was captured as such."""
    variant, reaction = drawn
    pair = captured_pair(rng, stock.bank, stock.clips, variant.pair, seed)
    affects = (AffectTrack(feelings[0], relationship, True), AffectTrack(feelings[1], relationship, False))
    frames = pair.motions[0].frames
    made = Composed(
        category, variant, reaction, pair.skeletons, *_stacked(pair.motions), np.zeros((2, frames, 2), np.float32),
        np.zeros((2, frames), bool), pair.holds, [], affects, feelings, relationship, frames // 6, 5 * frames // 6,
    )  # fmt: skip
    made.off = np.zeros(frames, bool)
    made.facts = {"count": 0, "reaction_count": 0, "delay": 0.0, "steps_back": 0, "after": "stays", "clip": pair.name}
    _see(made, [], rng)
    return made


def _beats(made: Composed, rng: np.random.Generator) -> None:
    for who, beats, key in ((0, made.variant.beats, "count"), (1, made.reaction.beats, "reaction_count")):
        if beats is None:
            continue
        touching = {(g.actor, g.point) for g in made.goals if g.other is not None}
        goals = [g for g in made.goals if g.actor == who and (g.other is not None or (who, g.point) not in touching)]
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
    spans = tuple([EmotionSpan(name, float(rng.uniform(0.5, 1.1)), 0.0, LONGEST)] for name in names)
    return (spans[0], spans[1]), str(rng.choice(kind.relationships))


def _stacked(motions: Sequence[Motion]) -> tuple[FloatArray, FloatArray, Array]:
    return tuple(np.stack([getattr(m, name) for m in motions]) for name in ("root", "rotations", "contacts"))  # type: ignore[return-value]
