"""Where somebody looks: at the other's face and away from it, with the eyes first and the head after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import heading_of
from ...contract import FPS

FloatArray = NDArray[Any]
BEHIND = np.radians(105.0)  # a face further round than this from the chest is not looked at
FURTHEST = np.radians(95.0)  # of eyes and head together against the chest
HEAD_FURTHEST = np.radians([66.0, 34.0])  # yaw and pitch of head and upper trunk together
_SHORTEST = 8  # frames; no look is shorter
_LASTING = 75  # frames for which a look is laid out beyond its end, until the head has gone over to the next
_SIDE_BY_SIDE = 0.75  # share of the usual looks at each other left where two sit or walk side by side
_WALKING = 0.6


@dataclass(frozen=True)
class Attention:
    """What gaze depends on, each (T,): speech of both 0..1, walking 0 or 1, wanted shares of looking, ``power`` (see
    ``AffectParameters``).
    """

    voice: FloatArray
    partner_voice: FloatArray
    walking: FloatArray
    share_speaking: FloatArray
    share_listening: FloatArray
    power: FloatArray
    facing: bool


@dataclass(frozen=True)
class Gaze:
    """Directions against the chest's heading, yaw to the left and pitch down in radians: ``eyes`` (T, 2) where the eyes
    point, ``head`` (T, 2) where the head does; ``looking`` (T,) where the eyes mean the other's face.
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
    mind: Attention,
) -> Gaze:
    """The gaze of somebody whose head is at ``head`` (T, 3), with ``chest`` and ``pelvis`` (T, 4) in the world, at
    ``partner`` (T, 3).
    """
    frames = len(head)
    heading = np.unwrap(heading_of(chest))
    forward = gaussian_filter1d(np.unwrap(_wrapped(heading_of(pelvis) - heading)), 8.0, mode="nearest")
    bearing = _direction(partner - head, heading)
    looks = _when_to_look(rng, mind, np.abs(bearing[:, 0]))
    eyes, turned = np.zeros((frames, 2)), np.zeros((frames, 2))
    looking = np.zeros(frames, bool)
    mover = np.radians(rng.uniform(9.0, 16.0))  # some move their heads sooner than others (Fuller 1992)
    room = _room(rng, head, heading)
    first = True
    for start, stop, look in _fixations(rng, looks):
        span = slice(start, min(frames, stop + _LASTING))
        if look:
            target = bearing[span]
        else:
            target = _away(rng, start, span, head, heading, forward, bearing, room, mind)
        # Something that passes behind is followed to that side, and not suddenly from the other.
        target = np.stack([np.unwrap(target[:, 0]), target[:, 1]], -1)
        target = np.clip(target, [-FURTHEST, -0.6], [FURTHEST, 0.75])
        eyes[span] = target + _hops(rng, span.stop - start, stop - start, look)
        looking[start:stop] = look
        _follow(rng, turned, target, start, stop, mover, look, first)
        first = False
    eyes = gaussian_filter1d(eyes, 0.55, axis=0, mode="nearest")  # a saccade takes one to three frames
    return Gaze(eyes, turned, looking)


def _follow(
    rng: np.random.Generator,
    turned: FloatArray,
    target: FloatArray,
    start: int,
    stop: int,
    mover: float,
    look: bool,
    first: bool,
) -> None:
    """Lead the head towards a new ``target`` in place: not at all for a small shift, else most of the way, 0.1 to 0.2 s
    after the eyes.

    Duration grows with size so that peak speeds are those of unhurried gaze shifts (a minimum-jerk move of 30 degrees
    in 0.5 s peaks at 110 degrees a second; Guitton and Volle 1987 find 60 to 200 for such sizes). On a face that is
    looked at for long the head comes round further.
    """
    if first:
        turned[start:] = target[0] * [0.8, 0.7]
    stages = [(int(rng.integers(3, 7)), 1.0, 1.0)]
    if look and stop - start > 1.5 * FPS:
        stages.append((int(rng.uniform(0.8, 1.6) * FPS), 0.35, 2.2))
    for delay, left, slower in stages:
        at = start + delay
        if at >= len(turned) or delay >= len(target):
            return
        gap = np.clip(target[delay], -HEAD_FURTHEST, HEAD_FURTHEST) - turned[at]
        size = float(np.linalg.norm(gap))
        kept = min(size, mover * left * rng.uniform(0.8, 1.1))
        eccentric = gap * (kept / max(size, 1e-6))
        length = (0.30 + 0.38 * max(0.0, size - kept)) * slower * FPS
        t = np.clip((np.arange(len(target) - delay) + 1) / length, 0.0, 1.0)
        s = (t**3 * (10.0 - 15.0 * t + 6.0 * t * t))[:, None]
        span = slice(at, at + len(s))
        turned[span] = turned[span] * (1.0 - s) + softly(target[delay:] - eccentric, HEAD_FURTHEST) * s
    turned[start + len(target) :] = turned[start + len(target) - 1]


