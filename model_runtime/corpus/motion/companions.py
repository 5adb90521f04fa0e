"""Walk side by side: one body leads, the other walks beside it on a path of its own, in step with it in time."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model.proxemics import ABREAST
from ...common.easing import smoothstep
from ...common.headings import facing, heading_towards, turned
from ...contract import FPS, FloatArray
from ..script.affect import AffectParameters
from ..script.scene_script import Intent
from .base_motion import BodyTrack, Motion
from .clip_bank import ClipSet
from .paths import Path, PathCandidates, inside, left_of, started_at, steer
from .standing import Idles
from .walk_planning import ROOM, Pace
from .walking import along, straight_walk

_LARGEST_CURVATURE = 0.34  # 1/m; the outer companion has the longer path
_CLOSING = 0.22  # m sideways for each metre ahead, at most, until the two are abreast
_TURN_FIRST = 0.6  # rad; a larger turn is made on the spot before the walk
_SHORTEST = 1.2  # m
_WORST = 3.0  # cost beyond which the two do not walk


class Walker(Protocol):
    """What a walk for two needs of each ``performer.Performer``."""

    rng: np.random.Generator
    track: BodyTrack
    clips: ClipSet
    idles: Idles
    intents: list[Intent]
    seated: bool
    centre: FloatArray
    until: float

    @property
    def time(self) -> float: ...

    @property
    def affect_now(self) -> AffectParameters: ...

    def paces(self, count: int, wanted: float) -> list[Pace]: ...

    def turn_by(self, angle: float) -> None: ...

    def append_settled(self, motion: Motion, label: Any) -> None: ...

    def append_walk(self, motion: Motion, goal: FloatArray) -> None: ...


class _PlanForTwo(NamedTuple):
    """The leader's ``path``, the ``side`` of the other (+1 left), and how far apart (m) across the path they start."""

    path: Path
    side: float
    start_apart: float


def walk_together(leader: Walker, other: Walker, intent: Intent) -> bool:
    """Append a walk of about the intent's duration to both; the other's own intent to walk along is used up.

    Returns False where there is no room or the other has no such intent.
    """
    waits = len(other.intents) > 1 and other.intents[1].goal == "together"
    if not waits or other.seated or abs(other.track.frames - leader.track.frames) > 2 * FPS:
        return False
    rng = leader.rng
    found = _plan(leader, other, intent.duration)
    if found is None:
        return False
    plan, pace = found
    path = plan.path
    abreast = float(rng.uniform(*ABREAST))
    closing = max(1.0, abs(plan.start_apart - abreast) / _CLOSING)

    def offset(ahead: FloatArray) -> FloatArray:
        share = smoothstep(np.clip(ahead / min(closing, 0.9 * path.length), 0.0, 1.0))
        return plan.side * (plan.start_apart + (abreast - plan.start_apart) * share)

    paths = (path, path.beside(offset))
    for walker, own in zip((leader, other), paths):
        _, heading = walker.track.stance()
        turn = float(turned(float(own.angles[0]), heading))
        if abs(turn) > _TURN_FIRST:
            walker.turn_by(turn)
    _wait_for_each_other(leader, other)
    walks = [
        straight_walk(p.clips, pace.gait, bool(rng.random() < 0.5), pace.rate, path.length, rng)
        for p in (leader, other)
    ]
    for walker, own, walk in zip((leader, other), paths, (walks[0], _in_time(walks[1], walks[0]))):
        place = walker.track.position
        # Whatever is missing at the start is made up so slowly that speeds change by a third at most.
        over = min(max(2.2, 3.0 * float(np.hypot(*(place - own.points[0])))), 0.9 * own.length)
        walker.append_walk(along(walk, started_at(own, place, over), walker.clips.skeleton), own.points[-1])
    other.intents.pop(0)
    other.until = other.time
    return True


