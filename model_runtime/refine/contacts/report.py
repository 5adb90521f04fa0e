"""What a solution is worth: overlaps, wanted contacts, and how much of the motion changed, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...body_model.body_shape import place_capsules, place_points
from ...body_model.capsules import deepest_overlap
from ...body_model.feet import detect_contacts, sole_points
from ...body_model.obstacle import Obstacle, capsules_in
from ...body_model.skeleton import BODY_JOINTS, INDEX, Skeleton, forward_kinematics
from ...common.arrays import Array, FloatArray
from ...common.timing import FPS
from .motion import BodyMotion, Goal

DEEP = 0.01  # metres of overlap that counts as penetration


def compare(
    bodies: Sequence[BodyMotion],
    roots: Array,
    rotations: Array,
    goals: Sequence[Goal],
    obstacles: Sequence[Obstacle] = (),
) -> dict[str, Any]:
    """Return what can be read in a report; metres, seconds and shares of frames."""
    before = [forward_kinematics(b.root, b.rotations, b.skeleton) for b in bodies]
    after = [forward_kinematics(roots[a], rotations[a], b.skeleton) for a, b in enumerate(bodies)]
    report: dict[str, Any] = {}
    if len(bodies) == 2:
        for name, posed in (("before", before), ("after", after)):
            depth = depths(bodies, posed)
            report[f"deepest_{name}"] = float(depth.max(initial=0.0))
            report[f"deep_frames_{name}"] = float((depth > DEEP).mean())
    if obstacles:
        for name, posed in (("before", before), ("after", after)):
            deepest = depths_in(obstacles, bodies, posed)
            report[f"deepest_in_furniture_{name}"] = float(deepest.max(initial=0.0))
            report[f"deep_frames_in_furniture_{name}"] = float((deepest > DEEP).mean())
    report["goals"] = [
        {
            "gap_before": float(gap_of(bodies, before, goal).max()),
            "gap": float(gap_of(bodies, after, goal).max()),
            "mean_gap": float(gap_of(bodies, after, goal).mean()),
            "sliding": sliding_of(bodies, after, goal),
        }
        for goal in goals
    ]
    body = list(range(len(BODY_JOINTS)))
    moved = [np.linalg.norm(q[0][:, body] - p[0][:, body], axis=-1) for p, q in zip(before, after)]
    report["mean_joint_change"] = float(np.mean(moved))
    report["largest_joint_change"] = float(np.max(moved))
    report["jerk_ratio"] = jerk(after) / max(jerk(before), 1e-9)
    report["sole_change"] = max(
        planted_change(b.root, b.rotations, roots[a], rotations[a], b.skeleton) for a, b in enumerate(bodies)
    )
    return report


def depths(bodies: Sequence[BodyMotion], posed: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Return how deep (T,) the two bodies lie in each other, metres; 0 where they do not touch."""
    return deepest_overlap(*(place_capsules(b.shape, *p) for b, p in zip(bodies, posed)))


def depths_in(
    obstacles: Sequence[Obstacle], bodies: Sequence[BodyMotion], posed: Sequence[tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Return how deep (A, T) each body lies in furniture, metres; 0 where it does not touch any."""
    deepest = np.zeros((len(bodies), bodies[0].frames), np.float32)
    for actor, (body, there) in enumerate(zip(bodies, posed)):
        capsules = place_capsules(body.shape, *there)
        for obstacle in obstacles:
            found = capsules_in(obstacle, capsules, obstacle.holds(actor, body.shape.regions), 0.0)
            np.maximum.at(deepest[actor], found.frame, found.depth)
    return deepest


def ways_of(bodies: Sequence[BodyMotion], posed: Sequence[tuple[FloatArray, FloatArray]], goal: Goal) -> FloatArray:
    """Return the way (F, 3) between the two points of a goal on its frames."""
    frames = slice(goal.start, goal.stop)

    def point(actor: int, name: str) -> FloatArray:
        shape = bodies[actor].shape
        places, world = (x[frames] for x in posed[actor])
        return place_points(shape, places, world)[0][:, shape.point(name)]

    mine = point(goal.actor, goal.point)
    if goal.other is None:
        return goal.target(goal.start + np.arange(len(mine))) - mine
    way: FloatArray = point(goal.other, goal.other_point) - mine
    return way


def gap_of(bodies: Sequence[BodyMotion], posed: Sequence[tuple[FloatArray, FloatArray]], goal: Goal) -> FloatArray:
    """Return by how much (F,) the two points of a goal are further apart than they may be, metres."""
    gap: FloatArray = np.maximum(np.linalg.norm(ways_of(bodies, posed, goal), axis=-1) - goal.distance, 0.0)
    return gap


def sliding_of(bodies: Sequence[BodyMotion], posed: Sequence[tuple[FloatArray, FloatArray]], goal: Goal) -> float:
    """Return how fast the two points slide over each other while they touch: 95th percentile, metres a second."""
    way = ways_of(bodies, posed, goal)
    if len(way) < 3 or goal.distance > 0.0:
        return 0.0
    return float(np.percentile(np.linalg.norm(np.diff(way, axis=0), axis=-1) * FPS, 95))


def jerk(posed: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """Return the mean jerk of head, hands and pelvis, metres a second^3."""
    joints = [INDEX[name] for name in ("pelvis", "head", "left_wrist", "right_wrist")]
    if len(posed[0][0]) < 4:
        return 0.0
    return float(np.mean([np.linalg.norm(np.diff(p[0][:, joints], 3, axis=0), axis=-1).mean() for p in posed]) * FPS**3)


def planted_change(root: Array, rotations: Array, new_root: Array, new_rotations: Array, skeleton: Skeleton) -> float:
    """Return how much faster a planted sole slides than before, metres a second, at most."""
    contacts = detect_contacts(root, rotations, skeleton).reshape(len(root), 2, 2)
    slides = []
    for r, q in ((root, rotations), (new_root, new_rotations)):
        soles = sole_points(r, q, skeleton)[:, :, :2]
        slides.append(np.linalg.norm(np.diff(soles, axis=0), axis=-1) * FPS)
    held = contacts[1:] & contacts[:-1]
    return float(np.where(held, slides[1] - slides[0], 0.0).max(initial=0.0))
