"""An armature as a tree of places, and its left-right symmetry. No names, no Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from ..runtime_api import Array

Bone = TypeVar("Bone", int, str)

_MOST_PLANES = 60  # candidates for the plane of symmetry, those of the largest limbs first
_MOST_TRIED = 6
_FEWEST = 8  # bones that a body has at least
_TOLERANCE = 0.08  # of the size of the rig: how far a bone and its subtree may lie from their mirror image


@dataclass(frozen=True, eq=False)
class BoneTree:
    """Bones by number.

    ``heads`` (B, 3) and ``tails`` (B, 3): places in any units and axes; tails of imported bones may lie anywhere.
    ``parents``: number of the bone above, -1 for none; a bone comes after the bone above it.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: Array
    tails: Array

    @cached_property
    def children(self) -> list[list[int]]:
        """The bones below each bone; those of -1, the roots, come last."""
        below: list[list[int]] = [[] for _ in range(len(self.names) + 1)]
        for bone, parent in enumerate(self.parents):
            below[parent].append(bone)
        return below

    @cached_property
    def counts(self) -> Array:
        """(B,) number of bones in each subtree."""
        counts = np.ones(len(self.names), int)
        for bone in reversed(range(len(self.names))):
            if self.parents[bone] >= 0:
                counts[self.parents[bone]] += counts[bone]
        return counts

    @cached_property
    def centres(self) -> Array:
        """(B, 3) mean place of each subtree."""
        sums = np.array(self.heads, float)
        for bone in reversed(range(len(self.names))):
            if self.parents[bone] >= 0:
                sums[self.parents[bone]] += sums[bone]
        return sums / self.counts[:, None]

    @cached_property
    def reach(self) -> Array:
        """(B,) length of the longest way down from each bone."""
        reach = np.zeros(len(self.names))
        for bone in reversed(range(len(self.names))):
            parent = self.parents[bone]
            if parent >= 0:
                reach[parent] = max(reach[parent], reach[bone] + self.distance(bone, parent))
        return reach

    @cached_property
    def size(self) -> float:
        """Diagonal of the box around all heads."""
        return float(np.linalg.norm(np.ptp(self.heads, axis=0))) if len(self.names) else 0.0

    def distance(self, a: int, b: int) -> float:
        return float(np.linalg.norm(self.heads[a] - self.heads[b]))

    def line_up(self, bone: int) -> list[int]:
        """Return the bone and all bones above it."""
        line = []
        while bone >= 0:
            line.append(bone)
            bone = self.parents[bone]
        return line

    def below(self, bone: int) -> list[int]:
        """Return all bones below a bone, the nearest first."""
        found = list(self.children[bone])
        for child in found:
            found += self.children[child]
        return found

    def common(self, a: int, b: int) -> int:
        """Return the lowest bone that carries both; -1 if none does."""
        above = set(self.line_up(a))
        return next((bone for bone in self.line_up(b) if bone in above), -1)

    def without(self, top: int) -> BoneTree:
        """Return the tree without the bone and all below it."""
        kept = [bone for bone in range(len(self.names)) if top not in self.line_up(bone)]
        return bone_tree(
            {self.names[b]: self.names[self.parents[b]] if self.parents[b] >= 0 else None for b in kept},
            {self.names[b]: self.heads[b] for b in kept},
            {self.names[b]: self.tails[b] for b in kept},
        )


def bone_tree(
    parents: Mapping[str, str | None], heads: Mapping[str, Sequence[float] | Array], tails: Mapping[str, Array]
) -> BoneTree:
    """Return the tree of the bones in ``heads``; a bone that is left out hands its children to the bone above it."""
    nearest = {bone: _nearest(bone, parents, heads) for bone in heads}
    order: list[str] = []
    placed: set[str | None] = {None}
    waiting = list(heads)
    while waiting:
        ready = [bone for bone in waiting if nearest[bone] in placed]
        if not ready:
            break  # a circle; Blender makes none
        order += ready
        placed |= set(ready)
        waiting = [bone for bone in waiting if bone not in placed]
    number = {bone: index for index, bone in enumerate(order)}
    upper = tuple(-1 if nearest[bone] is None else number[str(nearest[bone])] for bone in order)
    places = np.array([heads[bone] for bone in order], float).reshape(-1, 3)
    ends = np.array([tails[bone] for bone in order], float).reshape(-1, 3)
    return BoneTree(tuple(order), upper, places, ends)


