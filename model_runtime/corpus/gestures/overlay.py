"""Blend gestures over a body, arms and fingers and a share of trunk and head, and measure the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import HAND_INDEX, INDEX, Skeleton, mirrored
from ...common.arrays import Array
from ...common.easing import smootherstep
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from .arm_collisions import ARM, clear_arms_of_body
from .library import SIDES, Gesture, arm_positions, speed_of

_SHARES = {INDEX["spine1"]: 0.6, INDEX["spine2"]: 0.6, INDEX["spine3"]: 0.6, INDEX["neck"]: 0.4, INDEX["head"]: 0.4}

_SLOWEST, _SHORTEST = 0.22, 0.06  # m/s, m; the least visible stroke


@dataclass(frozen=True)
class Placed:
    """A gesture in a scene: at scene times ``knots`` (s) the clip is at ``clip_times`` (s).

    It takes over the arms within ``fade_in`` (s, s) and releases them within ``fade_out``; ``by_clip``: whether the
    clip's own preparation and retraction do most of that. ``wanted``: for each stroke played its index in the gesture
    and the scene time at which it is to stop.
    """

    gesture: Gesture
    mirrored: bool
    size: float
    knots: tuple[float, ...]
    clip_times: tuple[float, ...]
    fade_in: tuple[float, float]
    fade_out: tuple[float, float]
    by_clip: tuple[bool, bool]
    wanted: tuple[tuple[int, float], ...]
    word: str = ""

    @property
    def start(self) -> float:
        return self.fade_in[0]

    @property
    def end(self) -> float:
        return self.fade_out[1]

    @property
    def hands(self) -> tuple[bool, bool]:
        left, right = self.gesture.hands
        return (right, left) if self.mirrored else (left, right)

    @property
    def hand(self) -> str:
        return "both" if all(self.hands) else SIDES[int(self.hands[1])]

    def shifted(self, by: float, since: float = -1e9, until: float = 1e9) -> Placed:
        """Return the gesture with all scene times between ``since`` and ``until`` moved by ``by`` seconds."""

        def moved(times: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(t + by if since <= t <= until else t for t in times)

        fades = [moved(self.fade_in), moved(self.fade_out)]
        return replace(
            self, knots=moved(self.knots), fade_in=(fades[0][0], fades[0][1]), fade_out=(fades[1][0], fades[1][1])
        )

    def with_slower_fades(self) -> Placed:
        """Return the gesture with slower fades, where the clip itself does not raise or lower the hands."""
        (a, b), (c, d) = self.fade_in, self.fade_out
        return replace(
            self,
            fade_in=(a, b) if self.by_clip[0] else (b - 1.45 * (b - a), b),
            fade_out=(c, d) if self.by_clip[1] else (c, c + 1.45 * (d - c)),
        )

    @cached_property
    def clip(self) -> Clip:
        return self.gesture.clip.mirrored() if self.mirrored else self.gesture.clip

    def clip_time(self, scene_time: Array) -> Array:
        """Return clip seconds at ``scene_time`` (F,): monotone and smooth through the knots."""
        return PchipInterpolator(self.knots, self.clip_times)(np.clip(scene_time, self.knots[0], self.knots[-1]))


class Laid(NamedTuple):
    """Measures of a blended gesture.

    Scene seconds at which its first stroke begins and all its strokes stop, and which were ``found``; the hands'
    largest ``speed`` (m/s) and ``acceleration`` (m/s^2) relative to the chest, the ``travel`` (m) of the main stroke,
    and the largest ``push`` (m) of the arms out of the body.
    """

    stroke_start: float
    stops: tuple[float, ...]
    found: tuple[bool, ...]
    speed: float
    acceleration: float
    travel: float
    push: float


def lay_over(
    root: FloatArray,
    below: FloatArray,
    placed: Placed,
    skeleton: Skeleton,
    trunk: FloatArray,
    seated: NDArray[np.bool_],
    first: int,
) -> tuple[FloatArray, Laid]:
    """Return rotations (F, 52, 4), from scene frame ``first`` on, with a gesture over ``below``, and its measures.

    ``root`` (F, 3), ``below`` (F, 52, 4), ``seated`` (F,): the body without the gesture; ``trunk`` (F,) 0..1: the share
    of the gesture's trunk motion.
    """
    result = np.array(below, np.float32)
    gesture, clip = placed.gesture, placed.clip
    scene = (first + np.arange(len(result))) / FPS
    at = placed.clip_time(scene)
    weight, carried = _weights(placed, scene, at)
    active = np.flatnonzero(weight > 1e-4)
    if not len(active):
        return result, Laid(0.0, (), (), 0.0, 0.0, 0.0, 0.0)
    span = slice(int(active[0]), int(active[-1]) + 1)
    neutral = gesture.neutral if not placed.mirrored else _mirrored_pose(gesture.neutral)
    middle = 0.5 * (gesture.start + gesture.end)
    w, left_over = weight[span, None].astype(np.float32), (1.0 - carried[span, None, None]).astype(np.float32)
    for side, used in zip(SIDES, placed.hands):
        if not used:
            continue
        joints = ARM[side]
        rest = neutral[joints]
        # The last sample is the pose in which the gesture ends, which may differ from the first.
        pose = _sample(clip.rotations[:, joints], np.append(at[span], gesture.end))
        delta = rot.to_axis_angle(rot.multiply(rot.conjugate(rest), pose))
        target = rot.multiply(rest, rot.from_axis_angle(delta * _joint_sizes(placed.size)))
        target, ending = target[:-1], target[-1]
        if left_over.max() > 1e-3:
            # Arms that rest elsewhere than the clip's, as in a lap: the difference fades out during the preparation.
            resting = np.where(
                (at[span] < gesture.strokes[-1].stop if gesture.strokes else at[span] < middle)[:, None, None],
                rest,
                ending,
            )
            differs = rot.to_axis_angle(rot.multiply(rot.conjugate(resting), result[span, joints]))
            target = rot.multiply(target, rot.from_axis_angle(differs * left_over))
        result[span, joints] = rot.slerp(result[span, joints], target, w)
        fingers = list(HAND_INDEX[side])
        shown = w * (1.0 - left_over[..., 0])
        result[span, fingers] = rot.slerp(result[span, fingers], _sample(clip.rotations[:, fingers], at[span]), shown)
    fade, weight = weight, weight * carried
    joints = list(_SHARES)
    delta = rot.to_axis_angle(
        rot.multiply(rot.conjugate(neutral[joints]), _sample(clip.rotations[:, joints], at[span]))
    )
    delta = delta * np.array(list(_SHARES.values()))[:, None] * (weight * trunk)[span, None, None]
    result[span, joints] = rot.multiply(result[span, joints], rot.from_axis_angle(delta))
    push = clear_arms_of_body(root, result, below, seated, placed.hands, skeleton, span, weight, fade)
    result = rot.normalize(result).astype(np.float32)
    return result, _measured(result, placed, skeleton, scene, push)


def _joint_sizes(size: float) -> Array:
    """Return factors (4, 1) of collar, shoulder, elbow and wrist: a larger gesture comes mostly from the shoulder."""
    return np.array([[size], [size], [1.0 + 0.6 * (size - 1.0)], [1.0 + 0.3 * (size - 1.0)]], np.float32)


def _weights(placed: Placed, scene: Array, at: Array) -> tuple[Array, Array]:
    """Return (F,) 0..1 how much of the gesture shows, and (F,) 0..1 how far the clip itself has raised the hands."""
    gesture = placed.gesture
    weight = smootherstep((scene - placed.fade_in[0]) / max(placed.fade_in[1] - placed.fade_in[0], 1e-3))
    weight = weight * smootherstep((placed.fade_out[1] - scene) / max(placed.fade_out[1] - placed.fade_out[0], 1e-3))
    carried = np.ones(len(scene))
    frames = np.arange(len(gesture.front))
    strokes = gesture.strokes or (None,)
    for by_clip, envelope, moment in (
        (placed.by_clip[0], gesture.front, strokes[0].stop if strokes[0] else 0.5 * (gesture.start + gesture.end)),
        (placed.by_clip[1], gesture.back, gesture.retract if strokes[0] else 0.5 * (gesture.start + gesture.end)),
    ):
        if by_clip:
            top = max(float(np.interp(moment * FPS, frames, envelope)), 0.2)
            carried = carried * np.clip(np.interp(at * FPS, frames, envelope) / top, 0.0, 1.0)
    return weight, gaussian_filter1d(carried, 1.0, mode="nearest")


def _measured(result: FloatArray, placed: Placed, skeleton: Skeleton, scene: Array, push: float) -> Laid:
    """Measure the strokes: each stops where the leading hand has slowed to a third of its peak speed in the stroke."""
    wrists = arm_positions(result, skeleton)[:, :, 2]
    speed = np.where(np.array(placed.hands), speed_of(wrists), 0.0)
    acceleration = float(np.abs(np.diff(speed, axis=0)).max(initial=0.0)) * FPS
    inside = (scene >= placed.start) & (scene <= placed.end)
    lead = speed.max(axis=1)
    inverse = PchipInterpolator(placed.clip_times, placed.knots)
    stops: list[float] = []
    starts: list[float] = []
    travels: list[float] = []
    found: list[bool] = []
    for index, wanted in placed.wanted:
        stroke = placed.gesture.strokes[index]
        low = max(0, round((float(inverse(stroke.begin)) - scene[0]) * FPS))
        high = min(len(lead) - 2, round((float(inverse(stroke.stop)) - scene[0]) * FPS) + 2)
        if high - low < 2:
            for values, value in ((stops, wanted), (starts, wanted), (travels, 0.0)):
                values.append(value)
            found.append(False)
            continue
        peak = low + int(np.argmax(lead[low:high]))
        slow = np.flatnonzero(lead[peak : peak + round(0.6 * FPS)] < lead[peak] / 3)
        after = peak + (int(slow[0]) if len(slow) else 1)
        crossing = (lead[after - 1] - lead[peak] / 3) / max(lead[after - 1] - lead[after], 1e-6) if len(slow) else 1.0
        stops.append(float(scene[0] + (after - 1 + min(max(crossing, 0.0), 1.0)) / FPS))
        early = np.flatnonzero(lead[max(0, low - 6) : peak] < lead[peak] / 3)
        begin = max(0, low - 6) + int(early[-1]) if len(early) else low
        starts.append(float(scene[begin]))
        travels.append(float(lead[begin : after + 1].sum() / FPS))
        found.append(bool(len(slow)) and bool(lead[peak] > _SLOWEST) and travels[-1] > _SHORTEST)
    main = next((k for k, (index, _) in enumerate(placed.wanted) if index == placed.gesture.main), 0)
    return Laid(
        starts[0] if starts else placed.start,
        tuple(stops),
        tuple(found),
        float(lead[inside].max(initial=0.0)),
        acceleration,
        travels[main] if travels else 0.0,
        push,
    )


def _sample(rotations: FloatArray, seconds: Array) -> FloatArray:
    """Return poses (F, J, 4) at clip ``seconds`` (F,) by a cubic through four frames (Catmull-Rom)."""
    at = np.clip(seconds * FPS, 0, len(rotations) - 1)
    low = np.clip(at.astype(int), 0, max(len(rotations) - 2, 0))
    t = (at - low)[:, None, None].astype(np.float32)
    p0, p1, p2, p3 = (rotations[np.clip(low + k, 0, len(rotations) - 1)] for k in (-1, 0, 1, 2))
    value = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    return rot.normalize(value).astype(np.float32)


def _mirrored_pose(pose: FloatArray) -> FloatArray:
    return mirrored(pose)
