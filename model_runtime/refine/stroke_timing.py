"""Strokes of the hands, and their way onto the voice: a stroke that ends a little beside a stressed syllable is moved
there in time.

People place the end of a stroke on the stress (McNeill 1992; within 0.15 s in the recorded scenes two times in three).
The networks put hands in motion in the right phrase, but are a fraction of a second off as often as not. Both arms are
played a little faster and then slower, or the other way round; where they are and what they do stays as it was.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..contract import FPS

WRISTS = (INDEX["left_wrist"], INDEX["right_wrist"])
STROKE_SPEED = 0.4  # m/s of a body of 1.7 m; a hand that peaks below this is swaying, not gesturing
LONGEST_STOP = 0.8  # s from the peak of a stroke to its end
_ARMS = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("collar", "shoulder", "elbow", "wrist")] + [
    j for side in HAND_INDEX.values() for j in side
]
# Seconds.
FURTHEST = 0.4  # a stroke is moved
_CLOSE = 0.04  # enough
_AROUND = 0.8  # a stroke's end before and after which time runs as it did
_TOGETHER = 0.3  # strokes of one gesture, which are moved as one
_SLOWEST, _FASTEST = 0.25, 2.8  # of the arms' own time, at any moment
_HASTIEST = 1.8  # m/s of a hand that is played faster


def against_chest(root: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """(T, 2, 3) wrists in the frame of the chest, m."""
    positions, world = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    chest = INDEX["spine3"]
    return rot.rotate(rot.conjugate(world[:, chest])[:, None], positions[:, WRISTS] - positions[:, chest : chest + 1])


def hands_of(root: Array, rotations: Array, skeleton: Skeleton) -> tuple[Array, Array]:
    """Places (T, 2, 3) against the chest and speeds (T, 2) in m/s of both hands, of a body of 1.7 m."""
    places = gaussian_filter1d(against_chest(root, rotations, skeleton) / skeleton.size, 1.0, axis=0)
    return places, np.linalg.norm(np.gradient(places, axis=0), axis=-1) * FPS


def strokes_in(speed: Array) -> list[tuple[int, int]]:
    """(peak, stop) frames of one hand's strokes in its speed (T,).

    The stop is where the speed has fallen to a third of its peak, or its least before the hand swings on.
    """
    found = []
    for peak in find_peaks(speed, height=STROKE_SPEED, distance=4)[0]:
        stop = _stop(speed[peak : peak + round(LONGEST_STOP * FPS)])
        if stop is not None:
            found.append((int(peak), int(peak) + stop))
    return found


def _stop(after: Array) -> int | None:
    """Frames from a peak of speed, the first of ``after``, to where the hand stops; None where it does not."""
    below = np.flatnonzero(after <= after[0] / 3)
    valleys = find_peaks(-after)[0]
    turning = valleys[after[valleys] < 0.6 * after[0]]
    found = [int(x[0]) for x in (below, turning) if len(x)]
    return min(found) if found else None


def align_strokes_to_stress(
    root: Array, rotations: Array, skeleton: Skeleton, stress: Array, free: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Rotations (T, 52, 4) with the arms' strokes on the peaks of ``stress`` (T,), where there is one within
    ``FURTHEST``.

    ``free`` (T,): frames whose arms may be moved in time.
    """
    if len(root) < 16:
        return rotations
    _, speed = hands_of(root, rotations, skeleton)
    ends = np.unique([stop for hand in (0, 1) for _, stop in strokes_in(speed[:, hand])]) / FPS
    stresses = find_peaks(np.pad(stress, 1), height=0.5, distance=4)[0] / FPS - 1 / FPS
    source = _source_times(ends, stresses, free, speed.max(1))
    if source is None:
        return rotations
    out = rotations.copy()
    out[:, _ARMS] = _at(rotations[:, _ARMS], source * FPS)
    return out


def _source_times(ends: Array, stresses: Array, free: NDArray[np.bool_], speed: Array) -> Array | None:
    """(T,) seconds of the motion as it is that is played at each frame; None where nothing is to be moved. ``speed``
    (T,) of the faster hand.
    """
    seconds = np.arange(len(free)) / FPS
    moves: list[tuple[float, float]] = []  # (when it should be, when it is)
    for end in ends:
        near = stresses[np.abs(stresses - end) <= FURTHEST] if len(stresses) else stresses
        if not len(near) or (moves and end - moves[-1][1] < _TOGETHER):
            continue
        when = float(near[np.abs(near - end).argmin()])
        around = (seconds > min(end, when) - _AROUND) & (seconds < max(end, when) + _AROUND)
        if free[around].all():
            moves.append((when if abs(when - end) > _CLOSE else float(end), float(end)))
    moves = [move for move in moves if seconds[0] < min(move) and max(move) < seconds[-1]]
    anchors = _paced(moves, float(seconds[-1]), speed)
    if all(abs(when - end) < 1e-6 for when, end in anchors):
        return None
    return _played(anchors)(seconds).clip(0.0, seconds[-1])


def _paced(moves: list[tuple[float, float]], last: float, speed: Array) -> list[tuple[float, float]]:
    """The moves between points at which time runs as it did, without those that would rush the arms or hold them up."""
    kept: list[tuple[float, float]] = []
    for move in moves:
        if _bearable(_between(([*kept, move]), last), speed):
            kept.append(move)
    return _between(kept, last)


def _between(moves: list[tuple[float, float]], last: float) -> list[tuple[float, float]]:
    """Anchors (when, source) from 0 to ``last``: between two moves further apart than twice ``_AROUND``, time runs as
    it did.
    """
    anchors = [(0.0, 0.0)]
    for before, after in pairwise([(0.0, 0.0), *moves, (last, last)]):
        low, high = max(before) + _AROUND, min(after) - _AROUND
        if before == (0.0, 0.0):
            low = 0.0
        if after == (last, last):
            high = last
        anchors += [(t, t) for t in ((low, high) if high > low else ()) if t > anchors[-1][0]]
        if after != (last, last):
            anchors.append(after)
    return anchors if anchors[-1] == (last, last) else [*anchors, (last, last)]


def _bearable(anchors: list[tuple[float, float]], speed: Array) -> bool:
    """Whether no moment is played too slow or too fast, nor a hand made faster than hands are: the curve through the
    anchors is steeper in places than from one to the next. ``speed`` (T,) in m/s.
    """
    if any(later[0] <= earlier[0] or later[1] <= earlier[1] for earlier, later in pairwise(anchors)):
        return False
    played, seconds = _played(anchors), np.arange(len(speed)) / FPS
    pace = played.derivative()(seconds)
    hastened = pace * np.interp(played(seconds), seconds, speed)
    return bool(
        pace.min() >= _SLOWEST and pace.max() <= _FASTEST and hastened[pace > 1.05].max(initial=0.0) <= _HASTIEST
    )


def _played(anchors: list[tuple[float, float]]) -> PchipInterpolator:
    played, source = np.array(anchors).T
    return PchipInterpolator(played, source)


def _at(turns: Array, frames: Array) -> NDArray[np.float32]:
    """Quaternions (T, J, 4) at fractional ``frames``."""
    first = np.clip(np.floor(frames).astype(int), 0, len(turns) - 2)
    return rot.slerp(turns[first], turns[first + 1], (frames - first)[:, None]).astype(np.float32)
