"""What the solver is given: two motions with their bodies, what should touch, and what may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...body_model.body_shape import BodyShape
from ...body_model.feet import detect_contacts
from ...body_model.skeleton import Skeleton
from ...common.arrays import Array, BoolArray, FloatArray
from ...contract import MOVABLE, PART_JOINTS

PARTS = tuple(PART_JOINTS)


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

    That is ``other_point`` of actor ``other``, who may be the same one, or a ``place`` (x, y, z) in metres if ``other``
    is None. ``distance``: metres that may stay between the two. ``held``: the two touch already, and the first stays
    where it is on the other; nothing changes for its sake.
    """

    actor: int
    point: str
    start: int
    stop: int
    other: int | None = None
    other_point: str = ""
    place: tuple[float, float, float] | None = None
    distance: float = 0.0
    held: bool = False


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
