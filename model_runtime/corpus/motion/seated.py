"""Seated postures: the pelvis stays on its seat while legs and trunk change posture every ten to forty seconds.

Captured performers sit down, breathe and stand up in one posture each. Between landing and rising the legs are placed
anew here, the trunk leans and turns about the hips, and the resting postures of the hands are drawn for ``held_arms``.
Postures and how often they change follow observations of seated people in talk (Mehrabian 1969; Bull 1987, "Posture and
Gesture").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions
from ...body_model.proxemics import NEIGHBOURS
from ...body_model.skeleton import INDEX, Skeleton, heading_of
from ...common.easing import smooth_step, smootherstep
from ...common.masks import runs_of
from ...contract import ACTION_LABELS, FPS, FloatArray
from ..script.affect import AffectTrack
from .base_motion import Motion
from .clip_bank import HIPS_ABOVE_SEAT
from .held_arms import Held
from .limbs import SIDES, reach_foot, trunk_of
from .moments import Moments
from .resting_arms import (
    Rest,
    between_knees,
    folded_above,
    folded_below,
    in_lap_above,
    in_lap_below,
    on_other_thigh,
    on_thigh,
)
from .seated_legs import Legs, Seat, between, fits, legs_in, thighs_cross

_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_LEG = tuple(tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")) for side in SIDES)
SHORTEST = 4.0  # s on the seat, in less of which the posture does not change
RISING_LEAN = (30.0, 41.0)  # degrees of the trunk on leaving the seat (Schenkman et al. 1990)
_SETTLING = round(0.7 * FPS)  # frames over which a captured landing blends into the composed posture
_HANDS_STAY = 0.6  # of the changes of the trunk alone leave the hands where they rest
# Degrees of the trunk from hips to breast, forward positive, and their spread.
_TRUNK = {"upright": (1.0, 2.5), "back": (-11.0, 3.0), "forward": (11.0, 3.0), "elbows": (27.0, 2.0)}


class Sitting(NamedTuple):
    """Frames [start, stop) on a seat, from landing to rising, and whether the scene shows these two."""

    start: int
    stop: int
    lands: bool
    rises: bool


class Change(NamedTuple):
    """At ``time`` (s from landing) the sitter changes to ``legs`` (None: as before), a ``trunk`` posture of ``pitch``
    degrees and resting postures of the ``hands``, each varied by ``vary`` (-1..1).
    """

    time: float
    legs: Legs | None
    trunk: str
    pitch: float
    hands: tuple[Rest | None, Rest | None]
    vary: tuple[float, float]


class LegTracks(NamedTuple):
    """Poles of the knees, ankles (T, 2, 3), world rotations of the feet, local ones of the toes (T, 2, 4), whether each
    foot is ``grounded`` (T, 2), and the roll (T,) of the pelvis in radians.
    """

    knee: FloatArray
    ankle: FloatArray
    foot: FloatArray
    toes: FloatArray
    grounded: NDArray[np.bool_]
    roll: FloatArray


def sittings(root: FloatArray, labels: NDArray[np.uint8]) -> list[Sitting]:
    """Return the times in which the pelvis stays at its seated height: ``root`` (T, 3), ``labels`` (T,) into
    ``ACTION_LABELS``.
    """
    found = []
    height = gaussian_filter1d(root[:, 2], 1.0)
    for first, last in runs_of(labels == ACTION_LABELS.index("sit")):
        low = np.abs(height - float(np.median(height[first:last]))) < 0.012
        inside = np.flatnonzero(low[first:last])
        if len(inside) == 0:
            continue
        start, stop = first + int(inside[0]), first + int(inside[-1]) + 1
        # Labels change a little before the pelvis leaves the seat.
        while stop < len(low) and low[stop]:
            stop += 1
        if stop - start >= SHORTEST * FPS:
            found.append(Sitting(start, stop, start > 2, stop < len(height) - 2))
    return found


def trunk_pitch(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Return (T,) degrees by which the line from pelvis to chest leans forward of the vertical."""
    way = trunk_of(root, rotations, skeleton).chest - root
    ahead = rot.rotate(rot.about_z(heading_of(rotations[:, 0])), np.array([0.0, -1.0, 0.0], np.float32))
    return np.degrees(np.arctan2(np.sum(way * ahead, -1), way[:, 2]))


