"""Eye directions and their ARKit curves: fixations, glances away, lids that follow, convergence on the partner.

A direction is (yaw to the left, pitch up) in the actor's head frame, radians. Gains and lids were measured on iPhone
captures, which hold both the eyes' angles and the curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from ..body_model import rotations as rot
from ..body_model.skeleton import EYES, INDEX, Skeleton, forward_kinematics
from ..common.headings import heading_towards
from ..contract import ARKIT_NAMES, FPS, LOOK_DOWN, LOOK_SIDE, LOOK_UP, Actor, FloatArray
from ..contract.directions import gaze_places
from .arkit import CURVE, columns

# Shares of a lowered and of a raised gaze by which the lids move; look-up shapes lift the lid by themselves.
LID_DOWN, LID_UP = 0.40, 0.08
LOOKS = columns("eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp")
CONVERGENCE = 0.022  # radians that each eye turns inwards: eyes 63 mm apart, a target 1.4 m away
_SACCADE = 0.045  # radians in a frame (1.35 rad/s): faster than any pursuit of a talking partner
_LARGEST = 0.9  # weight of a look curve
_FASTEST = 0.40  # radians in a frame (690 degrees/s)


def eye_directions(
    rng: np.random.Generator,
    active: FloatArray,
    partner: FloatArray | None,
    in_reach: NDArray[np.bool_] | None = None,
    steady: NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Return directions (T, 2) of the eyes of an actor that speaks where ``active`` (T,) is 1.

    ``partner`` (T, 2): direction of the partner's head; ``in_reach`` (T,): whether the eyes can reach it, None for
    always. Out of reach, and without a partner, the eyes look ahead; they change over in one saccade. ``steady`` (T,):
    where they rest on it and make no glances away.
    """
    frames = len(active)
    speaks = active > 0.5
    onsets = np.flatnonzero(speaks & ~np.concatenate([[False], speaks[:-1]]))
    starts = [float(f) / FPS for f in onsets if not speaks[max(f - FPS // 2, 0) : f].any()]
    target = None
    if partner is not None:
        reached = np.ones(frames, bool) if in_reach is None else in_reach
        target = np.where(reached[:, None], partner, 0.0).astype(np.float32)
    speaking = np.clip(gaussian_filter1d(speaks.astype(np.float32), 3.0, mode="nearest"), 0.0, 1.0)
    looks = glances(rng, frames, speaking, starts, target)
    if steady is not None and target is not None:
        looks[steady] = target[steady]
    return _limit_speed(with_fixations(rng, looks))


def eye_curves(gaze: FloatArray) -> FloatArray:
    """Return the look curves of both eyes and their lids (T, 52) for directions (T, 2), at most as fast as eyes."""
    face = np.zeros((len(gaze), len(ARKIT_NAMES)), np.float32)
    yaw, pitch = _limit_speed(np.asarray(gaze, np.float32)).T
    near = CONVERGENCE * np.clip(1.0 - np.abs(yaw) / 0.6, 0.0, 1.0)  # targets aside are farther away
    left, right = (yaw - near) / LOOK_SIDE, (yaw + near) / LOOK_SIDE
    for name, value in (
        ("eyeLookOutLeft", left),
        ("eyeLookInLeft", -left),
        ("eyeLookInRight", right),
        ("eyeLookOutRight", -right),
        ("eyeLookUpLeft", pitch / LOOK_UP),
        ("eyeLookUpRight", pitch / LOOK_UP),
        ("eyeLookDownLeft", -pitch / LOOK_DOWN),
        ("eyeLookDownRight", -pitch / LOOK_DOWN),
    ):
        face[:, CURVE[name]] = np.clip(value, 0.0, _LARGEST)
    face[:, columns("eyeBlink")] = LID_DOWN * face[:, columns("eyeLookDown")]
    face[:, columns("eyeWide")] = LID_UP * face[:, columns("eyeLookUp")]
    return face


def look_directions(curves: Any) -> tuple[Any, Any]:
    """Return yaw and pitch (...,) of the two eyes' mean in radians, of an array or tensor of ARKit curves (..., 52)."""

    def at(name: str) -> Any:
        return curves[..., CURVE[name]]

    out = at("eyeLookOutLeft") - at("eyeLookInLeft") + at("eyeLookInRight") - at("eyeLookOutRight")
    up = at("eyeLookUpLeft") + at("eyeLookUpRight")
    down = at("eyeLookDownLeft") + at("eyeLookDownRight")
    return 0.5 * LOOK_SIDE * out, 0.5 * (LOOK_UP * up - LOOK_DOWN * down)


def _limit_speed(gaze: FloatArray) -> FloatArray:
    """Spread large turns over two to four frames.

    Eyes reach some 700 degrees a second (Bahill, Clark and Stark 1975, "The main sequence").
    """
    steps = np.linalg.norm(np.diff(gaze, axis=0, prepend=gaze[:1]), axis=-1)
    if not (steps > _FASTEST).any():
        return gaze
    near = maximum_filter1d((steps > _FASTEST).astype(np.float32), 9, mode="nearest")
    share = uniform_filter1d(near, 3, mode="nearest")[:, None]
    return gaze + share * (gaussian_filter1d(gaze, 1.0, axis=0, mode="nearest") - gaze)


def glances(
    rng: np.random.Generator,
    frames: int,
    speaking: FloatArray,
    starts: Sequence[float],
    partner: FloatArray | None = None,
) -> FloatArray:
    """Return directions (T, 2) of eyes that look at a ``partner`` (T, 2), or straight ahead if it is None.

    They rest on the partner, make saccades over the face, and turn away and back: more while ``speaking`` (T,), most
    where an own turn ``starts`` (s), as Kendon 1967 observed ("Some functions of gaze-direction in social
    interaction"). People look at the partner for 41 % of the time while they speak and for 75 % while they listen
    (Argyle and Cook 1976, "Gaze and mutual gaze"); on a screen they look more.
    """
    if partner is None:
        t, knots = np.linspace(0.0, 1.0, frames), np.linspace(0, 1, frames // 20 + 2)
        partner = np.stack([np.interp(t, knots, rng.normal(0.0, s, len(knots))) for s in (0.05, 0.03)], -1)
    offset = np.zeros((frames, 2), np.float32)
    at, away = 0.0, False
    while at < frames / FPS:
        talks = speaking[int(at * FPS)] > 0.5
        starts_turn = any(-0.4 < at - start < 0.6 for start in starts)
        away = not away and rng.random() < (0.85 if starts_turn else 0.65 if talks else 0.30)
        length = max(rng.uniform(0.5, 2.2 if talks else 1.2) if away else rng.gamma(3.0, 0.6 if talks else 0.9), 0.3)
        centre = (
            np.array([rng.choice([-1, 1]) * rng.uniform(0.16, 0.36), rng.uniform(-0.26, 0.14)]) if away else np.zeros(2)
        )
        hop = at
        while hop < at + length:
            offset[int(hop * FPS) :] = centre + rng.normal(0.0, [0.03, 0.025])
            hop += rng.uniform(0.35, 1.3)
        at += length
    smooth = gaussian_filter1d(offset, 0.55, axis=0, mode="nearest")
    return (np.asarray(partner, np.float32) + smooth).astype(np.float32)


def with_fixations(rng: np.random.Generator, gaze: FloatArray) -> FloatArray:
    """Return directions (T, 2) with ocular drift, and with saccades over the partner's face if they have none."""
    gaze = np.asarray(gaze, np.float32)
    frames = len(gaze)
    drift = gaussian_filter1d(rng.normal(0.0, 1.0, (frames, 2)), 6.0, axis=0, mode="nearest") * 0.010
    jumps = int((np.linalg.norm(np.diff(gaze, axis=0), axis=-1) > _SACCADE).sum()) if frames > 1 else 0
    if jumps * 60.0 * FPS / max(frames, 1) >= 6.0:
        return (gaze + drift).astype(np.float32)
    hops = np.zeros((frames, 2), np.float32)
    at = 0.0
    while at < frames / FPS:
        hops[int(at * FPS) :] = rng.normal(0.0, [0.03, 0.025])
        at += rng.uniform(0.35, 1.3)
    return (gaze + drift + gaussian_filter1d(hops, 0.55, axis=0, mode="nearest")).astype(np.float32)


def gaze_shifts(gaze: FloatArray, least: float = 0.12) -> list[float]:
    """Return the times (s) at which the eyes turn by more than ``least`` radians within a tenth of a second."""
    step = np.zeros(len(gaze))
    step[3:] = np.linalg.norm(gaze[3:] - gaze[:-3], axis=-1)
    peak = np.flatnonzero((step > least) & (step >= np.roll(step, 1)) & (step > np.roll(step, -1)))
    return [float(f) / FPS for f in peak]


def partner_directions(roots: FloatArray, rotations: FloatArray, skeletons: Sequence[Skeleton]) -> FloatArray:
    """Return (2, T, 2) yaw (positive to the left) and pitch in radians of the partner's head in each one's head frame.

    ``roots`` (2, T, 3) and local ``rotations`` (2, T, 52, 4) of two bodies.
    """
    head = INDEX["head"]
    positions, world = zip(*(forward_kinematics(roots[i], rotations[i], skeletons[i]) for i in range(2)))
    ways = [positions[1 - me][:, head] - positions[me][:, head] for me in range(2)]
    return np.stack([_direction(world[me][:, head], ways[me]) for me in range(2)])


def gaze_directions(
    roots: FloatArray, rotations: FloatArray, actors: Sequence[Actor], directions: FloatArray
) -> NDArray[np.bool_]:
    """Put the directions of what the actors were told to look at into ``directions`` (A, T, 2), in place.

    Arguments as of ``partner_directions``. Return the frames (A, T) that it is so.
    """
    told, head = np.zeros(directions.shape[:2], bool), INDEX["head"]
    for index, actor in enumerate(actors):
        where, told[index] = gaze_places(actor, directions.shape[1])
        if told[index].any():
            positions, world = forward_kinematics(roots[index], rotations[index], actor.skeleton)
            eyes = positions[:, head] + rot.rotate(world[:, head], EYES * actor.skeleton.size)
            directions[index][told[index]] = _direction(world[:, head], where - eyes)[told[index]]
    return told


def _direction(head: FloatArray, way: FloatArray) -> FloatArray:
    """Return yaw and pitch (T, 2) of a way (T, 3) in the world, seen from a head with the rotation ``head`` (T, 4)."""
    seen = rot.rotate(rot.conjugate(head), way)
    pitch = np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))
    return np.stack([heading_towards(seen), pitch], -1).astype(np.float32)
