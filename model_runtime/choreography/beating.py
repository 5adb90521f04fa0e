"""What is repeated while a contact lasts: pumps of joined hands, pats, strokes, waving and shaken fists.

Both hands of a held contact move by the same way and keep their turn, so the contact stays as it was solved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..body_model import rotations as rot
from ..body_model.body_shape import place_points
from ..body_model.skeleton import INDEX, forward_kinematics
from ..common.arrays import Array, FloatArray
from ..common.easing import smootherstep
from ..contract import FPS
from ..refine.contacts.holding import hands_of
from ..refine.contacts.motion import BodyMotion, Goal
from ..refine.hands import move_hand
from .elements import Beats

Way = Callable[[tuple[FloatArray, FloatArray]], Array]


@dataclass(frozen=True)
class Beaten:
    """Rotations (2, T, 52, 4), how often the beat came, and the frames (T,) on which a pat has left the contact."""

    rotations: FloatArray
    count: int
    off: Array


def beat(
    bodies: Sequence[BodyMotion], rotations: FloatArray, goals: Sequence[Goal], beats: Beats, rng: np.random.Generator
) -> Beaten:
    """Return the motion with ``beats`` while ``goals`` last. Longer contacts have room for more of them."""
    start, stop = min(g.start for g in goals), max(g.stop for g in goals)
    rate = float(rng.uniform(*beats.rate))
    room = int((stop - start) / FPS * rate - 0.2)
    count = int(np.clip(rng.integers(beats.count[0], beats.count[1] + 1), 1, max(1, room)))
    size = float(rng.uniform(*beats.size))
    t = (np.arange(len(rotations[0])) - start) / FPS
    phase, off = t * rate, np.zeros(len(t), bool)
    result = np.array(rotations)
    if beats.kind == "wave":
        return Beaten(_waved(result, goals, phase, count, size), count, off)
    course = _course(beats.kind, phase, count)
    for actor, side, way in _movers(bodies, result, goals, beats.kind):
        body = bodies[actor]
        posed = forward_kinematics(body.root, result[actor], body.skeleton)
        moved = way(posed) * (course * size * body.skeleton.size)[:, None]
        result[actor], _ = move_hand(result[actor], posed, side, moved)
    if beats.kind == "pat":
        off = (course * size > 0.006) & (t > 0) & (t < (stop - start) / FPS)
    return Beaten(result.astype(np.float32), count, off)


def _course(kind: str, phase: Array, count: int) -> Array:
    """Return the course (T,) of a beat over its ``phase``, in beats."""
    inside = (phase > 0.0) & (phase < count)
    if kind == "pump":  # one strong, then damped ones, down first
        ease = smootherstep(phase / 0.35) * smootherstep((count - phase) / 0.35)
        return -np.sin(2 * np.pi * phase) * np.exp(-0.55 * np.maximum(phase, 0.0)) * ease * inside
    if kind == "pat":  # first on, then off and on again; quick down, slow up, an edge where the hand lands
        within = np.mod(phase, 1.0)
        rise = smootherstep(within / 0.55) - smootherstep((within - 0.6) / 0.32)
        return rise * inside * (phase < count - 1 + 0.93)
    if kind == "shake":
        within = np.mod(phase, 1.0)
        return (smootherstep(within / 0.5) - smootherstep((within - 0.55) / 0.35)) * inside
    ease = smootherstep(phase / 0.3) * smootherstep((count - phase) / 0.3)
    return np.sin(2 * np.pi * phase) * ease * inside


def _movers(
    bodies: Sequence[BodyMotion], rotations: FloatArray, goals: Sequence[Goal], kind: str
) -> Iterator[tuple[int, str, Way]]:
    """Yield the hands that move: actor, side, and what gives the unit way (T, 3) from posed joints."""
    between = (bodies[1].root - bodies[0].root)[min(g.start for g in goals)] * [1.0, 1.0, 0.0]
    for goal in goals:
        for actor, side, point in hands_of([goal]):
            mine = (actor, point) == (goal.actor, goal.point)
            if kind == "sway":
                yield actor, side, partial(_constant, rot.unit(between))
            elif kind in ("pump", "shake") or mine:
                yield actor, side, _way(bodies[actor], point, kind)


def _constant(way: Array, posed: tuple[FloatArray, FloatArray]) -> Array:
    return np.broadcast_to(way, (len(posed[0]), 3))


def _way(body: BodyMotion, point: str, kind: str) -> Way:
    """Return what gives the unit way (T, 3) of a beat, given posed joints."""
    index = body.shape.point(point)

    def up(posed: tuple[FloatArray, FloatArray]) -> Array:
        return np.broadcast_to([0.0, 0.0, 1.0], (len(posed[0]), 3))

    def off(posed: tuple[FloatArray, FloatArray]) -> Array:
        return -place_points(body.shape, *posed)[1][:, index]

    def along(posed: tuple[FloatArray, FloatArray]) -> Array:
        normal = place_points(body.shape, *posed)[1][:, index]
        down = np.array([0.0, 0.0, -1.0]) - normal * -normal[:, 2:]
        return rot.unit(down + 1e-6)

    return {"pump": up, "shake": up, "pat": off}.get(kind, along)


def _waved(rotations: FloatArray, goals: Sequence[Goal], phase: Array, count: int, size: float) -> FloatArray:
    """Return rotations with forearms and hands that swing from side to side; ``size`` in radians."""
    ease = smootherstep(phase / 0.4) * smootherstep((count - phase) / 0.5)
    swing = size * np.sin(2 * np.pi * phase) * ease * ((phase > 0) & (phase < count))
    late = size * np.sin(2 * np.pi * (phase - 0.12)) * ease * ((phase > 0) & (phase < count))
    zero = np.zeros_like(swing)
    for goal in goals:
        for actor, side, _ in hands_of([goal]):
            for joint, angle in ((f"{side}_shoulder", 0.35 * swing), (f"{side}_wrist", 0.75 * late)):
                vector = np.stack([angle if "shoulder" in joint else zero, zero, zero], -1)
                if "wrist" in joint:
                    vector = np.stack([zero, zero, angle], -1)
                index = INDEX[joint]
                rotations[actor, :, index] = rot.multiply(rotations[actor, :, index], rot.from_axis_angle(vector))
    return rot.normalize(rotations).astype(np.float32)
