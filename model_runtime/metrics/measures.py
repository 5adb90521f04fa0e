"""The measures of a generation: tests, benchmark, model card and the report after a generation all call these.

Bodies are given as root positions (T, 3), rotations (T, 52, 4) and a skeleton at ``FPS``; lengths in metres, time in
seconds, unless the name of a figure says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..body_model.feet import foot_skate, sole_points
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..common.masks import expanded
from ..contract import ACTION_LABELS, FPS, ActorPerformance, Performance
from ..face.mouth_shapes import lip_gap
from ..planning.motion_labels import label_obedience
from ..speech.prosody import VOICE_ACTIVITY
from .beat_alignment import beat_alignment, stress_times, stroke_ends
from .body_motion import HANDS, BodyMotion
from .face_measures import blink_lengths

HOVERS = 0.01  # m at 1.70 m: the lowest sole point is further from the floor than somebody would notice
MOUTH_CLOSED = 0.15  # cm between the lips that still reads as a closed mouth
_AFTER_SPEECH = 0.3  # s before and after speech in which the mouth may still move


class Hover(NamedTuple):
    """``share`` of frames on which no sole is within ``HOVERS`` of the floor, and the ``highest`` lowest sole, m."""

    share: float
    highest: float


def floor_depth(root: Array, rotations: Array, skeleton: Skeleton) -> float:
    """Return the metres by which the deepest sole point is below the floor; 0 when none is."""
    return max(0.0, -float(sole_points(root, rotations, skeleton)[..., 2].min()))


def hover(root: Array, rotations: Array, skeleton: Skeleton, carried: Array) -> Hover:
    """Return how the lowest sole point floats above the floor on frames ``carried`` (T,), where a foot should carry.

    People who walk or stand always have a sole within ``HOVERS`` of the floor; NaN where there are no such frames.
    """
    lowest = sole_points(root, rotations, skeleton)[..., 2].min(axis=(1, 2))[carried]
    if not len(lowest):
        return Hover(float("nan"), float("nan"))
    return Hover(float((lowest > HOVERS * skeleton.size).mean()), max(0.0, float(lowest.max())))


def jerk(root: Array, rotations: Array, skeleton: Skeleton) -> dict[str, float]:
    """Return the mean size of the third difference of hands, head and root, m/s^3; not scaled by body size."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    size = np.linalg.norm(np.diff(positions.astype(np.float64), 3, axis=0), axis=-1) * FPS**3
    return {
        "hands": float(size[:, HANDS].mean()),
        "head": float(size[:, INDEX["head"]].mean()),
        "root": float(size[:, 0].mean()),
    }


def seam_ratio(root: Array, rotations: Array, skeleton: Skeleton, boundaries: Sequence[int]) -> dict[str, float]:
    """Return ``seam_ratios`` of one body."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    return seam_ratios([(positions, boundaries)])


def seam_ratios(motions: Sequence[tuple[Array, Sequence[int]]]) -> dict[str, float]:
    """Return 'speed' and 'acceleration': the 99th percentile over joints within 3 frames of window boundaries over that
    of all other frames, pooled over takes (joint positions (T, J, 3), boundaries).
    """
    ratios = {}
    for order, name in ((1, "speed"), (2, "acceleration")):
        close, far = [], []
        for positions, boundaries in motions:
            near = np.zeros(len(positions), bool)
            for boundary in boundaries:
                near[max(0, boundary - 3) : boundary + 4] = True
            values = np.linalg.norm(np.diff(positions, order, axis=0), axis=-1)
            close.append(values[near[:-order]].ravel())
            far.append(values[~near[:-order]].ravel())
        at_boundaries, elsewhere = np.concatenate(close), np.concatenate(far)
        ratios[name] = 0.0
        if len(at_boundaries) and len(elsewhere):
            ratios[name] = float(np.percentile(at_boundaries, 99) / max(np.percentile(elsewhere, 99), 1e-9))
    return ratios


def hand_speed(root: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return the speed (T, 2) of left and right wrist against the chest, m/s."""
    return BodyMotion(root, rotations, skeleton).hand_speed


