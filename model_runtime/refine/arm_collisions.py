"""Hands and forearms of generated motion stay out of thighs, trunk, head, the other arm and the partner.

Where an arm is deeper in than touching, its wrist moves out by the depth and its elbow follows. The way out is widened
and smoothed over time, so an arm gives way before it would touch and comes back after it; hands keep their turn in the
world. Everything is worked out on the places of joints alone, for all four arms at once, and becomes rotations at the
end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.capsules import CAPSULES, SIDES, SOFT_CONTACT, capsules_about, closest_points, radius_at
from ..body_model.inverse_kinematics import bend
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from .fixed import freedom
from .separation import apart, depth_along, widest

_ROUNDS = 14
_MARGIN = 0.002  # m that an arm is moved further than it has to
_NOTHING = 5e-4  # m: less is not worth moving for
_HOLD = 5  # frames before and after a touch in which the arm has already given way
_EASE = 4.0  # frames, deviation of the Gaussian over which an arm gives way
_BESIDE_FIXED = 20  # frames over which arms may give way ever more beside frames that stay
_SHARED = 0.55  # of the depth goes each of two arms that meet
_NEAR_ELBOW = 0.35  # of the forearm, from the elbow; what touches nearer to it does not lever the wrist further
_WITHIN = 0.85  # m at 1.70 m between a pelvis and the partner's wrist, further than which nothing can touch

# Angles about a lifted thigh's bone, from its top outwards: how far in and out hands come off it, and where the two
# meet below.
_INWARD, _OUTWARD, _SEAM = np.radians(60.0), np.radians(100.0), np.radians(120.0)

_PARTS = ("forearm", "palm", "fingers")
_BODY = tuple(
    k
    for k, name in enumerate(CAPSULES)
    if name.endswith(("hips", "belly", "chest", "thigh")) or name in ("neck", "head")
)
_THIGHS = {CAPSULES.index("left_thigh"): 1, CAPSULES.index("right_thigh"): -1}
_LEGS = tuple(k for k, name in enumerate(CAPSULES) if name.endswith(("shin", "foot")))
_ARM = {side: tuple(CAPSULES.index(f"{side}_{part}") for part in ("upper_arm", *_PARTS)) for side in SIDES}
_FOREARMS = np.array([a * len(CAPSULES) + _ARM[side][1] for a in range(2) for side in SIDES])
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")) for side in SIDES}


class Pairs(NamedTuple):
    """What is kept out of what, P pairs of capsules numbered through both actors: ``mine`` and ``other`` (P,), whose
    ``arm`` (P,) of four, whether it is a ``forearm`` (P,), the ``soft`` contact in m (P,), the ``share`` of the depth
    that is mine to go (P,), the other's arm as a ``rival``, else -1 (P,), and of own thighs the side, 1 left, -1 right
    (``lap`` (P,)).
    """

    mine: Array
    other: Array
    arm: Array
    forearm: Array
    soft: Array
    share: Array
    rival: Array
    lap: Array


def clear_arms(
    roots: Array, rotations: Array, skeletons: Sequence[Skeleton], together: bool = True, fixed: Array | None = None
) -> NDArray[np.float32]:
    """Rotations (2, T, 52, 4) in which the arms give way; ``roots`` (2, T, 3), ``together``: whether the two are in one
    place at all.

    Only shoulders, elbows and wrists change, and those only around moments in which an arm goes in; nothing of an actor
    on frames that are ``fixed`` (2, T).
    """
    result = np.array(rotations, np.float32)
    posed = [forward_kinematics(np.asarray(roots[a], np.float32), result[a], skeletons[a]) for a in range(2)]
    bodies = [capsules_about(*posed[a], skeletons[a]) for a in range(2)]
    start, end, radius = (
        np.concatenate([getattr(body, name) for body in bodies], axis)
        for name, axis in (("start", 1), ("end", 1), ("radius", 0))
    )
    rest = start, end
    sizes = [skeleton.size for skeleton in skeletons]
    joints = np.stack(
        [posed[a][0][:, _JOINTS[side][1:]] for a in range(2) for side in SIDES], 1
    )  # shoulder, elbow, wrist
    back = np.stack(
        [
            rot.rotate(posed[a][1][:, _JOINTS[side][1]], np.array([0.0, 1.0, 0.0], np.float32))
            for a in range(2)
            for side in SIDES
        ],
        1,
    )
    own, between = (_pairs(sizes, partner) for partner in (False, True))

    way = np.zeros((len(start), 4, 2, 3), np.float32)  # of wrist and elbow
    free = np.stack(
        [freedom(None if fixed is None else fixed[a], len(start), _BESIDE_FIXED) for a in range(2) for _ in SIDES], 1
    )[..., None, None]
    loose = free > 0.0
    looked_at = np.ones(len(start), bool)
    for _ in range(_ROUNDS):
        frames = np.flatnonzero(looked_at)
        push = np.zeros_like(way)
        push[frames] = _pushes(start[frames], end[frames], radius, own)
        near = frames[_near(start[frames], end[frames], sizes)] if together else frames[:0]
        if len(near):
            push[near] = _longer(push[near], _pushes(start[near], end[near], radius, between))
        touched = np.linalg.norm(push, axis=-1).max((1, 2)) > _NOTHING
        if not touched.any():
            break
        looked_at = binary_dilation(touched, iterations=_HOLD + int(4 * _EASE))
        way += loose * gaussian_filter1d(widest(push * loose, _HOLD), _EASE, axis=0, mode="nearest")
        elbow, wrist, _, _ = bend(joints, back, way)
        start, end = _moved_arms(rest, elbow - joints[:, :, 1], wrist - joints[:, :, 2])

    way *= free
    moved = np.abs(way).max((2, 3)) > 1e-5
    for arm, (a, side) in enumerate((a, side) for a in range(2) for side in SIDES):
        at = np.flatnonzero(moved[:, arm])
        if len(at):
            _, _, upper, fore = bend(joints[at, arm], back[at, arm], way[at, arm])
            collar, shoulder, elbow_joint, wrist_joint = _JOINTS[side]
            world = posed[a][1][at]
            turned = [
                world[:, collar],
                rot.multiply(upper, world[:, shoulder]),
                rot.multiply(fore, world[:, elbow_joint]),
                world[:, wrist_joint],
            ]
            for k, joint in enumerate((shoulder, elbow_joint, wrist_joint)):
                result[a, at, joint] = rot.normalize(rot.multiply(rot.conjugate(turned[k]), turned[k + 1]))
    return result


def _pairs(sizes: Sequence[float], partner: bool) -> Pairs:
    """Arms against their own body and each other, or against the ``partner``."""
    rows = [row for a in range(2) for row in _pairs_of(a, sizes, partner)]
    mine, other, arm, forearm, soft, share, rival, lap = (np.array(column) for column in zip(*rows))
    return Pairs(mine, other, arm, forearm, soft.astype(np.float32), share.astype(np.float32), rival, lap)


def _pairs_of(
    a: int, sizes: Sequence[float], partner: bool
) -> Iterator[tuple[int, int, int, bool, float, float, int, int]]:
    count = len(CAPSULES)
    here, there = a * count, (1 - a if partner else a) * count
    for s, side in enumerate(SIDES):
        for part in _PARTS:
            mine = here + CAPSULES.index(f"{side}_{part}")
            soft = SOFT_CONTACT["pair" if partner else "forearm" if part == "forearm" else "hand"] * sizes[a]
            arms = (*_ARM["left"], *_ARM["right"]) if partner else _ARM[SIDES[1 - s]]
            for other in (*_BODY, *(_LEGS if partner else ()), *arms):
                lap = 0 if partner else _THIGHS.get(other, 0)
                rival = 2 * (there // count) + int(other in _ARM["right"]) if other in arms else -1
                yield mine, there + other, 2 * a + s, part == "forearm", soft, 1.0 if rival < 0 else _SHARED, rival, lap


def _pushes(start: Array, end: Array, radius: Array, pairs: Pairs) -> Array:
    """(T, 4, 2, 3) metres that wrist and elbow of each arm have to go, by its deepest touch and what that leaves of the
    others.
    """
    a, b = start[:, pairs.mine], end[:, pairs.mine]
    c, d = start[:, pairs.other], end[:, pairs.other]
    s, t, gap = closest_points(a, b, c, d)
    wide = radius_at(radius[pairs.mine], s) + radius_at(radius[pairs.other], t) - pairs.soft
    push = np.zeros((len(start), 4, 2, 3), np.float32)
    rows = np.flatnonzero((wide - gap).max(1) > _NOTHING)
    if not len(rows):
        return push
    s, t, gap, wide = s[rows], t[rows], gap[rows], wide[rows]
    out = a[rows] + (b[rows] - a[rows]) * s[..., None] - c[rows] - (d[rows] - c[rows]) * t[..., None]
    out /= np.maximum(gap, 1e-4)[..., None]
    depth = wide - gap
    lap = np.flatnonzero(pairs.lap)
    if len(lap):
        depth[:, lap], out[:, lap] = _off_the_lap(
            out[:, lap], gap[:, lap], wide[:, lap], (d - c)[rows][:, lap], pairs.lap[lap]
        )
    arms = np.flatnonzero(pairs.rival >= 0)
    lower = start[rows] + 0.75 * (end[rows] - start[rows])  # of a forearm, where it stands for its arm
    sides = lower[:, _FOREARMS[pairs.arm[arms]]] - lower[:, _FOREARMS[pairs.rival[arms]]]
    depth[:, arms], out[:, arms] = apart(out[:, arms], gap[:, arms], wide[:, arms], sides)
    depth = np.where(wide > gap, (depth + _MARGIN) * pairs.share, 0.0)
    along = np.where(pairs.forearm, s, 1.0)  # how far a touch is from the elbow, the hand moving with the wrist
    for arm in range(4):
        columns = np.flatnonzero((pairs.arm == arm) & (depth.max(0) > 0.0))
        if not len(columns):
            continue
        push[rows, arm] = _push_of(depth[:, columns], out[:, columns], along[:, columns])
    return push


def _off_the_lap(out: Array, gap: Array, wide: Array, thigh: Array, side: Array) -> tuple[Array, Array]:
    """Depths (T, P) and ways ``out`` (T, P, 3) from a lifted ``thigh`` (T, P, 3): up or to the outer ``side`` (P,),
    never down or in between.

    A hand that has sunk past the bone would come out below. So that one that sinks in goes up and then aside without a
    jump, the way's angle about the bone, from the top outwards, is kept within a range. ``wide`` (T, P): how far from
    the bone is out.
    """
    bone = thigh / np.maximum(np.linalg.norm(thigh, axis=-1, keepdims=True), 1e-6)
    level = np.linalg.norm(bone[..., :2], axis=-1)
    top = (np.array([0.0, 0.0, 1.0], np.float32) - bone * bone[..., 2:]) / np.maximum(level, 1e-3)[..., None]
    outer = np.cross(top, bone) * side[:, None]
    up, aside = np.sum(out * top, -1), np.sum(out * outer, -1)
    angle = (np.arctan2(aside, up) + _SEAM) % (2.0 * np.pi) - _SEAM
    lifted = np.clip((level - 0.4) / 0.3, 0.0, 1.0)
    angle += lifted * (np.clip(angle, -_INWARD, _OUTWARD) - angle)
    across = np.hypot(up, aside)
    turned = (
        np.sum(out * bone, -1)[..., None] * bone
        + (across * np.cos(angle))[..., None] * top
        + (across * np.sin(angle))[..., None] * outer
    )
    return depth_along(turned, out, gap, wide), turned


def _push_of(depth: Array, out: Array, along: Array) -> Array:
    """(T, 2, 3) of one arm, ``depth`` and ``along`` (T, P), ``out`` (T, P, 3)."""
    push = np.zeros((len(depth), 2, 3), np.float32)
    rows = np.arange(len(depth))
    for _ in range(4):  # the deepest, then what is left of the next
        left = depth - along * np.sum(push[:, None, 0] * out, -1) - (1.0 - along) * np.sum(push[:, None, 1] * out, -1)
        worst = left.argmax(1)
        deep = np.maximum(left[rows, worst], 0.0)[:, None]
        at, way = along[rows, worst][:, None], out[rows, worst]
        push[:, 0] += way * deep / np.maximum(at, _NEAR_ELBOW)
        push[:, 1] += way * deep * (1.0 - at)
    return push


def _near(start: Array, end: Array, sizes: Sequence[float]) -> NDArray[np.bool_]:
    """(T,) whether an arm of one could touch the other."""
    count, hips, forearms = len(CAPSULES), CAPSULES.index("left_hips"), [_ARM[side][1] for side in SIDES]
    near = np.zeros(len(start), bool)
    for a in range(2):
        trunk = start[:, (1 - a) * count + hips, :2]
        for forearm in forearms:
            wrist = end[:, a * count + forearm, :2]
            near |= np.linalg.norm(wrist - trunk, axis=-1) < _WITHIN * max(sizes)
            for other in forearms:
                near |= np.linalg.norm(wrist - end[:, (1 - a) * count + other, :2], axis=-1) < 0.5 * _WITHIN * max(
                    sizes
                )
    return near


def _longer(a: Array, b: Array) -> Array:
    """Of two pushes (T, 4, 2, 3) for each arm the one that moves the wrist further."""
    further = np.linalg.norm(b[:, :, 0], axis=-1) > np.linalg.norm(a[:, :, 0], axis=-1)
    return np.where(further[:, :, None, None], b, a)


def _moved_arms(rest: tuple[Array, Array], elbow: Array, wrist: Array) -> tuple[Array, Array]:
    """Starts and ends of all capsules where elbows and wrists (T, 4, 3) have gone these ways from their ``rest``."""
    start, end = rest[0].copy(), rest[1].copy()
    for arm, (a, side) in enumerate((a, side) for a in range(2) for side in SIDES):
        upper, fore, palm, fingers = (a * len(CAPSULES) + column for column in _ARM[side])
        for points, columns, shift in (
            (end, (upper,), elbow),
            (start, (fore,), elbow),
            (end, (fore, palm, fingers), wrist),
            (start, (palm, fingers), wrist),
        ):
            points[:, columns] += shift[:, arm, None]
    return start, end
