"""Gaze: at the other's face and away from it, the eyes first and the head after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import heading_of
from ...common.easing import smootherstep
from ...common.headings import heading_towards, turned
from ...common.masks import runs_of
from ...contract import FPS

FloatArray = NDArray[Any]
BEHIND = np.radians(105.0)  # a face at a larger angle from the chest is not looked at
FURTHEST = np.radians(95.0)  # yaw of eyes and head together relative to the chest
HEAD_FURTHEST = np.radians([66.0, 34.0])  # yaw and pitch of head and upper trunk together
_SHORTEST = 8  # frames; no look is shorter
_LASTING = 75  # frames that the target of a fixation lasts beyond its end, until the head has reached the next
_SIDE_BY_SIDE = 0.75  # share of the usual gaze at each other where two sit or walk side by side
_WALKING = 0.6  # likewise while walking
_SILENT = 3.0  # s without a word, after which both look about
_IN_SILENCE = 0.55  # of the usual gaze at each other then
_AT_THINGS, _AT_THINGS_IN_SILENCE = 0.35, 0.7  # of the looks away go to a thing in the room


@dataclass(frozen=True)
class Attention:
    """What gaze depends on, each (T,): voice activity of both 0..1, ``walking`` 0 or 1, the shares of time with gaze at
    the other, and ``power`` (see ``AffectParameters``); ``facing``: whether the two stand face to face; ``glances``:
    how many times as often as others this person looks up and away.
    """

    voice: FloatArray
    partner_voice: FloatArray
    walking: FloatArray
    share_speaking: FloatArray
    share_listening: FloatArray
    power: FloatArray
    facing: bool
    glances: float = 1.0


@dataclass(frozen=True)
class Gaze:
    """Directions of ``eyes`` and ``head`` (T, 2) relative to the chest's heading, yaw to the left and pitch down in
    radians; ``looking`` (T,): whether the eyes are directed at the other's face.
    """

    eyes: FloatArray
    head: FloatArray
    looking: NDArray[np.bool_]


def plan_gaze(
    rng: np.random.Generator,
    head: FloatArray,
    chest: FloatArray,
    pelvis: FloatArray,
    partner: FloatArray,
    attention: Attention,
) -> Gaze:
    """Draw the gaze of a body whose head is at ``head`` (T, 3), its ``chest`` and ``pelvis`` rotated by (T, 4) in the
    world, and whose partner's eyes are at ``partner`` (T, 3).
    """
    frames = len(head)
    heading = np.unwrap(heading_of(chest))
    forward = gaussian_filter1d(np.unwrap(turned(heading_of(pelvis), heading)), 8.0, mode="nearest")
    bearing = _direction(partner - head, heading)
    looks = _when_to_look(rng, attention, np.abs(bearing[:, 0]))
    eyes, head_angles = np.zeros((frames, 2)), np.zeros((frames, 2))
    looking = np.zeros(frames, bool)
    eyes_alone = np.radians(rng.uniform(9.0, 16.0))  # shifts without the head differ by person (Fuller 1992)
    room, silent = _room(rng, head, heading), _fallen_silent(attention)
    first = True
    for start, stop, look in _fixations(rng, looks):
        span = slice(start, min(frames, stop + _LASTING))
        if look:
            target = bearing[span]
        else:
            target = _away(rng, start, span, head, heading, forward, bearing, room, attention, silent)
        # A target that passes behind is followed on the same side, without a jump to the other.
        target = np.stack([np.unwrap(target[:, 0]), target[:, 1]], -1)
        target = np.clip(target, [-FURTHEST, -0.6], [FURTHEST, 0.75])
        eyes[span] = target + _hops(rng, span.stop - start, stop - start, look)
        looking[start:stop] = look
        _follow(rng, head_angles, target, start, stop, eyes_alone, look, first)
        first = False
    eyes = gaussian_filter1d(eyes, 0.55, axis=0, mode="nearest")  # a saccade takes one to three frames
    return Gaze(eyes, head_angles, looking)


def _follow(
    rng: np.random.Generator,
    head: FloatArray,
    target: FloatArray,
    start: int,
    stop: int,
    eyes_alone: float,
    look: bool,
    first: bool,
) -> None:
    """Turn ``head`` (T, 2) towards a new ``target`` (n, 2) in place, 0.1 to 0.2 s after the eyes: not at all for a
    shift of less than ``eyes_alone`` (rad), else up to that distance.

    The duration grows with the size, so that peak speeds are those of calm gaze shifts (a minimum-jerk move of 30
    degrees in 0.5 s peaks at 110 degrees a second; Guitton and Volle 1987 measured 60 to 200 for such sizes). During a
    long look at the other's face the head turns further.
    """
    if first:
        head[start:] = target[0] * [0.8, 0.7]
    stages = [(int(rng.integers(3, 7)), 1.0, 1.0)]
    if look and stop - start > 1.5 * FPS:
        stages.append((int(rng.uniform(0.8, 1.6) * FPS), 0.35, 2.2))
    for delay, left, slower in stages:
        at = start + delay
        if at >= len(head) or delay >= len(target):
            return
        gap = np.clip(target[delay], -HEAD_FURTHEST, HEAD_FURTHEST) - head[at]
        size = float(np.linalg.norm(gap))
        kept = min(size, eyes_alone * left * rng.uniform(0.8, 1.1))
        eccentric = gap * (kept / max(size, 1e-6))
        length = (0.30 + 0.38 * max(0.0, size - kept)) * slower * FPS
        s = smootherstep((np.arange(len(target) - delay) + 1) / length)[:, None]
        span = slice(at, at + len(s))
        head[span] = head[span] * (1.0 - s) + softly(target[delay:] - eccentric, HEAD_FURTHEST) * s
    head[start + len(target) :] = head[start + len(target) - 1]


def _when_to_look(rng: np.random.Generator, attention: Attention, aside: FloatArray) -> NDArray[np.bool_]:
    """Return (T,) whether to look at the other, at the angle ``aside`` (T,) rad from the chest.

    Looks alternate with looks away; speakers look away as they begin and back as they end (Kendon 1967). A partner at a
    large angle gets only glances.
    """
    frames = len(attention.voice)
    speaking = gaussian_filter1d(attention.voice, 9.0) > 0.4
    listening = gaussian_filter1d(attention.partner_voice, 9.0) > 0.4
    share = np.where(
        speaking,
        attention.share_speaking,
        np.where(listening, attention.share_listening, 0.5 * (attention.share_speaking + attention.share_listening)),
    )
    share = share * np.where(attention.walking > 0.5, _WALKING, 1.0) * (1.0 if attention.facing else _SIDE_BY_SIDE)
    share = share * np.where(_fallen_silent(attention), _IN_SILENCE, 1.0)
    angle_factor = np.interp(aside, [np.radians(45.0), BEHIND], [1.0, 0.35])
    share = share * angle_factor
    readiness = angle_factor * np.where(attention.walking > 0.5, _WALKING, 1.0)  # to look at a moment of the talk
    looks = np.zeros(frames, bool)
    clock, look = 0, bool(rng.random() < share[0])
    while clock < frames:
        p = float(share[clock : clock + FPS].mean())
        usual = (
            (2.2 if speaking[clock] else 3.2)
            * (0.5 + p)
            * (0.55 + 0.45 * angle_factor[clock])
            * (1.0 if look else (1.0 - p) / p)
        )
        length = round(max(0.35, usual / attention.glances * float(rng.gamma(2.5, 0.4))) * FPS)
        looks[clock : clock + length] = look
        clock, look = clock + length, not look
    for start, stop in _speech_runs(attention.voice > 0.5, quiet=0.6):
        if stop - start > FPS and rng.random() < 0.5 * readiness[start]:
            looks[max(0, start - int(rng.uniform(2, 9))) : start + int(rng.uniform(0.4, 1.5) * FPS)] = False
        if rng.random() < 0.65 * readiness[min(stop, frames - 1)]:
            looks[max(0, stop - int(rng.uniform(0.3, 0.9) * FPS)) : stop + int(rng.uniform(0.4, 1.2) * FPS)] = True
    for start, _ in _speech_runs(attention.partner_voice > 0.5, quiet=0.6):
        answer = start + int(rng.uniform(0.15, 0.5) * FPS)
        if attention.voice[start] < 0.5 and rng.random() < 0.7 * readiness[start]:
            looks[answer : answer + int(rng.uniform(0.7, 2.0) * FPS)] = True
    looks &= aside < BEHIND
    return _without_short(looks)


def _fallen_silent(attention: Attention) -> NDArray[np.bool_]:
    """Return (T,) whether neither has spoken for ``_SILENT`` s or will within the next second."""
    silent = (attention.voice < 0.5) & (attention.partner_voice < 0.5)
    result = np.zeros(len(silent), bool)
    for start, stop in runs_of(silent):
        result[start + round(_SILENT * FPS) : stop - FPS if stop < len(silent) else stop] = True
    return result


def _fixations(rng: np.random.Generator, looks: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Return (start, stop, whether at the other) over all frames; long looks away have several targets."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(looks)) + 1, [len(looks)]])
    found = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist()):
        at = start
        while not looks[start] and stop - at > 2.0 * FPS:
            length = int(rng.uniform(0.7, 2.4) * FPS)
            if stop - at - length < _SHORTEST:
                break
            found.append((at, at + length, False))
            at += length
        found.append((at, stop, bool(looks[start])))
    return found


def _away(
    rng: np.random.Generator,
    start: int,
    span: slice,
    head: FloatArray,
    heading: FloatArray,
    forward: FloatArray,
    bearing: FloatArray,
    room: FloatArray,
    attention: Attention,
    silent: NDArray[np.bool_],
) -> FloatArray:
    """Return directions (n, 2) of a look away: ahead, at a thing in the room, up or aside, or at the floor; ``silent``
    (T,): where both have fallen silent.
    """
    ahead = 0.75 if attention.walking[start] > 0.5 else 0.45 if not attention.facing else 0.0
    if rng.random() < ahead:
        down = np.radians(rng.uniform(2.0, 12.0))
        return np.stack([forward[span] + np.radians(rng.normal(0.0, 5.0)), np.full(span.stop - start, down)], -1)
    here = np.where(abs(bearing[start, 0]) < BEHIND, bearing[start], [forward[start], 0.05])
    if rng.random() < (_AT_THINGS_IN_SILENCE if silent[start] else _AT_THINGS):  # a thing in the room within view
        seen = _direction(room - head[start], heading[start])
        apart = np.linalg.norm(seen - here, axis=-1)
        weights = np.exp(-((apart - np.radians(24.0)) ** 2) / (2 * np.radians(10.0) ** 2)) * (np.abs(seen[:, 0]) < 1.1)
        if weights.sum() > 0.3:
            return _direction(room[rng.choice(len(room), p=weights / weights.sum())] - head[span], heading[span])
    side = float(rng.choice([-1.0, 1.0])) * np.radians(rng.uniform(8.0, 30.0))
    # Up or aside in thought, to the floor in shame and grief.
    low = rng.random() < np.clip(0.45 - 0.4 * attention.power[start], 0.15, 0.9)
    rise = np.radians(rng.uniform(8.0, 26.0) if low else rng.uniform(-12.0, 4.0))
    yaw, pitch = heading[start] + here[0] + side, here[1] + rise
    point = head[start] + 2.0 * _line_of_sight(yaw, pitch)
    return _direction(point - head[span], heading[span])


def _room(rng: np.random.Generator, head: FloatArray, heading: FloatArray) -> FloatArray:
    """Draw positions (12, 3) of things in the room around this body."""
    around = rng.uniform(-np.pi, np.pi, 12)
    far = rng.uniform(1.5, 4.0, 12)
    middle = head.mean(0)
    return np.stack([middle[0] + far * np.sin(around), middle[1] - far * np.cos(around), rng.uniform(0.3, 2.2, 12)], -1)


def _hops(rng: np.random.Generator, frames: int, kept: int, look: bool) -> FloatArray:
    """Return (frames, 2) small saccades within a fixation, as between eyes and mouth, every 0.3 to 1.3 s."""
    hops = np.zeros((frames, 2))
    at = int(rng.uniform(0.3, 1.0) * FPS)
    while at < kept:
        hops[at:] = rng.normal(0.0, [0.028, 0.022]) if look else rng.normal(0.0, [0.035, 0.02])
        at += max(5, int(rng.gamma(3.0, 0.25) * FPS))
    return hops


def _speech_runs(active: NDArray[np.bool_], quiet: float) -> list[tuple[int, int]]:
    """Return runs (start, stop) of ``active`` (T,) with pauses shorter than ``quiet`` seconds filled."""
    runs: list[tuple[int, int]] = []
    for start, stop in runs_of(active):
        if runs and start - runs[-1][1] < quiet * FPS:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs


def _without_short(looks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Replace looks and looks away shorter than ``_SHORTEST`` frames by what was before."""
    result = looks.copy()
    edges = np.concatenate([[0], np.flatnonzero(np.diff(looks)) + 1, [len(looks)]])
    for start, stop in zip(edges[1:-1].tolist(), edges[2:].tolist()):
        if stop - start < _SHORTEST:
            result[start:stop] = result[start - 1]
    return result


