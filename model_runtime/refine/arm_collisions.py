"""Keep hands and forearms out of thighs, trunk, head, the other arm and the partner.

Where an arm is inside another part by more than soft contact, its wrist is displaced by the depth and its elbow
follows. The displacement is widened and smoothed in time, so an arm leaves before it would touch and comes back
afterwards; hands keep their rotation in the world. All rounds work on joint positions, for the four arms at once; the
rotations follow at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.capsules import CAPSULES, SIDES, SOFT_CONTACT, capsules_about, closest_points, radius_at
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from .fixed import freedom
from .separation import depth_along, parting_directions, widest

_ROUNDS = 14
_MARGIN = 0.002  # m that an arm moves further than it has to
_NEGLIGIBLE = 5e-4  # m; a shallower overlap is left
_HOLD = 5  # frames before and after an overlap in which the arm is already displaced
_SMOOTHING = 4.0  # frames, deviation of the Gaussian that smooths the displacement
_BESIDE_FIXED = 20  # frames over which the displacement grows beside frames that stay
_SHARED = 0.55  # of the depth goes each of two arms that overlap
_NEAR_ELBOW = 0.35  # of the forearm, from the elbow; an overlap nearer to it does not move the wrist further
_WITHIN = 0.85  # m at 1.70 m between a pelvis and the partner's wrist, further than which nothing can touch

# Angles about the bone of a lifted thigh, from its top outwards: how far in and out hands may leave it, and where the
# two sides meet below.
_INWARD, _OUTWARD, _SEAM = np.radians(60.0), np.radians(100.0), np.radians(120.0)

_PARTS = ("forearm", "palm", "fingers")
_TRUNK = ("hips", "belly", "chest", "thigh")
_BODY = tuple(k for k, name in enumerate(CAPSULES) if name.endswith(_TRUNK) or name in ("neck", "head"))
_THIGHS = {CAPSULES.index("left_thigh"): 1, CAPSULES.index("right_thigh"): -1}
_LEGS = tuple(k for k, name in enumerate(CAPSULES) if name.endswith(("shin", "foot")))
_ARM = {side: tuple(CAPSULES.index(f"{side}_{part}") for part in ("upper_arm", *_PARTS)) for side in SIDES}
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")) for side in SIDES}
_ARMS = tuple((actor, side) for actor in range(2) for side in SIDES)
_FOREARMS = np.array([actor * len(CAPSULES) + _ARM[side][1] for actor, side in _ARMS])


class Pair(NamedTuple):
    """Two capsules that are kept apart, numbered through both actors."""

    mine: int  # of the arm
    other: int
    arm: int  # 0..3, index of _ARMS
    forearm: bool
    soft: float  # m of overlap that is contact
    share: float  # of the depth that this arm moves
    other_arm: int  # index of _ARMS, -1 if the other capsule is no arm
    lap: int  # 1 for the own left thigh, -1 for the own right, else 0


class Pairs(NamedTuple):
    """The columns of P pairs, each (P,)."""

    mine: Array
    other: Array
    arm: Array
    forearm: Array
    soft: Array
    share: Array
    other_arm: Array
    lap: Array


def clear_arms(
    roots: Array, rotations: Array, skeletons: Sequence[Skeleton], together: bool = True, fixed: Array | None = None
) -> NDArray[np.float32]:
    """Return rotations (2, T, 52, 4) in which no arm is inside a body.

    ``roots`` (2, T, 3) metres, ``rotations`` (2, T, 52, 4); ``together`` is whether both bodies share one place. Only
    shoulders, elbows and wrists change, around frames where an arm overlaps something; nothing of an actor on frames
    that are ``fixed`` (2, T).
    """
    result = np.array(rotations, np.float32)
    posed = [forward_kinematics(np.asarray(roots[a], np.float32), result[a], skeletons[a]) for a in range(2)]
    bodies = [capsules_about(*posed[a], skeletons[a]) for a in range(2)]
    start = np.concatenate([body.start for body in bodies], 1)
    end = np.concatenate([body.end for body in bodies], 1)
    radius = np.concatenate([body.radius for body in bodies], 0)
    rest = start, end
    sizes = [skeleton.size for skeleton in skeletons]
    joints = np.stack([posed[a][0][:, _JOINTS[side][1:]] for a, side in _ARMS], 1)  # shoulder, elbow, wrist
    backward = np.array([0.0, 1.0, 0.0], np.float32)
    back = np.stack([rot.rotate(posed[a][1][:, _JOINTS[side][1]], backward) for a, side in _ARMS], 1)
    own, between = (_pairs(sizes, partner) for partner in (False, True))

    displacement = np.zeros((len(start), len(_ARMS), 2, 3), np.float32)  # of wrist and elbow
    given = [None if fixed is None else fixed[a] for a, _ in _ARMS]
    free = np.stack([freedom(frames, len(start), _BESIDE_FIXED) for frames in given], 1)[..., None, None]
    may_move = free > 0.0
    unsettled = np.ones(len(start), bool)
    for _ in range(_ROUNDS):
        frames = np.flatnonzero(unsettled)
        push = np.zeros_like(displacement)
        push[frames] = _pushes(start[frames], end[frames], radius, own)
        near = frames[_near(start[frames], end[frames], sizes)] if together else frames[:0]
        if len(near):
            push[near] = _longer(push[near], _pushes(start[near], end[near], radius, between))
        overlapping = np.linalg.norm(push, axis=-1).max((1, 2)) > _NEGLIGIBLE
        if not overlapping.any():
            break
        unsettled = binary_dilation(overlapping, iterations=_HOLD + int(4 * _SMOOTHING))
        displacement += may_move * gaussian_filter1d(widest(push * may_move, _HOLD), _SMOOTHING, axis=0, mode="nearest")
        elbow, wrist, _, _ = bend(joints, back, displacement)
        start, end = _moved_arms(rest, elbow - joints[:, :, 1], wrist - joints[:, :, 2])

    displacement *= free
    moved = np.abs(displacement).max((2, 3)) > 1e-5
    for arm, (a, side) in enumerate(_ARMS):
        at = np.flatnonzero(moved[:, arm])
        if len(at):
            _, _, upper, fore = bend(joints[at, arm], back[at, arm], displacement[at, arm])
            world, (collar, shoulder, elbow_joint, wrist_joint) = posed[a][1][at], _JOINTS[side]
            chain = [
                world[:, collar],
                rot.multiply(upper, world[:, shoulder]),
                rot.multiply(fore, world[:, elbow_joint]),
                world[:, wrist_joint],
            ]
            for joint, local in zip((shoulder, elbow_joint, wrist_joint), local_rotations(chain)):
                result[a, at, joint] = local
    return result


def _pairs(sizes: Sequence[float], partner: bool) -> Pairs:
    """Return arms against their own body and each other, or against the ``partner``."""
    rows = [row for actor in range(2) for row in _pairs_of(actor, sizes, partner)]
    table = Pairs(*(np.array(column) for column in zip(*rows)))
    return table._replace(soft=table.soft.astype(np.float32), share=table.share.astype(np.float32))


def _pairs_of(actor: int, sizes: Sequence[float], partner: bool) -> Iterator[Pair]:
    count = len(CAPSULES)
    owner = 1 - actor if partner else actor
    for s, side in enumerate(SIDES):
        for part in _PARTS:
            soft = SOFT_CONTACT["pair" if partner else "forearm" if part == "forearm" else "hand"] * sizes[actor]
            arms = (*_ARM["left"], *_ARM["right"]) if partner else _ARM[SIDES[1 - s]]
            for other in (*_BODY, *(_LEGS if partner else ()), *arms):
                is_arm = other in arms
                yield Pair(
                    mine=actor * count + CAPSULES.index(f"{side}_{part}"),
                    other=owner * count + other,
                    arm=2 * actor + s,
                    forearm=part == "forearm",
                    soft=soft,
                    share=_SHARED if is_arm else 1.0,
                    other_arm=2 * owner + int(other in _ARM["right"]) if is_arm else -1,
                    lap=0 if partner else _THIGHS.get(other, 0),
                )


def _pushes(start: Array, end: Array, radius: Array, pairs: Pairs) -> Array:
    """Return how far (T, 4, 2, 3) in metres wrist and elbow of each arm move.

    The deepest overlap decides, then what its push leaves of the others.
    """
    a, b = start[:, pairs.mine], end[:, pairs.mine]
    c, d = start[:, pairs.other], end[:, pairs.other]
    s, t, gap = closest_points(a, b, c, d)
    clearance = radius_at(radius[pairs.mine], s) + radius_at(radius[pairs.other], t) - pairs.soft
    push = np.zeros((len(start), len(_ARMS), 2, 3), np.float32)
    rows = np.flatnonzero((clearance - gap).max(1) > _NEGLIGIBLE)
    if not len(rows):
        return push
    s, t, gap, clearance = s[rows], t[rows], gap[rows], clearance[rows]
    directions = a[rows] + (b[rows] - a[rows]) * s[..., None] - c[rows] - (d[rows] - c[rows]) * t[..., None]
    directions /= np.maximum(gap, 1e-4)[..., None]
    depth = clearance - gap
    lap = np.flatnonzero(pairs.lap)
    if len(lap):
        depth[:, lap], directions[:, lap] = _off_the_lap(
            directions[:, lap], gap[:, lap], clearance[:, lap], (d - c)[rows][:, lap], pairs.lap[lap]
        )
    arms = np.flatnonzero(pairs.other_arm >= 0)
    lower = start[rows] + 0.75 * (end[rows] - start[rows])  # of a forearm, the point that stands for its arm
    sides = lower[:, _FOREARMS[pairs.arm[arms]]] - lower[:, _FOREARMS[pairs.other_arm[arms]]]
    depth[:, arms], directions[:, arms] = parting_directions(
        directions[:, arms], gap[:, arms], clearance[:, arms], sides
    )
    depth = np.where(clearance > gap, (depth + _MARGIN) * pairs.share, 0.0)
    along = np.where(pairs.forearm, s, 1.0)  # how far an overlap is from the elbow, the hand moving with the wrist
    for arm in range(len(_ARMS)):
        columns = np.flatnonzero((pairs.arm == arm) & (depth.max(0) > 0.0))
        if len(columns):
            push[rows, arm] = _push_of(depth[:, columns], directions[:, columns], along[:, columns])
    return push


def _off_the_lap(normals: Array, gap: Array, clearance: Array, thigh: Array, side: Array) -> tuple[Array, Array]:
    """Return depths (T, P) and directions (T, P, 3) off a lifted thigh: up or outwards, never down or between the legs.

    The bones ``thigh`` (T, P, 3) in metres, ``side`` (P,) 1 for the left and -1 for the right; the rest as for
    ``parting_directions``. The shortest direction from a hand that has sunk past the bone points below it. So the
    angle of the direction about the bone, from its top outwards, is kept within a range: a hand that sinks in goes up
    and then aside without a jump.
    """
    bone = thigh / np.maximum(np.linalg.norm(thigh, axis=-1, keepdims=True), 1e-6)
    level = np.linalg.norm(bone[..., :2], axis=-1)
    top = (np.array([0.0, 0.0, 1.0], np.float32) - bone * bone[..., 2:]) / np.maximum(level, 1e-3)[..., None]
    outer = np.cross(top, bone) * side[:, None]
    up, aside = np.sum(normals * top, -1), np.sum(normals * outer, -1)
    angle = (np.arctan2(aside, up) + _SEAM) % (2.0 * np.pi) - _SEAM
    lifted = np.clip((level - 0.4) / 0.3, 0.0, 1.0)
    angle += lifted * (np.clip(angle, -_INWARD, _OUTWARD) - angle)
    across = np.hypot(up, aside)
    directions = (
        np.sum(normals * bone, -1)[..., None] * bone
        + (across * np.cos(angle))[..., None] * top
        + (across * np.sin(angle))[..., None] * outer
    )
    return depth_along(directions, normals, gap, clearance), directions


def _push_of(depth: Array, directions: Array, along: Array) -> Array:
    """Return the push (T, 2, 3) of one arm; ``depth`` and ``along`` (T, P), ``directions`` (T, P, 3)."""
    push = np.zeros((len(depth), 2, 3), np.float32)
    rows = np.arange(len(depth))
    for _ in range(4):  # the deepest, then what is left of the next
        wrist, elbow = (np.sum(push[:, None, k] * directions, -1) for k in range(2))
        left = depth - along * wrist - (1.0 - along) * elbow
        worst = left.argmax(1)
        deepest = np.maximum(left[rows, worst], 0.0)[:, None]
        at, direction = along[rows, worst][:, None], directions[rows, worst]
        push[:, 0] += direction * deepest / np.maximum(at, _NEAR_ELBOW)
        push[:, 1] += direction * deepest * (1.0 - at)
    return push


def _near(start: Array, end: Array, sizes: Sequence[float]) -> NDArray[np.bool_]:
    """Return the frames (T,) on which an arm of one actor could touch the other."""
    count, hips, forearms = len(CAPSULES), CAPSULES.index("left_hips"), [_ARM[side][1] for side in SIDES]
    near, reach = np.zeros(len(start), bool), _WITHIN * max(sizes)
    for actor in range(2):
        trunk = start[:, (1 - actor) * count + hips, :2]
        for forearm in forearms:
            wrist = end[:, actor * count + forearm, :2]
            near |= np.linalg.norm(wrist - trunk, axis=-1) < reach
            for other in forearms:
                other_wrist = end[:, (1 - actor) * count + other, :2]
                near |= np.linalg.norm(wrist - other_wrist, axis=-1) < 0.5 * reach
    return near


def _longer(a: Array, b: Array) -> Array:
    """Return for each arm the one of two pushes (T, 4, 2, 3) that moves the wrist further."""
    further = np.linalg.norm(b[:, :, 0], axis=-1) > np.linalg.norm(a[:, :, 0], axis=-1)
    return np.where(further[:, :, None, None], b, a)


def _moved_arms(rest: tuple[Array, Array], elbow: Array, wrist: Array) -> tuple[Array, Array]:
    """Return starts and ends of all capsules with elbows and wrists displaced by (T, 4, 3) from their ``rest``."""
    start, end = rest[0].copy(), rest[1].copy()
    for arm, (actor, side) in enumerate(_ARMS):
        upper, fore, palm, fingers = (actor * len(CAPSULES) + column for column in _ARM[side])
        for points, columns, shift in (
            (end, (upper,), elbow),
            (start, (fore,), elbow),
            (end, (fore, palm, fingers), wrist),
            (start, (palm, fingers), wrist),
        ):
            points[:, columns] += shift[:, arm, None]
    return start, end
