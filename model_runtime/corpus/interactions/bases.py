"""Base motion of one role: captured idles, steps, turns, walks and whole clips, joined as the composer joins them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import Skeleton
from ...common.arrays import Array, FloatArray
from ...contract import FPS
from ...refine.feet import lock_feet
from ..motion.base_motion import Motion, best_frame, stance
from ..motion.clip_bank import ClipBank, ClipSet
from ..motion.performer import Performer
from ..motion.posture import with_posture
from ..motion.standing import step_towards, with_upper_body
from ..motion.walking import straight_walk
from ..script.affect import AffectTrack
from ..script.scene_script import Intent

_SHORTEST_WALK = 1.1  # m; a shorter way is a step or two
SEAT = 0.45  # m; nobody sits yet
_SETS_OFF = 0.12  # m/s of the root, from which on a step is under way
_SLOW = 0.25  # m/s of the root, below which a walk has come to its end


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
        self, bank: ClipBank, style: str, skeleton: Skeleton, affect: AffectTrack, rng: np.random.Generator
    ) -> None:
        """``style`` 'f' or 'm': whose captured clips are preferred."""
        self.rng, self.skeleton, self.affect = rng, skeleton, affect
        clips = ClipSet(bank, skeleton, SEAT, float(rng.uniform(0.95, 1.06)))
        self._body = Performer(
            clips, style, [Intent("stand", 1e9)], np.zeros(2, np.float32), 0.0, _listening, rng, affect, facing=False
        )
        self.arrives = 0

    @property
    def frames(self) -> int:
        return self._body.track.frames

    def stand(self, until: int) -> None:
        """Stand on captured idles until frame ``until``."""
        body = self._body
        while body.track.frames < until:
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
            before = body.track.frames
            pace = body.paces(1, speed)[0]
            walk = straight_walk(body.clips, pace.gait, pace.mirrored, pace.rate, metres, self.rng)
            walk = body.track.aligned(walk, by_feet=True)
            body.append_walk(walk, walk.root[-1, :2])
            going = np.linalg.norm(np.diff(body.track.path(before), axis=0), axis=-1) * FPS > _SLOW
            self.arrives = before + int(np.flatnonzero(going)[-1] if going.any() else len(going))
            return
        self.arrives = body.track.frames

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

    def play(self, name: str, flipped: bool, rate: float = 1.0) -> int:
        """Append a captured clip from the frame that fits best near its start; return the frame at which it begins."""
        body = self._body
        motion = body.clips.motion(name, flipped, rate)
        first = best_frame(motion, body.track.features, 0, min(motion.frames // 4, 12))
        begins = body.track.frames
        body.append_settled(motion.slice(first), "stand")
        return begins

    def knows(self, *tags: str, without: tuple[str, ...] = ()) -> list[str]:
        """Return the clips with all ``tags``."""
        return self._body.clips.bank.tagged(*tags, without=without)

    def placed(self, frames: int, place: FloatArray, heading: float, at: int, partner: FloatArray | None) -> Placed:
        """Return the first ``frames`` with posture and locked feet, moved so that on frame ``at`` both feet stand at
        ``place`` (2,) with ``heading``. ``partner`` (T, 3) is the other's pelvis.
        """
        motion, labels = self._body.result(frames)
        motion = with_posture(self.rng, motion, self.skeleton, labels, self.affect, partner)
        root, rotations = lock_feet(motion.root, motion.rotations, self.skeleton, motion.contacts)
        motion = Motion(root, rotations, motion.contacts)
        here, faces = stance(motion.slice(at, at + 1), self.skeleton)
        yaw = heading - faces
        turn = rot.about_z(np.array(yaw, np.float32))
        moved = place - rot.rotate(turn, np.array([*here, 0.0], np.float32))[:2]
        return Placed(motion.placed(moved, yaw), labels, self.arrives)


def _listening(start: float, end: float) -> tuple[float, float]:
    """Return the shares of time in which (the actor, the partner) speaks: nobody does."""
    return 0.0, 0.0
