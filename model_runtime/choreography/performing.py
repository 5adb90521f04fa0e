"""Lay planned choreographies over generated motion: acts, touches, beats, and eyes on what happens.

The bodies were generated where the interaction wants them. What lies beside it stays as it is, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import EYES, INDEX, forward_kinematics, heading_of
from ..common.arrays import Array, BoolArray, FloatArray
from ..contract import CONTACT_MET, FPS, PART_JOINTS, Actor, GazeSpan
from ..refine.bodies import Bodies, given_frames
from ..refine.contacts.motion import BodyMotion, Goal
from ..refine.contacts.report import gap_of
from ..refine.head_turns import turn_heads
from .acts import act
from .beating import beat
from .elements import Touch
from .meeting import Reach, meet
from .places import with_places
from .planning import PlannedInteraction
from .reaching import Place, Timing, aimed_at, half_way, reach_of

_BEFORE, _AFTER = 1.0, 3.0  # seconds beside an interaction in which acts may still be going on
_LOOKS_EARLY = 0.45  # seconds that the eyes are at the place before the hand (Johansson et al. 2001)
_GAZE_STEP = 0.1  # seconds between the places of a gaze

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Performed:
    """The bodies, the actors with what they look at meanwhile, and what was measured of each interaction."""

    bodies: Bodies
    actors: tuple[Actor, ...]
    report: list[dict[str, Any]]
    notes: list[str]


def perform_interactions(
    bodies: Bodies, actors: Sequence[Actor], plans: Sequence[PlannedInteraction], progress: Progress = lambda _: None
) -> Performed:
    """Return both bodies with the planned interactions in their motion.

    ``actors`` have their own sizes, as ``bodies`` do. An interaction that reaches into motion that is given is left
    out, and said to be.
    """
    done, people = bodies, list(actors)
    report, notes = [], []
    for number, plan in enumerate(plans):
        progress(number / len(plans))
        given = _given_share(plan, actors, bodies.roots.shape[1])
        if given == 1.0:
            continue  # it is in the motion that stays
        if given > 0.0:
            notes.append(
                f"'{plan.category}' at {plan.span.start:.2f} s reaches into motion that stays as it is, and is not "
                "played anew; choose a stretch that holds all of it."
            )
            continue
        people = _looking(plan, people, done)
        done = _turned_to(plan, people, done)
        performance = _Performance(plan, people, done)
        done = performance.bodies
        gap = performance.gap
        report.append(
            {
                "category": plan.category,
                "actor": actors[plan.roles[0]].name,
                "variant": plan.variant.name,
                "reaction": plan.reaction.name,
                "contact": round(plan.contact, 3),
                "end": round(plan.end, 3),
                "gap": round(gap, 4),
            }
        )
        if gap > CONTACT_MET:
            notes.append(
                f"In '{plan.category}' at {plan.contact:.2f} s the two stay {100 * gap:.0f} cm short of each other; "
                "let them stand nearer, or give the strip more time."
            )
    progress(1.0)
    return Performed(done, tuple(people), report, notes)


class _Performance:
    """One interaction over the whole shot."""

    def __init__(self, plan: PlannedInteraction, actors: Sequence[Actor], bodies: Bodies) -> None:
        self.plan, self.rng = plan, np.random.default_rng(plan.seed)
        self.frames = bodies.roots.shape[1]
        self.contact, self.stop = round(plan.contact * FPS), round(plan.stop * FPS)
        self.late = 0.0 if plan.reaction.joins else plan.delay
        motions = [
            BodyMotion(bodies.roots[a], bodies.rotations[a], actor.skeleton,
                       with_places(actor.body_shape, actor.skeleton), bodies.contacts[a],
                       _given(actor, self.frames))
            for a, actor in ((number, actors[number]) for number in plan.roles)
        ]  # fmt: skip
        motions = self._acted(motions)
        reaches = [self._reach(touch, 0.0, motions) for touch in plan.variant.touches]
        reaches += [self._reach(touch, self.late, motions) for touch in plan.reaction.touches]
        heights = [
            self._at_height(r, t, motions) for r, t in zip(reaches, plan.variant.touches) if t.height is not None
        ]
        rotations = np.stack([m.rotations for m in motions])
        roots = np.stack([m.root for m in motions])
        if reaches:
            met = meet(motions, [*reaches, *heights], plan.seed, plan.shift, anchored=True)
            roots, rotations = met.roots, met.rotations
        motions = [replace(m, root=roots[a], rotations=rotations[a]) for a, m in enumerate(motions)]
        self.gap = self._widest_gap(motions, [r.goal for r in reaches])
        goals = [r.goal for r in reaches]
        for who, beats in ((0, plan.variant.beats), (1, plan.reaction.beats)):
            own = [g for g in goals if g.actor == who]
            if beats is not None and own:
                rotations = beat(motions, rotations, own, beats, self.rng).rotations
                motions = [replace(m, rotations=rotations[a]) for a, m in enumerate(motions)]
        all_roots, all_rotations = bodies.roots.copy(), bodies.rotations.copy()
        for role, number in enumerate(plan.roles):
            all_roots[number], all_rotations[number] = roots[role], rotations[role]
        self.bodies = replace(bodies, roots=all_roots, rotations=all_rotations)

    def _acted(self, motions: list[BodyMotion]) -> list[BodyMotion]:
        """Return both with their acts, which change nothing beside them."""
        plan, result = self.plan, list(motions)
        acts = [(a, plan.contact + a.at) for a in plan.variant.acts]
        acts += [(a, plan.contact + a.at + self.late) for a in plan.reaction.acts]
        for doing, start in acts:
            first = max(0, round((start - _BEFORE) * FPS))
            last = min(self.frames, round((max(plan.stop, start) + _AFTER) * FPS))
            if last - first < 2:
                continue
            body = result[doing.role]
            rows = slice(first, last)
            feet = None if body.foot_contacts is None else body.foot_contacts[rows]
            part = replace(body, root=body.root[rows], rotations=body.rotations[rows], foot_contacts=feet)
            size = doing.size * float(self.rng.uniform(0.8, 1.2))
            acted = act(part, doing.kind, start - first / FPS, size, self.rng)
            root, rotations = body.root.copy(), body.rotations.copy()
            changed = np.abs(acted.rotations - part.rotations).max((1, 2)) > 1e-5
            changed |= np.abs(acted.root - part.root).max(1) > 1e-5
            at = np.flatnonzero(changed)
            root[first + at], rotations[first + at] = acted.root[at], acted.rotations[at]
            result[doing.role] = replace(body, root=root, rotations=rotations)
        return result

    def _reach(self, touch: Touch, late: float, motions: Sequence[BodyMotion]) -> Reach:
        timing = Timing(self.contact, self.stop, self.frames, self.plan.come, self.plan.go)
        return reach_of(touch, late, timing, self.rng, lambda frame: _aimed(touch.aim, motions[touch.role], frame))

    def _at_height(self, reach: Reach, touch: Touch, motions: Sequence[BodyMotion]) -> Reach:
        """Return a reach that wants the point of another at its height half way between the bodies."""
        assert touch.height is not None
        frame, body = reach.goal.start, motions[touch.role]
        _, _, z = _aimed((0.0, 0.0, touch.height), body, frame)
        return half_way(reach, z, [m.root[frame] for m in motions], _heading(body, frame), body.skeleton.size)

    def _widest_gap(self, motions: Sequence[BodyMotion], goals: Sequence[Goal]) -> float:
        """Return the metres by which a contact between the two is missed at most of its time, 0 without contacts."""
        posed = [forward_kinematics(m.root, m.rotations, m.skeleton) for m in motions]
        gaps = [gap_of(motions, posed, goal) for goal in goals if goal.other is not None]
        return max((float(np.percentile(gap, 90)) for gap in gaps), default=0.0)


def _aimed(aim: Place | None, body: BodyMotion, frame: int) -> Place:
    """Return the place of an ``aim`` of a body on a frame."""
    assert aim is not None
    rows = slice(frame, frame + 1)
    joints, _ = forward_kinematics(body.root[rows], body.rotations[rows], body.skeleton)
    shoulders = joints[0, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(0)
    return aimed_at(aim, shoulders, _heading(body, frame), body.skeleton.size)


def _heading(body: BodyMotion, frame: int) -> float:
    return float(heading_of(body.rotations[frame : frame + 1, 0])[0])


def _given_share(plan: PlannedInteraction, actors: Sequence[Actor], frames: int) -> float:
    """Return how much of both bodies is given while an interaction lasts, from 0 to 1."""
    first, last = (int(np.clip(round(t * FPS), 0, frames)) for t in (plan.contact - plan.come, plan.end))
    return float(np.mean([_given(actor, frames)[first:last] for actor in actors]))


def _given(actor: Actor, frames: int) -> BoolArray:
    """Return which joints of an actor (T, 4) are given, by part."""
    given = actor.constraints
    return np.zeros((frames, len(PART_JOINTS)), bool) if given is None else given.joints(frames)


def _looking(plan: PlannedInteraction, actors: Sequence[Actor], bodies: Bodies) -> list[Actor]:
    """Return the actors with eyes on the other's face, and on the place of a contact before the hand is there.

    Who is told to look somewhere at that time does so.
    """
    first, last = plan.span.start, plan.end
    result = list(actors)
    eyes = [_eyes(actor, bodies, number) for number, actor in enumerate(actors)]
    touches = any(t.on and not t.own for t in plan.variant.touches)
    for number in plan.roles:
        actor, other = actors[number], 1 - number
        if any(span.start < last and span.end > first for span in actor.gaze):
            continue
        spans = [(first, last, eyes[other])]
        if touches and number == plan.roles[0]:
            away = max(first, plan.contact - _LOOKS_EARLY)
            there = 0.5 * (bodies.roots[0] + bodies.roots[1]) + np.array([0.0, 0.0, 0.15], np.float32)
            spans = [(first, away, eyes[other]), (away, plan.contact, there), (plan.contact, last, eyes[other])]
        told = tuple(GazeSpan(a, b, _places(track, a, b)) for a, b, track in spans if b - a > 2.0 / FPS)
        result[number] = replace(actor, gaze=tuple(sorted((*actor.gaze, *told), key=lambda span: span.start)))
    return result


def _eyes(actor: Actor, bodies: Bodies, number: int) -> FloatArray:
    """Return the point (T, 3) between the eyes."""
    joints, world = forward_kinematics(bodies.roots[number], bodies.rotations[number], actor.skeleton)
    head = INDEX["head"]
    return (joints[:, head] + rot.rotate(world[:, head], EYES * actor.skeleton.size)).astype(np.float32)


def _places(track: Array, start: float, end: float) -> tuple[tuple[float, float, float], ...]:
    count = max(1, round((end - start) / _GAZE_STEP))
    times = np.linspace(start, end, count) if count > 1 else np.array([0.5 * (start + end)])
    rows = np.clip(np.round(times * FPS).astype(int), 0, len(track) - 1)
    return tuple((float(x), float(y), float(z)) for x, y, z in track[rows])


def _turned_to(plan: PlannedInteraction, actors: Sequence[Actor], bodies: Bodies) -> Bodies:
    """Return the bodies with heads turned for this interaction alone; earlier gaze is followed already."""
    frames = bodies.roots.shape[1]
    within = [
        replace(actor, gaze=tuple(s for s in actor.gaze if plan.span.start <= s.start and s.end <= plan.end + 1e-6))
        for actor in actors
    ]
    fixed = [given_frames(actor.constraints, frames, "upper", "head") for actor in actors]
    return replace(bodies, rotations=turn_heads(bodies.roots, bodies.rotations, within, fixed))