def _when_to_look(rng: np.random.Generator, mind: Attention, aside: FloatArray) -> NDArray[np.bool_]:
    """(T,) whether to look at the other, who is ``aside`` (T,) radians: by turns, away as one begins to speak, back as
    one ends (Kendon 1967); only glances at somebody far round.
    """
    frames = len(mind.voice)
    speaking, heard = gaussian_filter1d(mind.voice, 9.0) > 0.4, gaussian_filter1d(mind.partner_voice, 9.0) > 0.4
    share = np.where(
        speaking,
        mind.share_speaking,
        np.where(heard, mind.share_listening, 0.5 * (mind.share_speaking + mind.share_listening)),
    )
    share = share * np.where(mind.walking > 0.5, _WALKING, 1.0) * (1.0 if mind.facing else _SIDE_BY_SIDE)
    round_about = np.interp(aside, [np.radians(45.0), BEHIND], [1.0, 0.35])
    share = share * round_about
    readily = round_about * np.where(mind.walking > 0.5, _WALKING, 1.0)  # to answer a moment of the talk with a look
    looks = np.zeros(frames, bool)
    clock, look = 0, bool(rng.random() < share[0])
    while clock < frames:
        p = float(share[clock : clock + FPS].mean())
        usual = (
            (2.2 if speaking[clock] else 3.2)
            * (0.5 + p)
            * (0.55 + 0.45 * round_about[clock])
            * (1.0 if look else (1.0 - p) / p)
        )
        length = round(max(0.35, usual * float(rng.gamma(2.5, 0.4))) * FPS)
        looks[clock : clock + length] = look
        clock, look = clock + length, not look
    for start, stop in _spells(mind.voice > 0.5, quiet=0.6):
        if stop - start > FPS and rng.random() < 0.5 * readily[start]:
            looks[max(0, start - int(rng.uniform(2, 9))) : start + int(rng.uniform(0.4, 1.5) * FPS)] = False
        if rng.random() < 0.65 * readily[min(stop, frames - 1)]:
            looks[max(0, stop - int(rng.uniform(0.3, 0.9) * FPS)) : stop + int(rng.uniform(0.4, 1.2) * FPS)] = True
    for start, _ in _spells(mind.partner_voice > 0.5, quiet=0.6):
        answer = start + int(rng.uniform(0.15, 0.5) * FPS)
        if mind.voice[start] < 0.5 and rng.random() < 0.7 * readily[start]:
            looks[answer : answer + int(rng.uniform(0.7, 2.0) * FPS)] = True
    looks &= aside < BEHIND
    return _without_short(looks)