def with_seated_postures(
    rng: np.random.Generator,
    body: Motion,
    skeleton: Skeleton,
    labels: NDArray[np.uint8],
    affect: AffectTrack,
    partner: FloatArray | None = None,
    ends: Moments | None = None,
    leans: FloatArray | None = None,
) -> tuple[Motion, list[Held]]:
    """Return a copy of ``body`` with seated postures, and the resting postures of its hands meanwhile.

    ``labels`` (T,) into ``ACTION_LABELS``; ``partner`` (T, 3) is the other's pelvis, whose legs need half of the space
    between; ``ends`` of turns draw changes of posture; ``leans`` (T,) radians forward, None: those of the affect.
    """
    ends = Moments(rng, ()) if ends is None else ends
    leans = affect.track("lean", body.frames) if leans is None else leans
    result = Motion(body.root.copy(), body.rotations.copy(), body.contacts.copy())
    held: list[Held] = []
    for sitting in sittings(body.root, labels):
        held += _sit(rng, sitting, result, skeleton, affect, partner, ends, leans)
    return result, held


def _sit(
    rng: np.random.Generator,
    sitting: Sitting,
    body: Motion,
    skeleton: Skeleton,
    affect: AffectTrack,
    partner: FloatArray | None,
    ends: Moments,
    leans: FloatArray,
) -> list[Held]:
    """Compose one sitting in place and return its resting hands."""
    start, stop, lands, rises = sitting
    span, frames = slice(start, stop), stop - start
    root, rotations = body.root[span], body.rotations[span]
    middle = skeleton.offsets[INDEX["left_hip"]] * np.array([0, 1, 1], np.float32)
    hips = root + rot.rotate(rotations[:, 0], middle)
    pitch = trunk_pitch(root, rotations, skeleton)
    # Landing and rising stay as captured: postures begin when the trunk is up again and end before it bends to rise.
    settled = int(np.argmin(pitch[: 3 * FPS])) if lands else 0
    bends = frames - 1 - int(np.argmin(pitch[::-1][: 3 * FPS])) if rises else frames - 1

    heading = float(np.median(np.unwrap(heading_of(rotations[:, 0]))))
    # The seat is where the body landed, at the height at which it sits.
    place = hips[min(_SETTLING, frames - 1) if lands else 0]
    seat = Seat(
        np.array([*place[:2], np.median(hips[max(0, settled - FPS) : bends + 1, 2])], np.float64), heading, skeleton
    )
    beside = False
    if partner is not None:
        way = partner[span, :2] - seat.hips[:2]
        gap = np.linalg.norm(way, axis=-1)
        ahead = way @ seat.forward[:2]
        near = gap < NEIGHBOURS
        beside = bool(near.any() and (ahead < 0.7 * gap)[near].any())
        seat = seat._replace(space=float(np.min(np.where(ahead > 0.6 * gap, 0.5 * ahead - 0.03, 9.0))))
    changes = _changes(rng, seat, beside, settled / FPS, bends / FPS, affect, start / FPS, lands, ends)
    rest_hips = _shifting(rng, hips, seat.hips, changes, lands, rises)

    first, last = (_captured(body, skeleton, k) for k in (start, stop - 1))
    legs = _legs_over_time(changes, first if lands else None, last if rises else None, bends, frames, seat)
    composed = _inside(frames, 0 if lands else -_SETTLING, frames - 1 if rises else frames + _SETTLING, _SETTLING)

    _lean(
        rng,
        body,
        span,
        skeleton,
        pitch,
        changes,
        settled if lands else -FPS,
        bends if rises else frames + FPS,
        legs.roll,
        leans[span],
    )
    body.root[span] = rest_hips - rot.rotate(body.rotations[span, 0], middle)
    for side in (0, 1):
        joints = list(_LEG[side])
        local, _ = reach_foot(
            body.root[span],
            body.rotations[span, 0],
            skeleton,
            side,
            legs.ankle[:, side],
            legs.foot[:, side],
            legs.knee[:, side],
        )
        own = np.concatenate([local, legs.toes[:, side, None]], 1)
        blended = rot.slerp(body.rotations[span, joints], own, composed[:, None])
        body.rotations[span, joints] = blended.astype(np.float32)
        body.contacts[span, 2 * side] = legs.grounded[:, side] & (np.abs(legs.toes[:, side, 1]) < 0.04)
        body.contacts[span, 2 * side + 1] = legs.grounded[:, side]
    if rises:
        _lean_into_the_rise(rng, body, skeleton, stop, float(seat.hips[2]) - HIPS_ABOVE_SEAT * skeleton.pelvis_height)
    return _held(rng, changes, start, settled if lands else 0, bends, rises, stop, affect)


