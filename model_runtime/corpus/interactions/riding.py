"""One on the back of the other: the rider goes along with the carrier's trunk, hands hold shoulders and thighs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...body_model import rotations as rot
from ...body_model.body_shape import BodyShape, place_capsules, place_points
from ...body_model.capsules import Capsules, deepest_overlap
from ...body_model.inverse_kinematics import aim
from ...body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ...choreography.arms import PARTS, arm_pose
from ...choreography.hands import shape_hand
from ...choreography.places import composing_shape
from ...common.arrays import Array, FloatArray
from ...refine.contacts.motion import BodyMotion, Goal
from ...refine.hands import move_hand
from ..motion.base_motion import Motion

_SPINE = ("spine1", "spine2", "spine3")
_LEAN = 0.16  # radians that each joint of the carrier's spine bends forward
_BACK, _UP = (
    np.arange(0.18, 0.36, 0.015),
    0.10,
)  # metres of the rider's pelvis behind and over the carrier's lowest spine
_SPREAD = np.arange(0.5, 0.95, 0.09)  # radians that each thigh is spread, the knees forward
_FLEXED, _KNEE = 1.25, 1.35  # radians of hips and knees
_TRIED, _DEEPEST = 3, 0.007  # frames looked at, metres that the two may overlap there
_ARMS = ("hand", "forearm", "upper_arm")
_GAP, _FURTHEST = 0.010, 0.014  # metres between palms and what they hold, and by which they are taken out of it
_ROUNDS = 4
_HOLDS = (  # role, point, what it holds of the other
    (0, "left_palm", "left_outer_thigh"), (0, "right_palm", "right_outer_thigh"),
    (1, "left_palm", "left_shoulder"), (1, "right_palm", "right_shoulder"),
)  # fmt: skip


def carried(
    motions: Sequence[Motion], skeletons: Sequence[Skeleton], rng: np.random.Generator
) -> tuple[list[Motion], list[Goal]]:
    """Return both motions with the second body on the back of the first, and who holds what throughout.

    Raises ``ValueError`` where the two bodies do not fit.
    """
    carrier = _bent(motions[0])
    rider = motions[1]
    shapes = [composing_shape(skeleton) for skeleton in skeletons]
    posed = forward_kinematics(carrier.root, carrier.rotations, skeletons[0])
    tried = np.linspace(0, carrier.frames - 1, _TRIED).astype(int)
    aside = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.4))
    for back, spread in ((b, s) for b in _BACK for s in _SPREAD):
        seated = _riding(rider, posed, skeletons, float(back), float(spread), aside)
        placed = [
            place_capsules(shape, *(x[tried] for x in joints))
            for shape, joints in zip(shapes, (posed, forward_kinematics(seated.root, seated.rotations, skeletons[1])))
        ]
        if _apart(placed, shapes):
            break
    else:
        raise ValueError("the rider does not fit on the back of the carrier")
    bodies = [
        BodyMotion(m.root, m.rotations, s, shape, m.contacts)
        for m, s, shape in zip((carrier, seated), skeletons, shapes)
    ]
    goals = [Goal(role, mine, 0, carrier.frames, 1 - role, other, distance=_GAP) for role, mine, other in _HOLDS]
    rotations = [carrier.rotations, seated.rotations]
    for goal in [*goals, *goals]:
        rotations[goal.actor] = _held(bodies, rotations, goal)
    return [Motion(m.root, r, m.contacts) for m, r in zip((carrier, seated), rotations)], goals


def _bent(motion: Motion) -> Motion:
    """Return the carrier with a trunk bent forward under the load."""
    rotations = np.array(motion.rotations, np.float32)
    for joint, angle in (*((name, _LEAN) for name in _SPINE), ("neck", -0.18), ("head", -0.14)):
        turn = rot.tilt(np.full(motion.frames, angle))
        rotations[:, INDEX[joint]] = rot.multiply(rotations[:, INDEX[joint]], turn)
    return Motion(
        motion.root, _with_arms(rot.normalize(rotations).astype(np.float32), "holding thighs"), motion.contacts
    )


def _with_arms(rotations: FloatArray, pose: str) -> FloatArray:
    for side in ("left", "right"):
        for part in PARTS:
            rotations[:, INDEX[f"{side}_{part}"]] = arm_pose(pose, side, part)
        rotations = shape_hand(
            rotations, side, "open" if pose == "on shoulders" else "cupped", np.ones(len(rotations), np.float32)
        )
    return rotations


def _riding(
    rider: Motion,
    posed: tuple[FloatArray, FloatArray],
    skeletons: Sequence[Skeleton],
    back: float,
    spread: float,
    aside: float,
) -> Motion:
    """Return the rider seated ``back`` metres behind the carrier's spine, thighs spread by ``spread`` radians."""
    size = 0.5 * (skeletons[0].size + skeletons[1].size)
    anchor, turn = posed[0][:, INDEX["spine1"]], posed[1][:, INDEX["spine2"]]
    root = anchor + rot.rotate(turn, np.array([0.0, back * size, _UP * size], np.float32))
    rotations = np.array(rider.rotations, np.float32)
    rotations[:, 0] = turn
    for side, sign in (("left", 1.0), ("right", -1.0)):
        thigh = rot.multiply(_about(2, sign * spread), _about(0, -_FLEXED))
        for part, local in (
            ("hip", thigh),
            ("knee", _about(0, _KNEE)),
            ("ankle", _about(0, 0.5)),
            ("foot", _about(0, 0.0)),
        ):
            rotations[:, INDEX[f"{side}_{part}"]] = local
    for joint, pitch, roll, yaw in (("spine3", -0.08, 0.0, 0.0), ("neck", -0.1, 0.5 * aside, 0.3 * aside),
                                    ("head", -0.1, 0.5 * aside, 0.5 * aside)):  # fmt: skip
        extra = rot.tilt(np.full(rider.frames, pitch), roll, yaw)
        rotations[:, INDEX[joint]] = rot.multiply(rotations[:, INDEX[joint]], extra)
    rotations = _with_arms(rot.normalize(rotations).astype(np.float32), "on shoulders")
    return Motion(root.astype(np.float32), rotations, np.zeros_like(rider.contacts))


