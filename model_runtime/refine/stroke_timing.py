"""Time-warp arm strokes to stressed syllables.

People place the end of a stroke on the stress (McNeill 1992; within 0.15 s in two of three recorded strokes). The
networks put hands in motion in the right phrase, but often a fraction of a second off. Here both arms are played a
little faster and then slower, or the other way round, around such a stroke: the poses stay, their time changes, and
only within ``_AROUND`` seconds of the stroke.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.peaks import find_peaks
from ..common.splines import cubic_hermite
from ..contract import FPS

WRISTS = (INDEX["left_wrist"], INDEX["right_wrist"])
STROKE_SPEED = 0.4  # m/s of a body of 1.7 m; a hand that peaks below this is swaying, not gesturing
LONGEST_STOP = 0.8  # s from the peak of a stroke to its end
_ARMS = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("collar", "shoulder", "elbow", "wrist")] + [
    j for side in HAND_INDEX.values() for j in side
]
# Seconds.
FURTHEST = 0.4  # that a stroke is moved
_CLOSE = 0.04  # a stroke this near a stress is not moved
_AROUND = 0.8  # before and after a moved stroke, in which time runs differently
_TOGETHER = 0.3  # strokes nearer than this belong to one gesture: the first decides
_SLOWEST, _FASTEST = 0.25, 2.8  # pace of the arms at any moment
_HASTIEST = 1.8  # m/s of a hand whose pace is raised


def against_chest(root: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return the wrists (T, 2, 3) in the frame of the chest, metres."""
    positions, world = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    chest = INDEX["spine3"]
    return rot.rotate(rot.conjugate(world[:, chest])[:, None], positions[:, WRISTS] - positions[:, chest : chest + 1])


def hands_of(root: Array, rotations: Array, skeleton: Skeleton) -> tuple[Array, Array]:
    """Return places (T, 2, 3) against the chest and speeds (T, 2) in m/s of both hands, scaled to a body of 1.70 m."""
    places = gaussian_filter1d(against_chest(root, rotations, skeleton) / skeleton.size, 1.0, axis=0)
    return places, np.linalg.norm(np.gradient(places, axis=0), axis=-1) * FPS


def strokes_in(speed: Array) -> list[tuple[int, int]]:
    """Return the frames (peak, stop) of one hand's strokes from its speed (T,).

    The stop is where the speed has fallen to a third of its peak, or its least before the hand swings on.
    """
    found = []
    for peak in find_peaks(speed, height=STROKE_SPEED, apart=4):
        stop = _stop(speed[peak : peak + round(LONGEST_STOP * FPS)])
        if stop is not None:
            found.append((int(peak), int(peak) + stop))
    return found


def _stop(after: Array) -> int | None:
    """Frames from a peak of speed, the first of ``after``, to where the hand stops; None where it does not."""
    below = np.flatnonzero(after <= after[0] / 3)
    valleys = find_peaks(-after)
    turning = valleys[after[valleys] < 0.6 * after[0]]
    found = [int(x[0]) for x in (below, turning) if len(x)]
    return min(found) if found else None


def align_strokes_to_stress(
    root: Array, rotations: Array, skeleton: Skeleton, stress: Array, free: BoolArray
) -> FloatArray:
    """Return rotations (T, 52, 4) whose arm strokes end on the peaks of ``stress`` (T,) within ``FURTHEST``.

    ``free`` (T,): frames whose arms may be moved in time. A stroke is moved only where all frames within ``_AROUND`` of
    it are free; every frame further away than that stays exactly as it was.
    """
    if len(root) < 16:
        return rotations
    _, speed = hands_of(root, rotations, skeleton)
    ends = np.unique([stop for hand in (0, 1) for _, stop in strokes_in(speed[:, hand])]) / FPS
    stresses = find_peaks(np.pad(stress, 1), height=0.5, apart=4) / FPS - 1 / FPS
    offset = _time_offsets(ends, stresses, free, speed.max(1))
    frames = np.flatnonzero(offset)
    if not len(frames):
        return rotations
    out = rotations.copy()
    source = np.clip(frames + offset[frames] * FPS, 0.0, len(root) - 1.0)
    out[frames[:, None], _ARMS] = _at(rotations[:, _ARMS], source)
    return out


