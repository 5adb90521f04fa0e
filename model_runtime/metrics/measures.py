"""Each measure of a result, defined once: tests, benchmark, model card and the report after a generation all call
these.

Bodies are given as root positions (T, 3), rotations (T, 52, 4) and a skeleton at ``FPS``; lengths in metres, time in
seconds, unless the name of a figure says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..body_model import rotations as rot
from ..body_model.feet import detect_contacts, sole_points
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..contract import ARKIT_NAMES, FPS, ActorPerformance, Performance
from ..face.mouth_shapes import lip_gap
from ..speech.prosody import VOICE_ACTIVITY
from .beats import gesture_beats, stress_times, stroke_ends
from .labels import label_frames

LONGEST_STEP = 2.0  # s that a foot is down in one step
SETTLING = 0.5  # s after a change of label in which the body is still on its way
HANDS = (INDEX["left_wrist"], INDEX["right_wrist"])
_EYES_SHUT = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]


class Skate(NamedTuple):
    speed: float  # mean horizontal speed of a foot in contact, m/s
    slide: float  # how far a sole point gets from where it took hold before it lets go, mean over steps, m


def label_obedience(requested: Array, root: Array, rotations: Array, skeleton: Skeleton) -> float:
    """Share of frames, ``SETTLING`` after a change on, whose heuristic label is the requested one (T,)."""
    requested = np.asarray(requested)
    changes = np.flatnonzero(np.diff(requested)) + 1
    settled = np.ones(len(requested), bool)
    for frame in changes:
        settled[frame : frame + round(SETTLING * FPS)] = False
    return float((label_frames(root, rotations, skeleton) == requested)[settled].mean())


def foot_skate(root: Array, rotations: Array, skeleton: Skeleton) -> Skate:
    """How much planted feet slide, for contacts found from the motion itself and not from what its maker claims.

    A contact of up to ``LONGEST_STEP`` is a step's; who stands for longer turns on the spot and shifts about, which
    shows in the speed. A body that never stands has no speed (NaN), one that takes no step no slide.
    """
    contacts = detect_contacts(root, rotations, skeleton)
    points = sole_points(root, rotations, skeleton)[:, :, :2].reshape(len(contacts), 4, 3)
    step = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)
    both = contacts[1:] & contacts[:-1]
    if not both.any():  # a body that never touches the floor proves nothing
        return Skate(float("nan"), float("nan"))
    slides = [
        _furthest(points[first:stop, k])
        for k in range(4)
        for first, stop in _spells(contacts[:, k])
        if 1 < stop - first <= LONGEST_STEP * FPS
    ]
    return Skate(float(step[both].mean() * FPS), float(np.mean(slides)) if slides else float("nan"))


def floor_depth(root: Array, rotations: Array, skeleton: Skeleton) -> float:
    """Metres by which the deepest sole point is below the floor; 0 when none is."""
    return max(0.0, -float(sole_points(root, rotations, skeleton)[..., 2].min()))


def jerk(root: Array, rotations: Array, skeleton: Skeleton) -> dict[str, float]:
    """Mean size of the third derivative (m/s^3) of hands, head and root."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    size = np.linalg.norm(np.diff(positions.astype(np.float64), 3, axis=0), axis=-1) * FPS**3
    return {
        "hands": float(size[:, HANDS].mean()),
        "head": float(size[:, INDEX["head"]].mean()),
        "root": float(size[:, 0].mean()),
    }