def _about(axis: int, angle: float) -> Array:
    vector = np.zeros(3)
    vector[axis] = angle
    return rot.from_axis_angle(vector)


def _apart(placed: Sequence[Capsules], shapes: Sequence[BodyShape]) -> bool:
    """Return whether the two bodies without their arms keep apart."""
    chosen = [np.array([not region.endswith(_ARMS) for region in shape.regions]) for shape in shapes]
    bare = [Capsules(c.start[:, own], c.end[:, own], c.radius[own]) for c, own in zip(placed, chosen)]
    return bool(deepest_overlap(bare[0], bare[1]).max() < _DEEPEST)


def _held(bodies: Sequence[BodyMotion], rotations: Sequence[FloatArray], goal: Goal) -> FloatArray:
    """Return the rotations of a goal's actor with its palm turned to what it holds, led there, and taken out of it."""
    assert goal.other is not None
    side, body, other = goal.point.partition("_")[0], bodies[goal.actor], bodies[goal.other]
    wrist, elbow = INDEX[f"{side}_wrist"], INDEX[f"{side}_elbow"]
    normal = body.shape.point_normal[body.shape.point(goal.point)]
    there = forward_kinematics(other.root, rotations[goal.other], other.skeleton)
    points, normals = place_points(other.shape, *there)
    target, out = (x[:, other.shape.point(goal.other_point)] for x in (points, normals))
    hand = np.isin(body.shape.regions, [f"{side}_hand", f"{side}_forearm"])
    whole = place_capsules(other.shape, *there)
    result, off = np.array(rotations[goal.actor], np.float32), np.zeros((body.frames, 1), np.float32)
    for _ in range(_ROUNDS):
        posed = forward_kinematics(body.root, result, body.skeleton)
        facing = aim(posed[1][:, wrist], normal, -out)
        result[:, wrist] = rot.normalize(rot.multiply(rot.conjugate(posed[1][:, elbow]), facing))
        posed = forward_kinematics(body.root, result, body.skeleton)
        mine = place_points(body.shape, *posed)[0][:, body.shape.point(goal.point)]
        result, _ = move_hand(result, posed, side, target + (0.6 * _GAP + off) * out - mine)
        placed = place_capsules(body.shape, *forward_kinematics(body.root, result, body.skeleton))
        own = Capsules(placed.start[:, hand], placed.end[:, hand], placed.radius[hand])
        deep = deepest_overlap(own, whole)[:, None] - _DEEPEST
        off = np.minimum(off + np.clip(deep, 0.0, None), _FURTHEST)
    return result.astype(np.float32)
