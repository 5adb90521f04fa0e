"""Motion that a generation has to leave as it is: a take's frames, whole or by part of the body.

One idea serves many uses: regenerate a span (all but it is given), continue a take (a prefix is given), fill a gap, or
react to an actor (who is given whole).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..body_model.skeleton import HAND_INDEX, INDEX, LEG_JOINTS, UPPER_JOINTS
from ..common.arrays import BoolArray, FloatArray
from ..common.timing import FPS
from ..errors import InvalidRequest
from .performance import ActorPerformance

_HEAD = (INDEX["neck"], INDEX["head"])
PART_JOINTS = {
    "lower": (0, *LEG_JOINTS),
    "upper": tuple(joint for joint in UPPER_JOINTS if joint not in _HEAD),
    "head": _HEAD,
    "hands": (*HAND_INDEX["left"], *HAND_INDEX["right"]),
}
BODY_PARTS = (*PART_JOINTS, "face")
# Shape of one frame of each array.
ARRAY_SHAPES = {"root_positions": (3,), "rotations": (52, 4), "face": (52,), "mask": (len(BODY_PARTS),)}


@dataclass(frozen=True, eq=False)
class MotionConstraints:
    """T frames at 30 fps from the start of the shot, arrays as in ``ActorPerformance``.

    ``mask`` (T, 5) bool says by frame which of ``BODY_PARTS`` is given: 'lower' is pelvis and legs with the place of
    the root, 'upper' spine and arms, 'head' neck and head, 'hands' the fingers, 'face' all curves. Values outside the
    mask are not read.
    """

    root_positions: FloatArray
    rotations: FloatArray
    face: FloatArray
    mask: BoolArray

    def part(self, name: str) -> BoolArray:
        """Return the frames (T,) on which one of ``BODY_PARTS`` is given."""
        return self.mask[:, BODY_PARTS.index(name)]

    @property
    def any_joint(self) -> BoolArray:
        """The frames (T,) on which a joint of any part is given."""
        return self.mask[:, : len(PART_JOINTS)].any(1)

    def joints(self, frames: int) -> BoolArray:
        """Return which of ``PART_JOINTS`` are given (``frames``, 4) in a shot of so many frames."""
        given = np.zeros((frames, len(PART_JOINTS)), bool)
        known = self.mask[:frames, : len(PART_JOINTS)]
        given[: len(known)] = known
        return given

    def covers(self, frames: int, *parts: str) -> bool:
        """Return whether all of ``parts`` are given on every frame of a shot of ``frames`` frames."""
        return len(self.mask) >= frames and all(bool(self.part(part)[:frames].all()) for part in parts)


def constraints_from_performance(
    performance: ActorPerformance,
    parts: Sequence[str] = BODY_PARTS,
    start: float = 0.0,
    end: float = float("inf"),
) -> MotionConstraints:
    """Return the motion of one actor of a take as constraints, for ``parts`` from ``start`` to before ``end`` (s).

    A span that reaches the take's end includes its last frame. Raises ``InvalidRequest`` for an unknown part and for a
    span without a frame of the take.
    """
    for part in parts:
        if part not in BODY_PARTS:
            raise InvalidRequest(f"'{part}' is no part of the body; use some of: {', '.join(BODY_PARTS)}.")
    frames = len(performance.root_positions)
    time = np.arange(frames) / FPS
    half = 0.5 / FPS
    within = (time >= start - half) & ((time < end - half) | (end > time[-1] - half))
    if not within.any():
        raise InvalidRequest(
            f"No frame of '{performance.name}' lies from {start:.2f} to {end:.2f} s; choose a span within the take."
        )
    given = np.array([part in parts for part in BODY_PARTS])
    return MotionConstraints(
        performance.root_positions, performance.rotations, performance.face, within[:, None] & given
    )