def _plan(leader: Walker, other: Walker, seconds: float) -> tuple[_PlanForTwo, Pace] | None:
    """Return a path for two and its pace: a usual pace, or a slower one where the room is too short for that."""
    tempo = 0.5 * (leader.affect_now.tempo + other.affect_now.tempo)
    for speed in (1.0, 0.85, 0.7, 0.6):
        wanted = speed * tempo**0.5
        pace = min(leader.paces(4, wanted), key=lambda pace: abs(pace.speed - wanted))
        plan = _path_for_two(leader, other, pace.length(seconds))
        if plan is not None:
            return plan, pace
    return None


def _wait_for_each_other(leader: Walker, other: Walker) -> None:
    """Append an idle to the walker that is ready first, until the other is."""
    start = max(leader.track.frames, other.track.frames)
    for walker in (leader, other):
        missing = start - walker.track.frames
        if missing > 3:
            pool = walker.idles.pool(1.0, 0.0, walker.affect_now)
            idle = walker.idles.next(walker.track.features, pool, missing / FPS + 1.0, 1.0)
            walker.append_settled(idle.slice(0, missing + 1), "stand")


def _in_time(walk: Motion, leading: Motion) -> Motion:
    """Return the straight ``walk`` in the time of ``leading``, whose start and stop are other clips."""

    def progress(motion: Motion) -> FloatArray:
        ahead = gaussian_filter1d(-motion.root[:, 1], 6.0, mode="nearest")
        linear = np.linspace(0.0, 1.0, motion.frames)
        # The linear part makes it rise while the body stands too.
        return np.maximum.accumulate(0.85 * (ahead - ahead[0]) / (ahead[-1] - ahead[0]) + 0.15 * linear)

    times = np.interp(progress(leading), progress(walk), np.arange(walk.frames))
    even = np.linspace(0.0, walk.frames - 1.0, leading.frames)
    times = even + gaussian_filter1d(times - even, 5.0, mode="constant")
    return walk.at(np.clip(times, 0.0, walk.frames - 1.0))


def _path_for_two(leader: Walker, other: Walker, length: float) -> _PlanForTwo | None:
    """Return the cheapest path of about ``length`` metres on which both stay in the room, None where there is none."""
    rng = leader.rng
    here, there = leader.track.position, other.track.position
    apart = there - here
    across = float(heading_towards(apart))
    count = 96
    # Both set off nearly perpendicular to the line between them, so that they are abreast from the start, and walk
    # along a wide arc.
    starts = across + rng.choice([-1.0, 1.0], count) * (np.pi / 2 + rng.uniform(-0.5, 0.5, count))
    curvatures = rng.uniform(-0.9 * _LARGEST_CURVATURE, 0.9 * _LARGEST_CURVATURE, count)
    lengths = length * np.minimum(rng.uniform(0.55, 1.35, count), 1.0)

    def on_arc(share: float) -> FloatArray:
        """Positions (count, 2) after a share of the arc."""
        half = 0.5 * curvatures * lengths * share
        return here + (lengths * share * np.sinc(half / np.pi))[:, None] * facing(starts + half)

    waypoints = np.stack([on_arc(1 / 3), on_arc(2 / 3)], 1)
    candidates = PathCandidates(starts, waypoints, on_arc(1.0), np.full(count, np.nan))
    best: tuple[float, _PlanForTwo] | None = None
    for start, path in zip(starts, steer(here, candidates, here + 50.0, 0.5, _LARGEST_CURVATURE)):
        if path is None or path.length < _SHORTEST:
            continue
        lateral = float(apart @ left_of(start))
        side = 1.0 if lateral > 0 else -1.0
        beside = path.points + side * 0.9 * left_of(path.angles)
        outside = (
            2.0
            - float(inside(path.points, leader.centre, ROOM + 0.3).mean())
            - float(inside(beside, leader.centre, ROOM + 0.3).mean())
        )
        ahead = abs(float(apart @ facing(start)))
        cost = 2.0 * abs(np.log(path.length / length)) + 8.0 * outside + 2.0 * ahead + float(rng.uniform(0.0, 0.2))
        if best is None or cost < best[0]:
            best = cost, _PlanForTwo(path, side, abs(lateral))
    return None if best is None or best[0] > _WORST else best[1]
