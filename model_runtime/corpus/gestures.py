"""Gestures: labelled clips laid over arms, hands and trunk with their emphasis on a stressed syllable."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .. import rotations as rot
from ..contract import FPS, FloatArray
from ..skeleton import HAND_INDEX, INDEX, Skeleton
from .base_motion import body_positions
from .clip import Clip

SIDES = ("left", "right")
_ARM = {side: (*(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")), *HAND_INDEX[side]) for side in SIDES}
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_NECK, _HEAD = INDEX["neck"], INDEX["head"]

# Kind by what the clip's name says; the first that fits. Kinds without words are beats, which fit anything.
_KINDS = (
    ("me", r"Me[A-Z_0-9]|[/@_]me[_0-9]|_Me$"), ("you", r"You|[/@_]you"), ("we", r"We[RL]t|Inclusivity|[/@_](we|us)[_0-9]|inclusivity"),
    ("no", r"Negat|negation|_No(Forward|Left|Right)|Safe"), ("stop", r"Stop(Bt|Forward|Left|Right)|[/@_]stop"), ("shrug", r"Shrug|shrug"),
    ("think", r"Think|Contemplate"), ("question", r"When|Why|question|Plea|plea"), ("offer", r"Offer|Receive"), ("big", r"Surround|bigger|Frame"),
    ("here", r"Here|pointhere|pointcenter"), ("there", r"Indicate|Point[LR]|pointleft|pointright|Deictic"),
    ("example", r"Example|However|Besides"), ("beat", r"Beat|Chop|Empty|Continuation|Motex|Sweep"),
)  # fmt: skip
_REFUSED = re.compile(r"Fight|Kick|Jump|Reach|Grasp|Scratch|Stretch|Squeeze|Guitar|Screw|Throw|Walk|Crouch|Push|Trip|Door|Run|Jog|Step|Turn|_intense")
_WORDS = {
    "me": {"i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll"},
    "you": {"you", "your", "yours", "yourself", "you're", "you've", "you'll"},
    "we": {"we", "us", "our", "ours", "together", "everyone", "everybody", "both", "all"},
    "no": {"no", "not", "never", "nothing", "nobody", "none", "don't", "didn't", "can't", "won't", "isn't", "wasn't", "wouldn't", "impossible", "wrong"},
    "stop": {"stop", "wait", "enough", "hold"},
    "question": {"what", "why", "how", "when", "who", "where", "please", "really"},
    "shrug": {"maybe", "perhaps", "whatever", "somehow", "guess", "know"},
    "think": {"think", "remember", "wonder", "suppose", "idea", "believe"},
    "big": {"big", "huge", "great", "whole", "every", "large", "everything", "world", "long", "full"},
    "here": {"here", "now", "this", "today"}, "there": {"there", "that", "those", "over", "away"},
    "offer": {"give", "take", "have", "offer", "show", "tell", "look", "want"},
    "example": {"but", "however", "example", "instead", "first", "second", "another", "other", "also"},
}  # fmt: skip
_KIND_OF_WORD = {word: kind for kind, words in _WORDS.items() for word in words}

_LONGEST = 7.0  # s


@dataclass(frozen=True)
class Gesture:
    """A clip ready to be laid over: what it says, which hands (left, right) move, and when (s) it starts, strikes, and ends.

    ``stops`` are the moments at which a quick movement ends: raising, stroke, going back; ``stroke`` is the one at the
    clip's labelled emphasis. ``activity`` (T,) 0..1 says how far the hands are from rest.
    """

    clip: Clip
    kind: str
    hands: tuple[bool, bool]
    start: float
    stroke: float
    end: float
    stops: tuple[float, ...]
    activity: FloatArray


@dataclass(frozen=True)
class Placed:
    """A gesture in a scene: at scene times ``knots`` (s) the clip is at ``clip_times`` (s)."""

    gesture: Gesture
    mirrored: bool
    size: float
    time: float
    knots: tuple[float, ...]
    clip_times: tuple[float, ...]

    @property
    def start(self) -> float:
        return self.knots[0]

    @property
    def end(self) -> float:
        return self.knots[-1]

    @property
    def hand(self) -> str:
        left, right = self.gesture.hands[::-1] if self.mirrored else self.gesture.hands
        return "both" if left and right else "left" if left else "right"


def gesture_kind(name: str) -> str | None:
    """The kind a clip's name stands for, or None when it is no conversational gesture."""
    if _REFUSED.search(name):
        return None
    return next((kind for kind, pattern in _KINDS if re.search(pattern, name)), None)


