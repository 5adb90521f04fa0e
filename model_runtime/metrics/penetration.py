"""Penetration of bodies with themselves and with each other by their capsules, soft contact taken off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..body_model.capsules import (
    CAPSULES,
    FREE_THIGH,
    SIDES,
    SOFT_CONTACT,
    Capsules,
    body_capsules,
    closest_points,
    deepest_overlap,
    radius_at,
)
from ..body_model.skeleton import Skeleton
from ..contract import FloatArray

INSIDE = 0.01  # m of depth from which a frame counts as penetration

Body = tuple[FloatArray, FloatArray, Skeleton]
Pair = tuple[str, str, str, float]  # two capsules, the kind of penetration, its soft contact in m
_THIGHS = (CAPSULES.index("left_thigh"), CAPSULES.index("right_thigh"))


def self_penetration(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Return the deepest self-penetration (T,) in metres, 0 where there is none, soft contact taken off.

    Hands and forearms against trunk, thighs, neck, head and the other arm; legs against each other. Neighbours on the
    same limb never count, nor does an upper arm against the side of the chest.
    """
    return np.max(np.stack(list(self_penetrations(root, rotations, skeleton).values())), axis=0)


def self_penetrations(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> dict[str, FloatArray]:
    """Return ``self_penetration`` by kind: 'hand in thigh', 'forearm in trunk', 'leg in leg' … each (T,) metres."""
    capsules = body_capsules(root, rotations, skeleton)
    first, second, kinds, soft = _SELF
    depth = _depths(capsules, first, second, _left_out(first, kinds), _left_out(second, kinds))
    depth -= soft * np.float32(skeleton.size)
    found = {}
    for kind in dict.fromkeys(kinds):
        columns = [k for k, name in enumerate(kinds) if name == kind]
        found[kind] = np.maximum(depth[:, columns].max(1), 0.0)
    return found


def pair_penetration(a: Body, b: Body) -> FloatArray:
    """Return the deepest penetration (T,) of two bodies in metres, 0 where there is none.

    Each body is (root (T, 3), rotations (T, 52, 4), skeleton).
    """
    frames = min(len(a[0]), len(b[0]))
    result = np.zeros(frames, np.float32)
    # No part of a body is further from the pelvis than about 0.72 of the stature.
    gap = np.linalg.norm(np.asarray(a[0])[:frames] - np.asarray(b[0])[:frames], axis=-1)
    near = np.flatnonzero(gap < 0.72 * (a[2].height + b[2].height))
    if len(near) == 0:
        return result
    one, two = (body_capsules(np.asarray(body[0])[near], np.asarray(body[1])[near], body[2]) for body in (a, b))
    result[near] = np.maximum(deepest_overlap(one, two) - np.float32(SOFT_CONTACT["pair"]), 0.0)
    return result


def _self_pairs() -> tuple[NDArray[np.int64], NDArray[np.int64], list[str], FloatArray]:
    """Return the columns of the first and second capsule of each pair that is measured, its kind, its soft contact."""
    pairs = [*_arm_pairs(), *_pairs_of_both_arms(), *_leg_pairs()]
    column = {name: k for k, name in enumerate(CAPSULES)}
    return (
        np.array([column[p[0]] for p in pairs]),
        np.array([column[p[1]] for p in pairs]),
        [p[2] for p in pairs],
        np.array([p[3] for p in pairs], np.float32),
    )


def _arm_pairs() -> list[Pair]:
    """Return each arm's parts against the trunk, the thighs, the head and the other upper arm."""
    pairs: list[Pair] = []
    for mine, other in (SIDES, SIDES[::-1]):
        for part in ("forearm", "palm", "fingers"):
            what = "forearm" if part == "forearm" else "hand"
            allowed = SOFT_CONTACT[what]
            for side in SIDES:
                pairs += [
                    (f"{mine}_{part}", f"{side}_{trunk}", f"{what} in trunk", allowed)
                    for trunk in ("hips", "belly", "chest")
                ]
                pairs.append((f"{mine}_{part}", f"{side}_thigh", f"{what} in thigh", allowed))
            pairs += [(f"{mine}_{part}", part_of_head, f"{what} in head", allowed) for part_of_head in ("neck", "head")]
            pairs.append((f"{mine}_{part}", f"{other}_upper_arm", f"{what} in arm", allowed))
    return pairs


def _pairs_of_both_arms() -> list[Pair]:
    """Return the parts of the left arm against those of the right."""
    pairs: list[Pair] = []
    parts = ("forearm", "palm", "fingers")
    for i, part in enumerate(parts):
        for against in parts if part == "forearm" else parts[i:]:
            what = "arms" if "forearm" in (part, against) else "hands"
            allowed = SOFT_CONTACT["forearm" if what == "arms" else "hand"]
            pairs.append((f"left_{part}", f"right_{against}", f"{what} in each other", allowed))
            if part != against:
                pairs.append((f"right_{part}", f"left_{against}", f"{what} in each other", allowed))
    return pairs


def _leg_pairs() -> list[Pair]:
    legs = ("thigh", "shin", "foot")
    return [(f"left_{a}", f"right_{b}", "leg in leg", SOFT_CONTACT["leg"]) for a in legs for b in legs]


def _left_out(columns: NDArray[np.int64], kinds: list[str]) -> FloatArray:
    """Return the share (P,) of each bone that is left out at its start: of thighs against legs, near the hips."""
    return np.array(
        [FREE_THIGH if kind == "leg in leg" and column in _THIGHS else 0.0 for column, kind in zip(columns, kinds)],
        np.float32,
    )


def _depths(
    capsules: Capsules, i: NDArray[np.int64], j: NDArray[np.int64], i_from: FloatArray, j_from: FloatArray
) -> FloatArray:
    """Return the overlap (T, P) in metres of capsules ``i`` with ``j``, negative where they are apart; ``i_from``,
    ``j_from`` (P,) as in ``_left_out``.
    """
    i_end, j_end = capsules.end[:, i], capsules.end[:, j]
    i_start = capsules.start[:, i] + (i_end - capsules.start[:, i]) * i_from[:, None]
    j_start = capsules.start[:, j] + (j_end - capsules.start[:, j]) * j_from[:, None]
    s, t, distance = closest_points(i_start, i_end, j_start, j_end)
    s, t = i_from + (1 - i_from) * s, j_from + (1 - j_from) * t
    return (radius_at(capsules.radius[i], s) + radius_at(capsules.radius[j], t) - distance).astype(np.float32)


_SELF = _self_pairs()
