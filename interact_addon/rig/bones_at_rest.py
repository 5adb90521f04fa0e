"""The bones of an armature at rest as plain data, and the ways through them. No Blender here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..runtime_api import Array
from .mapping import bones_above


@dataclass(frozen=True, eq=False)
class RestBone:
    """One bone at rest: the bone above it, ``head`` and ``tail`` (3,) in armature space."""

    parent: str | None
    head: Array
    tail: Array


Bones = Mapping[str, RestBone]


def children_of(bones: Bones) -> dict[str, list[str]]:
    """Return the bones right below each bone."""
    below: dict[str, list[str]] = {name: [] for name in bones}
    for name, bone in bones.items():
        if bone.parent in below:
            below[bone.parent].append(name)
    return below


def size_of(bones: Bones) -> float:
    """Return the diagonal of the box around all heads, in armature space."""
    heads = np.array([bone.head for bone in bones.values()])
    return float(np.linalg.norm(np.ptp(heads, axis=0))) if len(heads) else 0.0


class BoneChains:
    """The bones with what hangs below each, and the ways through them."""

    def __init__(self, bones: Bones) -> None:
        self.bones = bones
        self.below = children_of(bones)
        self.parents = {name: bone.parent for name, bone in bones.items()}

    def chain(self, bone: str) -> list[str]:
        """Return a bone and those below it, always on the way that leads furthest."""
        line = [bone]
        while nexts := self.below[line[-1]]:
            place = self.bones[line[-1]].head
            line.append(max(nexts, key=lambda one: self.reach(one, place)))
        return line

    def reach(self, bone: str, place: Array) -> float:
        """Return how far from a place the bones below a bone, and itself, begin. Importers put tails anywhere."""
        return max(self.distance(one, place) for one in self.all_below(bone))

    def all_below(self, bone: str) -> Iterable[str]:
        """Yield a bone and all below it."""
        waiting = [bone]
        while waiting:
            one = waiting.pop()
            waiting += self.below[one]
            yield one

    def path(self, start: str, end: str) -> list[str]:
        """Return the bones between two, downwards; none if the second is not below the first."""
        line = bones_above(end, self.parents)
        return list(reversed(line[: line.index(start)])) if start in line else []

    def common(self, one: str, other: str) -> str | None:
        """Return the nearest bone above both bones."""
        others = set(bones_above(other, self.parents))
        return next((bone for bone in bones_above(one, self.parents) if bone in others), None)

    def distance(self, bone: str, place: Array) -> float:
        """Return how far from a place a bone begins."""
        return float(np.linalg.norm(self.bones[bone].head - place))

    def height(self, bone: str, up: Array) -> float:
        """Return how far up a bone begins; ``up`` (3,): of length one."""
        return float(np.dot(self.bones[bone].head, up))

    def top(self, bone: str, up: Array) -> float:
        """Return how far up the highest of a bone and all below it begins."""
        return max(self.height(one, up) for one in self.all_below(bone))
