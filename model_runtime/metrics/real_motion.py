"""Statistics of motion in which composed and generated bodies are to be like captured people.

One function for captured clips, composed scenes and generated performances: ``Statistics.add`` takes a body and who
speaks. Walks count where they are level, steady and straight; feet, speeds and labels are found in the motion alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_INDEX, INDEX, heading_of
from ..common.arrays import Array
from ..common.headings import facing
from ..common.masks import expanded, runs_of
from ..contract import FPS
from ..planning.motion_labels import SIT, STAND, WALK, root_speed
from .body_motion import HANDS, BodyMotion
from .nods import head_angles, nod_times

LEVEL_SPEED = (0.5, 1.4)  # m/s at which steps are compared
STRAIGHT = np.radians(25.0)  # a second; a body that turns faster walks a bend
HELD = 0.01  # m/s of the body's joints on average, below which it holds still
WINDOW = 3.0  # s over which arms, fingers and pelvis of a sitter are to keep their place
NOD_BAND = (1.5, 4.0)  # Hz
_AFTER_WALK = (1.0, 3.0)  # s after a walk in which the feet are compared
_SHORTEST_WALK = 1.0  # s; arms and legs of less do not correlate
_SHORTEST_PHASE, _LONGEST_STEP = 4, 1.2  # frames of a stance or swing; s between two footfalls
_ABOUT_A_STEP = 0.5  # s around a step or a walk that do not count as standing
_SETTLES = 1.5  # s after sitting down and before getting up in which a sitter moves as a whole
_SMOOTH = 3  # frames over which positions are averaged before their speed is taken: captures jitter
_SIDES = ("left", "right")
# Reduction of the samples of each statistic to its figure.
_MEDIAN = (
    "stance_knee", "swing_knee", "step_over_speed", "double_support", "swing_height", "standing_knee", "elbow_swivel",
    "fingers",
)  # fmt: skip
_RMS = ("head_pitch",)
_P90 = ("feet_apart",)
_P99 = ("hands_speaking", "hands_listening", "hands_seated", "head_speaking", "head_listening", "head_seated")


class Statistics:
    """Samples of each statistic over any number of bodies; ``figures`` reduces them."""

    def __init__(self) -> None:
        self._samples: dict[str, list[Array]] = defaultdict(list)

    def add(
        self, body: BodyMotion, speaks: NDArray[np.bool_] | None = None, listens: NDArray[np.bool_] | None = None
    ) -> None:
        """Add a body; ``speaks`` and ``listens`` (T,): frames in which it, or the other alone, speaks; None: never."""
        if body.frames < FPS:
            return
        never = np.zeros(body.frames, bool)
        roles = {"speaking": never if speaks is None else speaks, "listening": never if listens is None else listens}
        for found in (_walking(body), _standing(body), _holding(body, roles), _seated(body)):
            for name, values in found:
                self._samples[name].append(np.atleast_1d(np.asarray(values, np.float64)))
        self._add_nods(body, roles["listening"])

    def _add_nods(self, body: BodyMotion, listens: NDArray[np.bool_]) -> None:
        counted = listens & (body.labels != WALK)
        head = body.world[:, INDEX["head"]]
        frames = np.minimum((nod_times(head) * FPS).astype(int), body.frames - 1)
        self._samples["nods"].append(np.array([float(counted[frames].sum())]))
        self._samples["nod_minutes"].append(np.array([counted.sum() / FPS / 60.0]))
        if counted.any() and body.frames > 2 * FPS:
            band = butter(2, NOD_BAND, "bandpass", fs=FPS, output="sos")
            self._samples["head_pitch"].append(np.degrees(sosfiltfilt(band, head_angles(head)[0]))[counted])

    def values(self, name: str) -> Array:
        """Return all samples (N,) of a statistic."""
        return np.concatenate(self._samples[name]) if self._samples.get(name) else np.zeros(0)

    def figures(self) -> dict[str, float]:
        """Return the figure of each statistic, NaN where nothing was measured."""
        found = {name: _reduced(name, self.values(name)) for name in NAMES}
        minutes = float(self.values("nod_minutes").sum())
        found["nods_a_minute"] = float(self.values("nods").sum()) / minutes if minutes > 0 else float("nan")
        return found

    def counts(self) -> dict[str, int]:
        """Return how many samples each statistic has."""
        return {name: len(self.values(name)) for name in NAMES}


NAMES = (
    "stance_knee", "swing_knee", "arm_against_leg", "step_over_speed", "double_support", "swing_height",
    "standing_knee", "feet_apart", "held_speaking", "held_listening", "held_seated",
    "hands_speaking", "hands_listening", "hands_seated", "head_speaking", "head_listening", "head_seated",
    "elbow_swivel", "fingers", "wrist_high", "pelvis_sway", "head_pitch",
)  # fmt: skip


def _reduced(name: str, values: Array) -> float:
    if not len(values):
        return float("nan")
    if name in _MEDIAN:
        return float(np.median(values))
    if name in _RMS:
        return float(np.sqrt(np.mean(values**2)))
    if name in _P90 or name in _P99:
        return float(np.percentile(values, 90 if name in _P90 else 99))
    return float(values.mean())


def knee_flexion(body: BodyMotion) -> Array:
    """Return the degrees (T, 2) between thigh and shin, 0 for a straight leg; left, right."""
    flexion = np.empty((body.frames, 2))
    for k, side in enumerate(_SIDES):
        hip, knee, ankle = (body.positions[:, INDEX[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
        thigh, shin = rot.unit(knee - hip), rot.unit(ankle - knee)
        flexion[:, k] = np.degrees(np.arccos(np.clip(np.sum(thigh * shin, -1), -1.0, 1.0)))
    return flexion


def _feet_down(body: BodyMotion) -> NDArray[np.bool_]:
    """Return (T, 2) whether heel or ball of the left and the right foot is on the floor."""
    return body.contacts.reshape(-1, 2, 2).any(axis=2)


def _walking(body: BodyMotion) -> Iterator[tuple[str, Array]]:
    """Yield knees, steps and arms of level, straight walking."""
    walks = body.labels == WALK
    if not walks.any():
        return
    heading = np.unwrap(heading_of(body.rotations[:, 0]).astype(np.float64))
    turning = np.abs(np.gradient(uniform_filter1d(heading, FPS // 2, mode="nearest"))) * FPS
    speed = root_speed(body.root)
    level = walks & (speed > LEVEL_SPEED[0]) & (speed < LEVEL_SPEED[1]) & (turning < STRAIGHT)
    down, knees = _feet_down(body), knee_flexion(body)
    travel = np.gradient(
        uniform_filter1d(body.root[:, :2].astype(np.float64), FPS // 2, axis=0, mode="nearest"), axis=0
    )
    travel /= np.maximum(np.linalg.norm(travel, axis=-1, keepdims=True), 1e-9)
    ankles = body.positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]], :2].astype(np.float64)
    ahead = np.sum((ankles - body.root[:, None, :2]) * travel[:, None], -1)
    lowest = body.soles[..., :2, 2].min(axis=2) / body.size
    for first, last in runs_of(walks):
        span = slice(first, last)
        yield from _knees(down[span], knees[span], ahead[span], lowest[span], level[span])
        if level[span].sum() >= _SHORTEST_WALK * FPS:
            yield "double_support", down[span].all(axis=1)[level[span]].mean()
    yield "step_over_speed", _steps(down, ankles, travel, speed, level)
    yield from _arms(body, heading, walks)


def _knees(
    down: NDArray[np.bool_], knees: Array, ahead: Array, lowest: Array, level: NDArray[np.bool_]
) -> Iterator[tuple[str, Array]]:
    """Yield the medians over one walk of the knees at mid-stance, where the ankle passes under the pelvis, and of the
    most bent knees and the highest soles in swing; all arguments (T, 2) but ``level`` (T,).
    """
    stances, swings, heights = [], [], []
    for foot in (0, 1):
        passes = np.flatnonzero((ahead[1:, foot] <= 0) & (ahead[:-1, foot] > 0) & down[1:, foot] & down[:-1, foot]) + 1
        stances += list(knees[passes[level[passes]], foot])
        for first, last in runs_of(~down[:, foot]):
            top = first + int(np.argmax(knees[first:last, foot]))
            if last - first >= _SHORTEST_PHASE and level[top] and first > 1 and last < len(down) - 2:
                swings.append(knees[top, foot])
                heights.append(100.0 * lowest[first:last, foot].max())
    for name, values in (("stance_knee", stances), ("swing_knee", swings), ("swing_height", heights)):
        if values:
            yield name, np.median(values)


def _steps(down: NDArray[np.bool_], ankles: Array, travel: Array, speed: Array, level: NDArray[np.bool_]) -> Array:
    """Return the length over the speed (N,), in s, of steps from a footfall to the next one of the other foot."""
    falls = sorted(
        (first, foot)
        for foot in (0, 1)
        for first, last in runs_of(down[:, foot])
        if first > 0 and last - first >= _SHORTEST_PHASE
    )
    ratios = []
    for (one, a), (other, b) in pairwise(falls):
        if a != b and 0 < other - one < _LONGEST_STEP * FPS and level[one : other + 1].all():
            length = float((ankles[other, b] - ankles[one, a]) @ travel[(one + other) // 2])
            ratios.append(length / float(speed[one : other + 1].mean()))
    return np.array(ratios)


def _arms(body: BodyMotion, heading: Array, walks: NDArray[np.bool_]) -> Iterator[tuple[str, Array]]:
    """Yield the correlation of each shoulder's flexion with the opposite hip's, for each walk."""
    ahead = facing(heading)

    def swing(start: str, end: str) -> Array:
        bone = (body.positions[:, INDEX[end]] - body.positions[:, INDEX[start]]).astype(np.float64)
        return np.arctan2(np.sum(bone[:, :2] * ahead, -1), -bone[:, 2])

    for first, last in runs_of(walks):
        if last - first < _SHORTEST_WALK * FPS:
            continue
        pairs = [
            np.corrcoef(
                swing(f"{side}_shoulder", f"{side}_elbow")[first:last],
                swing(f"{other}_hip", f"{other}_knee")[first:last],
            )[0, 1]
            for side, other in (_SIDES, _SIDES[::-1])
        ]
        yield "arm_against_leg", np.mean(pairs)


def _standing(body: BodyMotion) -> Iterator[tuple[str, Array]]:
    """Yield the knees of a body that stands, and how far apart fore and aft its feet are after each walk."""
    down = _feet_down(body)
    stands = (body.labels == STAND) & down.all(axis=1)
    calm = ~expanded(~stands, round(_ABOUT_A_STEP * FPS))
    yield "standing_knee", knee_flexion(body)[calm].ravel()
    for _, last in runs_of(body.labels == WALK):
        after = slice(last + round(_AFTER_WALK[0] * FPS), last + round(_AFTER_WALK[1] * FPS))
        if (body.labels[last : after.stop] == STAND).all() and stands[after].any() and last + FPS < body.frames:
            yield "feet_apart", np.median(_fore_aft(body, after)[stands[after]])


def _fore_aft(body: BodyMotion, span: slice) -> Array:
    """Return how far (cm, T) one foot is before the other, along the mean direction of both."""
    ankles, toes = (
        body.positions[span, [INDEX[f"{side}_{part}"] for side in _SIDES], :2] for part in ("ankle", "foot")
    )
    way = rot.unit(rot.unit(toes - ankles).sum(axis=1))
    return 100.0 * np.abs(np.sum((ankles[:, 0] - ankles[:, 1]) * way, -1)) / body.size


def _holding(body: BodyMotion, roles: dict[str, NDArray[np.bool_]]) -> Iterator[tuple[str, Array]]:
    """Yield where the body holds still and how fast hands (cm/s) and head (degrees/s) are, by role and posture."""
    path = uniform_filter1d(body.positions.astype(np.float64), _SMOOTH, axis=0, mode="nearest")
    speed = np.linalg.norm(np.gradient(path, axis=0), axis=-1).mean(axis=1) * (FPS / body.size)
    hands = (
        100.0
        * np.linalg.norm(np.gradient(body.positions[:, HANDS].astype(np.float64), axis=0), axis=-1)
        * (FPS / body.size)
    )
    head = np.degrees(_turning(body.world[:, INDEX["head"]]))
    stands = body.labels == STAND
    for name, where in (*((name, stands & role) for name, role in roles.items()), ("seated", body.labels == SIT)):
        yield f"held_{name}", (speed < HELD)[where]
        yield f"hands_{name}", hands[where].ravel()
        yield f"head_{name}", head[where]


def _turning(turns: Array) -> Array:
    """Return the angular speed (T,) in rad/s of quaternions (T, 4)."""
    cosine = np.abs(np.sum(turns[2:] * turns[:-2], axis=-1, dtype=np.float64))
    speed = 2.0 * np.arccos(np.clip(cosine, 0.0, 1.0)) * (0.5 * FPS)
    return np.pad(speed, 1, mode="edge")


def _seated(body: BodyMotion) -> Iterator[tuple[str, Array]]:
    """Yield how far elbows, fingers and pelvis of a sitter stray within ``WINDOW``, and where a wrist is high."""
    sits = body.labels == SIT
    if not sits.any():
        return
    wrists, shoulders = (
        body.positions[:, [INDEX[f"{side}_{part}"] for side in _SIDES], 2] for part in ("wrist", "shoulder")
    )
    yield "wrist_high", (wrists > shoulders).any(axis=1)[sits]
    swivel = np.stack([_swivel(body, side) for side in _SIDES], -1)
    joints = [joint for side in _SIDES for joint in HAND_INDEX[side]]
    fingers = rot.to_axis_angle(rot.continuous(body.rotations[:, joints]))
    length = round(WINDOW * FPS)
    for first, last in runs_of(sits):
        # Sitting down and getting up are no sway.
        first = first + round(_SETTLES * FPS) if first else 0
        last = last - round(_SETTLES * FPS) if last < body.frames else last
        for start in range(first, last - length + 1, length // 2):
            span = slice(start, start + length)
            yield "elbow_swivel", np.degrees(np.unwrap(swivel[span], axis=0).std(axis=0))
            yield "fingers", np.degrees(np.sqrt(fingers[span].var(axis=0).sum(axis=-1)).mean())
            yield "pelvis_sway", 100.0 * np.sqrt(body.root[span].var(axis=0).sum()) / body.size


def _swivel(body: BodyMotion, side: str) -> Array:
    """Return the angle (T,) in radians of the elbow about the line from shoulder to wrist, against the chest."""
    chest = rot.conjugate(body.world[:, INDEX["spine3"]])
    shoulder, elbow, wrist = (body.positions[:, INDEX[f"{side}_{part}"]] for part in ("shoulder", "elbow", "wrist"))
    axis, out = rot.unit(rot.rotate(chest, wrist - shoulder)), rot.rotate(chest, elbow - shoulder)
    down = np.array([0.0, 0.0, -1.0])
    first = rot.unit(down - axis * np.sum(axis * down, -1, keepdims=True))
    return np.arctan2(np.sum(out * np.cross(axis, first), -1), np.sum(out * first, -1))
