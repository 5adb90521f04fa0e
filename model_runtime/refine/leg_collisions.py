"""Legs of generated motion stay out of each other: walking, turning, and crossed at the ankles on a seat.

Both legs give way sideways, along the floor, so that soles stay on it. A foot that bears weight gives way for as long
as it stands and moves there and back while it is up, so it does not slide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d, label

from ..body_model import rotations as rot
from ..body_model.capsules import (
    CAPSULES,
    FREE_THIGH,
    SIDES,
    SOFT_CONTACT,
    Capsules,
    capsules_about,
    closest_points,
    radius_at,
)
from ..body_model.inverse_kinematics import bend
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from .fixed import freedom
from .separation import apart, widest

_ROUNDS = 8
_MARGIN = 0.003  # m that legs are moved further than they have to
_NOTHING = 1e-3  # m: less is not worth moving for
_HOLD = 8  # frames before and after a touch in which the legs have already given way
_EASE = 5.0  # frames, deviation of the Gaussian over which they give way
_BESIDE_FIXED = 20  # frames over which legs may give way ever more beside frames that stay
_NEAR_HIP = 0.5  # of the thigh; what touches nearer to the hip does not lever the knee further

_PARTS = ("thigh", "shin", "foot")
_PAIRS = np.array([(CAPSULES.index(f"left_{a}"), CAPSULES.index(f"right_{b}")) for a in _PARTS for b in _PARTS]).T
_KINDS = np.array([(i, j) for i in range(3) for j in range(3)]).T  # which of _PARTS
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle")) for side in SIDES}
_MOVED = {side: tuple(CAPSULES.index(f"{side}_{part}") for part in _PARTS) for side in SIDES}


def clear_legs(
    root: Array, rotations: Array, skeleton: Skeleton, contacts: Array, fixed: Array | None = None
) -> NDArray[np.float32]:
    """Rotations (T, 52, 4) in which the legs give way; ``root`` (T, 3), ``contacts`` (T, 4) in the order of
    ``FOOT_CONTACTS``.

    Only hips, knees and ankles change, and those only about moments in which a leg goes in, and while a foot stands
    that did; nothing on frames that are ``fixed`` (T,), nor under a foot that stands then.
    """
    result = np.array(rotations, np.float32)
    positions, world = forward_kinematics(np.asarray(root, np.float32), result, skeleton)
    rest = capsules_about(positions, world, skeleton)
    joints = np.stack([positions[:, _JOINTS[side]] for side in SIDES], 1)  # (T, 2, hip knee ankle, 3)
    front = np.stack(
        [rot.rotate(world[:, _JOINTS[side][0]], np.array([0.0, -1.0, 0.0], np.float32)) for side in SIDES], 1
    )
    across = (joints[:, 0, 0] - joints[:, 1, 0]) * np.array([1.0, 1.0, 0.0], np.float32)
    stands = (np.asarray(contacts, np.float32) > 0.5).reshape(len(root), 2, 2).any(2)
    free = np.stack([freedom(_with_stands(stands[:, leg], fixed), len(root), _BESIDE_FIXED) for leg in range(2)], 1)[
        ..., None, None
    ]

    loose = free > 0.0
    capsules, way = rest, np.zeros((len(root), 2, 2, 3), np.float32)  # of ankle and knee
    for _ in range(_ROUNDS):
        push = _pushes(capsules, across, SOFT_CONTACT["leg"] * skeleton.size)
        if np.linalg.norm(push, axis=-1).max(initial=0.0) < _NOTHING:
            break
        way += loose * gaussian_filter1d(
            _while_standing(widest(push * loose, _HOLD), stands), _EASE, axis=0, mode="nearest"
        )
        knee, ankle, _, _ = bend(joints, front, way)
        capsules = _moved(rest, knee - joints[:, :, 1], ankle - joints[:, :, 2])

    way *= free
    _, _, thigh, shin = bend(joints, front, way)
    for k, side in enumerate(SIDES):
        at = np.flatnonzero(np.abs(way[:, k]).max((1, 2)) > 1e-5)
        hip, knee_joint, ankle_joint = _JOINTS[side]
        turned = [
            world[at, 0],
            rot.multiply(thigh[at, k], world[at, hip]),
            rot.multiply(shin[at, k], world[at, knee_joint]),
            world[at, ankle_joint],
        ]
        for n, joint in enumerate((hip, knee_joint, ankle_joint)):
            result[at, joint] = rot.normalize(rot.multiply(rot.conjugate(turned[n]), turned[n + 1]))
    return result


def _pushes(capsules: Capsules, across: Array, soft: float) -> Array:
    """(T, 2, 2, 3) metres that ankle and knee of each leg have to go, by the deepest touch of each frame."""
    left, right = _PAIRS
    starts, ends, free = [], [], []
    for column, kind in zip(_PAIRS, _KINDS):
        free.append(np.where(kind == 0, FREE_THIGH, 0.0).astype(np.float32))
        starts.append(
            capsules.start[:, column] + (capsules.end[:, column] - capsules.start[:, column]) * free[-1][:, None]
        )
        ends.append(capsules.end[:, column])
    s, t, gap = closest_points(starts[0], ends[0], starts[1], ends[1])
    out = starts[0] + (ends[0] - starts[0]) * s[..., None] - starts[1] - (ends[1] - starts[1]) * t[..., None]
    s, t = free[0] + (1.0 - free[0]) * s, free[1] + (1.0 - free[1]) * t
    wide = radius_at(capsules.radius[left], s) + radius_at(capsules.radius[right], t) - soft
    push = np.zeros((len(gap), 2, 2, 3), np.float32)
    rows = np.flatnonzero((wide - gap).max(1) > _NOTHING)
    if not len(rows):
        return push
    worst = (wide - gap)[rows].argmax(1)
    s, t, gap, wide, out = (x[rows, worst][:, None] for x in (s, t, gap, wide, out))
    depth, out = apart(out / np.maximum(gap, 1e-4)[..., None], gap, wide, across[rows][:, None])
    level = np.linalg.norm(out[..., :2], axis=-1, keepdims=True)
    # One over the other they come apart sideways as well, only further.
    sideways = np.where(
        level > 0.3, out, across[rows][:, None] / np.linalg.norm(across[rows], axis=-1)[:, None, None]
    ) * np.array([1.0, 1.0, 0.0])
    sideways /= np.linalg.norm(sideways, axis=-1, keepdims=True)
    half = 0.5 * (depth / np.maximum(level[..., 0], 0.5) + _MARGIN)[..., None] * sideways
    for leg, sign, at, kind in ((0, 1.0, s, _KINDS[0][worst]), (1, -1.0, t, _KINDS[1][worst])):
        ankle, knee = _levers(at[:, 0], kind)
        push[rows, leg] = sign * half * np.stack([ankle, knee], 1)[:, :, None]
    return push


def _levers(at: Array, kind: Array) -> tuple[Array, Array]:
    """How far ankle and knee (N,) go for a metre at the share ``at`` (N,) of the bone that touches, ``kind`` 0 thigh, 1
    shin, 2 foot.
    """
    square = at**2 + (1.0 - at) ** 2
    thigh = 1.0 / np.maximum(at, _NEAR_HIP)
    ankle = np.select([kind == 0, kind == 1], [0.7 * thigh, at / square], 1.0)
    knee = np.select([kind == 0, kind == 1], [thigh, (1.0 - at) / square], 0.0)
    return ankle, knee


def _with_stands(stands: Array, fixed: Array | None) -> Array | None:
    """Frames (T,) that are ``fixed``, and all of the spells of ``stands`` (T,) that reach into them."""
    if fixed is None:
        return None
    spells, _ = label(stands)
    return fixed | (stands & np.isin(spells, np.unique(spells[fixed])))


def _while_standing(push: Array, stands: Array) -> Array:
    """``push`` (T, 2, 2, 3), of a foot that ``stands`` (T, 2) the longest of that stand all through it and as long as
    smoothing reaches.
    """
    result = push.copy()
    for leg in range(2):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], stands[:, leg].astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2]):
            lengths = np.linalg.norm(push[first:last, leg, 0], axis=-1)
            if lengths.max() > _NOTHING:
                stand = np.zeros(len(push), bool)
                stand[first:last] = True
                result[binary_dilation(stand, iterations=_HOLD), leg] = push[first + lengths.argmax(), leg]
    return result


def _moved(rest: Capsules, knee: Array, ankle: Array) -> Capsules:
    """Capsules where knees and ankles (T, 2, 3) have gone these ways from their ``rest``."""
    start, end = rest.start.copy(), rest.end.copy()
    for k, side in enumerate(SIDES):
        thigh, shin, foot = _MOVED[side]
        end[:, thigh] += knee[:, k]
        start[:, shin] += knee[:, k]
        end[:, shin] += ankle[:, k]
        start[:, foot] += ankle[:, k]
        end[:, foot] += ankle[:, k]
    return Capsules(start, end, rest.radius)
