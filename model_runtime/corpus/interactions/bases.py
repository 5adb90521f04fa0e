"""Base motion of one role: captured idles, steps, turns, walks and whole clips, joined as the composer joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...choreography.arms import PARTS, arm_pose
from ...common.arrays import Array, FloatArray
from ...common.headings import heading_towards
from ...contract import FPS
from ...refine.feet import lock_feet
from ..motion.base_motion import Motion, best_frame, stance
from ..motion.clip_bank import ClipBank, ClipSet
from ..motion.footing import stretched
from ..motion.performer import Performer
from ..motion.posture import with_posture
from ..motion.standing import step_towards, with_upper_body
from ..motion.walk_planning import Pace
from ..motion.walking import straight_walk
from ..script.affect import AffectTrack
from ..script.scene_script import Intent

_SHORTEST_WALK = 1.1  # m; a shorter way is a step or two
SEAT = 0.45  # m; nobody sits yet
_SETS_OFF = 0.12  # m/s of the root, from which on a step is under way
_SLOW = 0.25  # m/s of the root, below which a walk has come to its end


_OWN_ARMS = 0.85  # of the way to a pose that arms are brought
_SETS_OFF_AT = 0.6  # of its own pace a run begins at
_ODD_RUNS = ("fast", "neutral", "funny", "extremefemale", "injured", "drunk", "bruised")


class _Walked(NamedTuple):
    """A walk as it was drawn: the other can walk the same."""

    pace: Pace
    metres: float
    seed: int


@dataclass(frozen=True)
class Placed:
    """One role's base: ``motion`` with its ``labels`` (T,); ``arrives``: the frame at which a walk has ended, 0 without
    one.
    """

    motion: Motion
    labels: Array
    arrives: int


class Base:
    """One role's growing base motion, which starts at the origin and faces -Y."""

    def __init__(
        self,
        bank: ClipBank,
        style: str,
        skeleton: Skeleton,
        affect: AffectTrack,
        rng: np.random.Generator,
        seated: bool = False,
        seat: float = 0.0,
    ) -> None:
        """``style`` 'f' or 'm': whose captured clips are preferred; ``seat`` metres above a chair are sat on."""
        self.rng, self.skeleton, self.affect = rng, skeleton, affect
        clips = ClipSet(bank, skeleton, SEAT + seat * skeleton.size, float(rng.uniform(0.95, 1.06)))
        intents = [Intent("sit" if seated else "stand", 1e9)]
        self._body = Performer(
            clips, style, intents, np.zeros(2, np.float32), 0.0, _listening, rng, affect, facing=False
        )
        self._body.partner = self._body
        self.arrives = 0
        self.played: tuple[str, bool, float] | None = None
        self._walked: _Walked | None = None

    @property
    def frames(self) -> int:
        return self._body.track.frames

    def stand(self, until: int) -> None:
        """Stand on captured idles until frame ``until``, or stay seated."""
        body = self._body
        while body.track.frames < until:
            if body.seated:
                body.until = until / FPS + 1.0
                body.advance()
                continue
            left = max((until - body.track.frames) / FPS, 0.1)
            names = body.idles.pool(0.0, float(self.rng.random() < 0.5), body.affect_now)
            motion = body.idles.next(body.track.features, names, left, float(self.rng.uniform(0.94, 1.08)))
            body.append_settled(motion, "stand")

    def walk(self, metres: float, speed: float) -> None:
        """Walk straight ahead, by a captured walk of about ``speed`` m/s, or by single steps where it is not far."""
        body = self._body
        if metres < _SHORTEST_WALK:
            self.steps(np.array([0.0, -metres]), max(1, round(metres / 0.35)), 1.1)
        else:
            self._walked = _Walked(body.paces(1, speed)[0], metres, int(self.rng.integers(1 << 30)))
            self._walk(self._walked, 1.0)
            return
        self.arrives = body.track.frames

    def walk_with(self, leader: Base) -> None:
        """Walk as ``leader`` walked last, in the same steps, and as far."""
        if leader._walked is None:
            return
        clips = self._body.clips
        clips.speed = leader._body.clips.speed
        self._walk(leader._walked, self.skeleton.pelvis_height / leader.skeleton.pelvis_height)

    def _walk(self, walked: _Walked, longer: float) -> None:
        body, pace, before = self._body, walked.pace, self._body.track.frames
        rng = np.random.default_rng(walked.seed)
        walk = straight_walk(body.clips, pace.gait, pace.mirrored, pace.rate, longer * walked.metres, rng)
        walk = body.track.aligned(stretched(walk, self.skeleton, 1.0 / longer) if longer != 1.0 else walk, by_feet=True)
        body.append_walk(walk, walk.root[-1, :2])
        going = np.linalg.norm(np.diff(body.track.path(before), axis=0), axis=-1) * FPS > _SLOW
        self.arrives = before + int(np.flatnonzero(going)[-1] if going.any() else len(going))

    def run(self, metres: float) -> None:
        """Run about ``metres`` ahead: a captured start, as many captured strides as needed, and a captured stop."""
        body = self._body
        begin, stride, end = (body.clips.motion(self._own(tag)) for tag in ("run_start", "run_loop", "run_stop"))
        begin, stride = begin.slice(_sets_off(begin)), _closed(stride)
        body.place(body.track.aligned(begin, by_feet=True), "walk")
        assert stride.features is not None and end.features is not None
        entry = best_frame(stride, body.track.features, 0, stride.frames)
        lap = max(float(np.linalg.norm(stride.root[-1, :2] - stride.root[0, :2])), 0.3)
        leave = best_frame(stride, end.features[0], 0, stride.frames)
        count = max(1, round((metres - lap * (leave - entry) / stride.frames) / lap)) * (stride.frames - 1)
        self._append_run(_repeated(stride, entry, count + leave - entry))
        self._append_run(end)
        self.arrives = body.track.frames

    def _append_run(self, motion: Motion) -> None:
        track = self._body.track
        way = motion.root[-1, :2] - motion.root[0, :2]
        straight = motion.placed(np.zeros(2, np.float32), -float(heading_towards(way)))
        straight.root[:, :2] += track.position - straight.root[0, :2]
        track.append(straight, "walk")

    def _own(self, tag: str) -> str:
        """Return a clip with a tag, of the own performer where there is one."""
        body = self._body
        names = body.clips.bank.tagged(tag, without=_ODD_RUNS)
        own = [name for name in names if name.startswith(f"{body.prefix}_")]
        return str(self.rng.choice(own or names))

    def rise(self) -> None:
        """Rise from the chair."""
        body = self._body
        body.intents = [Intent("sit", 0.0), Intent("stand", 1e9)]
        body.until = body.time
        for _ in range(4):
            if not body.seated:
                return
            body.advance()

    def sit_down(self) -> None:
        """Sit down straight, as captured, on what is behind."""
        body = self._body
        names = body.clips.names("f_sit_down_chair_0", "m_sit_down_chair_0")
        body.append_settled(body.clips.motion(str(self.rng.choice(names))), "stand")
        body.seated = True

    def steps(self, way: FloatArray, count: int, rate: float, at_once: bool = False) -> None:
        """Make ``count`` captured steps along ``way`` (2,) metres in all, x to the left and -y ahead of the feet.

        ``at_once``: without the moment in which a captured step prepares itself.
        """
        body = self._body
        for _ in range(count):
            step = step_towards(body.clips, body.prefix, way / count, self.rng, rate)
            if step is None:
                return
            if at_once:
                speed = np.linalg.norm(np.diff(step.root, axis=0), axis=-1) * FPS
                step = step.slice(max(0, int(np.argmax(speed > _SETS_OFF)) - 1))
            names = body.idles.pool(1.0, 0.0, body.affect_now)
            upper = body.idles.next(body.track.features, names, step.frames / FPS + 0.2, 1.0)
            body.append_settled(with_upper_body(step, upper), "stand")

    def turn(self, angle: float) -> None:
        """Turn on the spot by ``angle`` radians, left positive."""
        self._body.turn_by(angle)

    def play(
        self, name: str, flipped: bool, rate: float = 1.0, cut: tuple[float, float] | None = None, arms: str = ""
    ) -> int:
        """Append a captured clip from the frame that fits best near its start; return the frame at which it begins.

        ``cut``: only from and to these seconds of the clip; ``arms``: a pose of ``arms.POSES`` for both arms.
        """
        body = self._body
        motion = body.clips.motion(name, flipped, rate)
        self.played = name, flipped, rate
        speed = rate * body.clips.speed
        first = 0
        if cut is not None:
            motion = motion.slice(int(cut[0] * FPS / speed), int(cut[1] * FPS / speed) + 1)
        else:
            first = best_frame(motion, body.track.features, 0, min(motion.frames // 4, 12))
        begins = body.track.frames
        body.append_settled(_with_arms(motion, arms).slice(first), "stand")
        return begins

    def has(self, name: str) -> bool:
        """Return whether a clip of this name is in the stock."""
        return bool(self._body.clips.names(name))

    def clip_seconds(self, name: str, rate: float) -> float:
        """Return how many seconds of a clip one frame is, as ``play`` appends it."""
        return rate * self._body.clips.speed / FPS

    def clip_frames(self, name: str, flipped: bool, rate: float) -> Motion:
        """Return a clip on this body as ``play`` appends it."""
        return self._body.clips.motion(name, flipped, rate)

    def knows(self, *tags: str, without: tuple[str, ...] = ()) -> list[str]:
        """Return the clips with all ``tags``."""
        return self._body.clips.bank.tagged(*tags, without=without)

    def placed(
        self,
        frames: int,
        place: FloatArray,
        heading: float,
        at: int,
        partner: FloatArray | None,
        by_pelvis: bool = False,
    ) -> Placed:
        """Return the first ``frames`` with posture and locked feet, moved so that on frame ``at`` both feet stand at
        ``place`` (2,) with ``heading``, or the pelvis if ``by_pelvis``. ``partner`` (T, 3) is the other's pelvis.
        """
        motion, labels = self._body.result(frames)
        motion = with_posture(self.rng, motion, self.skeleton, labels, self.affect, partner)
        root, rotations = lock_feet(motion.root, motion.rotations, self.skeleton, motion.contacts)
        motion = Motion(root, rotations, motion.contacts)
        if by_pelvis:
            here, faces = motion.root[at, :2], float(motion.heading[at])
        else:
            here, faces = stance(motion.slice(at, at + 1), self.skeleton)
        yaw = heading - faces
        turn = rot.about_z(np.array(yaw, np.float32))
        moved = place - rot.rotate(turn, np.array([*here, 0.0], np.float32))[:2]
        return Placed(motion.placed(moved, yaw), labels, self.arrives)


def _closed(stride: Motion) -> Motion:
    """Return a straight stride whose last pose is its first one, each end corrected by half of the gap."""
    share = np.linspace(-0.5, 0.5, stride.frames, dtype=np.float32)[:, None]
    gap = rot.to_axis_angle(rot.multiply(stride.rotations[0], rot.conjugate(stride.rotations[-1])))
    turns = rot.multiply(rot.from_axis_angle(share[..., None] * gap), stride.rotations)
    root = stride.root.copy()
    root[:, 2:] += share * (root[0, 2] - root[-1, 2])
    closed = Motion(root, rot.normalize(turns).astype(np.float32), stride.contacts, stride.features)
    return closed.placed(np.zeros(2, np.float32), -float(heading_towards((root[-1] - root[0])[:2])))


def _repeated(stride: Motion, entry: int, count: int) -> Motion:
    """Return ``count`` + 1 frames of a closed stride from frame ``entry`` on, quickening over the first of them."""
    period = stride.frames - 1
    at = np.arange(entry, entry + count + 1)
    root = stride.root[at % period].copy()
    root[:, :2] += (at // period)[:, None] * (stride.root[-1, :2] - stride.root[0, :2])
    whole = Motion(root, stride.rotations[at % period], stride.contacts[at % period])
    pace = np.linspace(_SETS_OFF_AT, 1.0, min(period, count))
    times = np.concatenate([[0.0], np.cumsum(pace)])
    rest = np.arange(times[-1] + 1.0, count, 1.0)
    return whole.at(np.concatenate([times, rest]))


def _with_arms(motion: Motion, pose: str) -> Motion:
    """Return a motion with both arms in a pose, and a little of what they do left."""
    if not pose:
        return motion
    rotations = np.array(motion.rotations, np.float64)
    for side in ("left", "right"):
        for part in PARTS:
            joint = INDEX[f"{side}_{part}"]
            there = np.broadcast_to(arm_pose(pose, side, part), rotations[:, joint].shape)
            rotations[:, joint] = rot.slerp(rotations[:, joint], there, np.full(motion.frames, _OWN_ARMS))
    return Motion(motion.root, rotations.astype(np.float32), motion.contacts, motion.features)


def _sets_off(motion: Motion) -> int:
    """Return the frame at which a captured start sets off."""
    speed = np.linalg.norm(np.diff(motion.root[:, :2], axis=0), axis=-1) * FPS
    return max(0, int(np.argmax(speed > _SETS_OFF)) - 2)


def _listening(start: float, end: float) -> tuple[float, float]:
    """Return the shares of time in which (the actor, the partner) speaks: nobody does."""
    return 0.0, 0.0