def largest_difference(a: ActorPerformance, b: ActorPerformance, skeleton: Skeleton) -> dict[str, float]:
    """Return the largest distance of any joint in metres and of any face curve between two results of one length."""
    first, _ = forward_kinematics(a.root_positions, a.rotations, skeleton)
    second, _ = forward_kinematics(b.root_positions, b.rotations, skeleton)
    return {
        "joints": float(np.linalg.norm(first - second, axis=-1).max()),
        "face": float(np.abs(a.face - b.face).max()),
    }


def mean_difference(a: ActorPerformance, b: ActorPerformance, skeleton: Skeleton) -> float:
    """Return the mean joint distance of two takes of one shot in metres."""
    first, _ = forward_kinematics(a.root_positions, a.rotations, skeleton)
    second, _ = forward_kinematics(b.root_positions, b.rotations, skeleton)
    return float(np.linalg.norm(first - second, axis=-1).mean())


def mouth_motion(face: Array) -> Array:
    """Return the speed (T,) of the gap between the lips, cm/s."""
    return np.abs(np.gradient(lip_gap(np.asarray(face, np.float32)))) * FPS


def blinks_per_minute(face: Array) -> float:
    """Return the blinks a minute of ARKit curves (T, 52)."""
    return len(blink_lengths(face)) / (len(face) / FPS / 60.0)


def measure_actor(
    result: ActorPerformance, skeleton: Skeleton, requested: Array, own: Array, partner: Array
) -> dict[str, Any]:
    """Return the figures of one actor. ``requested`` (T,) label indices; ``own``, ``partner`` (T, 28) prosody."""
    root, rotations = result.root_positions, result.rotations
    skate = foot_skate(root, rotations, skeleton)
    floats = hover(root, rotations, skeleton, np.asarray(requested) == ACTION_LABELS.index("walk"))
    hands = hand_speed(root, rotations, skeleton)
    mouth, gap = mouth_motion(result.face), lip_gap(result.face)
    speaking = own[:, VOICE_ACTIVITY] > 0.5
    listening = ~speaking & (partner[:, VOICE_ACTIVITY] > 0.5)
    silent = ~expanded(speaking, round(_AFTER_SPEECH * FPS))
    beats = beat_alignment(stroke_ends(root, rotations, skeleton, speaking), stress_times(own), len(root) / FPS)
    return {
        "label_obedience": label_obedience(requested, root, rotations, skeleton),
        "foot_skate_cm_per_s": 100 * skate.speed,
        "slide_per_step_cm": 100 * skate.slide,
        "floor_depth_cm": 100 * floor_depth(root, rotations, skeleton),
        "hover_walking": floats.share,
        "hover_walking_cm": 100 * floats.highest,
        "jerk_m_per_s3": jerk(root, rotations, skeleton),
        "hand_speed_speaking_cm_per_s": 100 * _mean(hands.mean(axis=1), speaking),
        "hand_speed_listening_cm_per_s": 100 * _mean(hands.mean(axis=1), listening),
        "mouth_motion_speaking_cm_per_s": _mean(mouth, speaking),
        "mouth_motion_listening_cm_per_s": _mean(mouth, listening),
        "mouth_closed_in_silence": _mean(gap < MOUTH_CLOSED, silent),
        "beat_alignment": beats._asdict(),
        "blinks_per_minute": blinks_per_minute(result.face),
    }


def measure_pair(
    performance: Performance, skeletons: Sequence[Skeleton], requested: Sequence[Array], prosodies: Sequence[Array]
) -> dict[str, Any]:
    """Return all figures of a result that need nothing but the request: per actor, and the worse of the two."""
    actors = {
        result.name: measure_actor(result, skeletons[i], requested[i], prosodies[i], prosodies[1 - i])
        for i, result in enumerate(performance.actors)
    }
    each = list(actors.values())
    distance = np.linalg.norm(
        performance.actors[0].root_positions[:, :2] - performance.actors[1].root_positions[:, :2], axis=-1
    )
    return {
        "label_obedience": float(np.mean([m["label_obedience"] for m in each])),
        "foot_skate_cm_per_s": float(np.max([m["foot_skate_cm_per_s"] for m in each])),
        "floor_depth_cm": max(m["floor_depth_cm"] for m in each),
        "closest_m": float(distance.min()),
        "actors": actors,
    }


def _mean(values: Array, where: Array) -> float:
    return float(np.asarray(values, np.float64)[where].mean()) if where.any() else float("nan")
