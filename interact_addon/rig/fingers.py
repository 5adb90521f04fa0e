"""Fingers of a hand without known names: chains that branch from it, told apart by where they lie.

The thumb ends nearest to the wrist. The others follow from the thumb's side as index, middle, ring and little finger.
A hand with fewer fingers has the first ones of that order; a hand with one finger beside the thumb, or none, closes as
the middle finger does.
"""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array
from .bone_tree import BoneTree, Symmetry
from .limbs import finger_roots

_ORDER = ("index", "middle", "ring", "pinky")
_THUMB_BELOW = 0.75  # a thumb ends before this share of the way to the other fingers' ends
_METACARPAL = 0.62  # a bone that begins before this share of the way to the next one lies in the palm


def fingers(tree: BoneTree, symmetry: Symmetry, hand: int, elbow: int, forward: Array) -> dict[str, tuple[int, ...]]:
    """Return up to three bones of each finger below a hand, from the knuckle outwards.

    ``forward`` (3,): where the character looks; it tells the order of the fingers where there is no thumb.
    """
    found = [
        chain
        for root in finger_roots(tree, symmetry, hand)
        for chain in _chains(tree, symmetry, root)
        if len(chain) >= 2
    ]
    if not found:
        return {}
    wrist = tree.heads[hand]
    along = np.mean([tree.heads[chain[-1]] for chain in found], axis=0) - wrist
    if np.linalg.norm(along) < 1e-3 * tree.size:
        along = wrist - tree.heads[elbow]
    along = along / np.linalg.norm(along)
    found.sort(key=lambda chain: float(np.dot(tree.heads[chain[-1]] - wrist, along)))
    thumb, others = _apart(tree, hand, along, found)
    others = [_knuckles(tree, hand, chain) for chain in others]
    across = np.asarray(forward)
    if thumb:
        across = _centre(tree, thumb) - np.mean([_centre(tree, chain) for chain in others], axis=0)
    across = across - np.dot(across, along) * along
    others.sort(key=lambda chain: -float(np.dot(tree.heads[chain[0]], across)))
    names = _ORDER[: len(others)] if len(others) > 1 else ("middle",)
    return ({"thumb": thumb[:3]} if thumb else {}) | dict(zip(names, others))


def _centre(tree: BoneTree, chain: tuple[int, ...]) -> Array:
    return np.asarray(np.mean(tree.heads[list(chain)], axis=0))


def _apart(
    tree: BoneTree, hand: int, along: Array, found: list[tuple[int, ...]]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the thumb, () if there is none, and the other fingers; ``found`` begins with the one that ends first."""
    if len(found) < 2:
        return (), list(found)
    out = [float(np.dot(tree.heads[chain[-1]] - tree.heads[hand], along)) for chain in found]
    return (found[0], found[1:]) if out[0] < _THUMB_BELOW * np.median(out[1:]) else ((), list(found))


def _chains(tree: BoneTree, symmetry: Symmetry, root: int) -> list[tuple[int, ...]]:
    """Return the chains below and with a bone; where several fingers share a bone, each begins after it."""

    def below(bone: int) -> list[int]:
        return [child for child in tree.children[bone] if symmetry.partner.get(child, child) != child]

    chain = [root]
    while len(below(chain[-1])) == 1:
        chain += below(chain[-1])
    branches = [child for child in below(chain[-1]) if tree.counts[child] >= 2]
    if len(branches) >= 2:
        return [one for child in branches for one in _chains(tree, symmetry, child)]
    while below(chain[-1]):
        chain.append(max(below(chain[-1]), key=lambda child: tree.reach[child]))
    return [tuple(chain)]


def _knuckles(tree: BoneTree, hand: int, chain: tuple[int, ...]) -> tuple[int, ...]:
    """Return the three bones of a finger: without a metacarpal before them or a tip after them."""
    in_palm = len(chain) > 3 and tree.distance(hand, chain[0]) < _METACARPAL * tree.distance(hand, chain[1])
    return chain[1:4] if in_palm else chain[:3]
