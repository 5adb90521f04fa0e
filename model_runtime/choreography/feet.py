"""Feet that touch: a kick, a foot on a foot. Legs are two bones in closed form; the solver knows of hands alone.

A captured kick is only led the last way to its goal. A foot that stood is lifted for it, the pelvis over the other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.body_shape import place_capsules, place_points
from ..body_model.capsules import Capsules, deepest_overlap
from ..body_model.legs import SIDES, leg_positions, reach
from ..body_model.skeleton import INDEX, forward_kinematics, heading_of
from ..common.arrays import Array, FloatArray
from ..common.easing import smootherstep
from ..contract import FPS
from ..refine.contacts.motion import BodyMotion, Goal

_POINTS = ("toe", "sole", "foot")
_LIFT = 0.13  # metres of a body of 1.7 m that a foot is lifted on its way
_OVER = 0.05  # the same by which the pelvis goes over the foot that stands
_AHEAD = 0.06  # and ahead
_ROUNDS, _KEPT = 4, 0.005  # of leading it and taking it out of the other; metres of overlap that stay
_CLEAR = 0.012  # metres that a led foot keeps over the floor
_EASE = 0.3  # s in which the pelvis goes there


@dataclass(frozen=True)
class FootReach:
    """A ``goal`` of a foot, how many frames it takes to ``come`` and to ``go``, and whether it is lifted from where it
    ``stands``, or kicks as captured.
    """

    goal: Goal
    come: int
    go: int
    stands: bool


def is_of_foot(point: str) -> bool:
    """Return whether a contact point is part of a foot that touches."""
    return point.endswith(_POINTS)


def led_foot(bodies: Sequence[BodyMotion], found: FootReach) -> tuple[FloatArray, FloatArray, Array]:
    """Return root (T, 3), rotations (T, 52, 4) and foot contacts (T, 4) of the actor with its foot led to its goal."""
    goal, body = found.goal, bodies[found.goal.actor]
    side = int(goal.point.startswith("right"))
    root, rotations = np.array(body.root, np.float32), np.array(body.rotations, np.float32)
    assert body.foot_contacts is not None and goal.other is not None
    contacts = np.array(body.foot_contacts)
    frames = np.arange(body.frames)
    share = _share(frames, found)
    if found.stands:
        root = _over_the_other(root, rotations, body.skeleton.size, side, frames, found)
        contacts[max(goal.start - found.come, 0) : goal.stop + found.go, 2 * side : 2 * side + 2] = False
    was, turns = leg_positions(body.root, body.rotations, body.skeleton)
    ankles = was[:, :, 2].copy()
    at = np.clip(frames, goal.start, goal.stop - 1)
    mine, theirs = (
        _points(bodies[actor], name)[at] for actor, name in ((goal.actor, goal.point), (goal.other, goal.other_point))
    )
    way = theirs - mine
    far = np.linalg.norm(way, axis=-1, keepdims=True)
    way = way * np.clip(far - 0.6 * goal.distance, 0.0, None) / np.maximum(far, 1e-6)
    ankles[:, side] += share[:, None] * way
    if found.stands:
        ankles[:, side, 2] += _LIFT * body.skeleton.size * _humps(frames, found)
    own = share > 0.0
    for round_ in range(_ROUNDS):
        rotations = reach(root, body.rotations, body.skeleton, ankles.astype(np.float32), turns[:, :, 2])
        if round_ < _ROUNDS - 1:
            ankles[:, side] += own[:, None] * _out_of_the_other(bodies, found, root, rotations, ankles[:, side])
    return root, rotations, contacts


def _out_of_the_other(
    bodies: Sequence[BodyMotion], found: FootReach, root: FloatArray, rotations: FloatArray, ankles: FloatArray
) -> FloatArray:
    """Return the ways (T, 3) by which a foot leaves the other body and the floor: up off a foot, back off a leg."""
    goal, body, other = found.goal, bodies[found.goal.actor], bodies[1 - found.goal.actor]
    side = goal.point.partition("_")[0]
    chosen = np.array([part in (f"{side}_foot", f"{side}_toes") for part in body.shape.parts])
    placed = place_capsules(body.shape, *forward_kinematics(root, rotations, body.skeleton))
    foot = Capsules(placed.start[:, chosen], placed.end[:, chosen], placed.radius[chosen])
    there = place_capsules(other.shape, *forward_kinematics(other.root, other.rotations, other.skeleton))
    deep = np.clip(deepest_overlap(foot, there) - _KEPT, 0.0, None)
    if found.stands:
        way = np.broadcast_to(np.array([0.0, 0.0, 1.0], np.float32), ankles.shape)
    else:
        way = (root - ankles) * np.array([1.0, 1.0, 0.0])
        way = way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-6)
    lowest = (foot.end[..., 2] - foot.radius[:, 1]).min(1)
    lowest = np.minimum(lowest, (foot.start[..., 2] - foot.radius[:, 0]).min(1))
    under = np.clip(_CLEAR - lowest, 0.0, None)[:, None] * np.array([0.0, 0.0, 1.0])
    moved: FloatArray = deep[:, None] * way + under
    return np.maximum(moved, gaussian_filter1d(moved, 1.2, axis=0)) if found.stands else moved


def _points(body: BodyMotion, name: str) -> FloatArray:
    posed = forward_kinematics(body.root, body.rotations, body.skeleton)
    return place_points(body.shape, *posed)[0][:, body.shape.point(name)]


def _share(frames: Array, found: FootReach) -> FloatArray:
    """Return how far (T,) a foot is led: minimum jerk to its goal and back."""
    into = 1.0 - (found.goal.start - frames) / max(found.come, 1)
    out = 1.0 - (frames - found.goal.stop + 1) / max(found.go, 1)
    return smootherstep(np.minimum(into, out)).astype(np.float32)


def _humps(frames: Array, found: FootReach) -> FloatArray:
    """Return how high (T,) a foot is lifted on its way there and back, up to 1."""
    ways = [(frames - found.goal.start + found.come) / max(found.come, 1),
            (frames - found.goal.stop + 1) / max(found.go, 1)]  # fmt: skip
    return np.sum([np.sin(np.pi * np.clip(u, 0.0, 1.0)) ** 2 for u in ways], axis=0).astype(np.float32)


def _over_the_other(
    root: FloatArray, rotations: FloatArray, size: float, side: int, frames: Array, found: FootReach
) -> FloatArray:
    """Return the root with the pelvis over the foot that stands, from before the other is lifted until it is down."""
    ease = round(_EASE * FPS)
    first, last = found.goal.start - found.come, found.goal.stop + found.go
    share = smootherstep(np.minimum(1.0 - (first - frames) / ease, 1.0 - (frames - last) / ease))
    towards = (1.0 if SIDES[side] == "right" else -1.0) * _OVER * size
    way = np.array([towards, -_AHEAD * size, 0.0], np.float32)
    turned = rot.rotate(rot.about_z(heading_of(rotations[:, INDEX["pelvis"]])), way)
    return (root + share[:, None] * turned).astype(np.float32)
