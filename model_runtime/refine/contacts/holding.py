"""Arms and hands that have something to touch: taken out of their gestures before the solver begins.

A correction that is the same throughout would add to the gesture that there is, and the hand would be carried away. So
for as long as something is touched the joints of the arm rest in the contact pose, and fingers of a palm are open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.body_shape import place_points
from ...body_model.skeleton import FINGERS, INDEX, forward_kinematics
from ...common.arrays import Array, FloatArray
from ...common.easing import smootherstep
from ...contract.directions import is_of_hand
from ..hands import move_hand
from ..smoothing import whittaker
from .corrections import Unknowns
from .motion import BodyMotion, Goal
from .posing import TURNED, TURNED_JOINTS
from .report import ways_of

REACHING = 24  # frames in which a body goes into a contact pose, and back
_ARM = ("collar", "shoulder", "elbow", "wrist")
# Local rotation vectors, rad, of a left arm that is held out: thumb up, the forearm level.
_READY = {"collar": (0.0, 0.0, 0.0), "shoulder": (0.0, 1.2, 0.0), "elbow": (0.0, 0.0, -1.2), "wrist": (0.0, 0.0, 0.0)}
# Radians: each joint of an open finger is bent a little, and a thumb is spread off the palm.
_BENT, _SPREAD = 0.05, 0.35
_ROOM, _COMING = 0.10, 18  # metres that a hand keeps off until so many frames before it touches
# Hz, the cut-off away from a reach and in it; how soon all of it holds; frames, fewer than which stay as they are.
_FREE, _CALM, _CALMED, _FEWEST = 14.5, 2.5, 8.0, 16
_FADING, _STEADY = 10, 5.0  # frames: beside a contact, and the deviation of what smooths the way between two points


def hands_of(goals: Sequence[Goal]) -> list[tuple[int, str, str]]:
    """Return the hands that have something to touch: actor, side and contact point."""
    ends = [(goal.actor, goal.point) for goal in goals] + [(goal.other, goal.other_point) for goal in goals]
    return [(actor, point.partition("_")[0], point) for actor, point in ends if actor is not None and is_of_hand(point)]


def arms_of(goals: Sequence[Goal]) -> list[tuple[int, int]]:
    """Return the joints of arms whose hand has something to touch: actor and column of ``TURNED``."""
    found = [(actor, TURNED.index(f"{side}_{part}")) for actor, side, _ in hands_of(goals) for part in _ARM]
    return list(dict.fromkeys(found))


def with_calm_arms(
    bodies: Sequence[BodyMotion], arms: Sequence[tuple[int, int]], span: tuple[int, int], unknowns: Unknowns
) -> list[BodyMotion]:
    """Return the bodies with ``arms`` as smooth as a reach is, on the way into a ``span`` of frames and back.

    A reach has one bell of speed (Flash and Hogan 1985, "The coordination of arm movements"). The gesture that was
    there has many, and would be blended into it.
    """
    result = list(bodies)
    for actor, column in arms:
        body, joint = result[actor], TURNED_JOINTS[column]
        share = np.minimum(_CALMED * _share(unknowns, actor, column, span), 1.0)
        if body.frames < _FEWEST or not share.any():
            continue
        turns = rot.continuous(body.rotations[:, joint]).astype(np.float64)
        smooth = rot.normalize(whittaker(turns, _FREE * (_CALM / _FREE) ** share.astype(np.float64)))
        result[actor] = _with_joint(body, joint, smooth, share)
    return result


def with_open_hands(
    bodies: Sequence[BodyMotion], goals: Sequence[Goal], span: tuple[int, int], unknowns: Unknowns
) -> list[BodyMotion]:
    """Return the bodies with the fingers of every palm that touches something open over a ``span`` of frames."""
    result = list(bodies)
    for actor, side, point in hands_of(goals):
        if not point.endswith("palm"):
            continue
        sign = 1.0 if side == "left" else -1.0
        for finger in FINGERS:
            share = _share(unknowns, actor, TURNED.index(f"{side}_{finger}1"), span)
            for number in (1, 2, 3):
                bend = np.array([0.0, sign * _BENT, 0.0])
                if finger == "thumb":
                    bend = np.array([-0.66, -0.75 * sign, 0.0]) * (_SPREAD if number == 1 else 0.0)
                joint = INDEX[f"{side}_{finger}{number}"]
                result[actor] = _with_joint(result[actor], joint, rot.from_axis_angle(bend), share)
    return result


def with_arms_ready(
    bodies: Sequence[BodyMotion],
    arms: Sequence[tuple[int, int]],
    frame: int,
    span: tuple[int, int],
    unknowns: Unknowns,
) -> list[BodyMotion]:
    """Return the bodies with ``arms`` as people hold them out: elbow low and bent, thumb up.

    The contact pose is sought from there. From a gesture it would stay near that gesture, with hands before the face.
    """
    result = list(bodies)
    for actor, column in arms:
        side, _, part = TURNED[column].partition("_")
        if _share(unknowns, actor, column, span)[frame] < 1.0:
            continue
        turn = np.array(_READY[part]) * (1.0 if side == "left" else np.array([1.0, -1.0, -1.0]))
        everywhere = np.ones(bodies[actor].frames, np.float32)
        result[actor] = _with_joint(result[actor], TURNED_JOINTS[column], rot.from_axis_angle(turn), everywhere)
    return result


def with_arms_held(
    bodies: Sequence[BodyMotion],
    ready: Sequence[BodyMotion],
    arms: Sequence[tuple[int, int]],
    turns: FloatArray,
    frame: int,
    span: tuple[int, int],
    unknowns: Unknowns,
) -> list[BodyMotion]:
    """Return the bodies with ``arms``, as of ``arms_of``, in one pose over a ``span`` of frames.

    It is that of ``ready`` on ``frame``, turned by ``turns`` (A, 24, 3) rad in the order of ``TURNED``.
    """
    result = list(bodies)
    for actor, column in arms:
        joint = TURNED_JOINTS[column]
        local = np.asarray(ready[actor].rotations[frame, joint], np.float64)
        there = rot.multiply(rot.from_axis_angle(turns[actor, column].astype(np.float64)), local)
        result[actor] = _with_joint(result[actor], joint, there, _share(unknowns, actor, column, span))
    return result


def with_room_to_come(bodies: Sequence[BodyMotion], goals: Sequence[Goal], unknowns: Unknowns) -> list[BodyMotion]:
    """Return the bodies with hands that come to what they touch along its normal, and leave it so.

    Hands that swing into a pose pass through each other just before it.
    """
    result = list(bodies)
    for goal in goals:
        for actor, side, point in hands_of([goal]):
            body = result[actor]
            posed = forward_kinematics(body.root, body.rotations, body.skeleton)
            out = place_points(body.shape, *posed)[1][:, body.shape.point(point)]
            frames = np.arange(body.frames)
            away = np.maximum(np.maximum(goal.start - frames, frames - goal.stop + 1), 0)
            share = _share(unknowns, actor, TURNED.index(f"{side}_elbow"), (goal.start, goal.stop))
            room = _ROOM * smootherstep(np.clip(away / _COMING, 0.0, 1.0)) * share
            moved, _ = move_hand(body.rotations, posed, side, -room[:, None] * out)
            result[actor] = replace(body, rotations=moved.astype(np.float32))
    return result


def with_steady_hands(
    bodies: Sequence[BodyMotion], roots: FloatArray, rotations: FloatArray, goals: Sequence[Goal], unknowns: Unknowns
) -> FloatArray:
    """Return rotations (A, T, 52, 4) with hands that touch something moved by millimetres, so that they do not slide.

    Splines cannot follow what trembles in two trunks. Each hand of a goal gets half of the way.
    """
    result = list(rotations)
    for goal in goals:
        hands = hands_of([goal])
        if not hands or goal.distance > 0.0 or goal.stop - goal.start < 3:
            continue
        posed = [forward_kinematics(roots[a], result[a], body.skeleton) for a, body in enumerate(bodies)]
        way = ways_of(bodies, posed, goal)
        off = _faded(way - gaussian_filter1d(way, _STEADY, axis=0, mode="nearest"), goal, len(roots[0])) / len(hands)
        for actor, side, point in hands:
            sign = 1.0 if (actor, point) == (goal.actor, goal.point) else -1.0
            column = TURNED.index(f"{side}_elbow")
            may = _share(unknowns, actor, column, (goal.start, goal.stop))[:, None]
            result[actor], _ = move_hand(result[actor], posed[actor], side, sign * off * may)
    return np.stack(result).astype(np.float32)


def _faded(off: FloatArray, goal: Goal, frames: int) -> FloatArray:
    """Return what is off (F, 3) on a goal's frames over all ``frames`` (T, 3), fading out beside them."""
    index = np.clip(np.arange(frames), goal.start, goal.stop - 1)
    away = np.abs(np.arange(frames) - index) / _FADING
    faded: FloatArray = off[index - goal.start] * smootherstep(np.clip(1.0 - away, 0.0, 1.0))[:, None]
    return faded