def gesture_library(clips: Sequence[Clip]) -> list[Gesture]:
    """The labelled gestures among ``clips`` whose arms start and end at rest."""
    found = []
    for clip in clips:
        kind = gesture_kind(clip.name)
        if kind is not None and "emphasis" in clip.sync and clip.duration <= _LONGEST and "prop" not in clip.tags:
            gesture = _examined(clip, kind)
            if gesture is not None:
                found.append(gesture)
    return found


def _examined(clip: Clip, kind: str) -> Gesture | None:
    """Phases and hands of a clip, or None where its arms do not start or end hanging, or move senselessly."""
    positions = body_positions(clip.root_positions, clip.rotations, clip.skeleton)
    size = clip.skeleton.height / 1.7
    chest = positions[:, INDEX["spine3"]]
    reach, hanging, speeds = [], [], []
    for side in SIDES:
        shoulder, wrist = positions[:, INDEX[f"{side}_shoulder"]], positions[:, INDEX[f"{side}_wrist"]]
        arm = np.linalg.norm(clip.skeleton.offsets[INDEX[f"{side}_elbow"]]) + np.linalg.norm(clip.skeleton.offsets[INDEX[f"{side}_wrist"]])
        below = (shoulder[:, 2] - wrist[:, 2]) / arm
        hanging.append((float(below[0]), float(below[-1])))
        reach.append(np.linalg.norm((wrist - chest) - (wrist - chest)[0], axis=-1) / size)
        speeds.append(np.linalg.norm(np.gradient(gaussian_filter1d(wrist - chest, 1.0, axis=0), axis=0), axis=-1) * FPS / size)
    hands = (bool(reach[0].max() > 0.09), bool(reach[1].max() > 0.09))
    emphasis = clip.sync["emphasis"]
    if not any(hands) or any(min(h) < 0.8 for h in hanging) or emphasis < 0.3:  # a few files carry placeholder times
        return None
    used = [side for side in (0, 1) if hands[side]]
    speed = np.max([speeds[side] for side in used], axis=0)
    peaks = find_peaks(speed, height=0.3, distance=6)[0] / FPS
    stops = [_stop(speed, round(p * FPS)) / FPS for p in peaks]
    leading = [k for k, stop in enumerate(stops) if abs(stop - emphasis) < 0.45]
    if not leading:
        return None
    stroke = stops[max(leading, key=lambda k: speed[round(peaks[k] * FPS)] - 0.8 * abs(stops[k] - emphasis))]
    start, end = max(0.0, peaks[0] - 0.5), min(clip.duration, stops[-1] + 0.45)
    if end - stroke < 0.4 or stroke - start < 0.3:
        return None
    spaced = [stroke]
    for stop in [s for s in reversed(stops) if s < stroke]:
        if start + 0.2 < stop < spaced[0] - 0.15:
            spaced.insert(0, stop)
    for stop in [s for s in stops if s > stroke]:
        if spaced[-1] + 0.15 < stop < end - 0.1:
            spaced.append(stop)
    away = np.max([reach[side] for side in used], axis=0)
    away = gaussian_filter1d(away / away.max(), 1.5, mode="nearest")
    # Once up, the hands are up until they go back: a dip between two strokes is part of the gesture.
    activity = np.minimum(np.maximum.accumulate(away), np.maximum.accumulate(away[::-1])[::-1])
    return Gesture(clip, kind, hands, float(start), float(stroke), float(end), tuple(spaced), activity.astype(np.float32))


def _stop(speed: FloatArray, peak: int) -> int:
    """The frame at which a hand that is quickest at frame ``peak`` has all but stopped: down to a third."""
    slow = np.flatnonzero(speed[peak : peak + round(0.6 * FPS)] < speed[peak] / 3)
    return peak + (int(slow[0]) if len(slow) else round(0.2 * FPS))


