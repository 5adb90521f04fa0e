"""Recognise sit, walk and stand in motion alone: for training labels and for measuring label obedience.

The rule follows what InterAct's authors describe for their capture: pelvis height, thigh angle and root speed, with
hysteresis so that a label does not flicker at a threshold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, Skeleton
from ..common.arrays import Array
from ..common.masks import hysteresis, without_short_runs
from ..contract import ACTION_LABELS, FPS

SETTLING = 0.5  # s after a change of label in which the body is still in transition
SIT, WALK, STAND = (ACTION_LABELS.index(label) for label in ("sit", "walk", "stand"))

# (enter, leave): a state begins beyond the first and ends below the second value.
SEATED_SCORE = (0.60, 0.40)
WALKING_SPEED = (0.35, 0.20)  # m/s for a 1.70 m body; scaled with leg length
SMOOTHING = 0.5  # seconds
SHORTEST_RUN = 0.4  # seconds; a shorter walk or sit is a sway or a slip


def label_frames(root_positions: Array, rotations: Array, skeleton: Skeleton) -> NDArray[np.int64]:
    """Return indices (T,) into ``ACTION_LABELS`` for root positions (T, 3) and rotations (T, 52, 4) at ``FPS``."""
    seated = _hysteresis(_smooth(seated_score(root_positions, rotations, skeleton), 0.2), *SEATED_SCORE)
    size = skeleton.leg_size
    # Sitting down and standing up carry the pelvis as fast as a step does, but the feet stay where they are.
    speed = np.minimum(root_speed(root_positions), root_speed(feet_middle(root_positions, rotations, skeleton)))
    walking = _hysteresis(speed, WALKING_SPEED[0] * size, WALKING_SPEED[1] * size)
    labels = np.full(len(root_positions), STAND, np.int64)
    labels[_without_short_runs(walking)] = WALK
    labels[_without_short_runs(seated)] = SIT
    return labels


def seated_score(root_positions: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return (T,) from 0 upright to 1 seated: the lesser of how low the pelvis is and how level the thighs are.

    Pelvis height counts from 0.92 (0) down to 0.72 (1) of its standing height, so that a short person on a high chair
    sits; the mean thigh angle to the vertical from 35 (0) up to 75 degrees (1). A bow fails the second; a deep crouch
    counts as sitting.
    """
    lowness = (0.92 - root_positions[:, 2] / skeleton.pelvis_height) / 0.20
    pelvis = rotations[:, 0]
    angles = []
    for side in ("left", "right"):
        thigh = rot.rotate(
            rot.multiply(pelvis, rotations[:, INDEX[f"{side}_hip"]]), skeleton.offsets[INDEX[f"{side}_knee"]]
        )
        angles.append(np.degrees(np.arccos(np.clip(-thigh[:, 2] / np.linalg.norm(thigh, axis=-1), -1, 1))))
    levelness = (np.mean(angles, axis=0) - 35.0) / 40.0
    return np.clip(np.minimum(lowness, levelness), 0.0, 1.0)


def feet_middle(root_positions: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return the point (T, 3) midway between the ankles."""
    middle = np.zeros(root_positions.shape)
    for side in ("left", "right"):
        at, turn = root_positions, rotations[:, 0]
        for part in ("hip", "knee", "ankle"):
            joint = INDEX[f"{side}_{part}"]
            at = at + rot.rotate(turn, skeleton.offsets[joint])
            turn = rot.multiply(turn, rotations[:, joint])
        middle += 0.5 * at
    return middle


def root_speed(root_positions: Array) -> Array:
    """Return the horizontal speed (T,) of the root in m/s, of its path smoothed over ``SMOOTHING`` seconds."""
    if len(root_positions) < 2:
        return np.zeros(len(root_positions))
    path = np.stack([_smooth(root_positions[:, axis].astype(np.float64), SMOOTHING) for axis in (0, 1)], -1)
    return np.linalg.norm(np.gradient(path, axis=0), axis=-1) * FPS


def _smooth(values: Array, seconds: float) -> Array:
    """Return a moving mean whose ends are padded by point reflection, so that a steady drift keeps its slope."""
    half = min(max(1, round(seconds * FPS / 2)), max(0, (len(values) - 1) // 2))
    if half == 0:
        return values
    padded = np.concatenate([2 * values[0] - values[half:0:-1], values, 2 * values[-1] - values[-2 : -half - 2 : -1]])
    total = np.concatenate([[0.0], np.cumsum(padded)])
    width = 2 * half + 1
    return (total[width:] - total[:-width]) / width


def _hysteresis(values: Array, enter: float, leave: float) -> NDArray[np.bool_]:
    """Return (T,) bool: true from where ``values`` rise to ``enter`` until they fall below ``leave``.

    Before the first of either, values above the middle of both count as true.
    """
    enters, leaves = values >= enter, values < leave
    state = hysteresis(enters, leaves)
    undecided = np.cumsum(enters | leaves) == 0
    return np.where(undecided, values >= 0.5 * (enter + leave), state)


def _without_short_runs(state: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Close gaps shorter than ``SHORTEST_RUN``, then remove runs of true as short; runs at the ends stay."""
    longest = round(SHORTEST_RUN * FPS) - 1
    return without_short_runs(without_short_runs(state, longest, False), longest, True)


def label_obedience(requested: Array, root: Array, rotations: Array, skeleton: Skeleton) -> float:
    """Return the share of frames, from ``SETTLING`` after a change, that are recognised as the requested label (T,)."""
    requested = np.asarray(requested)
    changes = np.flatnonzero(np.diff(requested)) + 1
    settled = np.ones(len(requested), bool)
    for frame in changes:
        settled[frame : frame + round(SETTLING * FPS)] = False
    return float((label_frames(root, rotations, skeleton) == requested)[settled].mean())