def _changes(
    rng: np.random.Generator,
    seat: Seat,
    beside: bool,
    begin: float,
    end: float,
    affect: AffectTrack,
    offset: float,
    lands: bool,
    ends: Moments,
) -> list[Change]:
    """Draw the changes of posture between ``begin`` and ``end`` (s from landing): of the legs every 10 to 40 s, of
    trunk and hands more often, rather at the ``ends`` of turns.

    ``offset`` (s) is the scene time of the landing; ``beside``: whether a neighbour sits beside.
    """
    changes: list[Change] = []
    clock = begin + float(rng.uniform(0.3, 2.5)) if lands else -1.0
    habit = rng.dirichlet(np.full(8, 1.2))  # each sitter prefers some postures
    width = float(rng.beta(2.0, 2.0)) * (0.5 if beside else 1.0)  # knees stay together beside a neighbour
    legs_due, legs, legs_name = clock, None, ""
    while clock < end - 2.5:
        now = affect.at(offset + max(clock, 0.0))
        if clock >= legs_due:
            breadth = float(np.clip(width + 0.25 * now.power - 0.1 * (now.slump > 0.1), 0.0, 0.3 if beside else 1.0))
            name = _leg_name(rng, habit, breadth, seat, legs_name)
            if legs is not None and legs.upper >= 0 and name in ("ankles", "over_knee", "on_knee"):
                name = "apart" if breadth > 0.4 else "together"  # legs uncross before they cross again
                legs_due = clock + float(rng.uniform(2.0, 6.0))
            else:
                legs_due = clock + float(np.clip(rng.gamma(3.0, 7.0), 10.0, 40.0)) / now.tempo
            legs, legs_name, fresh = legs_in(name, seat, rng, breadth), name, True
        else:
            fresh = False
        trunk = _trunk_name(rng, legs_name, now.valence, now.arousal, now.lean)
        mean, spread = _TRUNK[trunk]
        pitch = float(rng.normal(mean, spread))
        hands, vary = _hands(
            rng, trunk, legs if legs is not None else legs_in("apart", seat, rng, 0.5), now.valence, now.power
        )
        change = Change(clock, legs if fresh else None, trunk, pitch, hands, vary)
        if changes and not fresh and "elbows" not in (trunk, changes[-1].trunk) and rng.random() < _HANDS_STAY:
            change = change._replace(hands=changes[-1].hands, vary=changes[-1].vary)
        changes.append(change)
        now_at = max(clock, 0.0)
        clock = now_at + float(np.clip(rng.gamma(3.0, 3.6), 4.0, 22.0)) / now.tempo
        clock = max(ends.near(offset + clock) - offset, now_at + 3.0)
        if clock > legs_due - 3.0:
            clock = max(legs_due, clock if clock < legs_due else legs_due)
    return changes


