"""Penetration of bodies with themselves and with each other by their capsules, soft contact taken off.

A body is measured by its own shape where there is one, else by the coarse capsules of its bone lengths.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..body_model.body_shape import BodyShape
from ..body_model.capsules import SOFT_CONTACT, Capsules, bounds, closest_points, deepest_overlap, radius_at
from ..body_model.skeleton import Skeleton, forward_kinematics
from ..body_model.volume import Volume, without_side
from ..common.arrays import Array
from ..contract import FloatArray

INSIDE = 0.01  # m of depth from which a frame counts as penetration

_LEGS = {"thigh", "shin", "foot"}
_IN_WHAT = {
    "hips": "trunk", "belly": "trunk", "chest": "trunk", "thigh": "thigh", "shin": "leg", "foot": "leg", "neck": "head",
    "head": "head", "upper_arm": "arm", "shoulder": "arm",
}  # fmt: skip


class Body(NamedTuple):
    """One body in motion: root (T, 3) metres and rotations (T, 52, 4) on its skeleton; ``shape`` None: coarse."""

    root: FloatArray
    rotations: FloatArray
    skeleton: Skeleton
    shape: BodyShape | None = None


def self_penetration(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, shape: BodyShape | None = None
) -> FloatArray:
    """Return the deepest self-penetration (T,) in metres, 0 where there is none, soft contact taken off.

    Hands and forearms against trunk, thighs, neck, head and the other arm; legs against each other. Neighbours on the
    same limb never count, nor does an upper arm against the side of the chest.
    """
    return np.max(np.stack(list(self_penetrations(root, rotations, skeleton, shape).values())), axis=0)


def self_penetrations(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, shape: BodyShape | None = None
) -> dict[str, FloatArray]:
    """Return ``self_penetration`` by kind: 'hand in thigh', 'forearm in trunk', 'leg in leg' … each (T,) metres."""
    volume = Volume(skeleton, shape)
    capsules = _placed(volume, root, rotations)
    first, second = volume.own_pairs
    kinds = [_kind(volume.regions[i], volume.regions[j]) for i, j in zip(first, second)]
    middle, reach = bounds(capsules)
    apart = np.linalg.norm(middle[:, first] - middle[:, second], axis=-1)
    frame, pair = np.nonzero(apart < reach[:, first] + reach[:, second])
    free = np.array([volume.free_thigh if kind == "leg in leg" else 0.0 for kind, _ in kinds], np.float32)
    thigh = np.array([without_side(region) == "thigh" for region in volume.regions])
    i, j = first[pair], second[pair]
    depth = _depth_of(capsules, frame, i, j, free[pair] * thigh[i], free[pair] * thigh[j])
    depth -= np.array([soft for _, soft in kinds], np.float32)[pair] * np.float32(skeleton.size)
    found = {kind: np.zeros(len(capsules.start), np.float32) for kind, _ in kinds}
    for kind, deepest in found.items():
        rows = np.isin(pair, [k for k, (name, _) in enumerate(kinds) if name == kind])
        np.maximum.at(deepest, frame[rows], depth[rows])
    return found


def pair_penetration(a: Body, b: Body) -> FloatArray:
    """Return the deepest penetration (T,) of two bodies in metres, 0 where there is none."""
    frames = min(len(a.root), len(b.root))
    result = np.zeros(frames, np.float32)
    # No part of a body is further from the pelvis than about 0.72 of the stature.
    gap = np.linalg.norm(np.asarray(a.root)[:frames] - np.asarray(b.root)[:frames], axis=-1)
    near = np.flatnonzero(gap < 0.72 * (a.skeleton.height + b.skeleton.height))
    if len(near) == 0:
        return result
    one, two = (
        _placed(Volume(body.skeleton, body.shape), np.asarray(body.root)[near], np.asarray(body.rotations)[near])
        for body in (a, b)
    )
    result[near] = np.maximum(deepest_overlap(one, two) - np.float32(SOFT_CONTACT["pair"]), 0.0)
    return result


def _placed(volume: Volume, root: FloatArray, rotations: FloatArray) -> Capsules:
    posed = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), volume.skeleton)
    return volume.place(*posed)


def _kind(one: str, other: str) -> tuple[str, float]:
    """Return what an overlap of two regions of one body is called, and how much of it is contact, m at 1.70 m."""
    parts = without_side(one), without_side(other)
    if set(parts) <= _LEGS:
        return "leg in leg", SOFT_CONTACT["leg"]
    if set(parts) <= {"hand", "forearm"}:
        what = "forearm" if "forearm" in parts else "hand"
        return f"{'arms' if what == 'forearm' else 'hands'} in each other", SOFT_CONTACT[what]
    what, where = parts if parts[0] in ("hand", "forearm") else parts[::-1]
    return f"{what} in {_IN_WHAT[where]}", SOFT_CONTACT[what]


def _depth_of(
    capsules: Capsules, frame: Array, i: Array, j: Array, i_from: FloatArray, j_from: FloatArray
) -> FloatArray:
    """Return the overlap (N,) in metres of capsules ``i`` with ``j`` at ``frame``, negative where they are apart;
    ``i_from``, ``j_from`` (N,): the share of each bone that is left out at its start.
    """
    ends = [(capsules.start[frame, k], capsules.end[frame, k]) for k in (i, j)]
    (a, b), (c, d) = (
        (start + (end - start) * share[:, None], end) for (start, end), share in zip(ends, (i_from, j_from))
    )
    s, t, distance = closest_points(a, b, c, d)
    s, t = i_from + (1 - i_from) * s, j_from + (1 - j_from) * t
    return (radius_at(capsules.radius[i], s) + radius_at(capsules.radius[j], t) - distance).astype(np.float32)
