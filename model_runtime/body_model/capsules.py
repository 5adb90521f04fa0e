"""The volume of a body: tapered capsules about its bones.

Radii are half the breadths and circumferences / 2 pi of the ANSUR survey (Gordon et al. 1989, means of women and men),
scaled from its mean stature of 1.70 m to the body's. Flesh and cloth give way, so where people rest on themselves some
overlap of the undeformed shapes is what contact looks like: ``SOFT_CONTACT`` is taken off before a depth is called
penetration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import FloatArray
from . import rotations as rot
from .skeleton import INDEX, Skeleton

SIDES = ("left", "right")

# Metres of overlap that are contact and not penetration, by what touches what.
SOFT_CONTACT = {"hand": 0.012, "forearm": 0.015, "leg": 0.025, "pair": 0.01}

# radius at the start and at the end of the bone, m at 1.70 m
RADII = {
    "upper_arm": (0.048, 0.042), "forearm": (0.040, 0.027), "palm": (0.022, 0.018),
    "fingers": (0.014, 0.009), "thigh": (0.085, 0.058), "shin": (0.056, 0.036), "foot": (0.036, 0.030),
    "hips": (0.105, 0.105), "belly": (0.100, 0.098), "chest": (0.100, 0.105), "neck": (0.055, 0.055),
    "head": (0.085, 0.085),
    # of ``body_shape`` alone, which splits the body further
    "shoulder": (0.050, 0.055), "metacarpal": (0.016, 0.014), "toes": (0.030, 0.018), "jaw": (0.052, 0.050),
}  # fmt: skip
# The trunk is wider than deep: a capsule on each side of the middle. Half breadths, m at 1.70 m and shoulder joints
# 0.34 m apart.
HALF_BREADTH = {"hips": 0.165, "belly": 0.143, "chest": 0.157}
_SHOULDERS = 0.17
CAPSULES = (
    *(f"{side}_{part}" for side in SIDES for part in (
        "hips", "belly", "chest", "upper_arm", "forearm", "palm", "fingers", "thigh", "shin", "foot")),
    "neck", "head",
)  # fmt: skip
FREE_THIGH = 0.35  # of the thigh, from the hip, in which the thighs are one body with each other and the pelvis


class Capsules(NamedTuple):
    """Tapered capsules, one for each of ``CAPSULES``; metres."""

    start: FloatArray  # (T, C, 3)
    end: FloatArray  # (T, C, 3)
    radius: FloatArray  # (C, 2) at start and end


def soft_contact(part: str, other: str) -> float:
    """Return the overlap of two parts of one body that is contact, metres at a stature of 1.70 m."""
    for name in ("hand", "forearm"):
        if part.endswith(name) or other.endswith(name):
            return SOFT_CONTACT[name]
    return SOFT_CONTACT["leg"]


def capsules_about(positions: FloatArray, world: FloatArray, skeleton: Skeleton) -> Capsules:
    """Return the capsules of a body with joints at ``positions`` (T, 52, 3), rotated by ``world`` (T, 52, 4)."""
    size = skeleton.size
    starts, ends, radii = [], [], []

    def add(shape: str, start: FloatArray, end: FloatArray) -> None:  # in the order of CAPSULES
        starts.append(start)
        ends.append(end)
        radii.append(RADII[shape])

    def at(joint: str, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> FloatArray:
        index = INDEX[joint]
        if not (x or y or z):
            return positions[:, index]
        return positions[:, index] + rot.rotate(world[:, index], np.array([x, y, z], np.float32) * size)

    # Above the breast bone the chest narrows into the neck, so it ends below it.
    upper = 0.55 * float(skeleton.offsets[INDEX["neck"], 2]) / size
    wide = {"hips": 1.0, "belly": 0.5 + 0.5 * breadth(skeleton), "chest": breadth(skeleton)}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        x = {part: sign * (half * wide[part] - RADII[part][0]) for part, half in HALF_BREADTH.items()}
        hips_z = float(skeleton.offsets[INDEX["left_hip"], 2]) / size
        add("hips", at("pelvis", x["hips"], 0.0, hips_z), at("pelvis", x["hips"], 0.0, 0.4 * hips_z))
        add("belly", at("spine1", x["belly"]), at("spine2", x["belly"]))
        add("chest", at("spine2", x["chest"], 0.0, 0.03), at("spine3", x["chest"], 0.0, upper))
        add("upper_arm", at(f"{side}_shoulder"), at(f"{side}_elbow"))
        add("forearm", at(f"{side}_elbow"), at(f"{side}_wrist"))
        add("palm", at(f"{side}_wrist"), at(f"{side}_middle1"))
        add("fingers", at(f"{side}_middle1"), at(f"{side}_middle3", 0.018 * sign))
        add("thigh", at(f"{side}_hip"), at(f"{side}_knee"))
        add("shin", at(f"{side}_knee"), at(f"{side}_ankle"))
        ankle_z, toe_z = (
            -float(skeleton.rest_positions[INDEX[f"{side}_{part}"], 2]) / size for part in ("ankle", "foot")
        )
        heel = at(f"{side}_ankle", 0.0, 0.02, ankle_z + RADII["foot"][0])
        add("foot", heel, at(f"{side}_foot", 0.0, -0.03, toe_z + RADII["foot"][1]))
    add("neck", at("neck"), at("head"))
    add("head", at("head", 0.0, -0.01, 0.045), at("head", 0.0, -0.015, 0.095))
    return Capsules(np.stack(starts, 1), np.stack(ends, 1), np.array(radii, np.float32) * size)


def breadth(skeleton: Skeleton) -> float:
    """Return how broad the shoulders are for the stature, 1 for the mean body."""
    half = 0.5 * float(
        skeleton.rest_positions[INDEX["left_shoulder"], 0] - skeleton.rest_positions[INDEX["right_shoulder"], 0]
    )
    return float(np.clip(half / (_SHOULDERS * skeleton.size), 0.75, 1.25))


def radius_at(radius: FloatArray, along: FloatArray) -> FloatArray:
    """Return the radius (...,) metres at ``along`` (...,) 0..1 of capsules with end radii ``radius`` (..., 2)."""
    return radius[..., 0] + (radius[..., 1] - radius[..., 0]) * along


def bounds(capsules: Capsules) -> tuple[FloatArray, FloatArray]:
    """Return centres (T, C, 3) and radii (T, C) of spheres that hold the capsules."""
    length = np.linalg.norm(capsules.end - capsules.start, axis=-1)
    return 0.5 * (capsules.start + capsules.end), 0.5 * length + capsules.radius.max(1)


def closest_points(
    p1: FloatArray, q1: FloatArray, p2: FloatArray, q2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Find where two segments come closest: 0..1 along each (...,) and the distance (...,).

    The segments run from ``p1`` to ``q1`` and from ``p2`` to ``q2``, all (..., 3); Ericson 2005, Real-Time Collision
    Detection, 5.1.9.
    """
    d1, d2, r = q1 - p1, q2 - p2, p1 - p2
    a, e = _dot(d1, d1) + 1e-12, _dot(d2, d2) + 1e-12
    b, c, f = _dot(d1, d2), _dot(d1, r), _dot(d2, r)
    s = np.clip((b * f - c * e) / np.maximum(a * e - b * b, 1e-9), 0.0, 1.0)
    t = (b * s + f) / e
    clamped = np.clip(t, 0.0, 1.0)
    s = np.where(t == clamped, s, np.clip((b * clamped - c) / a, 0.0, 1.0))
    gap = r + d1 * s[..., None] - d2 * clamped[..., None]
    return s, clamped, np.sqrt(_dot(gap, gap))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    product: FloatArray = np.einsum("...i,...i->...", a, b)  # several times as fast as a sum over so short an axis
    return product


def overlap(
    one: Capsules, two: Capsules, frame: NDArray[np.int64], i: NDArray[np.int64], j: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Return the overlap (N,) of capsules ``i`` and ``j`` at ``frame``, metres, and where along both (N, 2).

    Negative, it is the gap between them.
    """
    s, t, distance = closest_points(one.start[frame, i], one.end[frame, i], two.start[frame, j], two.end[frame, j])
    depth = radius_at(one.radius[i], s) + radius_at(two.radius[j], t) - distance
    return depth.astype(np.float32), np.stack([s, t], -1).astype(np.float32)


def deepest_overlap(one: Capsules, two: Capsules) -> FloatArray:
    """Return the deepest overlap (T,) of two bodies' capsules, metres; 0 where none touch."""
    (middle_a, reach_a), (middle_b, reach_b) = bounds(one), bounds(two)
    apart = np.linalg.norm(middle_a[:, :, None] - middle_b[:, None], axis=-1)
    frame, i, j = np.nonzero(apart < reach_a[:, :, None] + reach_b[:, None])
    deepest = np.zeros(len(one.start), np.float32)
    np.maximum.at(deepest, frame, overlap(one, two, frame, i, j)[0])
    return deepest