def _leg_name(rng: np.random.Generator, habit: NDArray[np.float64], breadth: float, seat: Seat, before: str) -> str:
    names = ("apart", "together", "forward", "back", "stretched", "ankles", "over_knee", "on_knee")
    likely = np.array(
        [
            0.6 + 1.6 * breadth,
            1.5 - 1.3 * breadth,
            1.2,
            0.6,
            0.5,
            1.2 - 0.3 * breadth,
            1.5 - 0.6 * breadth,
            max(0.0, 1.3 * breadth - 0.4),
        ]
    )
    likely *= 0.06 + habit
    if not thighs_cross(seat):  # feet do not go back under so low a seat either
        likely[[3, 6]] = 0.0
    likely *= [fits(name, seat) for name in names]
    if before in names and np.count_nonzero(likely) > 1:
        likely[names.index(before)] = 0.0
    return str(rng.choice(names, p=likely / likely.sum()))


def _trunk_name(rng: np.random.Generator, legs: str, valence: float, arousal: float, lean: float) -> str:
    names = ("upright", "back", "forward", "elbows")
    forward = float(np.clip(1.0 + 8.0 * lean, 0.3, 2.5))
    likely = np.array(
        [
            2.0,
            (1.6 - 0.6 * arousal) / forward,
            1.1 * forward,
            0.45 * forward if legs in ("apart", "forward", "back") else 0.0,
        ]
    )
    if legs in ("over_knee", "stretched", "on_knee"):
        likely[1] *= 1.6
    return str(rng.choice(names, p=np.maximum(likely, 0.0) / np.maximum(likely, 0.0).sum()))


def _hands(
    rng: np.random.Generator, trunk: str, legs: Legs, valence: float, power: float
) -> tuple[tuple[Rest, Rest], tuple[float, float]]:
    """Draw the resting postures of the left and the right hand and their variations."""
    u = rng.uniform(-1.0, 1.0, 2)
    left_first = bool(rng.random() < 0.5)
    if trunk == "elbows":
        pair: tuple[Rest, Rest] = (between_knees, between_knees)
    elif legs.name == "over_knee" and rng.random() < 0.88:
        # Both on the upper thigh: the hand of that side nearer to the knee.
        pair = (on_thigh, on_other_thigh)
        left_first = legs.upper == 0
        u = np.array([0.9, -0.9])
    elif legs.name == "over_knee":
        pair = (folded_below, folded_above)
    elif legs.name == "on_knee":
        pair, u = (on_thigh, on_thigh), np.array([-0.6, -0.6])
    else:
        folded = 0.07 + 0.12 * max(0.0, -valence) + 0.05 * max(0.0, power) if trunk != "forward" else 0.02
        draw = rng.random()
        if draw < folded:
            pair = (folded_below, folded_above)
        elif draw < folded + 0.38:
            pair = (on_thigh, on_thigh)
        elif draw < folded + 0.72:
            pair = (in_lap_below, in_lap_above)
        else:
            pair, u = (on_thigh, in_lap_below), np.array([0.8, u[1]])
    both = (float(u[0]), float(u[1]))
    return (pair, both) if left_first else (pair[::-1], both[::-1])


def _shifting(
    rng: np.random.Generator, captured: FloatArray, middle: FloatArray, changes: list[Change], lands: bool, rises: bool
) -> FloatArray:
    """Return the hips' middle (T, 3): as captured at landing and rising, near ``middle`` (3,) between, shifted a little
    when the legs change.
    """
    frames = len(captured)
    path = np.tile(middle, (frames, 1))
    for change in changes:
        if change.legs is not None and change.time > 0:
            path[round((change.time + 0.4) * FPS) :, :2] = middle[:2] + rng.normal(0.0, 0.004, 2)
    if rises:  # to where the captured rise begins
        path[max(_SETTLING, frames - 1 - 3 * _SETTLING) :, :2] = captured[max(0, frames - 1 - _SETTLING), :2]
    path = gaussian_filter1d(path, 0.28 * FPS, axis=0, mode="nearest")
    composed = _inside(frames, 0 if lands else -_SETTLING, frames - 1 if rises else frames + _SETTLING, _SETTLING)
    return (captured + (path - captured) * composed[:, None]).astype(np.float32)


