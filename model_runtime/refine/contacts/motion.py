"""What the solver is given: two motions with their bodies, what should touch, and what may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...body_model.body_shape import BodyShape
from ...body_model.feet import detect_contacts
from ...body_model.skeleton import Skeleton
from ...common.arrays import Array, BoolArray, FloatArray
from ...contract import MOVABLE, PART_JOINTS

PARTS = tuple(PART_JOINTS)
Place = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """One actor over T frames at ``FPS``: ``root`` (T, 3) metres and ``rotations`` (T, 52, 4), on its own body.

    ``foot_contacts`` (T, 4) probabilities in the order of ``FOOT_CONTACTS``; found in the motion when None. ``kept``
    (T, 4) bool, one column for each of ``PART_JOINTS``: what stays as it is; nothing when None.
    """

    root: FloatArray
    rotations: FloatArray
    skeleton: Skeleton
    shape: BodyShape
    foot_contacts: Array | None = None
    kept: BoolArray | None = None

    @property
    def frames(self) -> int:
        return len(self.root)

    def planted(self) -> BoolArray:
        """Return (T, 2) whether the left and the right foot carry."""
        contacts = self.foot_contacts
        if contacts is None:
            contacts = detect_contacts(self.root, self.rotations, self.skeleton)
        bears: BoolArray = np.asarray(contacts, np.float32) > 0.5
        return bears.reshape(len(bears), 2, 2).any(2)

    def kept_parts(self) -> BoolArray:
        """Return ``kept``, all false when None."""
        return np.zeros((self.frames, len(PARTS)), bool) if self.kept is None else np.asarray(self.kept, bool)


@dataclass(frozen=True)
class Goal:
    """The point ``point`` of actor ``actor`` (0 or 1) touches something on frames ``start`` to before ``stop``.

    That is ``other_point`` of actor ``other``, who may be the same one; if ``other`` is None, a ``place`` (x, y, z) in
    metres, or a tuple of them, one for each of these frames, of a target that moves. ``distance``: metres that may stay
    between the two. ``held``: the two touch already, and the first stays where it is on the other; nothing changes for
    its sake.
    """

    actor: int
    point: str
    start: int
    stop: int
    other: int | None = None
    other_point: str = ""
    place: Place | tuple[Place, ...] | None = None
    distance: float = 0.0
    held: bool = False

    def target(self, frames: Array) -> FloatArray:
        """Return where the ``place`` is (N, 3) on ``frames`` (N,); before and after the goal as at its ends."""
        places = np.asarray(self.place, np.float32).reshape(-1, 3)
        return places[np.clip(np.asarray(frames) - self.start, 0, len(places) - 1)]

    def within(self, first: int, last: int) -> Goal:
        """Return the goal in a window of frames from ``first`` to before ``last``, of which it has some."""
        start, stop = max(self.start, first), min(self.stop, last)
        place = self.place
        if place is not None and np.ndim(place) > 1:
            place = tuple((float(x), float(y), float(z)) for x, y, z in self.target(np.arange(start, stop)))
        return replace(self, start=start - first, stop=stop - first, place=place)


@dataclass(frozen=True)
class ResolveOptions:
    """What may change.

    ``gives_way``: the actors who do. ``furthest``: metres that a body is readily shifted as a whole; 0 for none, so
    that every foot stays where it is. ``moves``: which of ``MOVABLE`` may. ``tolerance``: metres of overlap that flesh
    takes. ``own``: overlaps of a body with itself are taken out, too. ``seed``: of the poses tried.
    """

    gives_way: Sequence[int] = (0, 1)
    furthest: float = 0.10
    moves: Sequence[str] = MOVABLE
    tolerance: float = 0.01
    own: bool = False
    seed: int = 0