class Move(NamedTuple):
    """A stroke that ends at ``end`` (s) and should end at ``wanted`` (s)."""

    wanted: float
    end: float

    @property
    def window(self) -> tuple[float, float]:
        """Seconds in which time may run differently for it."""
        return min(self) - _AROUND, max(self) + _AROUND


def _time_offsets(ends: Array, stresses: Array, free: BoolArray, speed: Array) -> Array:
    """Return (T,) seconds by which the motion that is played at each frame is ahead of it.

    ``ends`` (N,) of strokes and ``stresses`` (M,) in seconds; ``speed`` (T,) of the faster hand in m/s. Moves that
    would rush the arms or hold them up are left out.
    """
    seconds = np.arange(len(free)) / FPS
    moves: list[Move] = []
    for move in _wanted_moves(ends, stresses, free):
        if _bearable([*moves, move], speed):
            moves.append(move)
    if all(move.wanted == move.end for move in moves):
        return np.zeros(len(free))
    offset, _ = _offset_curve(moves, seconds)
    return offset


def _wanted_moves(ends: Array, stresses: Array, free: BoolArray) -> Iterator[Move]:
    """Yield a move to the nearest stress for each stroke that may be moved; one near enough stays where it is."""
    seconds = np.arange(len(free)) / FPS
    last = -np.inf
    for end in map(float, ends):
        near = stresses[np.abs(stresses - end) <= FURTHEST]
        if not len(near) or end - last < _TOGETHER:
            continue
        stress = float(near[np.abs(near - end).argmin()])
        first, final = Move(stress, end).window
        if not free[(seconds > first) & (seconds < final)].all():
            continue
        move = Move(stress if abs(stress - end) > _CLOSE else end, end)
        if seconds[0] < min(move) and max(move) < seconds[-1]:
            last = end
            yield move


def _offset_curve(moves: Sequence[Move], seconds: Array) -> tuple[Array, Array]:
    """Return offset (T,) in seconds and its slope (T,) at ``seconds`` (T,): cubic steps, flat at each move.

    The offset is zero outside the windows of the moves. Where the windows of two overlap, it goes straight from one to
    the other.
    """
    knots: list[tuple[float, float]] = []
    for move in moves:
        first, final = np.clip(move.window, seconds[0], seconds[-1])
        if knots and knots[-1][0] > first:
            knots.pop()  # the end of the window before
        elif not knots or knots[-1][0] < first:
            knots.append((first, 0.0))
        knots += [(move.wanted, move.end - move.wanted), (final, 0.0)]
    times, values = np.array(knots).T
    curve, slope = cubic_hermite(times, values, np.zeros(len(times)), seconds)
    inside = (seconds >= times[0]) & (seconds <= times[-1])
    return np.where(inside, curve, 0.0), np.where(inside, slope, 0.0)


def _bearable(moves: Sequence[Move], speed: Array) -> bool:
    """Return whether no moment is too slow or too fast and no hand becomes too fast; ``speed`` (T,) in m/s."""
    if any(later.wanted <= earlier.wanted or later.end <= earlier.end for earlier, later in pairwise(moves)):
        return False
    seconds = np.arange(len(speed)) / FPS
    offset, slope = _offset_curve(moves, seconds)
    pace = 1.0 + slope
    hastened = pace * np.interp(seconds + offset, seconds, speed)
    too_hasty = hastened[pace > 1.05].max(initial=0.0) > _HASTIEST
    return bool(pace.min() >= _SLOWEST and pace.max() <= _FASTEST and not too_hasty)


def _at(turns: Array, frames: Array) -> NDArray[np.float32]:
    """Quaternions (T, J, 4) at fractional ``frames``."""
    first = np.clip(np.floor(frames).astype(int), 0, len(turns) - 2)
    return rot.slerp(turns[first], turns[first + 1], (frames - first)[:, None]).astype(np.float32)