def _captured(body: Motion, skeleton: Skeleton, frame: int) -> Legs:
    """Return the legs of one frame as a posture with both feet on the floor."""
    at = slice(frame, frame + 1)
    positions, world = leg_positions(body.root[at], body.rotations[at], skeleton)
    toes = np.stack([body.rotations[frame, joints[3]] for joints in _LEG])
    return Legs("captured", positions[0, :, 1], positions[0, :, 2], world[0, :, 2], toes, (True, True))


def _legs_over_time(
    changes: list[Change], first: Legs | None, last: Legs | None, bends: int, frames: int, seat: Seat
) -> LegTracks:
    """Return the legs of the whole sitting: from the captured posture ``first`` through the changes to ``last``."""
    wanted = [(round(c.time * FPS), c.legs) for c in changes if c.legs is not None]
    if first is None:
        now = wanted.pop(0)[1] if wanted else last
    else:
        now = first
    assert now is not None
    if last is not None:
        wanted.append((max(0, bends - round(0.75 * FPS)), last))
    knee, ankle, foot, toes, grounded, roll = (
        np.repeat(np.asarray(value)[None], frames, 0)
        for value in (now.knee, now.ankle, now.foot, now.toes, now.grounded, now.roll)
    )
    for at, legs in wanted:
        crossing = "over_knee" in (legs.name, now.name) or "on_knee" in (legs.name, now.name)
        count = round((1.5 if crossing else 1.05) * FPS)
        count = min(count, frames - at)
        if count < 2:
            continue
        way = between(now, legs, count, seat)
        for track, moving, end in zip((knee, ankle, foot, toes, grounded), way, legs[1:6]):
            track[at : at + count] = moving
            track[at + count :] = end
        roll[at:] = now.roll + (legs.roll - now.roll) * smooth_step(np.arange(frames - at, dtype=np.float32), 0, count)
        now = legs
    return LegTracks(knee, ankle, foot, toes, grounded.astype(bool), roll)


def _lean(
    rng: np.random.Generator,
    body: Motion,
    span: slice,
    skeleton: Skeleton,
    captured: FloatArray,
    changes: list[Change],
    settled: int,
    bends: int,
    legs_roll: FloatArray,
    leans: FloatArray,
) -> None:
    """Turn pelvis and spine to the leans of ``changes``, in place.

    ``captured`` (T,) is the trunk's pitch in degrees as captured, ``legs_roll`` (T,) the roll of the pelvis and
    ``leans`` (T,) the further lean forward in rad.
    """
    frames = len(captured)
    wanted, side, twist = (np.zeros(frames) for _ in range(3))
    wanted[:] = changes[0].pitch if changes and changes[0].time <= 0 else float(np.median(captured))
    for change in changes:
        at = max(0, round(change.time * FPS))
        wanted[at:] = change.pitch
        side[at:], twist[at:] = np.radians(rng.normal(0.0, 2.2)), np.radians(rng.normal(0.0, 3.0))
    wanted, side, twist = (gaussian_filter1d(track, 0.38 * FPS, mode="nearest") for track in (wanted, side, twist))
    composed = _inside(frames, settled, bends, FPS)
    sway = gaussian_filter1d(rng.standard_normal((3, frames + 60)), 0.9 * FPS, axis=1)[:, 30:-30]
    sway = sway / np.maximum(sway.std(1, keepdims=True), 1e-6) * np.radians([[0.5], [0.4], [0.5]])
    slow = gaussian_filter1d(captured, 0.7 * FPS, mode="nearest")
    pitch = composed * (np.radians(np.clip(wanted + np.degrees(1.2 * leans), -16.0, 32.0) - slow) + sway[0])
    roll, yaw = composed * (side + sway[1]), composed * (twist + sway[2])

    rotations = body.rotations[span]
    _straighten(rotations, composed)
    heading = rot.about_z(heading_of(rotations[:, 0]))
    pelvis = rot.multiply(rot.multiply(heading, rot.tilt(0.35 * pitch, -legs_roll * composed)), rot.conjugate(heading))
    rotations[:, 0] = rot.normalize(rot.multiply(pelvis, rotations[:, 0]))
    bend = rot.tilt(0.65 / 3 * pitch, (roll + legs_roll * composed) / 3, yaw / 3)
    for joint in _SPINE:
        rotations[:, joint] = rot.multiply(rotations[:, joint], bend)
    back = rot.tilt(-0.32 * pitch, -0.25 * roll, -0.25 * yaw)
    for joint in (INDEX["neck"], INDEX["head"]):
        rotations[:, joint] = rot.multiply(rotations[:, joint], back)


