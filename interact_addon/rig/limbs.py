"""Limbs of an armature without known names: pairs of chains that mirror each other, and the joints along them.

Joints are told by proportion: a thigh is about as long as a shin and an upper arm as a forearm, whatever bones lie
between (twist bones divide them); a foot turns away from its leg; fingers branch from a hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .alignment import angle_between
from .bone_tree import BoneTree, Symmetry

_STRAIGHT = np.radians(25.0)  # a foot turns by more than this
_HALF_LIMB = np.log(2.5)  # one half of a limb is at most this much longer than the other, as a logarithm
_ARM_OF_LEG = 0.65  # shoulder to wrist over hip to ankle, of the average body
_SHOULDER_OF_LEG = 0.22  # shoulder to the middle of the body over hip to ankle


@dataclass(frozen=True)
class Limb:
    """One limb of a pair, on the side of its bones.

    ``chain``: all bones from the body outwards; ``first``, ``middle``, ``last``: those of hip, knee and ankle, or of
    shoulder, elbow and wrist. ``cost``: how little it looks like one, 0 for the best.
    """

    chain: tuple[int, ...]
    first: int
    middle: int
    last: int
    cost: float

    @property
    def top(self) -> int:
        return self.chain[0]


def limb_length(tree: BoneTree, limb: Limb) -> float:
    return tree.distance(limb.first, limb.middle) + tree.distance(limb.middle, limb.last)


def chains(tree: BoneTree, symmetry: Symmetry) -> Iterator[tuple[int, ...]]:
    """Yield one chain of each pair: from where the two sides part, along the longest way that both sides have."""
    for bone, partner in symmetry.partner.items():
        above = tree.parents[bone]
        if bone >= partner or above != tree.parents[partner]:
            continue
        chain = [bone]
        while below := [child for child in tree.children[chain[-1]] if symmetry.partner.get(child, child) != child]:
            here = chain[-1]
            chain.append(max(below, key=lambda child: tree.distance(here, child) + tree.reach[child]))
        if len(chain) >= 3:
            yield tuple(chain)


def legs(tree: BoneTree, symmetry: Symmetry) -> list[Limb]:
    """Return every chain of a pair as a leg, as well as it can be one."""
    return [limb for chain in chains(tree, symmetry) if (limb := _best(tree, symmetry, chain, None)) is not None]


def arms(tree: BoneTree, symmetry: Symmetry, leg: Limb) -> list[Limb]:
    """Return every chain of a pair as an arm, as well as it can be one beside this leg."""
    found = [_best(tree, symmetry, chain, leg) for chain in chains(tree, symmetry)]
    return [limb for limb in found if limb is not None and not set(limb.chain) & set(leg.chain)]


def _best(tree: BoneTree, symmetry: Symmetry, chain: tuple[int, ...], leg: Limb | None) -> Limb | None:
    best: Limb | None = None
    length = limb_length(tree, leg) if leg is not None else 0.0
    for i in range(len(chain) - 2):
        for j in range(i + 1, len(chain) - 1):
            for k in range(j + 1, len(chain)):
                halves = _halves_cost(tree, chain, i, j, k)
                if halves is None:
                    continue
                if leg is None:
                    cost = halves + _leg_cost(tree, symmetry, chain, i, k)
                else:
                    cost = halves + _arm_cost(tree, symmetry, chain, (i, j, k), length)
                if best is None or cost < best.cost:
                    best = Limb(chain, chain[i], chain[j], chain[k], cost)
    return best


def _halves_cost(tree: BoneTree, chain: tuple[int, ...], i: int, j: int, k: int) -> float | None:
    """Return what the halves of a limb cost: unequal, crooked, or only a part of the chain; None where none is one."""
    upper, lower = tree.distance(chain[i], chain[j]), tree.distance(chain[j], chain[k])
    whole = sum(tree.distance(a, b) for a, b in pairwise(chain))
    if min(upper, lower) < 0.03 * tree.size or abs(np.log(upper / lower)) > _HALF_LIMB:
        return None
    bend = angle_between(tree.heads[chain[j]] - tree.heads[chain[i]], tree.heads[chain[k]] - tree.heads[chain[j]])
    if bend > np.radians(100.0):
        return None
    crooked = max(
        (_off_line(tree, b, chain[a], chain[c]) for a, c in ((i, j), (j, k)) for b in chain[a + 1 : c]), default=0.0
    )
    return float(abs(np.log(upper / lower)) + 3.0 * crooked + 0.5 * (1.0 - (upper + lower) / whole))


def _leg_cost(tree: BoneTree, symmetry: Symmetry, chain: tuple[int, ...], i: int, k: int) -> float:
    """Return what speaks against an ankle at ``k`` (the chain goes straight on) and a hip at ``i`` (in the middle)."""
    length = tree.distance(chain[i], chain[k])
    cost = 0.3 if symmetry.offset(tree.heads[chain[i]]) < 0.04 * length else 0.0
    if k + 1 == len(chain):
        return cost + 0.1
    turn = angle_between(tree.heads[chain[k]] - tree.heads[chain[i]], tree.heads[chain[k + 1]] - tree.heads[chain[k]])
    return cost + (0.0 if turn > _STRAIGHT else 0.3)


def _arm_cost(
    tree: BoneTree, symmetry: Symmetry, chain: tuple[int, ...], at: tuple[int, int, int], leg: float
) -> float:
    """Return what speaks for a hand at the wrist (fingers branch) and against these proportions beside a leg."""
    i, j, k = at
    arm = tree.distance(chain[i], chain[j]) + tree.distance(chain[j], chain[k])
    beside = max(symmetry.offset(tree.heads[chain[i]]), 1e-6 * tree.size)
    cost = 0.5 * abs(np.log(arm / (_ARM_OF_LEG * leg))) + 0.3 * abs(np.log(beside / (_SHOULDER_OF_LEG * leg)))
    fingers = len(finger_roots(tree, symmetry, chain[k]))
    return float(cost - (0.8 if fingers >= 3 else 0.3 if fingers == 2 else 0.0))


def finger_roots(tree: BoneTree, symmetry: Symmetry, hand: int) -> list[int]:
    """Return the bones below a hand that begin a chain on both sides."""
    return [bone for bone in tree.children[hand] if tree.counts[bone] >= 2 and symmetry.partner.get(bone, bone) != bone]


def _off_line(tree: BoneTree, bone: int, start: int, end: int) -> float:
    """Return how far a bone lies from the line between two others, in lengths of that line."""
    along = tree.heads[end] - tree.heads[start]
    length = float(np.linalg.norm(along))
    across = np.cross(tree.heads[bone] - tree.heads[start], along / length)
    return float(np.linalg.norm(across)) / length
