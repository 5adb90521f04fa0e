"""Turn one actor's intents into motion: stand, turn and keep distance, walk, sit down, stay seated, stand up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...body_model.proxemics import KNEES, SEAT_ROOM, SHOULDERS_TOUCH
from ...body_model.skeleton import Skeleton
from ...common.headings import heading_towards, turned
from ...common.masks import runs_of
from ...contract import ACTION_LABELS, FPS, FloatArray
from ...planning.motion_labels import label_frames
from ..script.affect import AffectParameters, AffectTrack
from ..script.scene_script import Intent
from .base_motion import BodyTrack, Motion, best_frame, features_at_start
from .clip_bank import ClipSet
from .companions import walk_together
from .footing import settled, shown_contacts
from .paths import started_at
from .standing import LONGEST_STEP, Idles, step_towards, with_upper_body
from .walk_planning import Pace, Surroundings, WalkPlan, plan_walk
from .walking import along, gaits, straight_walk, style_of, turn_on_the_spot, with_changes_of_pace

SEATED_CALM = ("sit_chair_breathe",)
SEATED_LIVELY = (
    "sit_chair_idle_look", "sit_chair_idle_touch_face", "sit_chair_idle_touch_hair",
    "sit_chair_idle_roll", "sit_chair_idle_scratch", "sit_chair_gestic_thoughtful",
    "sit_chair_idle_dust", "sit_chair_idle_finger", "sit_chair_breathe",
)  # fmt: skip
# Clips that each of 'f_' and 'm_' needs for any scene; of everything else one clip of any kind is enough.
INDISPENSABLE = (
    "idle_breathe or any standing idle", "walk_start", "walk_stop", "one plain walk",
    "one turn on the spot", "sit_down_chair", "sit_chair_breathe", "sit_stand_up_chair",
)  # fmt: skip
FACING = np.radians(35.0)  # a standing body turns to a partner at a larger angle than this
SLACK = 0.3  # m off the usual distance for which no step is made
USUAL_SPEED = 1.05  # m/s
_STROLL_SHARE, _STROLLS = 0.2, (0.45, 0.75)  # of the walks are slow ones, and how slow over the usual speed
_SITS_NEAR = 0.85  # m; ways of sitting down that end nearer to the partner cost more
_WAITS = 8.0  # s that an actor waits for the partner before a walk together

Conversation = Callable[[float, float], tuple[float, float]]
"""(start, end) in seconds -> shares of that time in which (the actor, the partner) speaks."""


class Performer:
    """One actor and its growing ``BodyTrack``; set ``partner`` on both before the first ``advance``."""

    def __init__(
        self,
        clips: ClipSet,
        performer: str,
        intents: list[Intent],
        position: FloatArray,
        heading: float,
        conversation: Conversation,
        rng: np.random.Generator,
        affect: AffectTrack,
        distance: float = 1.3,
        facing: bool = True,
        centre: FloatArray | None = None,
    ) -> None:
        """``performer`` 'f' or 'm': whose clips are preferred; ``position`` (2,) and ``heading`` (rad) at the start;
        ``distance``: metres at which these two talk; ``facing``: whether the body turns to the partner; ``centre`` (2,)
        of the room, None for the position.
        """
        self.clips, self.prefix, self.rng, self.conversation, self.affect = (
            clips,
            performer,
            rng,
            conversation,
            affect,
        )
        self.intents = list(intents)
        self.distance, self.facing = distance, facing
        self.centre = np.asarray(position if centre is None else centre, np.float32)
        self.seated = intents[0].label == "sit"
        self.idles = Idles(clips, performer, rng)
        first = (
            self._pick(SEATED_CALM)
            if self.seated
            else self.idles.next(None, self.idles.pool(1.0, 0.0, affect.at(0.0)), 9.0, 1.0)
        )
        self.track = BodyTrack(clips.skeleton, first, position, heading, intents[0].label)
        self.until = intents[0].duration
        self.partner: Performer | None = None
        self.walks: list[dict[str, Any]] = []
        self._next_step = float(rng.uniform(8.0, 25.0))  # s; no step for comfort before this
        self._waited = 0.0

    @property
    def time(self) -> float:
        return self.track.frames / FPS

    @property
    def affect_now(self) -> AffectParameters:
        return self.affect.at(self.time)

    def partner_places(self, frames: int) -> FloatArray:
        """Return up to ``frames`` positions (T, 2) of the partner from this track's last frame on, at least one.

        After the last of them the partner is assumed to stay.
        """
        assert self.partner is not None
        track = self.partner.track
        return track.path(min(self.track.frames, track.frames) - 1)[:frames]

    def result(self, frames: int) -> tuple[Motion, NDArray[np.uint8]]:
        """Return the first ``frames`` frames of the motion, with the contacts by which feet are locked, and the labels
        (T,).
        """
        motion, labels = self.track.result()
        motion = motion.slice(0, frames)
        motion.contacts = shown_contacts(motion, self.clips.skeleton)
        return motion, labels[:frames]

    def bearing(self, place: FloatArray) -> float:
        """Return the angle (radians, left positive) from the body's heading to ``place`` (2,)."""
        return float(turned(float(heading_towards(place - self.track.position)), self.track.heading))

    def advance(self) -> None:
        """Append the next piece of motion."""
        left = self.until - self.time
        if left > (0.5 if self.intents[0].label != "walk" else 1e9):
            self._stay(left)
            return
        following = self.intents[1] if len(self.intents) > 1 else self.intents[0]
        if following.goal == "together" and (wait := self._to_wait()) > 1.0:
            self._waited += wait
            self._stay(wait)
            return
        if (following.label == "sit") != self.seated and self._passed_by():
            self._stay(1.2)  # sitting down and standing up need room
            return
        if len(self.intents) > 1:
            self.intents.pop(0)
        intent = self.intents[0]
        self._waited = 0.0
        if intent.label == "sit":
            if not self.seated:
                self._sit_down()
        else:
            if self.seated:
                self._stand_up()
            if intent.label == "walk" and not self._walk(intent):
                self.intents[0] = Intent("stand", 2.5)
        self.until = self.time + (0.0 if self.intents[0].label == "walk" else self.intents[0].duration)

    def _passed_by(self) -> bool:
        """Return whether the partner walks close by within the next seconds."""
        path = self.partner_places(5 * FPS)
        near = np.linalg.norm(path - self.track.position, axis=-1).min() < SEAT_ROOM
        return bool(near and float(np.hypot(*np.ptp(path, axis=0))) > 1.0)

    def _to_wait(self) -> float:
        """Return the seconds until the partner is ready for a walk together, and end its present intent by then."""
        other = self.partner
        assert other is not None
        if len(other.intents) < 2 or other.intents[1].goal != "together" or other.seated or self._waited > _WAITS:
            return 0.0
        other.until = min(other.until, max(other.time, self.time))
        return other.time - self.time

    def _stay(self, left: float) -> None:
        if self.seated:
            self._stay_seated(left)
        elif not ((left > 1.5 and self._turn_to_partner()) or (left > 2.0 and self._keep_distance())):
            mine, theirs = self.conversation(self.time, self.time + 4.0)
            tempo = float(self.affect_now.tempo**0.6 * self.rng.uniform(0.94, 1.06))
            motion = self.idles.next(
                self.track.features, self.idles.pool(mine, theirs, self.affect_now), max(left, 0.4), tempo
            )
            self.append_settled(motion, "stand")

    def _turn_to_partner(self) -> bool:
        if not self.facing or (self.partner is not None and self.partner.intents[0].goal == "together"):
            return False
        angle = self.bearing(self.partner_places(1)[0])
        if abs(angle) < FACING or self.rng.random() > 0.9:
            return False
        self.turn_by(angle * float(self.rng.uniform(0.85, 1.0)))
        return True

    def turn_by(self, angle: float) -> None:
        motion = turn_on_the_spot(
            self.clips, self.prefix, angle, self.rng, float(np.clip(self.affect_now.tempo, 0.85, 1.2))
        )
        self.append_settled(motion, "stand")

    def _keep_distance(self) -> bool:
        """Step nearer, back or aside where the distance is off, and now and then for comfort; False without a step."""
        assert self.partner is not None
        if self.time < self._next_step:
            return False
        way = self.partner_places(1)[0] - self.track.position
        apart = float(np.hypot(*way))
        wanted = self.distance + self.affect_now.steps_back + KNEES * self.partner.seated
        off = apart - wanted
        if self.partner.intents[0].label == "walk":
            return False
        self._next_step = self.time + float(self.rng.uniform(12.0, 40.0)) / self.affect_now.tempo
        if self.facing and SLACK < abs(off) < 1.2:
            way = way / apart * np.sign(off) * min(abs(off), LONGEST_STEP)
            self._next_step = self.time + float(self.rng.uniform(2.0, 5.0))
        else:  # a small step for comfort, away from a partner who is near
            length, direction = float(self.rng.uniform(0.08, 0.2)), float(self.rng.uniform(0, 2 * np.pi))
            way = length * np.array([np.cos(direction), np.sin(direction)])
            if float(np.linalg.norm(self.partner_places(1)[0] - self.track.position - way)) < min(wanted, 1.0):
                way = -way
        _, facing = self.track.stance()
        cos, sin = np.cos(facing), np.sin(facing)
        local = np.array([cos * way[0] + sin * way[1], -sin * way[0] + cos * way[1]])
        tempo = float(np.clip(self.affect_now.tempo, 0.85, 1.15))
        step = step_towards(self.clips, self.prefix, local, self.rng, tempo)
        if step is None:
            return False
        upper = self.idles.next(
            self.track.features, self.idles.pool(1.0, 0.0, self.affect_now), step.frames / FPS + 0.2, 1.0
        )
        self.append_settled(with_upper_body(step, upper), "stand")
        return True

    def _stay_seated(self, left: float) -> None:
        mine, theirs = self.conversation(self.time, self.time + 4.0)
        busy = mine > 0.3 or theirs > 0.3
        motion = self._pick(SEATED_CALM if self.rng.random() < (0.85 if busy else 0.35) else SEATED_LIVELY, left)
        frames = max(10, int(left * FPS))
        if motion.frames > frames:
            assert motion.features is not None
            motion = motion.slice(0, best_frame(motion, motion.features[0], max(8, frames - 20), frames + 20) + 1)
        self._add(motion, "sit")

    def _pick(self, starts: tuple[str, ...], left: float = 1e9) -> Motion:
        """Draw a clip whose name begins with one of ``starts``, not much longer than ``left`` (s) unless it is calm."""
        names = self.clips.names(*(f"{self.prefix}_{start}" for start in starts))
        weights = np.array([self._weight(name, left) for name in names])
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        return self.clips.motion(name, self._nearer_side(name))

    def _nearer_side(self, name: str) -> bool:
        """Return whether a clip's mirror image starts nearer to the present pose, so that feet need not shuffle."""
        if not hasattr(self, "track"):
            return bool(self.rng.random() < 0.5)
        here = self.track.features
        costs = [
            float(np.sum((features_at_start(self.clips.motion(name, side)) - here) ** 2)) for side in (False, True)
        ]
        return costs[1] < costs[0]

    def _weight(self, name: str, left: float) -> float:
        calm = "breathe" in name or "neutral" in name
        if not calm and self.clips.clip(name).duration > left + 0.5:
            return 1e-6
        # Hands are busy with gestures while the actor talks, so captured clips with busy hands are rarer.
        return float(np.exp(-8.0 * self.clips.hand_speed(name)))

    def _add(self, motion: Motion, label: str | NDArray[np.uint8], by_feet: bool = True) -> None:
        self.track.append(self.track.aligned(motion, by_feet), label)

    def append_settled(self, motion: Motion, label: str | NDArray[np.uint8]) -> None:
        """Append a motion that starts with both feet down, at their places now; one ``label``, or one a frame."""
        self.place(self.track.aligned(motion, by_feet=True), label)

    def place(self, motion: Motion, label: str | NDArray[np.uint8]) -> None:
        """Append an aligned motion that starts on both feet."""
        if motion.frames > 2:
            joined = settled(self.track.tail(2), motion, self.clips.skeleton, self.rng)
            self.track.extend(joined, label if isinstance(label, str) else label[1:])

    def _sit_down(self) -> None:
        """Append the captured way of sitting down that ends facing the partner best, after a turn where none does."""
        names = self.clips.names(f"{self.prefix}_sit_down_chair")
        target = self.bearing(self.partner_places(1)[0])
        options = []
        for name in names:
            for mirrored in (False, True):
                motion = self.clips.motion(name, mirrored)
                turn = float(motion.heading[-1] - motion.heading[0])
                bias = 0.0 if abs(turn) < 0.3 else 0.35
                residual = float(turned(target, turn))
                ends = self.track.aligned(motion, by_feet=True).root[-1, :2] - self.track.position
                if abs(residual) > FACING:  # a turn comes first
                    cos, sin = np.cos(residual), np.sin(residual)
                    ends = np.array([cos * ends[0] - sin * ends[1], sin * ends[0] + cos * ends[1]])
                gap = float(np.linalg.norm(self.partner_places(1)[0] - self.track.position - ends))
                near = 4.0 * max(0.0, _SITS_NEAR - gap)
                options.append((abs(residual) + bias + near + float(self.rng.uniform(0, 0.5)), name, mirrored, turn))
        _, name, mirrored, turn = min(options)
        residual = float(turned(target, turn)) + float(self.rng.normal(0.0, 0.25))
        if abs(residual) > FACING:
            self.turn_by(residual)
        motion = self.clips.motion(name, mirrored)
        self.append_settled(motion, shown_labels(motion, self.clips.skeleton, "sit"))
        self.seated = True

    def _stand_up(self) -> None:
        """Append a captured rise, preferably one of the own performer's that ends where it began."""
        names = self.clips.names("f_sit_stand_up_chair", "m_sit_stand_up_chair")
        foreign = np.array([0.15 if not name.startswith(self.prefix) else 1.0 for name in names])
        weights = foreign * np.array([0.02 if self._steps_out(name) else 1.0 for name in names])
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        motion = self.clips.motion(name, self._nearer_side(name))
        self._add(motion, shown_labels(motion, self.clips.skeleton, "stand"))
        self.seated = False

    def _steps_out(self, name: str) -> bool:
        """Return whether a captured rise goes on into steps that are labelled as a walk."""
        motion = self.clips.motion(name)
        labels = label_frames(motion.root, motion.rotations, self.clips.skeleton)
        return int((labels == ACTION_LABELS.index("walk")).sum()) > 0.4 * FPS

    def paces(self, count: int, wanted: float) -> list[Pace]:
        """Draw up to ``count`` gaits, likelier the nearer to ``wanted`` m/s and of the own performer."""
        known = gaits(self.clips.bank)
        scale = self.clips.skeleton.pelvis_height * self.clips.speed
        speeds = np.array([gait.speed for gait in known]) * scale
        own = np.array([1.0 if style_of(self.clips.bank, gait.name) in (self.prefix, "") else 0.2 for gait in known])
        weights = own * np.exp(-((np.log(speeds / wanted) / 0.28) ** 2)) + 1e-9
        drawn = self.rng.choice(len(known), min(count, len(known)), replace=False, p=weights / weights.sum())
        rates = self.rng.uniform(0.94, 1.06, len(drawn))
        return [
            Pace(known[k], bool(self.rng.random() < 0.5), float(r), float(speeds[k] * r)) for k, r in zip(drawn, rates)
        ]

    def surroundings(self) -> Surroundings:
        """Return what a walk from here depends on."""
        assert self.partner is not None
        other = self.partner
        wanted = self.distance + self.affect_now.steps_back + KNEES * other.seated
        _, heading = self.track.stance()
        places = self.partner_places(20 * FPS)
        return Surroundings(self.track.position, heading, places, other.seated, wanted, self.centre, self.facing)

    def _walk(self, intent: Intent) -> bool:
        """Append a walk of about the intent's duration; False where no path avoids the partner."""
        if (
            intent.goal == "together"
            and self.partner is not None
            and self.partner.intents[0].label != "sit"
            and walk_together(self, self.partner, intent)
        ):
            return True
        tempo = self.affect_now.tempo
        slow = float(self.rng.uniform(*_STROLLS)) if self.rng.random() < _STROLL_SHARE else 1.0
        for goal in (intent.goal, intent.goal, "wander", "leave", "around"):
            here = self.surroundings()
            wanted = USUAL_SPEED * slow * tempo**0.8
            if goal == "approach":  # the distance and the time given set the speed, within limits
                straight = float(np.hypot(*(here.partner[-1] - here.place))) - here.distance
                wanted = float(np.clip(1.15 * straight / max(intent.duration - 0.8, 1.0), 0.62, 1.5))
            plan = plan_walk(self.rng, goal, intent.duration, here, self.paces(5, wanted))
            if plan is not None and self.go(plan):
                return True
        return False

    def go(self, plan: WalkPlan) -> bool:
        """Append the turn, if any, and the walk of a plan; False where the walk comes too near to the partner."""
        if abs(plan.turn) > 1e-6:
            self.turn_by(plan.turn)
        pace, path = plan.pace, started_at(plan.path, self.track.position, min(1.5, plan.path.length))
        straight = straight_walk(self.clips, pace.gait, pace.mirrored, pace.rate, path.length, self.rng)
        motion = along(with_changes_of_pace(straight, self.rng), path, self.clips.skeleton)
        others = self.partner_places(20 * FPS)  # the partner may also pass where the walk ends
        frame = np.arange(max(motion.frames, len(others)))
        mine, theirs = motion.root[np.minimum(frame, motion.frames - 1), :2], others[np.minimum(frame, len(others) - 1)]
        gap = np.linalg.norm(mine - theirs, axis=-1)
        if gap.min() < min(SHOULDERS_TOUCH, gap[0] - 0.02):
            return False
        self.append_walk(motion, path.points[-1])
        return True

    def append_walk(self, motion: Motion, goal: FloatArray) -> None:
        """Append a walk that starts here and leads to ``goal`` (2,), and record it in ``walks``."""
        start = self.time
        labels = shown_labels(motion, self.clips.skeleton, "walk")
        self.place(motion, labels)
        x, y = (float(v) for v in goal)
        self.walks.append({"start": round(start, 3), "end": round(self.time, 3), "x": round(x, 3), "y": round(y, 3)})


def shown_labels(motion: Motion, skeleton: Skeleton, wanted: str) -> NDArray[np.uint8]:
    """Return the labels (T,) that a captured transition to ``wanted`` shows: steps to a seat are a walk, a halt is
    standing.

    Of a transition other than to a walk, runs of walking shorter than a second count as standing.
    """
    shown = label_frames(motion.root, motion.rotations, skeleton).astype(np.uint8)
    walk, stand = ACTION_LABELS.index("walk"), ACTION_LABELS.index("stand")
    if wanted == "walk":
        if shown[0] == stand:  # the first step belongs to the walk
            shown[: np.argmax(shown != stand) if (shown != stand).any() else len(shown)] = walk
        return shown
    for start, stop in runs_of(shown == walk):
        if stop - start < FPS:
            shown[start:stop] = stand
    return shown
