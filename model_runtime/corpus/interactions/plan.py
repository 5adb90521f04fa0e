"""The plan of one interaction: its times, the bases that fit them, where both stand, and what shall touch when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...body_model.body_shape import place_points
from ...body_model.legs import leg_positions
from ...body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ...choreography.acts import LATE, act
from ...choreography.elements import Move, Reaction, Touch, Variant
from ...choreography.feet import FootReach, is_of_foot
from ...choreography.meeting import Reach
from ...choreography.places import composing_shape
from ...choreography.reaching import Place, Timing, aimed_at, half_way, mean_size, reach_of
from ...common.arrays import Array
from ...common.headings import facing
from ...contract import FPS
from ...refine.contacts.motion import BodyMotion, Goal
from ..listening.heads import upper_body
from ..motion.base_motion import Motion, body_positions
from .attention import Look, eye_targets, looks_of, turn_heads
from .bases import Base, Placed

LONGEST = 8.0  # s
_PLAYED = (0.92, 1.1)  # times as fast as captured
_STRETCHED = 0.97  # of its length that a leg reaches for a kick
_BEFORE_KICK, _AFTER_KICK = 0.9, 1.0  # s of a captured kick that are played around its furthest frame


class Plan:
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
        self.feet: list[FootReach] = []
        self._arrived = [0, 0]
        self.facts: dict[str, Any] = {}

    def grow(self, bases: Sequence[Base]) -> None:
        """Grow both bases: notice, approach, contact, and what comes after; sets the times of the contact."""
        rng, variant = self.rng, self.variant
        actor, reactor = bases
        moves = [*variant.moves, *self.reaction.moves]
        notice = int(rng.uniform(0.35, 0.9) * FPS)
        notice += max(0, -round(min([move.at for move in moves], default=0.0) * FPS) - round(self.come * FPS))
        walks = float(rng.uniform(*variant.approach))
        actor.stand(notice if walks > 0.25 else min(notice, round(0.3 * FPS)))
        if walks > 0.25:
            actor.walk(walks, float(rng.uniform(0.9, 1.35)))
            # The hand is there before the last step has come to rest.
            self.contact = max(actor.arrives - int(rng.uniform(*variant.early) * FPS), notice + int(self.come * FPS))
        else:
            self.contact = notice + int((self.come + rng.uniform(0.1, 0.5)) * FPS)
        if variant.shown:
            actor.stand(notice)
            self._play(actor)
        if variant.meets:
            reactor.stand(max(2, int(self.contact - rng.uniform(1.3, 1.6) * FPS)))
            reactor.walk(float(rng.uniform(0.3, 0.6)), 0.9)
            self.contact = max(self.contact, reactor.arrives - 3)
        self.stop = self.contact + max(2, round(self.hold * FPS))
        self._arrived = [base.arrives for base in bases]
        for move in sorted(moves, key=lambda move: (move.at, move.copies)):
            self._move(bases, move)
        self._after(actor)
        self._react(reactor)
        rest = int(rng.uniform(0.5, 1.2) * FPS)
        longest = self.stop + int((self.go + (self.delay if not self.reaction.joins else 0.0)) * FPS) + rest
        ends = [base.frames for base in bases]
        self.frames = int(min(max(longest, *(e + 6 for e in ends)), self.stop + 2.6 * FPS, LONGEST * FPS))
        for base in bases:
            base.stand(self.frames + 3)

    def _move(self, bases: Sequence[Base], move: Move) -> None:
        """Append one move of a base, once it is time."""
        rng, base = self.rng, bases[move.role]
        late = self.delay if move in self.reaction.moves and not self.reaction.joins else 0.0
        base.stand(max(3, self.contact + round((move.at + late) * FPS)))
        metres, count = float(rng.uniform(*move.metres)), int(rng.integers(move.count[0], move.count[1] + 1))
        if move.kind == "plays":
            played = bases[1 - move.role].played if move.copies else None
            names = [*move.clips] or base.knows(*move.tags)
            name = str(rng.choice([n for n in names if base.has(n)] or names))
            clip = (name, bool(rng.random() < 0.5), float(rng.uniform(*_PLAYED)))
            if played is not None:
                clip = played[0], not played[1], played[2]
            base.play(*clip, move.cut, move.arms)
            self.facts.setdefault("clips", []).append(clip[0])
        elif move.kind == "steps":
            way = np.array([move.aside * self.skeletons[move.role].size, -metres])
            base.steps(way, count, float(rng.uniform(1.05, 1.3)), at_once=True)
        elif move.kind == "walks":
            if move.copies:
                base.walk_with(bases[1 - move.role])
            else:
                base.walk(metres, float(rng.uniform(*move.speed)))
        elif move.kind == "runs":
            base.run(metres)
        elif move.kind == "turns":
            base.turn(float(np.radians(rng.uniform(*move.degrees))))
        elif move.kind == "rises":
            base.rise()
        elif move.kind == "sits":
            base.sit_down()
        else:
            raise ValueError(f"no move of a base is called '{move.kind}'")

    def _play(self, actor: Base) -> None:
        names = actor.knows(*self.variant.shown) or actor.knows(self.variant.shown[0])
        if self.variant.strikes:
            names = [name for name in self.variant.shown if actor.has(name)]
        name, rate = str(self.rng.choice(names)), float(self.rng.uniform(*_PLAYED))
        if self.variant.strikes:
            side = self.variant.touches[0].point.partition("_")[0]
            flipped, peak = _kick(actor, name, rate, side)
            sets_off = max(0, peak - round(_BEFORE_KICK * FPS))
            clips_speed = actor.clip_seconds(name, rate)
            begins = actor.frames
            actor.play(name, flipped, rate, (sets_off * clips_speed, (peak + round(_AFTER_KICK * FPS)) * clips_speed))
            self.contact = begins + peak - sets_off
        else:
            begins = actor.play(name, bool(self.rng.random() < 0.5), rate)
            self.contact = begins + int(0.25 * (actor.frames - begins))
            self.hold = 0.5 * (actor.frames - begins) / FPS
        self.facts["clip"] = name

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
        size = mean_size(self.skeletons)
        at = [min(max(self.contact, arrived), self.frames - 1) for arrived in self._arrived]
        if variant.by_pelvis:
            at = [min(self.contact, self.frames - 1)] * 2
        apart = float(rng.uniform(*variant.distance)) * size
        bearing, turned = (np.radians(float(rng.uniform(*span))) for span in (variant.bearing, variant.turned))
        heading = float(rng.uniform(-np.pi, np.pi))
        first = bases[0].placed(self.frames, np.zeros(2, np.float32), heading, at[0], None, variant.by_pelvis)
        place = (apart * facing(heading + bearing)).astype(np.float32)
        looks = heading + bearing + np.pi + turned
        second = bases[1].placed(self.frames, place, float(looks), at[1], first.motion.root, variant.by_pelvis)
        if variant.strikes:
            second = self._struck(first, second)
        self._reaches([first.motion, second.motion])
        return [first, second]

    def _struck(self, first: Placed, second: Placed) -> Placed:
        """Return the reactor where the foot of a captured kick ends."""
        touch, frame = self.variant.touches[0], slice(self.contact, self.contact + 1)
        ends = []
        for placed, skeleton, name in zip((first, second), self.skeletons, (touch.point, touch.on)):
            posed = forward_kinematics(placed.motion.root[frame], placed.motion.rotations[frame], skeleton)
            shape = composing_shape(skeleton)
            ends.append(place_points(shape, *posed)[0][0, shape.point(name)])
        way = ends[0] - ends[1]
        # At the height of what is hit a leg reaches less far.
        joints, _ = leg_positions(first.motion.root[frame], first.motion.rotations[frame], self.skeletons[0])
        hip, knee, ankle = joints[0, int(touch.point.startswith("right")), :3]
        longest = _STRETCHED * float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))
        out = (ankle - hip)[:2]
        far, high = float(np.hypot(*out)), float(hip[2] - ankle[2] + way[2])
        way[:2] += out / far * (min(far, float(np.sqrt(max(longest**2 - high**2, 0.01)))) - far)
        return replace(second, motion=second.motion.placed(way[:2].astype(np.float32), 0.0))

    def acted(self, motions: list[Motion], late_ones: bool = False) -> list[Motion]:
        """Return the motions with the acts; those of ``acts.LATE`` are laid over what a head does for the gaze."""
        acts = [(a, self.contact / FPS + a.at) for a in self.variant.acts]
        late = 0.0 if self.reaction.joins else self.delay
        acts += [(a, self.contact / FPS + a.at + late) for a in self.reaction.acts]
        for doing, start in acts:
            if (doing.kind in LATE) != late_ones:
                continue
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
            if is_of_foot(touch.point):
                self.feet.append(self._foot_reach(touch))
                continue
            self.reaches.append(self._reach(touch, 0.0, motions))
            if touch.height is not None:
                self.reaches.append(self._at_height(self.reaches[-1], touch, motions))
        for touch in self.reaction.touches:
            self.reaches.append(self._reach(touch, late, motions))

    def _reach(self, touch: Touch, late: float, motions: Sequence[Motion]) -> Reach:
        timing = Timing(self.contact, self.stop, self.frames, self.come, self.go)
        return reach_of(touch, late, timing, self.rng, lambda frame: self._aimed(touch.aim, touch.role, motions, frame))

    def _foot_reach(self, touch: Touch) -> FootReach:
        start = self.contact + round(touch.at * FPS)
        stop = max(self.stop, start + 3) if touch.stay is None else start + max(2, round(touch.stay * FPS))
        come, go = (
            round((float(self.rng.uniform(*span)) if span else own) * FPS)
            for span, own in ((touch.come, self.come), (touch.go, self.go))
        )
        goal = Goal(
            touch.role, touch.point, start, min(stop, self.frames - 6), 1 - touch.role, touch.on, None, touch.gap
        )
        return FootReach(goal, max(4, min(come, start - 2)), max(4, go), not self.variant.strikes)

    def _at_height(self, reach: Reach, touch: Touch, motions: Sequence[Motion]) -> Reach:
        """Return a reach that wants the point of another at its ``height`` half way between the bodies."""
        assert touch.height is not None
        frame = reach.goal.start
        _, _, z = self._aimed((0.0, 0.0, touch.height), touch.role, motions, frame)
        roots = [motion.root[frame] for motion in motions]
        return half_way(reach, z, roots, float(motions[0].heading[frame]), self.skeletons[0].size)

    def _aimed(self, aim: Place | None, role: int, motions: Sequence[Motion], frame: int) -> Place:
        """Return the place of an ``aim`` of a role on a frame."""
        assert aim is not None
        motion, skeleton = motions[role], self.skeletons[role]
        upper = upper_body(motion.root[[frame]], motion.rotations[[frame]], skeleton)
        heading = float(motion.heading[frame])
        shoulders = upper.eyes[0] - skeleton.size * np.array([*(0.09 * facing(heading)), 0.27])
        return aimed_at(aim, shoulders, heading, skeleton.size)


def _kick(actor: Base, name: str, rate: float, side: str) -> tuple[bool, int]:
    """Return whether a captured kick has to be mirrored to be one of ``side``, and the frame where the foot is out."""
    for flipped in (False, True):
        motion = actor.clip_frames(name, flipped, rate)
        joints = body_positions(motion.root, motion.rotations, actor.skeleton)
        ankles = joints[:, [INDEX["left_ankle"], INDEX["right_ankle"]]]
        out = np.linalg.norm(ankles[..., :2] - motion.root[:, None, :2], axis=-1) * (ankles[..., 2] > 0.25)
        frame, foot = np.unravel_index(int(np.argmax(out)), out.shape)
        if ("left", "right")[foot] == side:
            return flipped, int(frame)
    raise ValueError(f"clip '{name}' has no kick with the {side} foot")
