"""Keep hands and forearms out of thighs, trunk, head, the other arm, the partner and furniture.

Where an arm is inside another part by more than soft contact, its wrist is displaced by the depth and its elbow
follows. The displacement is widened and smoothed in time, so an arm leaves before it would touch and comes back
afterwards; hands keep their rotation in the world. All rounds work on joint positions, for the four arms at once; the
rotations follow at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.body_shape import BodyShape
from ..body_model.capsules import SIDES, SOFT_CONTACT, Capsules, bounds, closest_points, radius_at, soft_contact
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..body_model.volume import Volume, volumes_of, without_side
from ..common.arrays import Array
from .fixed import freedom
from .furniture import Top, in_furniture, top_of
from .separation import depth_along, parting_directions, widest

_ROUNDS = 14
_MARGIN = 0.002  # m that an arm moves further than it has to
_NEGLIGIBLE = 5e-4  # m; a shallower overlap is left
_HOLD = 5  # frames before and after an overlap in which the arm is already displaced
_SMOOTHING = 4.0  # frames, deviation of the Gaussian that smooths the displacement
_BESIDE_FIXED = 20  # frames over which the displacement grows beside frames that stay
_AHEAD = 0.03  # m; nearer parts are looked at, since a push may lead into them
_LESS = 0.0015  # m; bodies of their own shape part a little further than what counts as penetration
_SHARED = 0.55  # of the depth goes each of two arms that overlap
_NEAR_ELBOW = 0.35  # of the forearm, from the elbow; an overlap nearer to it does not move the wrist further
_SHOULDER = 0.35  # of the upper arm, from the shoulder: what is nearer to it stays in a thing
_WITHIN = 0.85  # m at 1.70 m between a pelvis and the partner's wrist, further than which nothing can touch

# Angles about the bone of a lifted thigh, from its top outwards: how far in and out hands may leave it, and where the
# two sides meet below.
_INWARD, _OUTWARD, _SEAM = np.radians(60.0), np.radians(100.0), np.radians(120.0)

_THIGHS = {"left_thigh": 1, "right_thigh": -1}
_LOWER_ARM = ("hand", "forearm")
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")) for side in SIDES}
_ARMS = tuple((actor, side) for actor in range(2) for side in SIDES)
_STANDS_FOR_IT = 0.75  # of the forearm, from the elbow: the point that stands for an arm


class Pair(NamedTuple):
    """Two capsules that are kept apart, numbered through both actors."""

    mine: int  # of the arm
    other: int
    arm: int  # 0..3, index of _ARMS
    lever: tuple[float, float]  # where both ends of mine lie between the elbow and the wrist, 0 to 1
    soft: float  # m of overlap that is contact
    share: float  # of the depth that this arm moves
    other_arm: int  # index of _ARMS, -1 if the other capsule is no arm
    lap: int  # 1 for the own left thigh, -1 for the own right, else 0


class Pairs(NamedTuple):
    """The columns of P pairs, each (P,)."""

    mine: Array
    other: Array
    arm: Array
    lever: Array  # (P, 2)
    soft: Array
    share: Array
    other_arm: Array
    lap: Array


class _Group(NamedTuple):
    """Capsules that are compared all with all: those of one hand or forearm, and those of one actor."""

    mine: Array  # (M,) numbered through both actors
    other: Array  # (O,)
    pair: Array  # (M, O) number of the pair in ``Pairs``, -1 where the two are none


class _Overlaps(NamedTuple):
    """N capsules of arms that are in something or near it, each on one frame."""

    row: Array
    arm: Array
    depth: Array  # metres that it moves, negative apart
    along: Array  # where between the elbow and the wrist, 0 to 1
    directions: Array  # (N, 3)


class _ArmParts(NamedTuple):
    """The K capsules that move with one arm."""

    capsules: Array  # (K,) numbered through both actors
    elbow: Array  # (K, 2) how far both ends move with the elbow, and with the wrist
    wrist: Array


def clear_arms(
    roots: Array,
    rotations: Array,
    skeletons: Sequence[Skeleton],
    together: bool = True,
    fixed: Array | None = None,
    shapes: Sequence[BodyShape | None] | None = None,
    furniture: Sequence[Sequence[Obstacle]] = ((), ()),
) -> NDArray[np.float32]:
    """Return rotations (2, T, 52, 4) in which no arm is inside a body or furniture.

    ``roots`` (2, T, 3) metres, ``rotations`` (2, T, 52, 4); ``together`` is whether both bodies share one place;
    ``shapes`` of the bodies, coarse ones of their bone lengths where there are none; ``furniture`` beside each, in the
    metres of its own root. Only shoulders, elbows and wrists change, around frames where an arm overlaps something;
    nothing of an actor on frames that are ``fixed`` (2, T).
    """
    result = np.array(rotations, np.float32)
    posed = [forward_kinematics(np.asarray(roots[a], np.float32), result[a], skeletons[a]) for a in range(2)]
    volumes = volumes_of(skeletons, shapes)
    placed = [volume.place(*posed[a]) for a, volume in enumerate(volumes)]
    start = np.concatenate([body.start for body in placed], 1)
    end = np.concatenate([body.end for body in placed], 1)
    radius = np.concatenate([body.radius for body in placed], 0)
    rest, arms = (start.copy(), end.copy()), _arm_parts(volumes)
    sizes = [skeleton.size for skeleton in skeletons]
    joints = np.stack([posed[a][0][:, _JOINTS[side][1:]] for a, side in _ARMS], 1)  # shoulder, elbow, wrist
    backward = np.array([0.0, 1.0, 0.0], np.float32)
    back = np.stack([rot.rotate(posed[a][1][:, _JOINTS[side][1]], backward) for a, side in _ARMS], 1)
    pairs = _table([*_own_pairs(volumes), *_pairs_between(volumes)])
    own, between = (_groups(volumes, pairs, partner) for partner in (False, True))
    lower_arms = _lower_arms(volumes)
    tops = [[top_of(thing, size) for thing in of_actor] for of_actor, size in zip(furniture, sizes)]
    beside = [
        _Beside(top, arm, top.is_beside(posed[arm.actor][0][:, arm.hand]))
        for arm in lower_arms
        for top in tops[arm.actor]
    ]
    trunks = np.stack([posed[a][0][:, 0, :2] for a in range(2)], 1)

    displacement = np.zeros((len(start), len(_ARMS), 2, 3), np.float32)  # of wrist and elbow
    given = [None if fixed is None else fixed[a] for a, _ in _ARMS]
    free = np.stack([freedom(frames, len(start), _BESIDE_FIXED) for frames in given], 1)[..., None, None]
    may_move = free > 0.0
    unsettled = np.ones(len(start), bool)
    elbow, wrist = joints[:, :, 1].copy(), joints[:, :, 2].copy()
    for _ in range(_ROUNDS):
        frames = np.flatnonzero(unsettled)
        push = np.zeros_like(displacement)
        stand_in = elbow + _STANDS_FOR_IT * (wrist - elbow)
        near = _near(trunks[frames], wrist[frames], sizes) & together
        for at, groups in ((frames[~near], own), (frames[near], own + between)):
            if len(at):
                capsules = Capsules(start[at], end[at], radius)
                found = [_between_capsules(capsules, stand_in[at], pairs, groups)]
                found += [_in_thing(capsules, one, one.is_beside[at]) for one in beside]
                push[at] = _pushes(len(at), found)
        overlapping = np.linalg.norm(push, axis=-1).max((1, 2)) > _NEGLIGIBLE
        if not overlapping.any():
            break
        unsettled = binary_dilation(overlapping, iterations=_HOLD + int(4 * _SMOOTHING))
        displacement += may_move * gaussian_filter1d(widest(push * may_move, _HOLD), _SMOOTHING, axis=0, mode="nearest")
        frames = np.flatnonzero(unsettled)
        elbow[frames], wrist[frames], _, _ = bend(joints[frames], back[frames], displacement[frames])
        _move_arms((start, end), rest, frames, arms, elbow - joints[:, :, 1], wrist - joints[:, :, 2])

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


def _arm_parts(volumes: Sequence[Volume]) -> list[_ArmParts]:
    """Return what moves with each of ``_ARMS``."""
    found = []
    for actor, side in _ARMS:
        volume, rows = volumes[actor], []
        for region in ("upper_arm", *_LOWER_ARM):
            for k in volume.of(f"{side}_{region}"):
                along = volume.levers[k]
                still, whole = np.zeros(2, np.float32), np.ones(2, np.float32)
                elbow, wrist = (along, still) if region == "upper_arm" else (1.0 - along, along)
                rows.append((k, *((still, whole) if region == "hand" else (elbow, wrist))))
        capsules = np.array([k for k, _, _ in rows]) + actor * len(volumes[0].regions)
        found.append(_ArmParts(capsules, *(np.stack(column) for column in list(zip(*rows))[1:])))
    return found


def _own_pairs(volumes: Sequence[Volume]) -> list[Pair]:
    """Return arms against their own body and each other."""
    rows, sizes = [], [volume.skeleton.size for volume in volumes]
    for actor, volume in enumerate(volumes):
        for i, j in np.stack(volume.own_pairs, 1).tolist():
            for mine, other in ((i, j), (j, i)):
                if without_side(volume.regions[mine]) in _LOWER_ARM:
                    rows.append(_pair(volumes, sizes, (actor, mine), (actor, other)))
    return rows


def _pairs_between(volumes: Sequence[Volume]) -> list[Pair]:
    """Return arms against all of the partner."""
    sizes = [volume.skeleton.size for volume in volumes]
    return [
        _pair(volumes, sizes, (actor, mine), (1 - actor, other))
        for actor, volume in enumerate(volumes)
        for mine in volume.of(*_LOWER_ARM)
        for other in range(len(volumes[1 - actor].regions))
    ]


def _table(rows: Sequence[Pair]) -> Pairs:
    table = Pairs(*(np.array(column) for column in zip(*rows)))
    return table._replace(**{name: getattr(table, name).astype(np.float32) for name in ("lever", "soft", "share")})


def _pair(volumes: Sequence[Volume], sizes: Sequence[float], mine: tuple[int, int], other: tuple[int, int]) -> Pair:
    """Return a capsule of a forearm or hand and one of any part, each (actor, number)."""
    regions = volumes[mine[0]].regions[mine[1]], volumes[other[0]].regions[other[1]]
    side, part = regions[0].split("_")
    partner, is_arm = mine[0] != other[0], without_side(regions[1]) in ("upper_arm", *_LOWER_ARM)
    first, second = (actor * len(volumes[0].regions) + k for actor, k in (mine, other))
    return Pair(
        mine=first,
        other=second,
        arm=_ARMS.index((mine[0], side)),
        lever=tuple(volumes[mine[0]].levers[mine[1]].tolist()) if part == "forearm" else (1.0, 1.0),
        soft=_soft(volumes[mine[0]], regions, partner) * sizes[mine[0]],
        share=_SHARED if is_arm else 1.0,
        other_arm=_ARMS.index((other[0], regions[1].split("_")[0])) if is_arm else -1,
        lap=0 if partner else _THIGHS.get(regions[1], 0),
    )


def _soft(volume: Volume, regions: tuple[str, str], partner: bool) -> float:
    """Return the overlap of two regions that is contact, m at 1.70 m."""
    if volume.shape is None:
        return SOFT_CONTACT["pair" if partner else without_side(regions[0])]
    return (SOFT_CONTACT["pair"] if partner else soft_contact(*regions)) - _LESS


def _groups(volumes: Sequence[Volume], pairs: Pairs, partner: bool) -> list[_Group]:
    """Return the groups whose pairs ``pairs`` are, of each actor with itself or with its ``partner``."""
    counts = [len(volume.regions) for volume in volumes]
    number = np.full((sum(counts), sum(counts)), -1, np.int64)
    number[pairs.mine, pairs.other] = np.arange(len(pairs.mine))
    found = []
    for (actor, side), region in product(_ARMS, _LOWER_ARM):
        owner = 1 - actor if partner else actor
        mine = np.array(volumes[actor].of(f"{side}_{region}"), np.int64) + actor * counts[0]
        other = np.arange(counts[owner]) + owner * counts[0]
        other = other[(number[mine[:, None], other] >= 0).any(0)]
        found.append(_Group(mine, other, number[mine[:, None], other]))
    return found


def _between_capsules(capsules: Capsules, stand_in: Array, pairs: Pairs, groups: Sequence[_Group]) -> _Overlaps:
    """Return the overlaps of arms with bodies; ``stand_in`` (T, 4, 3): a point of each arm."""
    row, pair = _near_pairs(capsules, groups)
    mine, other = pairs.mine[pair], pairs.other[pair]
    start, end, radius = capsules
    flat = start.reshape(-1, 3), end.reshape(-1, 3)
    a, b, c, d = (points.take(row * start.shape[1] + k, axis=0) for k in (mine, other) for points in flat)
    s, t, gap = closest_points(a, b, c, d)
    clearance = radius_at(radius[mine], s) + radius_at(radius[other], t) - pairs.soft[pair]
    deep = np.zeros(len(start), bool)
    deep[row[clearance - gap > _NEGLIGIBLE]] = True
    chosen = np.flatnonzero((clearance > gap - _AHEAD) & deep[row])
    a, b, c, d, s, t, gap, clearance = (x.take(chosen, axis=0) for x in (a, b, c, d, s, t, gap, clearance))
    row, pair = row[chosen], pair[chosen]
    directions = a + (b - a) * s[:, None] - c - (d - c) * t[:, None]
    directions /= np.maximum(gap, 1e-4)[:, None]
    depth = clearance - gap
    lap = np.flatnonzero(pairs.lap[pair])
    if len(lap):
        depth[lap], directions[lap] = _off_the_lap(
            directions[lap], gap[lap], clearance[lap], (d - c)[lap], pairs.lap[pair[lap]]
        )
    arms = np.flatnonzero(pairs.other_arm[pair] >= 0)
    sides = stand_in[row[arms], pairs.arm[pair[arms]]] - stand_in[row[arms], pairs.other_arm[pair[arms]]]
    depth[arms], directions[arms] = parting_directions(directions[arms], gap[arms], clearance[arms], sides)
    depth = np.where(clearance > gap, (depth + _MARGIN) * pairs.share[pair], depth)
    lever = pairs.lever[pair]  # how far an overlap is from the elbow, the hand moving with the wrist
    return _Overlaps(row, pairs.arm[pair], depth, lever[:, 0] + (lever[:, 1] - lever[:, 0]) * s, directions)


class _LowerArm(NamedTuple):
    """The capsules of one forearm and hand."""

    actor: int
    arm: int  # index of _ARMS
    hand: int  # the joint that says where the hand is
    capsules: Array  # (K,) numbered through both actors
    lever: Array  # (K, 2) as in ``Pair``
    upper: Array  # (U,) the capsules of its upper arm
    upper_lever: Array  # (U, 2) where both ends lie between the shoulder and the elbow, 0 to 1


class _Beside(NamedTuple):
    """An arm and a thing that it may meet."""

    top: Top
    arm: _LowerArm
    is_beside: Array  # (T,)


def _lower_arms(volumes: Sequence[Volume]) -> list[_LowerArm]:
    found = []
    for arm, (actor, side) in enumerate(_ARMS):
        volume = volumes[actor]
        forearm, hand = (volume.of(f"{side}_{region}") for region in ("forearm", "hand"))
        lever = np.concatenate([volume.levers[forearm], np.ones((len(hand), 2), np.float32)])
        capsules = np.array(forearm + hand) + actor * len(volumes[0].regions)
        upper = np.array(volume.of(f"{side}_upper_arm"), np.int64)
        along = volume.levers[upper]
        upper = upper + actor * len(volumes[0].regions)
        found.append(_LowerArm(actor, arm, INDEX[f"{side}_middle1"], capsules, lever, upper, along))
    return found


def _in_thing(capsules: Capsules, beside: _Beside, is_beside: Array) -> _Overlaps:
    """Return the overlaps of an arm with a thing. It is hard: nothing of it is soft contact.

    An upper arm may lie on the back of the own seat. Of others it leaves with the elbow, which goes further than that.
    """
    own, parts = beside.arm.capsules, list[_Overlaps]()
    if len(beside.arm.upper) and beside.arm.actor not in beside.top.thing.seated:
        parts.append(_upper_arm_in(capsules, beside))
    for frames, thing in ((is_beside, beside.top.thing), (~is_beside, beside.top.solid)):
        at = np.flatnonzero(frames)
        mine = Capsules(capsules.start[at[:, None], own], capsules.end[at[:, None], own], capsules.radius[own])
        row, which, s, depth, directions = in_furniture(thing, mine, _AHEAD)
        lever = beside.arm.lever[which]
        along = lever[:, 0] + (lever[:, 1] - lever[:, 0]) * s
        depth = np.where(depth > 0.0, depth + _MARGIN, depth)
        parts.append(_Overlaps(at[row], np.full(len(row), beside.arm.arm), depth, along, directions))
    return _joined(parts)


def _upper_arm_in(capsules: Capsules, beside: _Beside) -> _Overlaps:
    """Return the overlaps of an upper arm with a thing, as those of its elbow."""
    arm = beside.arm
    mine = Capsules(capsules.start[:, arm.upper], capsules.end[:, arm.upper], capsules.radius[arm.upper])
    row, which, s, depth, directions = in_furniture(beside.top.thing, mine, _AHEAD)
    lever = arm.upper_lever[which]
    share = lever[:, 0] + (lever[:, 1] - lever[:, 0]) * s
    moves = share > _SHOULDER
    depth = np.where(depth > 0.0, (depth + _MARGIN) / np.maximum(share, 0.5), depth)
    count = int(moves.sum())
    return _Overlaps(row[moves], np.full(count, arm.arm), depth[moves], np.zeros(count, np.float32), directions[moves])


def _joined(parts: Sequence[_Overlaps]) -> _Overlaps:
    return _Overlaps(*(np.concatenate(column) for column in zip(*parts)))


def _pushes(frames: int, parts: Sequence[_Overlaps]) -> Array:
    """Return how far (T, 4, 2, 3) in metres wrist and elbow of each arm move.

    The deepest overlap decides, then what its push leaves of the others.
    """
    push = np.zeros((frames, len(_ARMS), 2, 3), np.float32)
    found = _joined(parts)
    deep = np.zeros(frames, bool)
    deep[found.row[found.depth > _NEGLIGIBLE]] = True
    for arm in range(len(_ARMS)):
        own = np.flatnonzero((found.arm == arm) & deep[found.row])
        if len(own):
            own = own[np.argsort(found.row[own], kind="stable")]
            rows, columns = _columns(found.row[own])
            shape = len(rows), columns.max() + 1
            at = np.searchsorted(rows, found.row[own]), columns
            table = np.zeros((*shape, 5), np.float32)
            table[..., 0] = -_AHEAD
            table[at] = np.concatenate([found.depth[own, None], found.along[own, None], found.directions[own]], 1)
            push[rows, arm] = _push_of(table[..., 0], table[..., 2:], table[..., 1])
    return push


def _near_pairs(capsules: Capsules, groups: Sequence[_Group]) -> tuple[Array, Array]:
    """Return the frames (N,), in their order, and pairs (N,) of which the bounding spheres meet."""
    middle, reach = bounds(capsules)
    rows, found = [], []
    for mine, other, pair in groups:
        around = middle[:, mine].mean(1)
        whole = (_length(middle[:, mine] - around[:, None]) + reach[:, mine]).max(1)
        row, j = np.nonzero(_length(middle[:, other] - around[:, None]) < whole[:, None] + reach[:, other])
        apart = _length(middle[row[:, None], mine] - middle[row, other[j]][:, None])
        near, i = np.nonzero((apart < reach[row[:, None], mine] + reach[row, other[j]][:, None]) & (pair[:, j].T >= 0))
        rows.append(row[near])
        found.append(pair[i, j[near]])
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    return row[order], np.concatenate(found)[order]


def _length(vectors: Array) -> Array:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def _columns(row: Array) -> tuple[Array, Array]:
    """Return the rows that are in ``row`` (N,), which is sorted, and of each entry how many of its row come before."""
    rows, first, counts = np.unique(row, return_index=True, return_counts=True)
    return rows, np.arange(len(row)) - np.repeat(first, counts)


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
        wrist, elbow = (np.einsum("tpi,ti->tp", directions, push[:, k]) for k in range(2))
        left = depth - along * wrist - (1.0 - along) * elbow
        worst = left.argmax(1)
        deepest = np.maximum(left[rows, worst], 0.0)[:, None]
        at, direction = along[rows, worst][:, None], directions[rows, worst]
        push[:, 0] += direction * deepest / np.maximum(at, _NEAR_ELBOW)
        push[:, 1] += direction * deepest * (1.0 - at)
    return push


def _near(trunks: Array, wrists: Array, sizes: Sequence[float]) -> NDArray[np.bool_]:
    """Return the frames (T,) on which an arm of one actor could touch the other.

    ``trunks`` (T, 2, 2): both pelves over the floor; ``wrists`` (T, 4, 3).
    """
    near, reach = np.zeros(len(wrists), bool), _WITHIN * max(sizes)
    for arm, (actor, _) in enumerate(_ARMS):
        wrist = wrists[:, arm, :2]
        near |= np.linalg.norm(wrist - trunks[:, 1 - actor], axis=-1) < reach
        for other, (owner, _) in enumerate(_ARMS):
            if owner != actor:
                near |= np.linalg.norm(wrist - wrists[:, other, :2], axis=-1) < 0.5 * reach
    return near


def _move_arms(
    ends: tuple[Array, Array],
    rest: tuple[Array, Array],
    frames: Array,
    arms: Sequence[_ArmParts],
    elbow: Array,
    wrist: Array,
) -> None:
    """Place the starts and ends of all capsules of arms on some ``frames``, in place: elbows and wrists displaced by
    (T, 4, 3) from their ``rest``.
    """
    elbow, wrist = elbow[frames], wrist[frames]
    for arm, parts in enumerate(arms):
        for k, (points, still) in enumerate(zip(ends, rest)):
            shift = parts.elbow[:, k, None] * elbow[:, arm, None] + parts.wrist[:, k, None] * wrist[:, arm, None]
            at = frames[:, None], parts.capsules
            points[at] = still[at] + shift
