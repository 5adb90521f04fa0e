"""Postures of seated legs: apart, together, one forward, drawn back, crossed at the ankle, over or on the knee.

Crossed legs are drawn with the least penetration. ``refine.leg_collisions`` would not serve here: it moves legs apart
along the floor, and crossed ones touch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.capsules import FREE_THIGH, RADII, SOFT_CONTACT, closest_points, radius_at
from ...body_model.skeleton import INDEX, Skeleton
from ...common.easing import smootherstep
from .limbs import SIDES, reach_foot

FloatArray = NDArray[Any]  # single postures are computed in double precision

CROSSED = ("ankles", "over_knee", "on_knee")
POSTURES = ("apart", "together", "forward", "back", "stretched", *CROSSED)
_REACH = 0.955  # of the leg's length
_TOES = tuple(INDEX[f"{side}_foot"] for side in SIDES)
_UP = np.array([0.0, 0.0, 1.0])


class Legs(NamedTuple):
    """One posture of both legs in the world: ``knee`` (2, 3) points towards which the knees bend, ``ankle`` (2, 3),
    ``foot`` (2, 4) world and ``toes`` (2, 4) local rotations, ``grounded`` (2,) whether the foot bears on the floor;
    ``upper`` is the crossing leg that lies above, -1 for none, ``roll`` (rad) how far it raises the left hip.
    """

    name: str
    knee: FloatArray
    ankle: FloatArray
    foot: FloatArray
    toes: FloatArray
    grounded: tuple[bool, bool]
    upper: int = -1
    roll: float = 0.0


class Seat(NamedTuple):
    """A seated body: middle of the ``hips`` (3,) in the world, ``heading`` (rad), ``skeleton``, ``roll`` (rad, left hip
    up), and ``space`` (m), how far ahead of the hips the feet may reach.
    """

    hips: FloatArray
    heading: float
    skeleton: Skeleton
    roll: float = 0.0
    space: float = 9.0

    @property
    def size(self) -> float:
        return self.skeleton.size

    @property
    def forward(self) -> FloatArray:
        return np.array([np.sin(self.heading), -np.cos(self.heading), 0.0])

    def out(self, side: int) -> FloatArray:
        return np.array([np.cos(self.heading), np.sin(self.heading), 0.0]) * (1.0 if side == 0 else -1.0)

    def hip(self, side: int) -> FloatArray:
        half = abs(float(self.skeleton.offsets[INDEX[f"{SIDES[side]}_hip"], 0]))
        return (
            self.hips
            + self.out(side) * half * np.cos(self.roll)
            + _UP * half * np.sin(self.roll) * (1.0 if side == 0 else -1.0)
        )

    @property
    def pelvis(self) -> FloatArray:
        return rot.multiply(
            rot.about_z(np.array(self.heading)), np.array([np.cos(0.5 * self.roll), 0.0, -np.sin(0.5 * self.roll), 0.0])
        )

    def bones(self) -> tuple[float, float]:
        """Return the lengths of thigh and shin in metres."""
        thigh, shin = (
            float(np.linalg.norm(self.skeleton.offsets[INDEX[f"left_{part}"]])) for part in ("knee", "ankle")
        )
        return thigh, shin


class _Foot(NamedTuple):
    """A foot on the floor: metres ``ahead`` of an upright shin and ``aside`` of the hip, degrees of ``yaw`` outwards
    and of the ``heel`` upwards.
    """

    ahead: float
    aside: float
    yaw: float
    heel: float = 0.0


def thighs_cross(seat: Seat) -> bool:
    """Return whether the seat is high enough for crossed thighs: the hips no lower than the knees."""
    ankle = float(seat.skeleton.rest_positions[INDEX["left_ankle"], 2])
    return float(seat.hips[2]) > ankle + seat.bones()[1] - 0.005 * seat.size


def fits(name: str, seat: Seat) -> bool:
    """Return whether there is space ahead for a posture; those not named here adapt to the space."""
    needed = {"forward": 0.74, "stretched": 0.86, "ankles": 0.80, "over_knee": 0.88}
    return seat.space > needed.get(name, 0.0) * seat.size


def legs_in(name: str, seat: Seat, rng: np.random.Generator, width: float) -> Legs:
    """Return a random variation of the posture ``name``; ``width`` 0 (knees together) to 1 (wide) is the sitter's
    habit.

    Raises ``ValueError`` where the name is not one of ``POSTURES``.
    """
    side = int(rng.integers(2))
    u = rng.uniform(-1.0, 1.0, 6)
    if name == "apart":
        feet = [
            _Foot(0.02 + 0.05 * u[k], 0.03 + 0.10 * width + 0.025 * u[2 + k], 10 + 12 * width + 4 * u[4 + k])
            for k in (0, 1)
        ]
    elif name == "together":
        feet = [_Foot(-0.01 + 0.05 * u[0] + 0.01 * u[1 + k], -0.025 + 0.012 * u[3], 4 + 4 * u[4 + k]) for k in (0, 1)]
    elif name == "forward":
        feet = [_Foot(-0.07 + 0.03 * u[0], 0.02 + 0.05 * width, 8 + 5 * u[1], 8 + 8 * u[2])] * 2
        feet[side] = _Foot(0.15 + 0.05 * u[3], 0.02 + 0.05 * width, 9 + 6 * u[4])
    elif name == "back":
        feet = [
            _Foot(-0.11 + 0.03 * u[0] + 0.01 * u[1 + k], 0.01 + 0.05 * width, 6 + 5 * u[3 + k], 24 + 8 * u[5])
            for k in (0, 1)
        ]
    elif name == "stretched":
        feet = [_Foot(0.20 + 0.05 * u[0] + 0.02 * u[1 + k], 0.02 + 0.07 * width, 13 + 5 * u[3 + k]) for k in (0, 1)]
    elif name in CROSSED:
        return _clearest(name, seat, side, u)
    else:
        raise ValueError(f"Posture '{name}' is not known; use one of: {', '.join(POSTURES)}.")
    return _set_down(name, seat, feet)


def _set_down(name: str, seat: Seat, feet: list[_Foot], spread: float = 0.0, upper: int = -1) -> Legs:
    """Return a posture with both feet on the floor; the knees are ``spread`` (m) further out than the feet."""
    knee, ankle, turn, toes = (
        np.stack(parts) for parts in zip(*(_on_floor(seat, k, foot, spread) for k, foot in enumerate(feet)))
    )
    return Legs(name, knee, ankle, turn, toes, (True, True), upper)


def _clearest(name: str, seat: Seat, upper: int, u: FloatArray) -> Legs:
    """Return the first variation of a crossing without penetration of the legs, else the one with the least."""
    options: list[tuple[float, int, Legs]] = []
    for more in (0.0, 0.35, 0.7, 1.0, 1.35):
        for across in (0.0, 0.5, 1.0, 1.4):
            legs = (
                _ankles(seat, upper, u, more, across) if name == "ankles" else _over(name, seat, upper, u, more, across)
            )
            depth = _overlap(seat, legs)
            if depth < 0.004:
                return legs
            options.append((depth, len(options), legs))
    return min(options)[2]


def _ankles(seat: Seat, upper: int, u: FloatArray, more: float, across: float) -> Legs:
    """Return legs crossed at the ankle, the knees apart."""
    hip = abs(float(seat.skeleton.offsets[INDEX["left_hip"], 0])) / seat.size
    ahead, past = 0.11 + 0.06 * u[0], -hip - 0.04 + 0.025 * across
    before = 0.14 + 0.07 * more
    furthest = min(ahead + before, _furthest(seat, upper, past * seat.size) / seat.size)
    feet = [_Foot(furthest - before, past, -6 + 4 * u[1])] * 2
    feet[upper] = _Foot(furthest, past, -4 + 4 * u[2])
    return _set_down("ankles", seat, feet, (0.15 + 0.07 * more) * seat.size, upper)


def _overlap(seat: Seat, legs: Legs) -> float:
    """Return the penetration of the legs' capsules in metres beyond soft contact."""
    tilted = seat._replace(roll=legs.roll)
    bones = []
    for side in (0, 1):
        knee, _ = _solved(tilted, side, legs.ankle[side], legs.foot[side], legs.knee[side])
        hip = tilted.hip(side)
        ball = legs.ankle[side] + rot.rotate(legs.foot[side], seat.skeleton.offsets[_TOES[side]])
        sole = _UP * (RADII["foot"][1] * seat.size - 0.5 * float(seat.skeleton.rest_positions[_TOES[side], 2]))
        bones.append(
            (
                (hip, knee, "thigh"),
                (knee, legs.ankle[side], "shin"),
                (0.7 * legs.ankle[side] + 0.3 * ball, ball + sole, "foot"),
            )
        )
    deepest = -1.0
    for a_start, a_end, a in bones[0]:
        for b_start, b_end, b in bones[1]:
            free_a, free_b = (FREE_THIGH if bone == "thigh" else 0.0 for bone in (a, b))
            s, t, gap = closest_points(
                a_start + free_a * (a_end - a_start), a_end, b_start + free_b * (b_end - b_start), b_end
            )
            s, t = free_a + (1 - free_a) * s, free_b + (1 - free_b) * t
            radii = [radius_at(np.array(RADII[bone]), at) for bone, at in ((a, s), (b, t))]
            deepest = max(deepest, float((radii[0] + radii[1] - SOFT_CONTACT["leg"]) * seat.size - gap))
    return deepest


