"""Hold hands where they are pinned: the arm leaves its motion in time, is there, and comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ..body_model import rotations as rot
from ..body_model.inverse_kinematics import local_rotations
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.easing import smootherstep
from ..contract import FPS, HANDS, Actor, Pin
from ..contract.directions import places_at, span_frames
from .fixed import freedom
from .hands import move_hand

_PACE = 0.8  # metres a second, on the mean, at which a hand goes to its pin
_QUICKEST, _SLOWEST = 0.4, 1.5  # seconds for the way
_OUT_OF_REACH = 0.02  # metres
_BESIDE_FIXED = 15  # frames over which the arm may leave frames that stay
_COMFORTABLE = 0.96  # of an arm's length; to reach further the trunk leans
_FURTHEST_LEAN = np.radians(20.0)
_LEAN_SMOOTHING = 6.0  # frames
_ARM, _SPINE = ("shoulder", "elbow", "wrist"), ("spine1", "spine2", "spine3")


def hold_pins(
    roots: FloatArray, rotations: FloatArray, actors: Sequence[Actor], fixed: Sequence[BoolArray]
) -> tuple[FloatArray, list[str]]:
    """Return rotations (A, T, 52, 4) in which pinned wrists are where they are pinned, and a sentence for each failure.

    ``roots`` (A, T, 3) metres; ``fixed`` (T,) of each: frames on which trunk and arms stay as they are. Hands keep
    their rotation in the world. Where an arm is too short, the trunk leans to the pin.
    """
    held, notes = rotations.copy(), list[str]()
    for index, actor in enumerate(actors):
        if any(pin.part in HANDS for pin in actor.pins):
            free = freedom(fixed[index], rotations.shape[1], _BESIDE_FIXED)
            held[index] = _leaned(roots[index], held[index], actor, free)
        for side in ("left", "right"):
            pins = sorted((pin for pin in actor.pins if pin.part == f"{side}_hand"), key=lambda pin: pin.start)
            if pins:
                held[index], short = _held(roots[index], held[index], actor.skeleton, side, pins, free)
                notes += [_sentence(actor, pin, by) for pin, by in zip(pins, short) if by > _OUT_OF_REACH]
    return held, notes


def _sentence(actor: Actor, pin: Pin, by: float) -> str:
    hand = pin.part.replace("_", " ")
    return (
        f"The {hand} of '{actor.name}' stays {100 * by:.0f} cm short of its pin at {pin.start:.2f} s; bring the target "
        "nearer, or let the actor stand nearer to it."
    )


def _leaned(root: FloatArray, rotations: FloatArray, actor: Actor, free: FloatArray) -> FloatArray:
    """Return rotations (T, 52, 4) with the trunk leaned towards pins that the arms cannot reach from where it is."""
    frames = len(root)
    joints, world = forward_kinematics(root, rotations, actor.skeleton)
    lean = np.zeros((frames, 3), np.float32)  # rotation vectors in the world
    for pin in actor.pins:
        if pin.part not in HANDS:
            continue
        shoulder, elbow, wrist = (INDEX[f"{pin.part.removesuffix('_hand')}_{part}"] for part in _ARM)
        rows = span_frames(pin.start, pin.end, frames)
        way = places_at(pin.places, len(joints[rows])) - joints[rows, shoulder]
        arm = np.linalg.norm(np.diff(joints[rows][:, [shoulder, elbow, wrist]], axis=1), axis=-1).sum(-1)
        short = np.maximum(np.linalg.norm(way, axis=-1) - _COMFORTABLE * arm, 0.0)
        lever = joints[rows, shoulder, 2] - joints[rows][:, [INDEX[joint] for joint in _SPINE], 2].mean(-1)
        angle = np.minimum(short / np.maximum(lever, 0.1), _FURTHEST_LEAN)
        across = np.stack([-way[:, 1], way[:, 0], np.zeros(len(way))], -1)  # the axis that tips the trunk along the way
        lean[rows] += angle[:, None] * rot.unit(across)
    if not lean.any():
        return rotations
    free = free * freedom(_head_held(actor, frames), frames, _BESIDE_FIXED)  # it would leave its pin
    lean = gaussian_filter1d(_widest(lean), _LEAN_SMOOTHING, axis=0, mode="nearest") * free[:, None]
    at = np.flatnonzero(np.linalg.norm(lean, axis=-1) > 1e-6)
    chain = [world[at, INDEX["pelvis"]]]
    for number, joint in enumerate(_SPINE, 1):
        chain.append(rot.multiply(rot.from_axis_angle(lean[at] * (number / len(_SPINE))), world[at, INDEX[joint]]))
    result = rotations.copy()
    for joint, local in zip(_SPINE, local_rotations(chain)):
        result[at, INDEX[joint]] = local
    return result


def _head_held(actor: Actor, frames: int) -> BoolArray:
    held = np.zeros(frames, bool)
    for pin in actor.pins:
        if pin.part == "head":
            held[span_frames(pin.start, pin.end, frames)] = True
    return held


def _widest(lean: Array) -> Array:
    """Return the greatest lean (T, 3) within a few frames, so that smoothing takes nothing of it."""
    length = np.linalg.norm(lean, axis=-1)
    around = maximum_filter1d(length, 2 * round(2 * _LEAN_SMOOTHING) + 1, mode="nearest")
    along = gaussian_filter1d(lean, _LEAN_SMOOTHING, axis=0, mode="nearest")
    return rot.unit(along) * around[:, None]


def _held(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, side: str, pins: Sequence[Pin], free: FloatArray
) -> tuple[FloatArray, list[float]]:
    """Return rotations (T, 52, 4) of one body with an arm held, and by how many metres each pin is missed."""
    joints, world = forward_kinematics(root, rotations, skeleton)
    way = way_to_pins(joints[:, INDEX[f"{side}_wrist"]], pins) * free[:, None]
    result, reached = move_hand(rotations, (joints, world), side, way)
    return result, [missed(reached, pin) for pin in pins]


def way_to_pins(
    wrist: Array, pins: Sequence[Pin], pace: float = _PACE, quickest: float = _QUICKEST, slowest: float = _SLOWEST
) -> Array:
    """Return by how much (T, 3) a wrist, or a head, leaves its place (T, 3): wholly in a pin, smoothly beside it.

    ``pace`` (m/s) of the ways beside pins, which take from ``quickest`` to ``slowest`` seconds.
    """
    frames, way = len(wrist), np.zeros_like(wrist)
    held = [(span_frames(pin.start, pin.end, frames), pin) for pin in pins]
    for rows, pin in held:
        way[rows] = places_at(pin.places, len(range(*rows.indices(frames)))) - wrist[rows]
    for before, after in _gaps([rows for rows, _ in held], frames):
        seconds = [
            float(np.clip(np.linalg.norm(way[edge]) / pace, quickest, slowest)) if 0 <= edge < frames else 0.0
            for edge in (before, after)
        ]
        _ease(way, wrist, before, after, *seconds)
    return way


def _gaps(held: Sequence[slice], frames: int) -> Iterator[tuple[int, int]]:
    """Yield the last held frame before and the first after each stretch that is not held; -1 and ``frames`` at ends."""
    edges = [-1, *(edge for rows in held for edge in (rows.start, rows.stop - 1)), frames]
    for before, after in zip(edges[::2], edges[1::2]):
        if after - before > 1:
            yield before, after


def _ease(way: Array, wrist: Array, before: int, after: int, leaving: float, coming: float) -> None:
    """Fill the frames between two held ones, in place: back to the wrist's own motion where there is time for it.

    ``leaving`` and ``coming``: the seconds that the ways take.
    """
    frames = len(wrist)
    rows = np.arange(before + 1, after)
    out, into = leaving * FPS, coming * FPS
    if before >= 0 and after < frames and out + into > after - before:  # no time to come back: straight over
        share = smootherstep((rows - before) / (after - before))[:, None]
        way[rows] = (wrist[before] + way[before]) * (1.0 - share) + (wrist[after] + way[after]) * share - wrist[rows]
        return
    for edge, length, distance in ((before, out, rows - before), (after, into, after - rows)):
        if length > 0.0:
            share = smootherstep(1.0 - distance / length)[:, None]
            way[rows] += share * (wrist[edge] + way[edge] - wrist[rows])


def missed(wrist: Array, pin: Pin) -> float:
    """Return by how many metres at most a wrist, or a head, at ``wrist`` (T, 3) misses a pin."""
    rows = span_frames(pin.start, pin.end, len(wrist))
    off = wrist[rows] - places_at(pin.places, len(wrist[rows]))
    return float(np.linalg.norm(off, axis=-1).max())
