"""Which bone is the mirror image of which: by name, or by place where names don't tell. No Blender here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ..runtime_api import Array
from .bones_at_rest import Bones, children_of, size_of

_MOST_OFF = 0.02  # of the rig's size: how far a bone may lie from the mirror image of its partner
_TAIL = 0.2  # how much the far end of a bone counts: importers put it anywhere
_CENTRAL = 0.01  # of the rig's size: nearer to the middle a bone has no side
_SWAPPED = {"left": "right", "right": "left", "l": "r", "r": "l"}
# A word for the side anywhere, or its letter alone: not followed by a small letter nor inside of a word.
_SIDE_WORD = re.compile(r"(?i:left|right)|(?<![a-zA-Z])[lrLR](?![a-z])|(?<=[a-z])[LR](?![a-z])")


class Mirror:
    """Finds the mirror image of a bone: by the side in its name, else by its place.

    ``middle`` (3,): a point in the plane of symmetry, such as the head of the hips; the origin if not given.
    """

    def __init__(self, bones: Bones, middle: Array | None = None) -> None:
        self._bones = bones
        self._below = children_of(bones)
        self._middle = np.zeros(3) if middle is None else middle
        self._size = size_of(bones)
        heads = np.array([bone.head for bone in bones.values()]).reshape(-1, 3)
        self._axis = _lateral_axis(heads, self._middle, self._size)

    def partner(self, name: str) -> str | None:
        """Return the bone on the other side; None if there is none or the bone is in the middle."""
        named = next((other for other in _other_sides(name) if other in self._bones), None)
        return named or self._by_place(name)

    def _by_place(self, name: str) -> str | None:
        """Look below the mirror image of the bone above, where there is one, so that a pose does no harm."""
        if self._is_central(name):
            return None
        above = self._bones[name].parent
        if above is not None and above in self._bones and not self._is_central(above):
            other = self.partner(above)
            return self._nearest(name, self._below[other], np.inf) if other is not None else None
        return self._nearest(name, list(self._bones), 2 * _MOST_OFF * self._size)

    def _nearest(self, name: str, candidates: list[str], most: float) -> str | None:
        head, tail = (self._image(end) for end in (self._bones[name].head, self._bones[name].tail))

        def off(other: str) -> float:
            bone = self._bones[other]
            return float(np.linalg.norm(bone.head - head) + _TAIL * np.linalg.norm(bone.tail - tail))

        nearest = min(candidates, key=off, default=None)
        return nearest if nearest is not None and off(nearest) < most else None

    def _is_central(self, name: str) -> bool:
        return bool(abs(self._bones[name].head[self._axis] - self._middle[self._axis]) < _CENTRAL * self._size)

    def _image(self, place: Array) -> Array:
        return _mirrored(place[None], self._axis, self._middle)[0]


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


def _lateral_axis(heads: Array, middle: Array, size: float) -> int:
    """Return the axis (0 to 2) across which most bones beside the middle have a mirror image; ``heads``: (N, 3)."""
    scores = []
    for axis in range(3):
        beside = heads[np.abs(heads[:, axis] - middle[axis]) > _CENTRAL * size]
        off = np.linalg.norm(_mirrored(beside, axis, middle)[:, None] - beside[None], axis=-1)
        scores.append(int((off.min(axis=1, initial=np.inf) < _MOST_OFF * size).sum()))
    return int(np.argmax(scores))


def _mirrored(places: Array, axis: int, middle: Array) -> Array:
    image = places.copy()
    image[:, axis] = 2.0 * middle[axis] - image[:, axis]
    return image