def evenly(bones: list[Bone], most: int) -> list[Bone]:
    """Return at most ``most`` of a line of bones, evenly, its first and last among them."""
    if len(bones) <= most:
        return bones
    return [bones[round(i * (len(bones) - 1) / (most - 1))] for i in range(most)]


def _nearest(bone: str, parents: Mapping[str, str | None], kept: Mapping[str, object]) -> str | None:
    above = parents.get(bone)
    while above is not None and above not in kept:
        above = parents.get(above)
    return above


@dataclass(eq=False)
class Symmetry:
    """A plane and each bone's partner on the other side; a bone in the plane is its own partner.

    ``normal`` (3,): across the body; ``point`` (3,): in the plane. Bones without a mirror image have no partner.
    """

    normal: Array
    point: Array
    partner: dict[int, int] = field(default_factory=dict)

    def offset(self, place: Array) -> float:
        """Return the distance of a place from the plane."""
        return float(abs(np.dot(place - self.point, self.normal)))

    def mirrored(self, place: Array) -> Array:
        return np.asarray(place - 2.0 * np.dot(place - self.point, self.normal) * self.normal)


def symmetries(tree: BoneTree) -> list[Symmetry]:
    """Return the planes that bones are mirrored by, those that mirror the most first: one of a body, or between two."""
    if len(tree.names) < _FEWEST:
        return []
    found = []
    for normal, point in _planes(tree):
        one = Symmetry(normal, point)
        _match(tree, one)
        found.append(one)
    found.sort(key=lambda one: -len(one.partner))
    distinct: list[Symmetry] = []
    for one in found:
        if not any(_alike(tree, one, other) for other in distinct):
            distinct.append(one)
    return distinct[:_MOST_TRIED]


def _alike(tree: BoneTree, one: Symmetry, other: Symmetry) -> bool:
    return abs(float(np.dot(one.normal, other.normal))) > 0.97 and other.offset(one.point) < 0.03 * tree.size


def _planes(tree: BoneTree) -> list[tuple[Array, Array]]:
    """Return candidates: planes between two subtrees of one bone that have about as many bones and reach as far."""
    planes = []
    for siblings in tree.children:
        for i, a in enumerate(siblings):
            for b in siblings[i + 1 :]:
                least, most = sorted((int(tree.counts[a]), int(tree.counts[b])))
                apart = tree.centres[a] - tree.centres[b]
                length = float(np.linalg.norm(apart))
                if least < 3 or least < 0.6 * most or length < 0.02 * tree.size:
                    continue
                planes.append((least, apart / length, 0.5 * (tree.centres[a] + tree.centres[b])))
    planes.sort(key=lambda plane: -plane[0])
    return [(normal, point) for _, normal, point in planes[:_MOST_PLANES]]


def _match(tree: BoneTree, symmetry: Symmetry) -> None:
    """Find each bone's partner, from the roots down; a bone out of the plane may carry a body that is in it."""
    waiting = [(-1, -1)]
    while waiting:
        a, b = waiting.pop()
        pairs = _pairs(tree, symmetry, tree.children[a], tree.children[b])
        for one, other in pairs:
            symmetry.partner[one], symmetry.partner[other] = other, one
        waiting += pairs
        if a == b:
            waiting += [(child, child) for child in tree.children[a] if child not in symmetry.partner]


def _pairs(tree: BoneTree, symmetry: Symmetry, ones: list[int], others: list[int]) -> list[tuple[int, int]]:
    """Return pairs of bones that are each other's mirror image, the best first; a bone in the plane with itself."""
    costs = sorted(
        (_cost(tree, symmetry, one, other), one, other)
        for one in ones
        for other in others
        if ones is not others or one <= other
    )
    taken: set[int] = set()
    pairs = []
    for cost, one, other in costs:
        if cost > _TOLERANCE * tree.size:
            break
        if one not in taken and other not in taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs


def _cost(tree: BoneTree, symmetry: Symmetry, one: int, other: int) -> float:
    """Return how far two bones are from being mirror images; what hangs on a bone in the plane may be one-sided."""
    head = symmetry.mirrored(tree.heads[one]) - tree.heads[other]
    centre = symmetry.mirrored(tree.centres[one]) - tree.centres[other]
    return float(np.linalg.norm(head) + (0.1 if one == other else 0.5) * np.linalg.norm(centre))