def seam_ratio(root: Array, rotations: Array, skeleton: Skeleton, joins: Sequence[int]) -> dict[str, float]:
    """99th percentile of joint speed and acceleration within 3 frames of ``joins`` over that of all other frames."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    return seam_ratios([(positions, joins)])


def seam_ratios(motions: Sequence[tuple[Array, Sequence[int]]]) -> dict[str, float]:
    """``seam_ratio`` of many takes as one: joint positions (T, J, 3) and joins of each."""
    ratios = {}
    for order, name in ((1, "speed"), (2, "acceleration")):
        close, far = [], []
        for positions, joins in motions:
            near = np.zeros(len(positions), bool)
            for join in joins:
                near[max(0, join - 3) : join + 4] = True
            values = np.linalg.norm(np.diff(positions, order, axis=0), axis=-1)
            close.append(values[near[:-order]].ravel())
            far.append(values[~near[:-order]].ravel())
        at_joins, elsewhere = np.concatenate(close), np.concatenate(far)
        known = len(at_joins) and len(elsewhere)
        ratios[name] = float(np.percentile(at_joins, 99) / max(np.percentile(elsewhere, 99), 1e-9)) if known else 0.0
    return ratios


def hand_speed(root: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """(T, 2) speed of left and right wrist against the chest, m/s: walking and swaying do not count."""
    positions, world = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    chest = INDEX["spine3"]
    relative = rot.rotate(
        rot.conjugate(world[:, chest])[:, None], positions[:, HANDS] - positions[:, chest : chest + 1]
    )
    return np.linalg.norm(np.gradient(relative, axis=0), axis=-1) * FPS if len(root) > 1 else np.zeros((len(root), 2))


def largest_difference(a: ActorPerformance, b: ActorPerformance, skeleton: Skeleton) -> dict[str, float]:
    """Largest distance of any joint in metres and of any face curve between two results of one length."""
    first, _ = forward_kinematics(a.root_positions, a.rotations, skeleton)
    second, _ = forward_kinematics(b.root_positions, b.rotations, skeleton)
    return {
        "joints": float(np.linalg.norm(first - second, axis=-1).max()),
        "face": float(np.abs(a.face - b.face).max()),
    }


def mean_difference(a: ActorPerformance, b: ActorPerformance, skeleton: Skeleton) -> float:
    """Mean joint distance in metres: how different two takes of one shot are."""
    first, _ = forward_kinematics(a.root_positions, a.rotations, skeleton)
    second, _ = forward_kinematics(b.root_positions, b.rotations, skeleton)
    return float(np.linalg.norm(first - second, axis=-1).mean())


def mouth_motion(face: Array) -> Array:
    """(T,) speed of the gap between the lips, cm/s."""
    return np.abs(np.gradient(lip_gap(np.asarray(face, np.float32)))) * FPS


def blinks_per_minute(face: Array) -> float:
    shut = np.asarray(face)[:, _EYES_SHUT].min(axis=1) > 0.5
    return float((np.diff(shut.astype(np.int8)) == 1).sum() / len(shut) * FPS * 60)


def measure_actor(
    result: ActorPerformance, skeleton: Skeleton, requested: Array, own: Array, partner: Array
) -> dict[str, Any]:
    """The figures of one actor. ``requested`` (T,) label indices; ``own``, ``partner`` (T, 28) prosody of both voices."""
    root, rotations = result.root_positions, result.rotations
    skate = foot_skate(root, rotations, skeleton)
    hands = hand_speed(root, rotations, skeleton)
    mouth, gap = mouth_motion(result.face), lip_gap(result.face)
    speaking = own[:, VOICE_ACTIVITY] > 0.5
    listening = ~speaking & (partner[:, VOICE_ACTIVITY] > 0.5)
    # The mouth may still close for a moment after the last sound.
    silent = ~np.convolve(speaking, np.ones(2 * round(0.3 * FPS) + 1), mode="same").astype(bool)
    beats = gesture_beats(stroke_ends(root, rotations, skeleton, speaking), stress_times(own), len(root) / FPS)
    return {
        "label_obedience": label_obedience(requested, root, rotations, skeleton),
        "foot_skate_cm_per_s": 100 * skate.speed,
        "slide_per_step_cm": 100 * skate.slide,
        "floor_depth_cm": 100 * floor_depth(root, rotations, skeleton),
        "jerk_m_per_s3": jerk(root, rotations, skeleton),
        "hand_speed_speaking_cm_per_s": 100 * _mean(hands.mean(axis=1), speaking),
        "hand_speed_listening_cm_per_s": 100 * _mean(hands.mean(axis=1), listening),
        "mouth_motion_speaking_cm_per_s": _mean(mouth, speaking),
        "mouth_motion_listening_cm_per_s": _mean(mouth, listening),
        "mouth_closed_in_silence": _mean(gap < 0.15, silent),
        "gesture_beats": beats._asdict(),
        "blinks_per_minute": blinks_per_minute(result.face),
    }


def measure_pair(
    performance: Performance, skeletons: Sequence[Skeleton], requested: Sequence[Array], prosodies: Sequence[Array]
) -> dict[str, Any]:
    """All figures of a result that need nothing but the request: per actor, and the worse of the two for the report's
    top.
    """
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


def _spells(mask: Array) -> list[tuple[int, int]]:
    """First frame and the one after the last of each run of True in (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _furthest(path: Array) -> float:
    """How far (N, 3) gets from its first point over the floor."""
    return float(np.linalg.norm(path[:, :2] - path[0, :2], axis=-1).max())