def _direction(way: FloatArray, heading: FloatArray | float) -> FloatArray:
    """Return (..., 2) yaw relative to ``heading`` and pitch down of ``way`` (..., 3), in radians."""
    flat = np.maximum(np.linalg.norm(way[..., :2], axis=-1), 0.3)
    return np.stack([turned(heading_towards(way), heading), np.arctan2(-way[..., 2], flat)], -1)


def _line_of_sight(yaw: FloatArray, pitch: FloatArray) -> FloatArray:
    """Return unit vectors (..., 3) of world ``yaw`` and ``pitch`` down (...), in radians."""
    return np.stack([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), -np.sin(pitch)], -1)


def softly(values: FloatArray, furthest: FloatArray) -> FloatArray:
    """Limit components (..., n) softly to ``furthest`` (n,); those below 60 % of it stay as they are."""
    free = 0.6 * furthest
    beyond = np.abs(values) - free
    return np.where(
        beyond > 0.0, np.sign(values) * (free + (furthest - free) * np.tanh(beyond / (furthest - free))), values
    )


def in_head(eyes: FloatArray, heading: FloatArray, head: FloatArray) -> FloatArray:
    """Return (T, 2) yaw to the left and pitch UP of the directions ``eyes`` (see ``Gaze``) in the frame of ``head`` (T,
    4), in radians.
    """
    way = _line_of_sight(eyes[:, 0] + heading, eyes[:, 1])
    local = rot.rotate(rot.conjugate(head), way.astype(np.float32))
    return np.stack([heading_towards(local), np.arctan2(local[:, 2], np.linalg.norm(local[:, :2], axis=-1))], -1)
