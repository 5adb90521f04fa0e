"""A handshake: fingers close round the other's hand, and both hands go up and down together, strongly once, then less.

Palms that lie flat on each other leave no room for fingers to close. So hands that shake meet with their fingers lower
than their wrists (``SLANT``), and fingers reach round the edge of the other's hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...body_model import rotations as rot
from ...body_model.body_shape import place_capsules
from ...body_model.capsules import closest_points, radius_at
from ...body_model.skeleton import FINGERS, INDEX, forward_kinematics
from ...common.arrays import Array, BoolArray, FloatArray
from ...common.easing import smootherstep
from ...common.timing import FPS
from ..hands import move_hand
from .motion import BodyMotion, Goal

SLANT = np.radians(24.0)  # of each hand's line against the way to the other
_SHORTEST = 27  # frames of a touch of palms that is a handshake
_STEP, _MOST = np.radians(5.0), np.radians([55.0, 80.0, 50.0])  # that joints of a finger close by
_THUMB = np.radians([25.0, 30.0, 40.0])
_PRESSED = 0.005  # metres that a finger may be in the other's hand
_CLOSING, _LOOKS = 9, 5  # frames in which fingers close, and at which they are looked at
_HIGH, _RATE, _FADES = 0.035, 2.1, 0.32  # metres of the first stroke, strokes a second, seconds
_MISSED = 0.002  # metres by which an arm may fall short of a stroke


def is_handshake(goal: Goal) -> bool:
    """Return whether a goal is that two hold each other by the same hand for a while."""
    return (
        goal.other not in (None, goal.actor)
        and goal.point == goal.other_point
        and goal.point.endswith("palm")
        and goal.distance == 0.0
        and not goal.held
        and goal.stop - goal.start >= _SHORTEST
    )


def with_shaken_hands(
    bodies: Sequence[BodyMotion], roots: FloatArray, rotations: FloatArray, goals: Sequence[Goal], free: BoolArray
) -> FloatArray:
    """Return rotations (A, T, 52, 4) with the hands of each handshake closed and shaken.

    ``free`` (A, T): where arms and hands of an actor may change.
    """
    for goal in goals:
        if not (is_handshake(goal) and free[:, goal.start : goal.stop].all()):
            continue
        side = goal.point.partition("_")[0]
        rotations = _pumped(bodies, roots, rotations, goal, side)
        looks = np.linspace(goal.start + _CLOSING // 2, goal.stop - 1 - _CLOSING // 2, _LOOKS).round().astype(int)
        closed = _closed(bodies, roots[:, looks], rotations[:, looks], side)
        joints = [INDEX[f"{side}_{finger}{number}"] for finger in FINGERS for number in (1, 2, 3)]
        frames = np.arange(rotations.shape[1])
        away = np.maximum(goal.start + _CLOSING - 3 - frames, frames - (goal.stop - _CLOSING + 3)) / _CLOSING
        share = smootherstep(np.clip(1.0 - np.maximum(away, 0.0), 0.0, 1.0))
        result = rotations.copy()
        for a in range(len(bodies)):
            at = np.flatnonzero((share > 0.0) & free[a])
            for joint in joints:
                was = rotations[a, at, joint].astype(np.float64)
                result[a, at, joint] = rot.slerp(was, np.broadcast_to(closed[a, joint], was.shape), share[at])
        rotations = result
    return rotations


def _pumped(
    bodies: Sequence[BodyMotion], roots: FloatArray, rotations: FloatArray, goal: Goal, side: str
) -> FloatArray:
    """Return rotations with both hands moved up and down by the same, as far as both arms reach."""
    posed = [forward_kinematics(roots[a], rotations[a], body.skeleton) for a, body in enumerate(bodies)]
    seconds = (np.arange(rotations.shape[1]) - goal.start - 3) / FPS
    length = (goal.stop - goal.start - 6) / FPS
    inside = np.clip(np.minimum(seconds, length - seconds) / 0.2, 0.0, 1.0)
    height = np.sin(2.0 * np.pi * _RATE * seconds) * np.exp(-np.maximum(seconds, 0.0) / _FADES) * smootherstep(inside)
    for high in (_HIGH, 0.6 * _HIGH, 0.3 * _HIGH):
        way = np.zeros((len(height), 3), np.float32)
        way[:, 2] = high * height
        moved = [move_hand(rotations[a], posed[a], side, way) for a in range(len(bodies))]
        wrist = INDEX[f"{side}_wrist"]
        off = [reached - posed[a][0][:, wrist] - way for a, (_, reached) in enumerate(moved)]
        if np.abs(np.stack(off)).max() < _MISSED:
            return np.stack([q for q, _ in moved]).astype(np.float32)
    return rotations


def _closed(bodies: Sequence[BodyMotion], roots: Array, rotations: Array, side: str) -> Array:
    """Return rotations (A, 52, 4) with the fingers of ``side`` closed until they touch the other's arm.

    ``roots`` (A, F, 3) and ``rotations`` (A, F, 52, 4) of some frames, the middle one of which has the fingers to begin
    with: wrists turn a little while hands go up and down, and on none of them may a finger be too deep.
    """
    pose = np.asarray(rotations, np.float64).copy()
    middle = pose.shape[1] // 2
    for finger in FINGERS:
        for number in (1, 2, 3):
            joint = INDEX[f"{side}_{finger}{number}"]
            pose[:, :, joint] = pose[:, middle : middle + 1, joint]
    sign = 1.0 if side == "left" else -1.0
    parts = (f"{side}_hand", f"{side}_forearm")
    hands = [np.flatnonzero([region in parts for region in body.shape.regions]) for body in bodies]
    bent = {(a, finger, k): 0.0 for a in range(len(bodies)) for finger in FINGERS for k in range(3)}
    blocked = set[tuple[int, str, int]]()
    while len(blocked) < len(bent):
        for key in bent:
            actor, finger, k = key
            most = _THUMB[k] if finger == "thumb" else _MOST[k]
            if key in blocked or bent[key] + _STEP > most:
                blocked.add(key)
                continue
            axis = np.array([0.66, 0.75 * sign, 0.0]) if finger == "thumb" else np.array([0.0, sign, 0.0])
            joint, own = INDEX[f"{side}_{finger}{k + 1}"], _finger(bodies[actor], side, finger)
            before = _depth(bodies, roots, pose, hands, actor, own)
            was = pose[actor, :, joint].copy()
            pose[actor, :, joint] = rot.multiply(was, rot.from_axis_angle(_STEP * axis))
            if _depth(bodies, roots, pose, hands, actor, own) > max(_PRESSED, before):
                pose[actor, :, joint] = was
                blocked.add(key)
            else:
                bent[key] += _STEP
    return pose[:, middle]


def _finger(body: BodyMotion, side: str, finger: str) -> Array:
    return np.flatnonzero([part.startswith(f"{side}_{finger}") for part in body.shape.parts])


def _depth(
    bodies: Sequence[BodyMotion], roots: Array, pose: Array, hands: Sequence[Array], actor: int, own: Array
) -> float:
    """Return how deep the capsules ``own`` of an actor are in the capsules ``hands`` of the other at most, metres."""
    placed = []
    for root, turns, body in zip(roots.astype(np.float32), pose.astype(np.float32), bodies):
        posed = forward_kinematics(root, turns, body.skeleton)
        placed.append(place_capsules(body.shape, *posed))
    mine, theirs, other = placed[actor], placed[1 - actor], hands[1 - actor]
    i, j = np.repeat(own, len(other)), np.tile(other, len(own))
    s, t, gap = closest_points(mine.start[:, i], mine.end[:, i], theirs.start[:, j], theirs.end[:, j])
    return float((radius_at(mine.radius[i], s) + radius_at(theirs.radius[j], t) - gap).max())
