"""The capsules of a body as whoever keeps bodies apart needs them: its own shape where there is one, else coarse ones.

A shape that is fitted to a skin tells what is seen. The coarse capsules of bone lengths stand in for bodies that have
none: in the training scenes, and in requests without characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

import numpy as np

from ..common.arrays import FloatArray
from .body_shape import BodyShape, IntArray, may_meet, place_capsules, self_pairs
from .capsules import CAPSULES, FREE_THIGH, SIDES, Capsules, capsules_about
from .skeleton import INDEX, JOINTS, Skeleton

_NEXT = {"shoulder": "elbow", "elbow": "wrist", "hip": "knee", "knee": "ankle"}  # the joint at the bone's other end


@dataclass(frozen=True, eq=False)
class Volume:
    """The C capsules of one body, and what they are part of."""

    skeleton: Skeleton
    shape: BodyShape | None = None

    def place(self, positions: FloatArray, world: FloatArray) -> Capsules:
        """Return the capsules of a body with joints at ``positions`` (T, 52, 3), rotated by ``world`` (T, 52, 4)."""
        if self.shape is None:
            return capsules_about(positions, world, self.skeleton)
        return place_capsules(self.shape, positions, world)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """(C,) the region of the body that each capsule belongs to, as of ``BodyShape``: 'left_hand', 'chest', …"""
        return coarse_regions() if self.shape is None else self.shape.regions

    def of(self, *regions: str) -> list[int]:
        """Return the capsules of these regions; one without a side means both."""
        return [k for k, region in enumerate(self.regions) if region in regions or without_side(region) in regions]

    @cached_property
    def own_pairs(self) -> tuple[IntArray, IntArray]:
        """The capsules (K,) and (K,) that may not cut into each other."""
        return coarse_pairs() if self.shape is None else self_pairs(self.shape, self.skeleton)

    @cached_property
    def levers(self) -> FloatArray:
        """(C, 2): where both ends of a capsule of an arm or a leg lie along its bone, 0 at its joint and 1 at the next.

        They say nothing of a trunk, a head, a hand or a foot.
        """
        found = np.tile(np.array([0.0, 1.0], np.float32), (len(self.regions), 1))
        if self.shape is None:
            return found
        for k, joint in enumerate(self.shape.joint):
            side, _, name = JOINTS[joint].partition("_")
            if name in _NEXT:
                bone = np.asarray(self.skeleton.offsets[INDEX[f"{side}_{_NEXT[name]}"]], np.float32)
                ends = np.stack([self.shape.start[k], self.shape.end[k]])
                found[k] = np.clip(ends @ bone / float(bone @ bone), 0.0, 1.0)
        return found

    @property
    def free_thigh(self) -> float:
        """The share of a thigh's capsules, from the hip, in which both thighs are one body; see ``FREE_THIGH``."""
        return FREE_THIGH if self.shape is None else 0.0


def volumes_of(skeletons: Sequence[Skeleton], shapes: Sequence[BodyShape | None] | None) -> list[Volume]:
    """Return the volume of each body; without ``shapes``, those of bone lengths."""
    return [Volume(skeleton, shapes[a] if shapes else None) for a, skeleton in enumerate(skeletons)]


def without_side(region: str) -> str:
    """Return 'hand' for 'left_hand', and 'chest' for 'chest'."""
    side, _, part = region.partition("_")
    return part if side in SIDES else region


@cache
def coarse_regions() -> tuple[str, ...]:
    """Return the region of each of ``CAPSULES``."""
    hands = {f"{side}_{part}": f"{side}_hand" for side in SIDES for part in ("palm", "fingers")}
    trunk = {f"{side}_{part}": part for side in SIDES for part in ("hips", "belly", "chest")}
    return tuple((hands | trunk).get(name, name) for name in CAPSULES)


@cache
def coarse_pairs() -> tuple[IntArray, IntArray]:
    """Return which of ``CAPSULES`` of one body may not cut into each other: no arm is measured against shins and
    feet.
    """
    regions, low, arms = coarse_regions(), {"shin", "foot"}, {"hand", "forearm"}

    def reach(one: str, other: str) -> bool:
        parts = {without_side(one), without_side(other)}
        return may_meet(one, other) and not (parts & low and parts & arms)

    pairs = combinations(range(len(regions)), 2)
    first, second = np.array([(i, j) for i, j in pairs if reach(regions[i], regions[j])], np.int64).T
    return first, second