def _with_joint(body: BodyMotion, joint: int, turn: Array, share: FloatArray) -> BodyMotion:
    """Return a body with ``joint`` brought to the local rotation ``turn``, (4,) or (T, 4), by ``share`` (T,)."""
    rotations = np.array(body.rotations, np.float32)
    at = np.flatnonzero(share > 0.0)
    was = rotations[at, joint].astype(np.float64)
    rotations[at, joint] = rot.slerp(was, np.broadcast_to(turn, (len(rotations), 4))[at], share[at])
    return replace(body, rotations=rotations)


def _share(unknowns: Unknowns, actor: int, column: int, span: tuple[int, int]) -> FloatArray:
    """Return how far (T,) a joint of ``TURNED`` may be in a pose that is wanted over a ``span`` of frames: 0 where it
    may not change, and never sooner from there than a hand can reach.
    """
    fine = unknowns.fine.numpy()
    free = unknowns.free["turns"][actor, :, column, 0].numpy()
    frames = np.arange(len(fine))
    away = np.maximum(np.maximum(span[0] - frames, frames - span[1] + 1), 0) / REACHING
    stays = np.flatnonzero((fine[:, ~free] != 0.0).any(1))
    if len(stays):
        after = np.abs(frames[:, None] - stays).min(1) / REACHING
        away = np.maximum(away, 1.0 - after)
    share: FloatArray = smootherstep(np.clip(1.0 - away, 0.0, 1.0)).astype(np.float32)
    return share
