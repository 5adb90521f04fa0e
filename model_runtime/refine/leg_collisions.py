"""Keep the legs of a body out of each other: walking, turning, and crossed at the ankles on a seat.

Both legs move sideways along the floor, so that soles stay on it. A foot that bears weight is displaced equally for as
long as it stands, and moves there and back while it is up, so it does not slide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d, label

from ..body_model import rotations as rot
from ..body_model.body_shape import BodyShape
from ..body_model.capsules import SIDES, SOFT_CONTACT, Capsules, closest_points, radius_at
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..body_model.volume import Volume, without_side
from ..common.arrays import Array
from ..common.easing import smoothstep
from ..common.masks import runs_of
from .fixed import freedom
from .separation import parting_directions, widest

_ROUNDS = 8
_MARGIN = 0.003  # m that legs move further than they have to
_NEGLIGIBLE = 1e-3  # m; a shallower overlap is left
_HOLD = 8  # frames before and after an overlap in which the legs are already displaced
_SMOOTHING = 5.0  # frames, deviation of the Gaussian that smooths the displacement
_BESIDE_FIXED = 8  # frames over which the displacement grows beside frames that stay
_LIFTED = 4  # frames over which a foot that was lifted begins to leave its way, and comes back to it
_NEAR_HIP = 0.5  # of the thigh; an overlap nearer to the hip does not move the knee further

_PARTS = ("thigh", "shin", "foot")
_JOINTS = {side: tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle")) for side in SIDES}


class _Pairs(NamedTuple):
    """P pairs of capsules, the first of the left leg and the second of the right, in the columns of each array."""

    capsules: Array  # (2, P)
    part: Array  # (2, P) index of _PARTS
    free: Array  # (2, P) the share of each, from its start, that is left out
    lever: Array  # (2, P, 2) where both ends lie along the bone


def clear_legs(
    root: Array,
    rotations: Array,
    skeleton: Skeleton,
    contacts: Array,
    fixed: Array | None = None,
    shape: BodyShape | None = None,
) -> NDArray[np.float32]:
    """Return rotations (T, 52, 4) in which neither leg is inside the other.

    ``root`` (T, 3) metres, ``rotations`` (T, 52, 4), ``contacts`` (T, 4) in the order of ``FOOT_CONTACTS``; ``shape``
    of the body, a coarse one of its bone lengths when None. Only hips, knees and ankles change, around frames where the
    legs overlap and for as long as a foot stands that was displaced; nothing on frames that are ``fixed`` (T,), nor
    under a foot that stands through them.
    """
    result = np.array(rotations, np.float32)
    positions, world = forward_kinematics(np.asarray(root, np.float32), result, skeleton)
    volume = Volume(skeleton, shape)
    rest, pairs = volume.place(positions, world), _pairs_of(volume)
    joints = np.stack([positions[:, _JOINTS[side]] for side in SIDES], 1)  # (T, 2, hip knee ankle, 3)
    forward = np.array([0.0, -1.0, 0.0], np.float32)
    front = np.stack([rot.rotate(world[:, _JOINTS[side][0]], forward) for side in SIDES], 1)
    across = (joints[:, 0, 0] - joints[:, 1, 0]) * np.array([1.0, 1.0, 0.0], np.float32)
    stands = (np.asarray(contacts, np.float32) > 0.5).reshape(len(root), 2, 2).any(2)
    held = [with_stands(stands[:, leg], fixed) for leg in range(2)]
    free = np.stack([freedom(frames, len(root), _BESIDE_FIXED) for frames in held], 1)[..., None, None]

    may_move = free > 0.0
    capsules, wanted = rest, np.zeros((len(root), 2, 2, 3), np.float32)  # of ankle and knee
    displacement = wanted
    for _ in range(_ROUNDS):
        push = _pushes(capsules, pairs, across, SOFT_CONTACT["leg"] * skeleton.size)
        if np.linalg.norm(push, axis=-1).max(initial=0.0) < _NEGLIGIBLE:
            break
        held_push = while_standing(widest(push * may_move, _HOLD), stands)
        wanted += may_move * gaussian_filter1d(held_push, _SMOOTHING, axis=0, mode="nearest")
        displacement = np.stack([between_stands(wanted[:, leg], stands[:, leg], free[:, leg]) for leg in range(2)], 1)
        knee, ankle, _, _ = bend(joints, front, displacement)
        capsules = _moved(rest, volume, knee - joints[:, :, 1], ankle - joints[:, :, 2])

    _, _, thigh, shin = bend(joints, front, displacement)
    for leg, side in enumerate(SIDES):
        at = np.flatnonzero(np.abs(displacement[:, leg]).max((1, 2)) > 1e-5)
        hip, knee_joint, ankle_joint = _JOINTS[side]
        chain = [
            world[at, 0],
            rot.multiply(thigh[at, leg], world[at, hip]),
            rot.multiply(shin[at, leg], world[at, knee_joint]),
            world[at, ankle_joint],
        ]
        for joint, local in zip(_JOINTS[side], local_rotations(chain)):
            result[at, joint] = local
    return result


def _pairs_of(volume: Volume) -> _Pairs:
    """Return the pairs of both legs that may not cut into each other."""
    found = []
    for pair in zip(*volume.own_pairs):
        regions = [volume.regions[k] for k in pair]
        if all(without_side(region) in _PARTS for region in regions):
            found.append(pair if regions[0].startswith("left") else pair[::-1])
    capsules = np.array(found, np.int64).reshape(-1, 2).T
    part = np.array([[_PARTS.index(without_side(volume.regions[k])) for k in leg] for leg in capsules], np.int64)
    free = np.where(part == 0, volume.free_thigh, 0.0).astype(np.float32)
    lever = np.where((part == _PARTS.index("foot"))[..., None], [0.0, 1.0], volume.levers[capsules])
    return _Pairs(capsules, part, free, lever.astype(np.float32))


def _pushes(capsules: Capsules, pairs: _Pairs, across: Array, soft: float) -> Array:
    """Return how far (T, 2, 2, 3) in metres ankle and knee of each leg move for the deepest overlap of each frame."""
    left, right = pairs.capsules
    push = np.zeros((len(across), 2, 2, 3), np.float32)
    if not len(left):
        return push
    starts, ends, free = [], [], pairs.free
    for column, spared in zip(pairs.capsules, free):
        bone = capsules.end[:, column] - capsules.start[:, column]
        starts.append(capsules.start[:, column] + bone * spared[:, None])
        ends.append(capsules.end[:, column])
    s, t, gap = closest_points(starts[0], ends[0], starts[1], ends[1])
    between = starts[0] + (ends[0] - starts[0]) * s[..., None] - starts[1] - (ends[1] - starts[1]) * t[..., None]
    s, t = free[0] + (1.0 - free[0]) * s, free[1] + (1.0 - free[1]) * t
    clearance = radius_at(capsules.radius[left], s) + radius_at(capsules.radius[right], t) - soft
    rows = np.flatnonzero((clearance - gap).max(1) > _NEGLIGIBLE)
    if not len(rows):
        return push
    worst = (clearance - gap)[rows].argmax(1)
    s, t, gap, clearance, between = (x[rows, worst][:, None] for x in (s, t, gap, clearance, between))
    normals = between / np.maximum(gap, 1e-4)[..., None]
    depth, directions = parting_directions(normals, gap, clearance, across[rows][:, None])
    level = np.linalg.norm(directions[..., :2], axis=-1, keepdims=True)
    # A leg above the other leaves it sideways as well, only further.
    unit_across = across[rows][:, None] / np.linalg.norm(across[rows], axis=-1)[:, None, None]
    sideways = np.where(level > 0.3, directions, unit_across) * np.array([1.0, 1.0, 0.0])
    sideways /= np.linalg.norm(sideways, axis=-1, keepdims=True)
    half = 0.5 * (depth / np.maximum(level[..., 0], 0.5) + _MARGIN)[..., None] * sideways
    for leg, sign, at in ((0, 1.0, s[:, 0]), (1, -1.0, t[:, 0])):
        first, last = pairs.lever[leg, worst].T
        ankle, knee = levers_of(first + (last - first) * at, pairs.part[leg, worst])
        push[rows, leg] = sign * half * np.stack([ankle, knee], 1)[:, :, None]
    return push


def levers_of(at: Array, part: Array) -> tuple[Array, Array]:
    """Return how far ankle and knee (N,) move for one metre at a point of the leg.

    The point lies at the share ``at`` (N,) of the bone ``part`` (N,): 0 thigh, 1 shin, 2 foot.
    """
    square = at**2 + (1.0 - at) ** 2
    thigh = 1.0 / np.maximum(at, _NEAR_HIP)
    ankle = np.select([part == 0, part == 1], [0.7 * thigh, at / square], 1.0)
    knee = np.select([part == 0, part == 1], [thigh, (1.0 - at) / square], 0.0)
    return ankle, knee


def with_stands(stands: Array, fixed: Array | None) -> Array | None:
    """Return frames (T,) that are ``fixed``, and every whole stand of ``stands`` (T,) that reaches into them."""
    if fixed is None:
        return None
    numbered, _ = label(stands)
    return fixed | (stands & np.isin(numbered, np.unique(numbered[fixed])))


def while_standing(push: Array, stands: Array) -> Array:
    """Give a standing foot one push for the whole stand: the longest of it.

    ``push`` (T, L, 2, 3) metres of L legs, ``stands`` (T, L). The push holds ``_HOLD`` frames longer on both sides, so
    that smoothing changes nothing while the foot stands.
    """
    result = push.copy()
    for leg in range(stands.shape[1]):
        for first, last in runs_of(stands[:, leg]):
            lengths = np.linalg.norm(push[first:last, leg, 0], axis=-1)
            if lengths.max() > _NEGLIGIBLE:
                stand = np.zeros(len(push), bool)
                stand[first:last] = True
                result[binary_dilation(stand, iterations=_HOLD), leg] = push[first + lengths.argmax(), leg]
    return result


def between_stands(wanted: Array, stands: Array, free: Array) -> Array:
    """Return a displacement (T, 2, 3) near ``wanted`` (T, 2, 3) that is constant in each stand of ``stands`` (T,).

    It changes only while the foot is up: from what one stand has to what the next one has, and in between as far as it
    is wanted. ``free`` (T, 1, 1): the share of it that each frame may have; a frame with none counts as a stand.
    """
    stands = stands | (free[:, 0, 0] == 0.0)
    runs = runs_of(stands)
    result = (free * wanted).astype(np.float32)
    if not runs:
        return result
    kept = [_largest(wanted[first:last]) * free[first:last].min() for first, last in runs]
    for (first, last), vectors in zip(runs, kept):
        result[first:last] = vectors
    frame, ends = np.arange(len(wanted)), np.array(runs)
    after = np.searchsorted(ends[:, 0], frame, side="right")  # the next stand, or one too many behind the last one
    before, last_of = np.maximum(after - 1, 0), np.minimum(after, len(runs) - 1)
    since = np.where(after > 0, frame - ends[before, 1], len(wanted))
    until = np.where(after < len(runs), ends[last_of, 0] - 1 - frame, len(wanted))
    along = smoothstep((since + 1) / (since + until + 2))[:, None, None]
    passing = np.take(kept, before, 0) * (1.0 - along) + np.take(kept, last_of, 0) * along
    lifted = smoothstep(np.clip(np.minimum(since, until) / _LIFTED, 0.0, 1.0))[:, None, None]
    return np.where(stands[:, None, None], result, passing + lifted * (result - passing)).astype(np.float32)


def _largest(vectors: Array) -> Array:
    """Return the longest vector (2, 3) for ankle and knee of those of all frames (T, 2, 3)."""
    at = np.linalg.norm(vectors, axis=-1).argmax(0)
    return vectors[at, np.arange(vectors.shape[1])]


def _moved(rest: Capsules, volume: Volume, knee: Array, ankle: Array) -> Capsules:
    """Return capsules with knees and ankles displaced by (T, 2, 3) metres from their ``rest``."""
    ends = rest.start.copy(), rest.end.copy()
    for leg, side in enumerate(SIDES):
        for region, (above, below) in {"thigh": (None, knee), "shin": (knee, ankle), "foot": (ankle, ankle)}.items():
            for k in volume.of(f"{side}_{region}"):
                for points, along in zip(ends, volume.levers[k]):
                    points[:, k] += along * below[:, leg]
                    if above is not None:
                        points[:, k] += (1.0 - along) * above[:, leg]
    return Capsules(*ends, rest.radius)
