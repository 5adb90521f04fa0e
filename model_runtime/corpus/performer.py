"""One actor carries out its intents: idles, turns to the partner, walks, sits down, stays seated, stands up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import ACTION_LABELS, FPS, FloatArray
from ..skeleton import Skeleton
from .base_motion import BodyTrack, Motion, best_frame, features_at_start
from .clip_bank import ClipSet
from .labels import label_frames
from .script import Intent
from .walking import Gait, Steering, around, steered, straight_walk, towards, turn_on_the_spot, wandering, wrapped

CALM = ("idle_breathe", "idle_neutral")
LISTENING = ("gestic_listen_accept", "gestic_listen_deny", "gestic_listen_neutral", "idle_breathe", "idle_neutral")
LIVELY = ("idle_look_around", "idle_move", "idle_shake_leg", "idle_nervous", "idle_scratch_head", "idle_touch_face", "idle_touch_hair",
          "idle_roll_head", "idle_neutral", "gestic_thoughtful", "idle_breathe")  # fmt: skip
SEATED_CALM = ("sit_chair_breathe",)
SEATED_LIVELY = ("sit_chair_idle_look", "sit_chair_idle_touch_face", "sit_chair_idle_touch_hair", "sit_chair_idle_roll", "sit_chair_idle_scratch",
                 "sit_chair_gestic_thoughtful", "sit_chair_idle_dust", "sit_chair_idle_finger", "sit_chair_breathe")  # fmt: skip
GAITS = ("walk_neutral", "walk_neutral_01", "walk_neutral_02", "walk_neutral_03", "walk_neutral_04", "walk_slow_01", "walk_slow_02",
         "walk_self-assured", "walk_stroll_01", "walk_stroll_02", "walk_cool_02")  # fmt: skip
FACING = np.radians(35.0)  # a standing body turns when the partner is further round than this
PERSONAL = 0.75  # m; paths keep this far from the partner's root
TALKING_DISTANCE = (1.1, 1.8)
ROOM_FOR_KNEES = 0.5  # m more to a seated partner
ROOM = 5.0  # m; nobody goes further from the partner

Conversation = Callable[[float, float], tuple[float, float]]
"""(start, end) in seconds -> shares of that time in which (I, the partner) speak."""


class Performer:
    """Grows one ``BodyTrack``; ``partner`` is set by whoever makes the pair."""

    def __init__(
        self, clips: ClipSet, performer: str, intents: list[Intent], position: FloatArray, heading: float,
        conversation: Conversation, rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.clips, self.prefix, self.rng, self.conversation = clips, performer, rng, conversation
        self.intents = list(intents)
        self.seated = intents[0].label == "sit"
        first = self._pick(SEATED_CALM if self.seated else CALM)
        self.track = BodyTrack(clips.skeleton, first, position, heading, intents[0].label)
        self.until = intents[0].duration
        self.partner: Performer | None = None
        self.walks: list[dict[str, Any]] = []

    @property
    def time(self) -> float:
        return self.track.frames / FPS

    def partner_places(self, frames: int) -> FloatArray:
        """(frames, 2) where the partner is from my last frame on; it is taken to stay where its motion ends so far."""
        assert self.partner is not None
        path = self.partner.track.path()
        index = np.minimum(self.track.frames - 1 + np.arange(frames), len(path) - 1)
        return path[index]

    def bearing(self, place: FloatArray) -> float:
        """Angle (radians, left positive) from where I face to ``place`` (2,)."""
        way = place - self.track.position
        return wrapped(float(np.arctan2(way[0], -way[1])) - self.track.heading)

    def advance(self) -> None:
        """Append the next piece of motion."""
        left = self.until - self.time
        if left > (0.5 if self.intents[0].label != "walk" else 1e9):
            self._stay(left)
            return
        if len(self.intents) > 1:
            self.intents.pop(0)
        intent = self.intents[0]
        if intent.label == "sit":
            if not self.seated:
                self._sit_down()
        else:
            if self.seated:
                self._stand_up()
            if intent.label == "walk" and not self._walk(intent):
                self.intents[0] = Intent("stand", 2.5)
        self.until = self.time + (0.0 if self.intents[0].label == "walk" else self.intents[0].duration)

    def _stay(self, left: float) -> None:
        if not self.seated and left > 1.5:
            angle = self.bearing(self.partner_places(1)[0])
            if abs(angle) > FACING and self.rng.random() < 0.9:
                angle *= float(self.rng.uniform(0.85, 1.0))
                self._add(turn_on_the_spot(self.clips, self.prefix, angle, self.rng), "stand")
                return
        mine, theirs = self.conversation(self.time, self.time + 4.0)
        if self.seated:
            busy = mine > 0.3 or theirs > 0.3
            pool: tuple[str, ...] = SEATED_CALM if self.rng.random() < (0.85 if busy else 0.35) else SEATED_LIVELY
        elif mine > 0.3:
            pool = CALM
        elif theirs > 0.3:
            pool = LISTENING
        else:
            pool = LIVELY
        motion = self._pick(pool, left)
        frames = max(10, int(left * FPS))
        if motion.frames > frames:
            assert motion.features is not None
            motion = motion.slice(0, best_frame(motion, motion.features[0], max(8, frames - 20), frames + 20) + 1)
        self._add(motion, "sit" if self.seated else "stand")

    def _pick(self, starts: tuple[str, ...], left: float = 1e9) -> Motion:
        """A clip from the pool, not much longer than what is ``left`` (s) unless it is calm enough to be cut."""
        names = self.clips.names(*(f"{self.prefix}_{start}" for start in starts))
        weights = np.array([self._weight(name, left) for name in names])
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        return self.clips.motion(name, self._nearer_side(name))

    def _nearer_side(self, name: str) -> bool:
        """Whether a clip's mirror image starts nearer to how I stand or sit, so that feet need not shuffle."""
        if not hasattr(self, "track"):
            return bool(self.rng.random() < 0.5)
        here = self.track.features
        costs = [float(np.sum((features_at_start(self.clips.motion(name, side)) - here) ** 2)) for side in (False, True)]
        return costs[1] < costs[0]

    def _weight(self, name: str, left: float) -> float:
        calm = "breathe" in name or "neutral" in name
        if not calm and self.clips.clip(name).duration > left + 0.5:
            return 1e-6
        # Busy hands are for those who talk, so captured listeners and idlers who use theirs are rarer.
        return float(np.exp(-8.0 * self.clips.hand_speed(name)))

    def _add(self, motion: Motion, label: str | NDArray[np.uint8], by_feet: bool = True) -> None:
        self.track.append(self.track.aligned(motion, by_feet), label)

    def _sit_down(self) -> None:
        """By the captured way of sitting down that ends facing the partner best, after a turn where none does."""
        names = self.clips.names(f"{self.prefix}_sit_down_chair")
        target = self.bearing(self.partner_places(1)[0])
        options = []
        for name in names:
            for mirrored in (False, True):
                motion = self.clips.motion(name, mirrored)
                turned = float(motion.heading[-1] - motion.heading[0])
                bias = 0.0 if abs(turned) < 0.3 else 0.35
                options.append((abs(wrapped(target - turned)) + bias + float(self.rng.uniform(0, 0.5)), name, mirrored, turned))
        _, name, mirrored, turned = min(options)
        residual = wrapped(target - turned) + float(self.rng.normal(0.0, 0.25))
        if abs(residual) > FACING:
            self._add(turn_on_the_spot(self.clips, self.prefix, residual, self.rng), "stand")
        motion = self.clips.motion(name, mirrored)
        self._add(motion, shown_labels(motion, self.clips.skeleton, "sit"))
        self.seated = True

    def _stand_up(self) -> None:
        names = self.clips.names(f"{self.prefix}_sit_stand_up_chair")
        weights = np.array([1.0 if name.endswith("01") else 0.25 for name in names])
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        motion = self.clips.motion(name, self._nearer_side(name))
        self._add(motion, shown_labels(motion, self.clips.skeleton, "stand"))
        self.seated = False

    def _walk(self, intent: Intent) -> bool:
        """Walk for about the intent's duration; False when no way keeps clear of the partner."""
        gaits = [n for n in self.clips.names(f"{self.prefix}_walk") if n[2:] in GAITS]
        for attempt in range(8):
            gait = Gait(self.prefix, str(self.rng.choice(gaits)), bool(self.rng.random() < 0.5))
            goal = intent.goal if attempt < 4 else str(self.rng.choice(["wander", "leave", "around"]))
            plan = self._plan(goal, intent.duration)
            if plan is None:
                continue
            steering, length, first_direction = plan
            turn = None
            if abs(first_direction) > np.radians(70.0):
                turn = turn_on_the_spot(self.clips, self.prefix, first_direction, self.rng)
            straight = straight_walk(self.clips, gait, length)
            yaw = 0.0 if turn is None else first_direction
            placed = self.track.aligned(straight, by_feet=True) if turn is None else straight.placed(self.track.position, self.track.heading + yaw)
            path = steered(placed, steering).root[:, :2]
            wait = 0 if turn is None else turn.frames
            others = self.partner_places(wait + len(path))[wait:]
            gap = np.linalg.norm(path - others, axis=-1)
            if gap.min() < PERSONAL or gap[-1] < 0.9 or gap.max() > ROOM + 1.5:
                continue
            if turn is not None:
                self._add(turn, "stand")
            start = self.time
            motion = steered(self.track.aligned(straight, by_feet=True), steering)
            self.track.append(motion, shown_labels(motion, self.clips.skeleton, "walk"))
            x, y = (float(v) for v in self.track.position)
            self.walks.append({"start": round(start, 3), "end": round(self.time, 3), "x": round(x, 3), "y": round(y, 3)})
            return True
        return False

    def _plan(self, goal: str, duration: float) -> tuple[Steering, float, float] | None:
        """Steering, length in metres and first direction (radians from where I face) of a walk; None where it makes no sense."""
        me, other = self.track.position, self.partner_places(1)[0]
        distance = float(np.linalg.norm(other - me))
        length = duration * float(self.rng.uniform(0.8, 1.1))
        if goal == "approach":
            assert self.partner is not None
            left = distance - float(self.rng.uniform(*TALKING_DISTANCE)) - ROOM_FOR_KNEES * self.partner.seated
            if left < 1.2:
                return None
            aside = float(self.rng.normal(0.0, 0.35))
            way = (other - me) / distance
            target = me + way * left + np.array([-way[1], way[0]]) * aside
            return towards(target.astype(np.float32)), float(np.linalg.norm(target - me)), self.bearing(target)
        if goal == "leave":
            away = float(np.arctan2(*((me - other) * [1, -1]))) + float(self.rng.uniform(-1.0, 1.0))
            length = min(length, max(1.6, ROOM - distance))
            target = me + length * np.array([np.sin(away), -np.cos(away)])
            return towards(target.astype(np.float32)), length, self.bearing(target)
        if goal == "around" and 1.0 < distance < 2.8:
            side = float(self.rng.choice([-1.0, 1.0]))
            out = float(np.arctan2(*((me - other) * [1, -1])))
            radius = max(1.2, distance)
            return around(other, radius, side), min(length, 0.8 * 2 * np.pi * radius), wrapped(out + side * np.pi / 2 - self.track.heading)
        direction = float(self.rng.uniform(-1.1, 1.1))
        if distance < 1.8 and abs(wrapped(self.bearing(other) - direction)) < 1.0:
            direction = wrapped(self.bearing(other) + float(self.rng.choice([-1, 1])) * float(self.rng.uniform(1.1, 2.6)))
        return wandering(self.rng, int(20 * FPS), other, 1.25), length, direction


def shown_labels(motion: Motion, skeleton: Skeleton, wanted: str) -> NDArray[np.uint8]:
    """(T,) labels of a captured transition: what it shows, so that steps to a seat are a walk and a halt is standing.

    A spell of walking shorter than a second is part of what is ``wanted``.
    """
    shown = label_frames(motion.root, motion.rotations, skeleton).astype(np.uint8)
    walk, stand = ACTION_LABELS.index("walk"), ACTION_LABELS.index("stand")
    edges = [0, *(np.flatnonzero(np.diff(shown)) + 1).tolist(), len(shown)]
    for start, stop in pairwise(edges):
        if shown[start] == walk and stop - start < FPS and wanted != "walk":
            shown[start:stop] = stand
        if shown[start] == stand and start == 0 and wanted == "walk":
            shown[start:stop] = walk  # the first step belongs to the walk
    return shown
