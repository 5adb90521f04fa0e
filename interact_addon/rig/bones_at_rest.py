"""The bones of an armature at rest as plain data, and which bone is the mirror image of which. No Blender here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..runtime_api import Array

_MOST_OFF = 0.02  # of the rig's size: how far a bone may lie from the mirror image of its partner
_CENTRAL = 0.01  # of the rig's size: nearer to the middle a bone has no side
_SWAPPED = {"left": "right", "right": "left", "l": "r", "r": "l"}
# A word for the side anywhere, or its letter alone: not followed by a small letter nor inside of a word.
_SIDE_WORD = re.compile(r"(?i:left|right)|(?<![a-zA-Z])[lrLR](?![a-z])|(?<=[a-z])[LR](?![a-z])")


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


class Mirror:
    """Finds the mirror image of a bone: by the side in its name, else by its place.

    ``middle`` (3,): a point in the plane of symmetry, such as the head of the hips; the origin if not given.
    """

    def __init__(self, bones: Bones, middle: Array | None = None) -> None:
        self._names = list(bones)
        self._ends = np.array([np.concatenate([bone.head, bone.tail]) for bone in bones.values()]).reshape(-1, 6)
        self._middle = np.zeros(3) if middle is None else middle
        self._size = size_of(bones)
        self._axis = _lateral_axis(self._ends, self._middle, self._size)

    def partner(self, name: str) -> str | None:
        """Return the bone on the other side; None if there is none or the bone is in the middle."""
        named = next((other for other in _other_sides(name) if other in self._names), None)
        return named or self._by_place(name)

    def _by_place(self, name: str) -> str | None:
        place = self._ends[self._names.index(name)]
        if abs(place[self._axis] - self._middle[self._axis]) < _CENTRAL * self._size:
            return None
        image = _mirrored(place[None], self._axis, self._middle)[0]
        off = np.linalg.norm(self._ends - image, axis=1)
        nearest = int(off.argmin())
        return self._names[nearest] if off[nearest] < 2 * _MOST_OFF * self._size else None


def _other_sides(name: str) -> Iterator[str]:
    """Yield the name with one word or letter of a side swapped, in its own case."""
    for match in _SIDE_WORD.finditer(name):
        word = match[0]
        swapped = _SWAPPED[word.casefold()]
        if word.isupper():
            swapped = swapped.upper()
        elif word[0].isupper():
            swapped = swapped.capitalize()
        yield name[: match.start()] + swapped + name[match.end() :]


def _lateral_axis(ends: Array, middle: Array, size: float) -> int:
    """Return the axis (0 to 2) across which most bones beside the middle have a mirror image; ``ends``: (N, 6)."""
    scores = []
    for axis in range(3):
        beside = ends[np.abs(ends[:, axis] - middle[axis]) > _CENTRAL * size]
        images = _mirrored(beside, axis, middle)
        off = np.linalg.norm(images[:, None, :3] - beside[None, :, :3], axis=-1)
        scores.append(int((off.min(axis=1, initial=np.inf) < _MOST_OFF * size).sum()))
    return int(np.argmax(scores))


def _mirrored(ends: Array, axis: int, middle: Array) -> Array:
    image = ends.copy()
    image[:, [axis, axis + 3]] = 2.0 * middle[axis] - image[:, [axis, axis + 3]]
    return image