def _fixations(rng: np.random.Generator, looks: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """(start, stop, at the other) over all frames; long looks away wander over several targets."""
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
    mind: Attention,
) -> FloatArray:
    """(n, 2) direction of something else to look at: the way ahead, a thing in the room, thoughts up or aside, or the
    floor.
    """
    ahead = 0.75 if mind.walking[start] > 0.5 else 0.45 if not mind.facing else 0.0
    if rng.random() < ahead:
        down = np.radians(rng.uniform(2.0, 12.0))
        return np.stack([forward[span] + np.radians(rng.normal(0.0, 5.0)), np.full(span.stop - start, down)], -1)
    here = np.where(abs(bearing[start, 0]) < BEHIND, bearing[start], [forward[start], 0.05])
    if rng.random() < 0.35:  # something of the room that can be seen without turning round
        seen = _direction(room - head[start], heading[start])
        apart = np.linalg.norm(seen - here, axis=-1)
        weights = np.exp(-((apart - np.radians(24.0)) ** 2) / (2 * np.radians(10.0) ** 2)) * (np.abs(seen[:, 0]) < 1.1)
        if weights.sum() > 0.3:
            return _direction(room[rng.choice(len(room), p=weights / weights.sum())] - head[span], heading[span])
    side = float(rng.choice([-1.0, 1.0])) * np.radians(rng.uniform(8.0, 30.0))
    # Thoughts go up or aside, shame and grief to the floor.
    low = rng.random() < np.clip(0.45 - 0.4 * mind.power[start], 0.15, 0.9)
    rise = np.radians(rng.uniform(8.0, 26.0) if low else rng.uniform(-12.0, 4.0))
    yaw, pitch = heading[start] + here[0] + side, here[1] + rise
    point = head[start] + 2.0 * np.array([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
    return _direction(point - head[span], heading[span])


def _room(rng: np.random.Generator, head: FloatArray, heading: FloatArray) -> FloatArray:
    """(12, 3) places of things in the room, about where this body moves."""
    around = rng.uniform(-np.pi, np.pi, 12)
    far = rng.uniform(1.5, 4.0, 12)
    middle = head.mean(0)
    return np.stack([middle[0] + far * np.sin(around), middle[1] - far * np.cos(around), rng.uniform(0.3, 2.2, 12)], -1)


def _hops(rng: np.random.Generator, frames: int, kept: int, look: bool) -> FloatArray:
    """(frames, 2) small saccades within what is looked at: from eye to eye and to the mouth, every third of a second to
    1.3 s.
    """
    hops = np.zeros((frames, 2))
    at = int(rng.uniform(0.3, 1.0) * FPS)
    while at < kept:
        hops[at:] = rng.normal(0.0, [0.028, 0.022]) if look else rng.normal(0.0, [0.035, 0.02])
        at += max(5, int(rng.gamma(3.0, 0.25) * FPS))
    return hops


def _spells(active: NDArray[np.bool_], quiet: float) -> list[tuple[int, int]]:
    """(start, stop) of activity with pauses shorter than ``quiet`` seconds filled."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8))).reshape(-1, 2)
    spells: list[tuple[int, int]] = []
    for start, stop in edges.tolist():
        if spells and start - spells[-1][1] < quiet * FPS:
            spells[-1] = (spells[-1][0], stop)
        else:
            spells.append((start, stop))
    return spells


def _without_short(looks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Looks and looks away shorter than ``_SHORTEST`` frames become part of what was before."""
    result = looks.copy()
    edges = np.concatenate([[0], np.flatnonzero(np.diff(looks)) + 1, [len(looks)]])
    for start, stop in zip(edges[1:-1].tolist(), edges[2:].tolist()):
        if stop - start < _SHORTEST:
            result[start:stop] = result[start - 1]
    return result


def _direction(way: FloatArray, heading: FloatArray | float) -> FloatArray:
    """(..., 2) yaw against ``heading`` and pitch down of ``way`` (..., 3), radians."""
    flat = np.maximum(np.linalg.norm(way[..., :2], axis=-1), 0.3)
    yaw = np.arctan2(way[..., 0], -way[..., 1]) - heading
    return np.stack([_wrapped(yaw), np.arctan2(-way[..., 2], flat)], -1)


def softly(values: FloatArray, furthest: FloatArray) -> FloatArray:
    """Components (..., n) kept below ``furthest`` (n,), those below 60 % of it as they are."""
    free = 0.6 * furthest
    beyond = np.abs(values) - free
    return np.where(
        beyond > 0.0, np.sign(values) * (free + (furthest - free) * np.tanh(beyond / (furthest - free))), values
    )


def _wrapped(angle: FloatArray) -> FloatArray:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def in_head(eyes: FloatArray, heading: FloatArray, head: FloatArray) -> FloatArray:
    """(T, 2) yaw to the left and pitch UP of the direction ``eyes`` (see ``Gaze``) in the frame of ``head`` (T, 4),
    radians.
    """
    yaw, pitch = eyes[:, 0] + heading, eyes[:, 1]
    way = np.stack([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), -np.sin(pitch)], -1)
    local = rot.rotate(rot.conjugate(head), way.astype(np.float32))
    return np.stack(
        [np.arctan2(local[:, 0], -local[:, 1]), np.arctan2(local[:, 2], np.linalg.norm(local[:, :2], axis=-1))], -1
    )
