"""Where a walk leads and how: goals in the room, candidate ways to them, and the gait that makes a way last as long as
asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...contract import FPS, FloatArray
from .paths import Path, Wanted, angle_of, clearance, heading, inside, steer, wrap, wrapped
from .walking import Gait

ROOM = 4.0  # m from the middle of the room to its walls
PERSONAL = 0.72  # m; ways keep this far from the partner's root
KNEES = 0.38  # m more from a partner who is seated and may get up
TURN_FIRST = 0.85  # rad; who has to go elsewhere turns on the spot before setting off
STARTING = 1.05  # s that starting and stopping cost over walking at full speed
TURNING = 0.8  # rad/s; nobody turns faster while walking
_CANDIDATES = 36
_WORST = 2.2  # cost beyond which staying is better than going


@dataclass(frozen=True)
class Pace:
    """A gait on one body: cycle, mirror image or not, played ``rate`` times as fast; ``speed`` in m/s."""

    gait: Gait
    mirrored: bool
    rate: float
    speed: float

    def length(self, seconds: float) -> float:
        """Metres that a walk of ``seconds`` covers, start and stop included."""
        return max(0.8, self.speed * (seconds - STARTING))


@dataclass(frozen=True)
class Surroundings:
    """What a walker has to reckon with: its own ``place`` (2,) and ``facing`` (rad), the partner's places from now on
    (T, 2) and final heading and whether it is ``seated``, the ``distance`` (m) it likes to talk at, the middle of the
    room, and whether it wants to end facing the partner.
    """

    place: FloatArray
    facing: float
    partner: FloatArray
    partner_facing: float
    seated: bool
    distance: float
    centre: FloatArray
    meets: bool


@dataclass(frozen=True)
class Going:
    """A way and the pace for it; ``turn`` (rad) is what has to be turned on the spot first, 0 for nothing."""

    path: Path
    pace: Pace
    turn: float


def choose_way(
    rng: np.random.Generator, goal: str, seconds: float, here: Surroundings, paces: Sequence[Pace]
) -> Going | None:
    """The way for ``goal`` that lasts about ``seconds``, keeps clear of the partner and stays in the room; None where
    none does.
    """
    typical = float(np.median([pace.speed for pace in paces]))
    wanted = candidates(rng, goal, max(1.0, typical * (seconds - STARTING)), here)
    if wanted is None:
        return None
    best: tuple[float, Path, Pace, float] | None = None
    keep = PERSONAL + KNEES * here.seated
    paths = steer(here.place, wanted, here.partner[-1], keep + 0.15, min(1.1, TURNING / typical))
    apart = float(np.linalg.norm(here.partner[0] - here.place))
    for index, path in enumerate(paths):
        if path is None or path.length < 0.7:
            continue
        turn = wrapped(float(wanted.starts[index]) - here.facing)
        turning = 0.0 if abs(turn) < 1e-6 else 0.9 + 0.6 * abs(turn)
        askew = abs(wrapped(float(path.angles[-1] - np.nan_to_num(wanted.arrivals[index], nan=path.angles[-1]))))
        outside = 1.0 - float(inside(path.points, here.centre, ROOM).mean())
        for pace in paces:
            way = np.arange(len(path.points)) * path.spacing
            gap = clearance(path, turning + 0.4 + way / pace.speed, here.partner, FPS)
            nearest = float(gap[way > 0.25].min(initial=9.0))
            # The partner may yet pass where I mean to stand.
            arrived = min(int((turning + way[-1] / pace.speed) * FPS), len(here.partner) - 1)
            after = float(np.linalg.norm(here.partner[arrived:] - path.points[-1], axis=-1).min())
            if nearest < min(keep, apart - 0.03) or min(after, float(gap[-1])) < 0.8:
                continue
            rate = float(np.abs(path.curvature()).max()) * pace.speed
            cost = (
                3.0 * abs(np.log(path.length / pace.length(seconds)))
                + 8.0 * outside
                + 0.8 * askew
                + 0.8 * max(0.0, rate - TURNING)
                + float(rng.uniform(0, 0.1))
            )
            if best is None or cost < best[0]:
                best = cost, path, pace, turn
    if best is None or best[0] > _WORST:
        return None
    return Going(best[1], best[2], best[3])


def candidates(rng: np.random.Generator, goal: str, length: float, here: Surroundings) -> Wanted | None:
    """Random ways of about ``length`` metres that serve ``goal``; None where it makes no sense."""
    other = here.partner[-1].astype(np.float64)
    out = here.place - other
    apart, bearing = float(np.hypot(*out)), angle_of(out)
    n = _CANDIDATES
    waypoints = np.full((n, 3, 2), np.nan)
    arrivals = np.full(n, np.nan)
    meets = rng.random(n) < (0.75 if here.meets else 0.15)
    if goal == "approach":
        if apart - here.distance < 0.7:
            return None
        around = bearing + rng.normal(0.0, 1.0, n) * rng.uniform(0.1, 1.2, n)
        goals = other + (here.distance + rng.uniform(-0.08, 0.12, n))[:, None] * heading(around)
        detour = rng.random(n) < 0.65
        middle = here.place + rng.uniform(0.3, 0.7, (n, 1)) * (goals - here.place)
        middle += rng.normal(0.0, 0.35 * length, (n, 1)) * heading(np.full(n, bearing + np.pi / 2))
        waypoints[detour, 0] = middle[detour]
        meets[:] = True
    elif goal == "around" and 0.8 < apart < 3.2:
        radius = np.clip(apart, 1.15 + KNEES * here.seated, 2.4) * rng.uniform(0.95, 1.1, n)
        side = rng.choice([-1.0, 1.0], n)
        arc = np.clip(length / radius * rng.uniform(0.8, 1.1, n), 0.8, 1.9 * np.pi)
        for k in range(3):
            waypoints[:, k] = other + radius[:, None] * heading(bearing + side * arc * (k + 1) / 4)
        goals = other + radius[:, None] * heading(bearing + side * arc)
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
            meets &= rng.random(n) < 0.4
    to_partner = other - goals
    arrivals[meets] = (np.arctan2(to_partner[:, 0], -to_partner[:, 1]) + rng.normal(0.0, 0.15, n))[meets]
    first = np.where(np.isnan(waypoints[:, 0]), goals, waypoints[:, 0]) - here.place
    towards = np.arctan2(first[:, 0], -first[:, 1])
    off = wrap(towards - here.facing)
    starts = np.where(np.abs(off) < TURN_FIRST, here.facing, towards - 0.15 * np.sign(off))
    return Wanted(starts, waypoints, goals, arrivals)


def _anywhere(rng: np.random.Generator, count: int, here: Surroundings) -> FloatArray:
    return here.centre + rng.uniform(-ROOM + 0.5, ROOM - 0.5, (count, 2))


def from_here(path: Path, place: FloatArray) -> Path:
    """The path begun at ``place`` (2,), which is near its start; the difference is spread over the first metres."""
    missing = place - path.points[0]
    share = np.clip(1.0 - np.arange(len(path.points)) * path.spacing / min(1.5, path.length), 0.0, 1.0)
    return replace(path, points=path.points + (share * share * (3 - 2 * share))[:, None] * missing)
