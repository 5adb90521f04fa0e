"""Plan a walk: a goal in the room, candidate paths to it, and the gait with which the walk lasts as long as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...body_model.proxemics import GETTING_UP, SHOULDERS, STANDING_ROOM
from ...common.headings import facing, heading_towards, turned
from ...contract import FPS, FloatArray
from .paths import Path, PathCandidates, distance_to, inside, steer
from .walking import Gait

ROOM = 4.0  # m from the middle of the room to its walls
TURN_FIRST = 0.85  # rad; a larger turn is made on the spot before the walk
STARTING = 1.05  # s that starting and stopping cost over walking at full speed
TURNING = 0.8  # rad/s; the fastest turn while walking
_CANDIDATES = 36
_WORST = 2.2  # cost beyond which staying is better than going
_SHORTEST = 0.7  # m


@dataclass(frozen=True)
class Pace:
    """A gait on one body: cycle, whether mirrored, played ``rate`` times as fast; ``speed`` in m/s."""

    gait: Gait
    mirrored: bool
    rate: float
    speed: float

    def length(self, seconds: float) -> float:
        """Return the metres that a walk of ``seconds`` covers, start and stop included."""
        return max(0.8, self.speed * (seconds - STARTING / self.gait.ease**2))


@dataclass(frozen=True)
class Surroundings:
    """What a walk depends on: the walker's ``place`` (2,) and ``heading`` (rad); the partner's positions from now on,
    ``partner`` (T, 2), and whether it is ``seated``; the usual ``distance`` (m) of the two in talk; the ``centre`` (2,)
    of the room; whether the walker usually ends facing the partner.
    """

    place: FloatArray
    heading: float
    partner: FloatArray
    seated: bool
    distance: float
    centre: FloatArray
    ends_facing: bool


@dataclass(frozen=True)
class WalkPlan:
    """A path and its pace; ``turn`` (rad) is made on the spot first, 0 for none."""

    path: Path
    pace: Pace
    turn: float


def plan_walk(
    rng: np.random.Generator, goal: str, seconds: float, here: Surroundings, paces: Sequence[Pace]
) -> WalkPlan | None:
    """Return the cheapest walk to ``goal`` of about ``seconds`` that avoids the partner and stays in the room.

    None where no candidate is good enough.
    """
    typical = float(np.median([pace.speed for pace in paces]))
    candidates = path_candidates(rng, goal, max(1.0, typical * (seconds - STARTING)), here)
    if candidates is None:
        return None
    best: tuple[float, WalkPlan] | None = None
    clearance = SHOULDERS + GETTING_UP * here.seated
    paths = steer(here.place, candidates, here.partner[-1], clearance + 0.15, min(1.1, TURNING / typical))
    for index, path in enumerate(paths):
        if path is None or path.length < _SHORTEST:
            continue
        turn = float(turned(float(candidates.starts[index]), here.heading))
        final = float(path.angles[-1])
        wanted = float(np.nan_to_num(candidates.arrivals[index], nan=final))
        outside = 1.0 - float(inside(path.points, here.centre, ROOM).mean())
        for pace in paces:
            if _too_near(path, pace, turn, clearance, here):
                continue
            rate = float(np.abs(path.curvature()).max()) * pace.speed
            cost = (
                3.0 * abs(np.log(path.length / pace.length(seconds)))
                + 8.0 * outside
                + 0.8 * abs(float(turned(final - wanted, 0.0)))
                + 0.8 * max(0.0, rate - TURNING)
                + float(rng.uniform(0, 0.1))
            )
            if best is None or cost < best[0]:
                best = cost, WalkPlan(path, pace, turn)
    return None if best is None or best[0] > _WORST else best[1]


def _too_near(path: Path, pace: Pace, turn: float, clearance: float, here: Surroundings) -> bool:
    """Return whether the walk comes nearer to the partner than ``clearance``, or ends where the partner will be."""
    turning = 0.0 if abs(turn) < 1e-6 else 0.9 + 0.6 * abs(turn)
    distance = np.arange(len(path.points)) * path.spacing
    gap = distance_to(path, turning + 0.4 + distance / pace.speed, here.partner, FPS)
    nearest = float(gap[distance > 0.25].min(initial=9.0))
    arrived = min(int((turning + distance[-1] / pace.speed) * FPS), len(here.partner) - 1)
    after = float(np.linalg.norm(here.partner[arrived:] - path.points[-1], axis=-1).min())
    # A walk that starts nearer than the clearance only has to lead away.
    apart = float(np.linalg.norm(here.partner[0] - here.place))
    return nearest < min(clearance, apart - 0.03) or min(after, float(gap[-1])) < STANDING_ROOM


def path_candidates(rng: np.random.Generator, goal: str, length: float, here: Surroundings) -> PathCandidates | None:
    """Return random candidates of about ``length`` metres for ``goal`` ('approach', 'around', 'leave' or 'wander').

    None where the goal is pointless: an approach from nearby.
    """
    other = here.partner[-1].astype(np.float64)
    from_other = here.place - other
    apart, bearing = float(np.hypot(*from_other)), float(heading_towards(from_other))
    n = _CANDIDATES
    waypoints = np.full((n, 3, 2), np.nan)
    arrivals = np.full(n, np.nan)
    ends_facing = rng.random(n) < (0.75 if here.ends_facing else 0.15)
    if goal == "approach":
        if apart - here.distance < 0.7:
            return None
        around = bearing + rng.normal(0.0, 1.0, n) * rng.uniform(0.1, 1.2, n)
        goals = other + (here.distance + rng.uniform(-0.08, 0.12, n))[:, None] * facing(around)
        detour = rng.random(n) < 0.65
        middle = here.place + rng.uniform(0.3, 0.7, (n, 1)) * (goals - here.place)
        middle += rng.normal(0.0, 0.35 * length, (n, 1)) * facing(np.full(n, bearing + np.pi / 2))
        waypoints[detour, 0] = middle[detour]
        ends_facing[:] = True
    elif goal == "around" and 0.8 < apart < 3.2:
        radius = np.clip(apart, 1.15 + GETTING_UP * here.seated, 2.4) * rng.uniform(0.95, 1.1, n)
        side = rng.choice([-1.0, 1.0], n)
        arc = np.clip(length / radius * rng.uniform(0.8, 1.1, n), 0.8, 1.9 * np.pi)
        for k in range(3):
            waypoints[:, k] = other + radius[:, None] * facing(bearing + side * arc * (k + 1) / 4)
        goals = other + radius[:, None] * facing(bearing + side * arc)
    else:
        away = max(2.2, apart + 0.8) if goal == "leave" else 0.0
        goals = _anywhere(rng, n, here)
        for _ in range(3):
            near = np.linalg.norm(goals - other, axis=-1) < max(away, 1.0)
            goals = np.where(near[:, None], _anywhere(rng, n, here), goals)
        count = np.clip(int(length / 2.8) - 1 + rng.integers(0, 2, n), 0, 3)
        for k in range(3):
            waypoints[:, k] = np.where((count > k)[:, None], _anywhere(rng, n, here), np.nan)
        if goal == "leave":
            ends_facing &= rng.random(n) < 0.4
    arrivals[ends_facing] = (heading_towards(other - goals) + rng.normal(0.0, 0.15, n))[ends_facing]
    first = np.where(np.isnan(waypoints[:, 0]), goals, waypoints[:, 0]) - here.place
    towards = heading_towards(first)
    off = turned(towards, here.heading)
    starts = np.where(np.abs(off) < TURN_FIRST, here.heading, towards - 0.15 * np.sign(off))
    return PathCandidates(starts, waypoints, goals, arrivals)


def _anywhere(rng: np.random.Generator, count: int, here: Surroundings) -> FloatArray:
    """Draw positions (count, 2) in the room, half a metre from its walls or more."""
    return here.centre + rng.uniform(-ROOM + 0.5, ROOM - 0.5, (count, 2))
