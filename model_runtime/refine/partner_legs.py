"""Keep the legs and feet of two bodies out of each other, and out of furniture: who stands close, walks by, or sits.

As ``leg_collisions`` does for one body: legs move sideways along the floor, a foot that bears weight equally for as
long as it stands, so it does not slide. Each of two legs gives half, or all of it where the other may not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.body_shape import BodyShape
from ..body_model.capsules import SIDES, SOFT_CONTACT, Capsules, closest_points, radius_at
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..body_model.volume import Volume, volumes_of
from ..common.arrays import Array, FloatArray
from .fixed import freedom
from .furniture import in_furniture
from .leg_collisions import between_stands, levers_of, while_standing, with_stands
from .separation import depth_along, parting_directions, widest

_ROUNDS = 12
_MARGIN = 0.003  # m that legs move further than they have to
_LESS = 0.0015  # m; bodies part a little further than what counts as penetration
_NEGLIGIBLE = 1e-3  # m; a shallower overlap is left
_HOLD, _SMOOTHING = 8, 5.0  # frames: before and after an overlap, and the deviation of the Gaussian
_BESIDE_FIXED = 8  # frames over which the displacement grows beside frames that stay
_NEAR = 1.6  # of the height of a pelvis, between two of them, further than which no legs meet
_FURTHEST = 0.22  # m at 1.70 m that a leg goes aside
_LEVEL = 0.3  # the share along the floor of a way out of furniture, with less of which legs do not take it
_CROSSED = -0.2  # the cosine between two directions from which on one leg has passed the other
_OPPOSITE, _OVER = 0.75, 0.2  # m between hips from which on two are not beside each other, and over which that begins

_PARTS = ("thigh", "shin", "foot")
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle")) for side in SIDES}
_LEGS = tuple((actor, side) for actor in range(2) for side in SIDES)


class _Pairs(NamedTuple):
    """P pairs of capsules of two legs, numbered through both actors; one of each pair in each row."""

    capsules: Array  # (2, P)
    leg: Array  # (2, P) index of _LEGS
    part: Array  # (2, P) index of _PARTS
    lever: Array  # (2, P, 2) where both ends lie along the bone
    soft: Array  # (P,) metres of overlap that is contact
    group: Array  # (P,) which two legs


class _Legs(NamedTuple):
    """Where the capsules of four legs are, and how they move."""

    rest: Capsules
    above: FloatArray  # (4, C, 2) by how much both ends of a capsule move with the knee of each leg
    below: FloatArray  # the same with its ankle


def part_legs(
    roots: Array,
    rotations: Array,
    skeletons: Sequence[Skeleton],
    contacts: Array,
    fixed: Array,
    shapes: Sequence[BodyShape | None],
    furniture: Sequence[Sequence[Obstacle]] = ((), ()),
    together: bool = True,
) -> NDArray[np.float32]:
    """Return rotations (2, T, 52, 4) in which no leg of one body is in a leg of the other, or in furniture beside it.

    ``roots`` (2, T, 3) metres, ``rotations`` (2, T, 52, 4), ``contacts`` (2, T, 4) in the order of ``FOOT_CONTACTS``;
    nothing changes on frames that are ``fixed`` (2, T), nor under a foot that stands through them. ``furniture`` of
    each, in the metres of its own root; legs leave it along the floor, so not a top that lies on a thigh. ``together``:
    both bodies share one place.
    """
    result = np.array(rotations, np.float32)
    reach = _NEAR * max(skeleton.pelvis_height for skeleton in skeletons)
    meet = together and bool((np.linalg.norm(roots[0, :, :2] - roots[1, :, :2], axis=-1) < reach).any())
    if not (meet or any(furniture)):
        return result
    posed = [forward_kinematics(np.asarray(roots[a], np.float32), result[a], skeletons[a]) for a in range(2)]
    volumes = volumes_of(skeletons, shapes)
    placed = [volume.place(*posed[a]) for a, volume in enumerate(volumes)]
    rest = Capsules(*(np.concatenate([getattr(body, name) for body in placed], axis) for name, axis in _AXES))
    legs, pairs, things = _Legs(rest, *_levers(volumes)), _pairs_of(volumes), _beside(volumes, furniture)
    joints = np.stack([posed[a][0][:, _JOINTS[side]] for a, side in _LEGS], 1)  # (T, 4, hip knee ankle, 3)
    forward = np.array([0.0, -1.0, 0.0], np.float32)
    front = np.stack([rot.rotate(posed[a][1][:, _JOINTS[side][0]], forward) for a, side in _LEGS], 1)
    bears = (np.asarray(contacts, np.float32) > 0.5).reshape(2, -1, 2, 2).any(3)
    stands = np.stack([bears[a, :, SIDES.index(side)] for a, side in _LEGS], 1)
    held = [with_stands(stands[:, leg], fixed[a]) for leg, (a, _) in enumerate(_LEGS)]
    free = np.stack([freedom(frames, len(stands), _BESIDE_FIXED) for frames in held], 1)[..., None, None]

    furthest = _FURTHEST * max(skeleton.size for skeleton in skeletons)
    capsules, wanted = rest, np.zeros((len(stands), len(_LEGS), 2, 3), np.float32)  # of ankle and knee
    displacement = wanted
    for _ in range(_ROUNDS):
        may_move = free[..., 0, 0] > 0.0
        push = _pushes(capsules, pairs, joints, may_move) if meet else np.zeros_like(wanted)
        _push_out_of_things(push, capsules, things, may_move)
        if np.linalg.norm(push, axis=-1).max(initial=0.0) < _NEGLIGIBLE:
            break
        held_push = while_standing(widest(push, _HOLD), stands)
        wanted += (free > 0.0) * gaussian_filter1d(held_push, _SMOOTHING, axis=0, mode="nearest")
        length = np.linalg.norm(wanted, axis=-1, keepdims=True)
        wanted *= np.minimum(1.0, furthest / np.maximum(length, 1e-6))
        displacement = np.stack(
            [between_stands(wanted[:, leg], stands[:, leg], free[:, leg]) for leg in range(len(_LEGS))], 1
        )
        knee, ankle, _, _ = bend(joints, front, displacement)
        capsules = _moved(legs, knee - joints[:, :, 1], ankle - joints[:, :, 2])
    return _turned(result, posed, joints, front, displacement)


_AXES = (("start", 1), ("end", 1), ("radius", 0))


def _turned(
    result: NDArray[np.float32], posed: Sequence[tuple[Array, Array]], joints: Array, front: Array, displacement: Array
) -> NDArray[np.float32]:
    """Return rotations with hips, knees and ankles turned so that legs are displaced by (T, 4, 2, 3) metres."""
    _, _, thigh, shin = bend(joints, front, displacement)
    for leg, (a, side) in enumerate(_LEGS):
        at, world = np.flatnonzero(np.abs(displacement[:, leg]).max((1, 2)) > 1e-5), posed[a][1]
        hip, knee, ankle = _JOINTS[side]
        chain = [
            world[at, 0],
            rot.multiply(thigh[at, leg], world[at, hip]),
            rot.multiply(shin[at, leg], world[at, knee]),
            world[at, ankle],
        ]
        for joint, local in zip(_JOINTS[side], local_rotations(chain)):
            result[a, at, joint] = local
    return result


def _levers(volumes: Sequence[Volume]) -> tuple[FloatArray, FloatArray]:
    """Return how far both ends of each capsule (4, C, 2) move with the knee, and with the ankle, of each leg."""
    counts = [len(volume.regions) for volume in volumes]
    knee, ankle = (np.zeros((len(_LEGS), sum(counts), 2), np.float32) for _ in range(2))
    for leg, (a, side) in enumerate(_LEGS):
        for part in _PARTS:
            for k in volumes[a].of(f"{side}_{part}"):
                along, row = volumes[a].levers[k], k + a * counts[0]
                knee[leg, row] = {"thigh": along, "shin": 1.0 - along, "foot": np.zeros(2)}[part]
                ankle[leg, row] = {"thigh": np.zeros(2), "shin": along, "foot": np.ones(2)}[part]
    return knee, ankle


def _pairs_of(volumes: Sequence[Volume]) -> _Pairs:
    """Return all capsules of legs against those of the other body, and against the own other leg as for one body."""
    first = [0, len(volumes[0].regions)]
    of_leg = {
        k + first[a]: (leg, number, volumes[a].levers[k] if part != "foot" else np.array([0.0, 1.0], np.float32))
        for leg, (a, side) in enumerate(_LEGS)
        for number, part in enumerate(_PARTS)
        for k in volumes[a].of(f"{side}_{part}")
    }
    found = [(i, j, SOFT_CONTACT["pair"] - _LESS) for i in of_leg for j in of_leg if i < first[1] <= j]
    for a, volume in enumerate(volumes):
        soft = SOFT_CONTACT["leg"] * volume.skeleton.size
        own = [(int(i) + first[a], int(j) + first[a]) for i, j in zip(*volume.own_pairs)]
        if volume.shape is not None:  # coarse thighs are one body near the hip
            found += [(i, j, soft) for i, j in own if i in of_leg and j in of_leg]
    groups = {two: number for number, two in enumerate(combinations(range(len(_LEGS)), 2))}
    rows = [(of_leg[i], of_leg[j]) for i, j, _ in found]
    leg = np.array([[one[0] for one in pair] for pair in rows]).T
    return _Pairs(
        np.array([(i, j) for i, j, _ in found]).T,
        leg,
        np.array([[one[1] for one in pair] for pair in rows]).T,
        np.array([[one[2] for one in pair] for pair in rows], np.float32).swapaxes(0, 1),
        np.array([soft for *_, soft in found], np.float32),
        np.array([groups[min(a, b), max(a, b)] for a, b in leg.T]),
    )


def _pushes(capsules: Capsules, pairs: _Pairs, joints: Array, may_move: Array) -> Array:
    """Return how far (T, 4, 2, 3) in metres ankle and knee of each leg move for the deepest overlap of two legs."""
    push = np.zeros((len(may_move), len(_LEGS), 2, 3), np.float32)
    one, two = pairs.capsules
    start, end, radius = capsules
    s, t, gap = closest_points(start[:, one], end[:, one], start[:, two], end[:, two])
    clearance = radius_at(radius[one], s) + radius_at(radius[two], t) - pairs.soft
    for group in np.unique(pairs.group):
        own = np.flatnonzero(pairs.group == group)
        legs = pairs.leg[:, own[0]]
        weight = may_move[:, legs] / np.maximum(may_move[:, legs].sum(1, keepdims=True), 1)
        rows = np.flatnonzero(((clearance - gap)[:, own].max(1) > _NEGLIGIBLE) & (weight.sum(1) > 0.0))
        if not len(rows):
            continue
        worst = own[(clearance - gap)[np.ix_(rows, own)].argmax(1)]
        along = s[rows, worst], t[rows, worst]
        at = [start[rows, k[worst]] + (end - start)[rows, k[worst]] * x[:, None] for k, x in zip((one, two), along)]
        apart = gap[rows, worst]
        sides = _sides(joints[rows][:, legs])
        normals = (at[0] - at[1]) / np.maximum(apart, 1e-4)[:, None]
        depth, directions = parting_directions(normals, apart, clearance[rows, worst], sides)
        crossed = np.sum(normals * sides, -1) < _CROSSED  # knees that have passed each other go back
        directions[crossed] = sides[crossed]
        depth[crossed] = depth_along(sides, normals, apart, clearance[rows, worst])[crossed]
        level = np.linalg.norm(directions[:, :2], axis=-1)
        flat = np.where(level[:, None] > _LEVEL, _level(directions), sides)
        far = (depth / np.maximum(level, 0.5) + _MARGIN)[:, None] * flat
        for which, sign in ((0, 1.0), (1, -1.0)):
            first, last = pairs.lever[which, worst].T
            share = first + (last - first) * along[which]
            moves = np.stack(levers_of(share, pairs.part[which, worst]), 1)[:, :, None]  # of ankle and knee
            asked = sign * weight[rows, which, None, None] * far[:, None] * moves
            more = np.linalg.norm(asked, axis=-1).max(1) > np.linalg.norm(push[rows, legs[which]], axis=-1).max(1)
            push[rows[more], legs[which]] = asked[more]
    return push


class _Beside(NamedTuple):
    """The K capsules of a leg that may not be in a thing."""

    thing: Obstacle
    leg: int  # index of _LEGS
    capsules: Array  # (K,) numbered through both actors
    part: Array  # (K,) index of _PARTS
    lever: Array  # (K, 2) where both ends lie along the bone


def _beside(volumes: Sequence[Volume], furniture: Sequence[Sequence[Obstacle]]) -> list[_Beside]:
    """Return the legs beside all that is furniture for their actor."""
    first, found = [0, len(volumes[0].regions)], list[_Beside]()
    for leg, (a, side) in enumerate(_LEGS):
        volume = volumes[a]
        of_leg = [(k, number) for number, part in enumerate(_PARTS) for k in volume.of(f"{side}_{part}")]
        for thing in furniture[a]:
            may_not = thing.holds(a, tuple(volume.regions))
            rows = [(k, number) for k, number in of_leg if may_not[k]]
            own, part = np.array(rows, np.int64).reshape(-1, 2).T
            lever = np.where(part[:, None] == _PARTS.index("foot"), [0.0, 1.0], volume.levers[own])
            found.append(_Beside(thing, leg, own + first[a], part, lever.astype(np.float32)))
    return found


def _push_out_of_things(push: Array, capsules: Capsules, things: Sequence[_Beside], may_move: Array) -> None:
    """Raise ``push`` (T, 4, 2, 3), as of ``_pushes``, to what takes legs out of things along the floor, in place."""
    for thing, leg, own, part, lever in things:
        mine = Capsules(capsules.start[:, own], capsules.end[:, own], capsules.radius[own])
        row, which, along, depth, out = in_furniture(thing, mine, 0.0)
        level = np.linalg.norm(out[:, :2], axis=-1)
        chosen = np.flatnonzero((depth > _NEGLIGIBLE) & (level > _LEVEL) & may_move[row, leg])
        chosen = chosen[np.argsort(depth[chosen], kind="stable")]  # the last one written stays: the deepest
        row, which, level = row[chosen], which[chosen], level[chosen]
        far = (depth[chosen] / np.maximum(level, 0.5) + _MARGIN)[:, None] * _level(out[chosen])
        share = lever[which, 0] + (lever[which, 1] - lever[which, 0]) * along[chosen]
        asked = far[:, None] * np.stack(levers_of(share, part[which]), 1)[:, :, None]
        more = np.linalg.norm(asked, axis=-1).max(1) > np.linalg.norm(push[row, leg], axis=-1).max(1)
        push[row[more], leg] = asked[more]


def _sides(joints: Array) -> Array:
    """Return unit vectors (N, 3) along the floor from the second of two legs to the first, ``joints`` (N, 2, 3, 3).

    Where shins are from each other, and beside each other also where the hips are.
    """
    hips, shins = joints[:, 0, 0] - joints[:, 1, 0], (joints[:, 0, 1:] - joints[:, 1, 1:]).mean(1)
    beside = np.clip((_OPPOSITE - np.linalg.norm(hips[:, :2], axis=-1)) / _OVER, 0.0, 1.0)[:, None]
    return _level(shins + beside * hips)


def _level(vectors: Array) -> Array:
    """Return unit vectors (N, 3) along the floor."""
    flat = vectors * np.array([1.0, 1.0, 0.0])
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    return np.where(length > 1e-4, flat / np.maximum(length, 1e-4), [1.0, 0.0, 0.0])


def _moved(legs: _Legs, knee: Array, ankle: Array) -> Capsules:
    """Return capsules with knees and ankles displaced by (T, 4, 3) metres."""
    ends = [
        points + np.einsum("lc,tli->tci", legs.above[..., end], knee)
        + np.einsum("lc,tli->tci", legs.below[..., end], ankle)
        for end, points in enumerate((legs.rest.start, legs.rest.end))
    ]  # fmt: skip
    return Capsules(ends[0], ends[1], legs.rest.radius)