def _straighten(rotations: FloatArray, share: FloatArray) -> None:
    """Take ``share`` (T,) of the captured roll and yaw out of the pelvis, in place; its pitch stays."""
    yaw = np.unwrap(heading_of(rotations[:, 0]))
    tilted = rot.to_axis_angle(rot.multiply(rot.conjugate(rot.about_z(yaw)), rotations[:, 0]))
    tilted[:, 1:] *= 1.0 - share[:, None]
    level = rot.multiply(rot.about_z(yaw + share * (np.median(yaw) - yaw)), rot.from_axis_angle(tilted))
    rotations[:, 0] = rot.normalize(level)


def _lean_into_the_rise(
    rng: np.random.Generator, body: Motion, skeleton: Skeleton, stop: int, seat_height: float
) -> None:
    """Bend the spine before the body rises from a seat of ``seat_height`` (m), further from lower ones, in place."""
    wanted = float(np.clip(34.0 + 60.0 * (0.45 - seat_height) + rng.normal(0.0, 1.5), *RISING_LEAN))
    first, last = max(0, stop - 2 * FPS), min(body.frames, stop + 2 * FPS)
    at = np.arange(first, last)
    window = slice(max(first, stop - FPS), min(last, stop + FPS // 2))
    for _ in range(2):  # how far the chest moves with the spine depends on the body
        lean = trunk_pitch(body.root[window], body.rotations[window], skeleton)
        bump = np.exp(-0.5 * ((at - min(window.start + int(lean.argmax()), stop + 4)) / (0.32 * FPS)) ** 2)
        pitch = np.radians(wanted - float(lean.max())) * bump
        bend, back = (rot.tilt(share * pitch) for share in (1 / 1.6, -0.4))
        for joint in _SPINE:
            body.rotations[first:last, joint] = rot.multiply(body.rotations[first:last, joint], bend)
        for joint in (INDEX["neck"], INDEX["head"]):
            body.rotations[first:last, joint] = rot.multiply(body.rotations[first:last, joint], back)


def _held(
    rng: np.random.Generator,
    changes: list[Change],
    start: int,
    settled: int,
    bends: int,
    rises: bool,
    stop: int,
    affect: AffectTrack,
) -> list[Held]:
    """Return the resting hands of a sitting, from its first change until the body bends to rise."""
    held = []
    end = start + bends if rises else stop
    for number, change in enumerate(changes):
        at = start + max(round(change.time * FPS), 0)
        lead = 0 if change.time <= 0 else round(float(rng.uniform(0.9, 1.4)) * FPS / affect.at(at / FPS).tempo)
        following = changes[number + 1].time if number + 1 < len(changes) else None
        until = end if following is None else start + round(following * FPS)
        if until - at > lead:
            held.append(
                Held(at, until, lead, round(0.7 * FPS) if following is None and rises else 0, change.hands, change.vary)
            )
    return held


def _inside(frames: int, start: int, stop: int, ramp: int) -> FloatArray:
    """Return (T,) 0 before ``start`` and after ``stop``, 1 from ``ramp`` frames inside on, smooth between."""
    at = np.arange(frames)
    return smootherstep(np.minimum(at - start, stop - at) / ramp).astype(np.float32)
