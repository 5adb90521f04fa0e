"""Motion that a generation has to leave as it is: a take's frames, whole or by part of the body.

One idea serves many uses: regenerate a span (all but it is given), continue a take (a prefix is given), fill a gap, or
react to an actor (who is given whole).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..common.arrays import BoolArray, FloatArray

BODY_PARTS = ("lower", "upper", "hands", "face")
# Shape of one frame of each array.
ARRAY_SHAPES = {"root_positions": (3,), "rotations": (52, 4), "face": (52,), "mask": (len(BODY_PARTS),)}


@dataclass(frozen=True, eq=False)
class MotionConstraints:
    """T frames at 30 fps from the start of the shot, arrays as in ``ActorPerformance``.

    ``mask`` (T, 4) bool says by frame which of ``BODY_PARTS`` is given: 'lower' is pelvis and legs with the place of
    the root, 'upper' spine, head and arms, 'hands' the fingers, 'face' all curves. Values outside the mask are not
    read.
    """

    root_positions: FloatArray
    rotations: FloatArray
    face: FloatArray
    mask: BoolArray

    def part(self, name: str) -> BoolArray:
        """Return the frames (T,) on which one of ``BODY_PARTS`` is given."""
        return self.mask[:, BODY_PARTS.index(name)]
