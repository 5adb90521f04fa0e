"""Walking and turning on the spot: captured starts, cycles, stops and turns, bent towards a goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..contract import FPS, FloatArray
from .base_motion import BodyTrack, Motion, best_frame, pose_features
from .clip_bank import ClipSet

TURN_RATE = np.radians(65.0)  # rad/s at most, while walking
TURN_EASE = 0.35  # s; how slowly the turn rate itself may change
TURNS = (60, 90, 120, 180)

Steering = Callable[[int, FloatArray, float], float]
"""(frame, place (2,), direction of travel) -> wanted change of direction, radians."""


@dataclass(frozen=True)
class Gait:
    """Which captured walk: performer's prefix, the cycle's name, and whether all of it is mirrored."""

    performer: str
    cycle: str
    mirrored: bool


def straight_walk(clips: ClipSet, gait: Gait, length: float) -> Motion:
    """Start, cycles and stop along the clips' own direction, about ``length`` metres in all (at least start and stop)."""
    start = clips.motion(f"{gait.performer}_walk_start", gait.mirrored)
    cycle = clips.motion(gait.cycle, gait.mirrored)
    track = BodyTrack(clips.skeleton, start, np.zeros(2, np.float32), 0.0, "walk")
    track.append(start, "walk")
    entry = best_frame(cycle, start_features(start), 0, cycle.frames - 1)
    travelled = float(np.linalg.norm(start.root[-1, :2]))
    # Either foot may come to rest: the stop and its mirror image, each at its own phase of the cycle.
    options = []
    for mirrored in (False, True):
        stop = clips.motion(f"{gait.performer}_walk_stop", mirrored)
        assert stop.features is not None
        leave = best_frame(cycle, stop.features[0], 0, cycle.frames - 1)
        period = cycle.frames - 1
        stride = float(np.linalg.norm(cycle.root[-1, :2] - cycle.root[0, :2]))
        for turns in range(12):
            count = (leave - entry) % period + turns * period
            total = travelled + stride * count / period + float(np.linalg.norm(stop.root[-1, :2]))
            options.append((abs(total - length), count, mirrored))
    _, count, mirrored = min(options)
    if count > 1:
        track.append(track.aligned(cycled(cycle, entry, count), by_feet=False), "walk")
    stop = clips.motion(f"{gait.performer}_walk_stop", mirrored)
    track.append(track.aligned(stop, by_feet=False), "walk")
    return track.result()[0]


def start_features(start: Motion) -> FloatArray:
    assert start.features is not None
    return start.features[-1]


def cycled(cycle: Motion, entry: int, count: int) -> Motion:
    """``count`` + 1 frames of a cycle whose last frame equals its first, from frame ``entry`` on, as often as it takes."""
    period = cycle.frames - 1
    at = entry + np.arange(count + 1)
    index, laps = at % period, at // period
    root = cycle.root[index].copy()
    root[:, :2] += laps[:, None] * (cycle.root[-1, :2] - cycle.root[0, :2])
    return Motion(root, cycle.rotations[index], cycle.contacts[index])


def steered(motion: Motion, steering: Steering, skeleton_scale: float = 1.0) -> Motion:
    """A straight walk bent frame by frame; the turn rate is limited, eased, and slower when the body is slow."""
    step = np.diff(motion.root[:, :2], axis=0)
    smooth = gaussian_filter1d(step, 0.25 * FPS, axis=0, mode="nearest")
    speed = np.linalg.norm(smooth, axis=-1) * FPS
    travel = np.unwrap(np.arctan2(smooth[:, 0], -smooth[:, 1]))  # 0 along -Y, as headings are
    yaw = np.zeros(motion.frames, np.float32)
    place, rate = motion.root[0, :2].copy(), 0.0
    for t in range(motion.frames - 1):
        wanted = steering(t, place, float(travel[t] + yaw[t]))
        limit = TURN_RATE * min(1.0, float(speed[t]) / (1.0 * skeleton_scale))
        target = float(np.clip(2.2 * wanted, -limit, limit))
        rate += (target - rate) / (TURN_EASE * FPS) * 1.6
        yaw[t + 1] = yaw[t] + rate / FPS
        cos, sin = np.cos(yaw[t]), np.sin(yaw[t])
        place = place + np.array([cos * step[t, 0] - sin * step[t, 1], sin * step[t, 0] + cos * step[t, 1]], np.float32)
    return motion.warped(yaw)


def towards(goal: FloatArray) -> Steering:
    """Steering to a place; the last half metre is walked straight."""

    def steering(_: int, place: FloatArray, direction: float) -> float:
        way = goal - place
        if float(np.hypot(*way)) < 0.5:
            return 0.0
        return wrapped(float(np.arctan2(way[0], -way[1])) - direction)

    return steering


def wandering(rng: np.random.Generator, frames: int, avoid: FloatArray, keep: float) -> Steering:
    """A path that winds at random, and turns away from whoever stands at ``avoid`` (2,) nearer than ``keep`` metres."""
    drift = gaussian_filter1d(rng.standard_normal(frames + 4 * FPS), 1.2 * FPS)[: frames + 1]
    drift = drift / max(float(drift.std()), 1e-6) * np.radians(rng.uniform(8.0, 28.0))

    def steering(t: int, place: FloatArray, direction: float) -> float:
        away = place - avoid
        distance = float(np.hypot(*away))
        if distance < keep:
            bearing = wrapped(float(np.arctan2(away[0], -away[1])) - direction)
            return float(np.clip(bearing, -1.2, 1.2)) * (1.5 - distance / keep)
        if distance > 4.0:
            return 0.5 * wrapped(float(np.arctan2(-away[0], away[1])) - direction)
        return float(drift[min(t, frames)])

    return steering


def around(centre: FloatArray, radius: float, side: float) -> Steering:
    """A path about ``centre`` at ``radius`` metres; ``side`` +1 keeps it on the left hand, -1 on the right."""

    def steering(_: int, place: FloatArray, direction: float) -> float:
        out = place - centre
        bearing = float(np.arctan2(out[0], -out[1]))
        gap = float(np.clip((np.hypot(*out) - radius) / radius, -0.8, 0.8))
        return wrapped(bearing + side * (np.pi / 2 + gap) - direction)

    return steering


def turn_on_the_spot(clips: ClipSet, performer: str, angle: float, rng: np.random.Generator) -> Motion:
    """A captured turn with steps, warped to ``angle`` radians (left positive)."""
    options = []
    for name in clips.names(f"{performer}_turn_"):
        if not name.endswith("walk"):
            for mirrored in (False, True):
                motion = clips.motion(name, mirrored)
                turned = float(motion.heading[-1] - motion.heading[0])
                if turned * angle > 0:
                    options.append((abs(np.log(angle / turned)) + float(rng.uniform(0.0, 0.12)), name, mirrored, turned))
    _, name, mirrored, turned = min(options)
    motion = clips.motion(name, mirrored)
    profile = gaussian_filter1d(motion.heading - motion.heading[0], 4.0, mode="nearest")
    profile = (profile - profile[0]) / (profile[-1] - profile[0])
    warped = motion.warped(((angle - turned) * profile).astype(np.float32))
    warped.features = pose_features(warped, clips.skeleton)
    return warped


def wrapped(angle: float) -> float:
    """The same angle within -pi to pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)