def _on_floor(
    seat: Seat, side: int, foot: _Foot, spread: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return pole of the knee, ankle, rotation of foot and toes of a foot with its ball, and its heel unless raised,
    down.
    """
    thigh, shin = seat.bones()
    rest = seat.skeleton.rest_positions
    hip, out, size = seat.hip(side), seat.out(side), seat.size
    ankle_height = float(rest[INDEX[f"{SIDES[side]}_ankle"], 2])
    rise = np.clip(ankle_height + shin - hip[2], -0.8 * thigh, 0.8 * thigh)
    upright = float(np.sqrt(thigh**2 - rise**2))
    ahead = min(foot.ahead * size, _furthest(seat, side, foot.aside * size))
    yaw = seat.heading + np.radians(foot.yaw) * (1.0 if side == 0 else -1.0)
    flat = rot.about_z(np.array(yaw))
    ankle = hip + seat.forward * (upright + ahead) + out * foot.aside * size
    ankle[2] = ankle_height
    ball = ankle + rot.rotate(flat, seat.skeleton.offsets[_TOES[side]])
    tip = _about_x(np.radians(foot.heel))
    turn = rot.multiply(flat, tip)
    ankle = ball - rot.rotate(turn, seat.skeleton.offsets[_TOES[side]])
    knee = (
        hip
        + seat.forward * upright
        + out * (0.75 * max(foot.aside, -0.03) + 0.01 + spread) * size
        + _UP * (rise + 0.10)
    )
    return knee, ankle, turn, _about_x(-np.radians(foot.heel))


def _furthest(seat: Seat, side: int, aside: float) -> float:
    """Return the metres ahead of an upright shin within which the foot stays in reach however the pelvis tilts."""
    thigh, shin = seat.bones()
    drop = float(seat.hip(side)[2] - seat.skeleton.rest_positions[INDEX[f"{SIDES[side]}_ankle"], 2])
    rise = float(np.clip(shin - drop, -0.8 * thigh, 0.8 * thigh))
    reach = np.sqrt(max((_REACH * (thigh + shin)) ** 2 - drop**2 - aside**2, 0.01))
    toes = 0.06 * seat.size - float(seat.skeleton.offsets[_TOES[side], 1])
    return float(min(reach, seat.space - toes) - np.sqrt(thigh**2 - rise**2))


def _over(name: str, seat: Seat, upper: int, u: FloatArray, more: float, aside: float) -> Legs:
    """Return one leg over the other: thigh on thigh with the shin hanging, or the ankle on the other knee.

    ``more`` 0..1 raises the upper knee and swings its shin forward, ``aside`` 0..1 moves it across.
    """
    lower, size = 1 - upper, seat.size
    thigh, shin = seat.bones()
    across = seat.out(lower)
    if name == "over_knee":
        seat = seat._replace(roll=np.radians(4.5) * (1.0 if upper == 0 else -1.0))
        support = _Foot(0.07 + 0.03 * u[0], -0.015 + 0.01 * u[1], 3 + 4 * u[2])
    else:
        support = _Foot(0.01 + 0.03 * u[0], 0.01 + 0.02 * u[1], 8 + 4 * u[2])
    hint, ankle, turn, toes = _on_floor(seat, lower, support)
    knee_below = _knee(seat, lower, ankle, turn, hint)
    hip = seat.hip(upper)
    if name == "over_knee":
        # As thick as both thighs where they cross, a little pressed together.
        lift = (RADII["thigh"][1] * 2 + 0.005 + 0.06 * more) * size
        goal = knee_below + _UP * lift + across * (0.055 + 0.08 * aside) * size
        knee = hip + (goal - hip) * thigh / np.linalg.norm(goal - hip)
        fall = -_UP + seat.forward * (0.30 + 0.06 * u[4] + 0.32 * more) + across * (0.12 + 0.04 * u[5])
        upper_ankle = knee + fall * shin / np.linalg.norm(fall)
        droop = np.radians(24 + 8 * u[3])
    else:
        along = knee_below - seat.hip(lower)
        top = np.cross(along, np.cross(_UP, along))
        top /= np.linalg.norm(top)
        upper_ankle = (
            seat.hip(lower)
            + along * (0.90 + 0.03 * u[3])
            + top * (RADII["thigh"][1] + RADII["shin"][1] + 0.004) * size
            + across * 0.06 * size
        )
        knee = hip + seat.forward * 0.7 - across * 0.75 + _UP * (0.22 + 0.08 * u[4])
        droop = np.radians(10.0)
    flat = rot.about_z(np.array(seat.heading))
    _, shin_turn = _solved(seat, upper, upper_ankle, flat, knee)
    foot = rot.multiply(shin_turn, _about_x(droop))
    knees, ankles, feet = np.empty((2, 3)), np.empty((2, 3)), np.empty((2, 4))
    knees[lower], ankles[lower], feet[lower] = hint, ankle, turn
    knees[upper], ankles[upper], feet[upper] = knee, upper_ankle, foot
    still = np.array([1.0, 0.0, 0.0, 0.0])
    return Legs(
        name,
        knees,
        ankles,
        feet,
        np.stack([toes if k == lower else still for k in (0, 1)]),
        (lower == 0, lower == 1),
        upper,
        seat.roll,
    )


def _solved(
    seat: Seat, side: int, ankle: FloatArray, foot: FloatArray, knee: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the position (3,) of the knee and the world rotation (4,) of the shin."""
    pelvis = seat.pelvis
    middle = seat.skeleton.offsets[INDEX["left_hip"]] * np.array([0.0, 1.0, 1.0])
    root = seat.hips - rot.rotate(pelvis, middle)
    local, bent = reach_foot(root[None], pelvis[None], seat.skeleton, side, ankle[None], foot[None], knee[None])
    return bent[0], rot.multiply(rot.multiply(pelvis, local[0, 0]), local[0, 1])


def _knee(seat: Seat, side: int, ankle: FloatArray, foot: FloatArray, knee: FloatArray) -> FloatArray:
    return _solved(seat, side, ankle, foot, knee)[0]


def _about_x(angle: float) -> FloatArray:
    return np.array([np.cos(0.5 * angle), np.sin(0.5 * angle), 0.0, 0.0])


def between(
    before: Legs, after: Legs, frames: int, seat: Seat
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the transition from one posture to another over ``frames``: knees, ankles (T, 2, 3), feet, toes (T, 2, 4)
    and grounded (T, 2).

    The feet move one after the other, lifted high enough for one knee to pass over the other where legs are crossed.
    """
    size = seat.size
    knees, ankles = np.empty((frames, 2, 3)), np.empty((frames, 2, 3))
    feet, toes = np.empty((frames, 2, 4)), np.empty((frames, 2, 4))
    grounded = np.zeros((frames, 2), bool)
    t = np.arange(frames) / max(frames - 1, 1)
    for side in (0, 1):
        # The leg that lies over goes last into a crossing and first out of it.
        late = side == after.upper if after.upper >= 0 else (side != before.upper if before.upper >= 0 else side == 1)
        start, stop = (0.38, 1.0) if late else (0.0, 0.62)
        u = np.clip((t - start) / (stop - start), 0.0, 1.0)
        s = smootherstep(u)[:, None]
        arch = np.sin(np.pi * s[:, 0])[:, None] ** 1.5
        moved = float(np.linalg.norm(after.ankle[side] - before.ankle[side]))
        turned = float(
            np.linalg.norm(rot.to_axis_angle(rot.multiply(after.foot[side], rot.conjugate(before.foot[side]))))
        )
        steps = moved > 0.015 or turned > 0.08
        lift = np.clip(0.25 * moved, 0.02, 0.06) if steps else 0.0
        rise, kick = 0.0, 0.0
        if side in (before.upper, after.upper) and {before.name, after.name} & {"over_knee", "on_knee"}:
            lift, rise, kick = 0.10, 0.16, 0.16
        elif side in (before.upper, after.upper):
            lift, kick = 0.06, 0.11
        knees[:, side] = before.knee[side] + (after.knee[side] - before.knee[side]) * s + _UP * rise * size * arch
        ankles[:, side] = before.ankle[side] + (after.ankle[side] - before.ankle[side]) * s + _UP * lift * size * arch
        ankles[:, side] += seat.forward * kick * size * arch
        feet[:, side] = rot.slerp(np.repeat(before.foot[side][None], frames, 0), after.foot[side], s[:, 0])
        toes[:, side] = rot.slerp(np.repeat(before.toes[side][None], frames, 0), after.toes[side], s[:, 0])
        grounded[:, side] = np.where(
            u <= 0, before.grounded[side], np.where(u >= 1, after.grounded[side], (not steps) and before.grounded[side])
        )
    return knees, ankles, feet, toes, grounded