def place_gestures(
    rng: np.random.Generator, library: Sequence[Gesture], stresses: Sequence[tuple[float, float, str]], beats: FloatArray, duration: float,
    free: Callable[[float, float], bool], calm: float,
) -> list[Placed]:
    """Choose stresses about every 1.5 to 3.5 s of speech and a gesture for each.

    ``stresses`` are (s, strength, word), sorted; ``free(start, end)`` says whether the arms may be used; ``calm`` 0..1
    spreads gestures out. ``beats`` (s): every moment of loudness, to which the ends of a gesture's movements are drawn.
    """
    placed: list[Placed] = []
    lefty = rng.random() < 0.15
    favourites = rng.permutation(len(library))[: max(12, len(library) // 2)]  # people repeat themselves
    pool = [library[i] for i in favourites]
    clock, index, gap = -10.0, 0, 0.0
    while index < len(stresses):
        if stresses[index][0] < clock + gap:
            index += 1
            continue
        window = [s for s in stresses[index:] if s[0] <= stresses[index][0] + 0.9]
        time, strength, word = max(window, key=lambda s: s[1] + (0.5 if s[2].lower() in _KIND_OF_WORD else 0.0))
        clock, gap = time, float(rng.uniform(1.2, 2.2) + 1.5 * calm * rng.random())
        kind = _KIND_OF_WORD.get(word.lower(), "beat") if rng.random() < 0.75 else "beat"
        options = [g for g in pool if g.kind == kind] or [g for g in library if g.kind == kind] or [g for g in pool if g.kind == "beat"]
        for _ in range(8):
            gesture = options[int(rng.integers(len(options)))]
            one_handed = gesture.hands[0] != gesture.hands[1]
            mirrored = bool(gesture.hands[0] != lefty) if one_handed and rng.random() < 0.8 else bool(rng.random() < 0.5)
            size = float(rng.uniform(0.85, 1.0) if kind in ("me", "think") else rng.uniform(0.8, 1.15)) * (0.92 + 0.16 * strength)
            at = min(beats, key=lambda b: abs(b - time), default=time)
            at = float(at) if abs(at - time) < 0.15 else time
            candidate = Placed(gesture, mirrored, min(size, 1.15), at, *_fitted(gesture, at, beats))
            if candidate.start > 0.0 and candidate.end < duration and free(candidate.start, candidate.end):
                placed.append(candidate)
                break
    return placed


def _fitted(gesture: Gesture, time: float, beats: FloatArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scene and clip times of a gesture whose stroke ends at ``time``, its other movements at beats near by.

    Going back is slower than captured, as it is in talk; in acted clips hands drop.
    """
    scene, clip = [time + 0.05], [gesture.stroke]  # a hand has all but stopped a little before its stop
    for stop in [p for p in reversed(gesture.stops) if p < gesture.stroke]:
        gap = clip[0] - stop
        scene.insert(0, _beat_between(beats, scene[0] - 1.5 * gap, scene[0] - 0.75 * gap, scene[0] - gap))
        clip.insert(0, stop)
    scene.insert(0, scene[0] - 1.2 * (clip[0] - gesture.start))
    clip.insert(0, gesture.start)
    for stop in [p for p in gesture.stops if p > gesture.stroke]:
        gap = stop - clip[-1]
        scene.append(_beat_between(beats, scene[-1] + 0.8 * gap, scene[-1] + 2.0 * gap, scene[-1] + 1.5 * gap))
        clip.append(stop)
    scene.append(scene[-1] + 1.5 * (gesture.end - clip[-1]))
    clip.append(gesture.end)
    return tuple(scene), tuple(clip)


def _beat_between(beats: FloatArray, low: float, high: float, otherwise: float) -> float:
    """The beat in [low, high] nearest to ``otherwise``, or that."""
    near = [float(b) for b in beats if low <= b <= high]
    return min(near, key=lambda b: abs(b - otherwise), default=otherwise)


def overlay(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, placed: Sequence[Placed], trunk: FloatArray
) -> tuple[FloatArray, list[Placed]]:
    """Rotations (T, 52, 4) with the gestures on the arms and a share of their trunk and head motion, and those that stayed.

    ``trunk`` (T,) 0..1: how much of a gesture's trunk motion is let through. Each is laid over what is there, so one that
    begins before the last has ended takes the arms over from it. A gesture that would push a hand into a thigh is left out.
    """
    result, kept = np.array(rotations, np.float32), []
    for item in sorted(placed, key=lambda p: p.time):
        first, last = max(0, int(item.start * FPS)), min(len(root), int(item.end * FPS) + 2)
        trial = result[first:last].copy()
        _lay_over(trial, item, trunk[first:last], first)
        if root[first:last, 2].min(initial=9.9) < 0.8 * skeleton.pelvis_height:  # seated
            depth, before = (hands_through_thighs(root[first:last], q, skeleton) for q in (trial, result[first:last]))
            if (depth - before).max(initial=0.0) > 0.02:
                continue
        result[first:last] = trial
        kept.append(item)
    return rot.normalize(result).astype(np.float32), kept


def _lay_over(result: FloatArray, item: Placed, trunk: FloatArray, offset: int) -> None:
    """One gesture, in place, on frames that begin at scene frame ``offset``."""
    gesture = item.gesture
    clip = gesture.clip.mirrored() if item.mirrored else gesture.clip
    hands = gesture.hands[::-1] if item.mirrored else gesture.hands
    at = _clip_time(item, (offset + np.arange(len(result))) / FPS)
    pose = _sample(clip.rotations, at)
    rest = clip.rotations[:1]
    edge = _smoothstep((at - gesture.start) / 0.3) * _smoothstep((gesture.end - at) / 0.4)
    # The clip's own resting arms never show, so that seated hands come from the lap and go back to it.
    weight = edge * _smoothstep(np.interp(at * FPS, np.arange(len(gesture.activity)), gesture.activity) / 0.55)
    for side, used in zip(SIDES, hands):
        if used:
            joints = list(_ARM[side])
            delta = rot.to_axis_angle(rot.multiply(rot.conjugate(rest[:, joints]), pose[:, joints])) * item.size
            sized = rot.multiply(rest[:, joints], rot.from_axis_angle(delta))
            result[:, joints] = rot.slerp(result[:, joints], sized, weight[:, None]).astype(np.float32)
    for joint, share in (*((j, 0.6) for j in _SPINE), (_NECK, 0.5), (_HEAD, 0.5)):
        delta = rot.to_axis_angle(rot.multiply(rot.conjugate(rest[:, joint]), pose[:, joint]))
        delta *= (share * weight * trunk)[:, None]
        result[:, joint] = rot.multiply(result[:, joint], rot.from_axis_angle(delta)).astype(np.float32)


def _clip_time(item: Placed, scene_time: FloatArray) -> NDArray[np.float64]:
    """Clip seconds at scene times: monotone and smooth through the knots."""
    inside = np.clip(scene_time, item.start, item.end)
    return PchipInterpolator(item.knots, item.clip_times)(inside)


def _sample(rotations: FloatArray, seconds: NDArray[np.float64]) -> FloatArray:
    at = np.clip(seconds * FPS, 0, len(rotations) - 1)
    low = np.minimum(at.astype(int), len(rotations) - 2)
    part = (at - low)[:, None, None]
    return rot.normalize(rotations[low] * (1 - part) + rotations[low + 1] * part).astype(np.float32)


def _smoothstep(t: NDArray[np.float64]) -> NDArray[np.float64]:
    t = np.clip(t, 0.0, 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)


def hands_through_thighs(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T,) how deep (m) a hand or forearm lies within a thigh of radius 8 cm at 1.7 m, 0 where clear."""
    positions = body_positions(root, rotations, skeleton)
    radius = 0.075 * skeleton.height / 1.7 + 0.02
    deepest = np.zeros(len(root), np.float32)
    for thigh in SIDES:
        a, b = positions[:, INDEX[f"{thigh}_hip"]], positions[:, INDEX[f"{thigh}_knee"]]
        for arm in SIDES:
            elbow, wrist = positions[:, INDEX[f"{arm}_elbow"]], positions[:, INDEX[f"{arm}_wrist"]]
            for point in (wrist, wrist + 0.3 * (wrist - elbow)):  # the wrist and about the knuckles
                along = np.clip(np.sum((point - a) * (b - a), -1) / np.sum((b - a) ** 2, -1), 0, 1)
                gap = np.linalg.norm(point - a - (b - a) * along[:, None], axis=-1)
                deepest = np.maximum(deepest, radius - gap)
    return deepest
