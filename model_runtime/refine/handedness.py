"""Let one hand lead: phrases of gestures that the other hand leads are played by the arms exchanged, as in a mirror.

The networks learned from left- and right-handers and know no hand by name. A whole take mirrored would lead with the
other hand as often as not. So phrases are mirrored one by one: a path through two states, as the arms are and
exchanged, takes the hand that leads where it matters, and changes where both arms are nearly each other's mirror image
(Viterbi 1967). Timing stays, so strokes stay on their stresses.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, INDEX, Skeleton
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.easing import smootherstep
from ..contract import FPS
from .stroke_timing import hands_of

ARMS = {
    side: [*(INDEX[f"{side}_{joint}"] for joint in ("collar", "shoulder", "elbow", "wrist")), *HAND_INDEX[side]]
    for side in ("left", "right")
}
_SMOOTHING = 4.0  # frames over which a hand's speed counts
_RAISED = 0.6  # of a wrist's height over the other's (m), beside the speeds (m/s), squared
# Costs of a change, in squared m/s of a frame: so much in any case, and for each squared metre that the hands go then.
_CHANGE, _FAR = 2.0, 60.0
_PACE, _QUICKEST, _SLOWEST = 0.45, 0.5, 1.2  # metres a second and seconds in which the hands change
_BESIDE_FIXED = 10  # frames beside those that stay in which the arms are as they are


def lead_with(root: Array, rotations: FloatArray, skeleton: Skeleton, hand: str, free: BoolArray) -> FloatArray:
    """Return rotations (T, 52, 4) in which ``hand`` ('left' or 'right') leads where one hand does.

    ``free`` (T,): frames whose arms may be exchanged.
    """
    if len(root) < FPS // 2 or not free.any():
        return rotations
    places, speed = hands_of(root, rotations, skeleton)
    apart = np.linalg.norm(places[:, 0] - places[:, 1] * [-1.0, 1.0, 1.0], axis=-1)
    away = distance_transform_edt(np.pad(free, 1))[1:-1] if not free.all() else np.full(len(free), np.inf)
    exchanged = _exchanged(_lead(places, speed, hand), apart, away > _BESIDE_FIXED)
    share = _share(exchanged, apart, away)
    at = np.flatnonzero(share > 0.0)
    if not len(at):
        return rotations
    result = rotations.copy()
    for own, other in (("left", "right"), ("right", "left")):
        seen = rotations[at][:, ARMS[other]] * np.array([1.0, 1.0, -1.0, -1.0], np.float32)  # in the mirror x -> -x
        result[at[:, None], ARMS[own]] = rot.slerp(rotations[at][:, ARMS[own]], seen, share[at, None]).astype(
            rotations.dtype
        )
    return result


def _lead(places: Array, speed: Array, hand: str) -> Array:
    """Return by how much (T,) the other hand leads a hand, below 0 where this one does: by its speed and height."""
    effort = gaussian_filter1d(speed**2, _SMOOTHING, axis=0)
    raised = _RAISED * gaussian_filter1d(places[:, 0, 2] - places[:, 1, 2], _SMOOTHING)
    left: Array = effort[:, 0] - effort[:, 1] + raised * np.abs(raised)
    return -left if hand == "left" else left


def _exchanged(lead: Array, apart: Array, free: BoolArray) -> BoolArray:
    """Return the frames (T,) on which the arms are exchanged: the cheapest path through both states."""
    costs = np.stack([np.maximum(lead, 0.0), np.where(free, np.maximum(-lead, 0.0), np.inf)], 1)
    change = _CHANGE + _FAR * apart**2
    best, came = costs[0], np.zeros((len(lead), 2), bool)  # whether the state was changed on the way to it
    for frame in range(1, len(lead)):
        other = best[::-1] + change[frame]
        came[frame] = other < best
        best = np.minimum(best, other) + costs[frame]
    states, state = np.zeros(len(lead), bool), bool(best[1] < best[0])
    for frame in range(len(lead) - 1, -1, -1):
        states[frame] = state
        state ^= bool(came[frame, int(state)])
    return states


def _share(exchanged: BoolArray, apart: Array, away: Array) -> FloatArray:
    """Return how far (T,) the arms are exchanged, from 0 to 1: each change takes the time that its way needs.

    ``away`` (T,): frames to the nearest that has to stay.
    """
    frames, share = np.arange(len(exchanged)), np.full(len(exchanged), float(exchanged[0]))
    changes = np.flatnonzero(np.diff(exchanged.astype(int))) + 1
    edges = [-np.inf, *changes, np.inf]
    for before, at, after in zip(edges, changes, edges[2:]):
        wanted = np.clip(apart[at] / _PACE, _QUICKEST, _SLOWEST) * FPS
        length = min(wanted, at - before, after - at, 2.0 * away[at])
        step = smootherstep(np.clip((frames - at) / max(length, 1.0) + 0.5, 0.0, 1.0).astype(np.float32))
        share += step if exchanged[at] else -step
    clipped: FloatArray = np.clip(share, 0.0, 1.0).astype(np.float32)
    return clipped
