"""Two walk side by side: one leads, the other keeps beside it on a way of its own, at the same moments."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...contract import FPS, FloatArray
from ..script.affect import AffectParameters
from ..script.scene_script import Intent
from .base_motion import BodyTrack, Motion
from .clip_bank import ClipSet
from .paths import Path, Wanted, angle_of, heading, inside, steer, wrapped
from .standing import Idles
from .walk_planning import ROOM, Pace
from .walking import along, straight_walk

ABREAST = (0.8, 1.0)  # m between two who walk side by side
_WIDEST_BEND = 0.34  # 1/m; the outer one has to go further
_CLOSING = 0.22  # m sideways for each metre ahead, at most, on the way to being abreast
_TURN_FIRST = 0.6  # rad


class Walker(Protocol):
    """What ``performer.Performer`` offers to whoever plans a walk for two."""

    rng: np.random.Generator
    track: BodyTrack
    clips: ClipSet
    affect_now: AffectParameters
    idles: Idles
    intents: list[Intent]
    seated: bool
    centre: FloatArray
    until: float

    @property
    def time(self) -> float: ...

    def paces(self, count: int, wanted: float) -> list[Pace]: ...

    def turn_by(self, angle: float) -> None: ...

    def append_settled(self, motion: Motion, label: Any) -> None: ...

    def walked(self, motion: Motion, place: FloatArray) -> None: ...


def walk_together(leader: Walker, other: Walker, intent: Intent) -> bool:
    """Both walk for about the intent's duration; the other's own intent to do so is used up. False where there is no
    room or it has none.
    """
    waits = len(other.intents) > 1 and other.intents[1].goal == "together"
    if not waits or other.seated or abs(other.track.frames - leader.track.frames) > 2 * FPS:
        return False
    rng = leader.rng
    tempo = 0.5 * (leader.affect_now.tempo + other.affect_now.tempo)
    # At ease, and slower where the room is too short for a way as long as that.
    for speed in (1.0, 0.85, 0.7, 0.6):
        wanted = speed * tempo**0.5
        pace = min(leader.paces(4, wanted), key=lambda pace: abs(pace.speed - wanted))
        way = _way(leader, other, pace.length(intent.duration))
        if way is not None:
            break
    else:
        return False
    path, side, start_apart = way
    abreast = float(rng.uniform(*ABREAST))
    closing = max(1.0, abs(start_apart - abreast) / _CLOSING)

    def offset(ahead: FloatArray) -> FloatArray:
        u = np.clip(ahead / min(closing, 0.9 * path.length), 0.0, 1.0)
        return side * (start_apart + (abreast - start_apart) * u * u * (3.0 - 2.0 * u))

    ways = (path, path.beside(offset))
    for performer, own in zip((leader, other), ways):
        _, facing = performer.track.stance()
        turn = wrapped(float(own.angles[0]) - facing)
        if abs(turn) > _TURN_FIRST:
            performer.turn_by(turn)
    start = max(leader.track.frames, other.track.frames)
    for performer in (leader, other):  # whoever is ready first waits for the other
        missing = start - performer.track.frames
        if missing > 3:
            idle = performer.idles.next(
                performer.track.features, performer.idles.pool(1.0, 0.0, performer.affect_now), missing / FPS + 1.0, 1.0
            )
            performer.append_settled(idle.slice(0, missing + 1), "stand")
    walks = [
        straight_walk(p.clips, pace.gait, bool(rng.random() < 0.5), pace.rate, path.length, rng)
        for p in (leader, other)
    ]
    for performer, own, walk in zip((leader, other), ways, (walks[0], _in_time(walks[1], walks[0]))):
        motion = along(walk, _from(own, performer.track.position), performer.clips.skeleton)
        performer.walked(motion, own.points[-1])
    other.intents.pop(0)
    other.until = other.time
    return True


def _in_time(walk: Motion, leading: Motion) -> Motion:
    """A straight ``walk`` played so that it gets ahead as another does: their starts and stops are not the same clips."""

    def progress(motion: Motion) -> FloatArray:
        ahead = gaussian_filter1d(-motion.root[:, 1], 6.0, mode="nearest")
        linear = np.linspace(0.0, 1.0, motion.frames)
        return np.maximum.accumulate(
            0.85 * (ahead - ahead[0]) / (ahead[-1] - ahead[0]) + 0.15 * linear
        )  # always rises, standing too

    times = np.interp(progress(leading), progress(walk), np.arange(walk.frames))
    even = np.linspace(0.0, walk.frames - 1.0, leading.frames)
    times = even + gaussian_filter1d(times - even, 5.0, mode="constant")
    return walk.at(np.clip(times, 0.0, walk.frames - 1.0))


def _way(leader: Walker, other: Walker, length: float) -> tuple[Path, float, float] | None:
    """The leader's path, the side the other walks on (+1 left), and how far apart they are across the way at the start."""
    rng = leader.rng
    here, there = leader.track.position, other.track.position
    apart = there - here
    across = angle_of(apart)
    count = 96
    # Both set off nearly square to the line between them, so that they are abreast from the start, and go in a wide
    # bow.
    starts = across + rng.choice([-1.0, 1.0], count) * (np.pi / 2 + rng.uniform(-0.5, 0.5, count))
    bows = rng.uniform(-0.9 * _WIDEST_BEND, 0.9 * _WIDEST_BEND, count)
    lengths = length * np.minimum(rng.uniform(0.55, 1.35, count), 1.0)

    def on_bow(share: float) -> FloatArray:
        """Places (count, 2) after a share of the way, on a circle's arc."""
        half = 0.5 * bows * lengths * share
        return here + (lengths * share * np.sinc(half / np.pi))[:, None] * heading(starts + half)

    wanted = Wanted(starts, np.stack([on_bow(1 / 3), on_bow(2 / 3)], 1), on_bow(1.0), np.full(count, np.nan))
    best: tuple[float, Path, float, float] | None = None
    for start, path in zip(starts, steer(here, wanted, here + 50.0, 0.5, _WIDEST_BEND)):
        if path is None or path.length < 1.2:
            continue
        left = np.array([np.cos(start), np.sin(start)])
        lateral = float(apart @ left)
        side = 1.0 if lateral > 0 else -1.0
        beside = path.points + side * 0.9 * np.stack([np.cos(path.angles), np.sin(path.angles)], -1)
        outside = (
            2.0
            - float(inside(path.points, leader.centre, ROOM + 0.3).mean())
            - float(inside(beside, leader.centre, ROOM + 0.3).mean())
        )
        ahead = abs(float(apart @ heading(np.array(start))))
        cost = 2.0 * abs(np.log(path.length / length)) + 8.0 * outside + 2.0 * ahead + float(rng.uniform(0.0, 0.2))
        if best is None or cost < best[0]:
            best = cost, path, side, abs(lateral)
    return None if best is None or best[0] > 3.0 else best[1:]


def _from(path: Path, place: FloatArray) -> Path:
    """The path begun at ``place``, the difference made up over the first metres: nobody hurries by more than about a
    third.
    """
    missing = place - path.points[0]
    over = min(max(2.2, 3.0 * float(np.hypot(*missing))), 0.9 * path.length)
    share = np.clip(1.0 - np.arange(len(path.points)) * path.spacing / over, 0.0, 1.0)
    return Path(path.points + (share * share * (3 - 2 * share))[:, None] * missing, path.angles, path.spacing)
