"""Motion that a generation has to leave as it is: a take's frames, whole or by part of the body.

Keeping is one idea with many uses: a span left out is regenerated, a prefix continued, a gap filled in between, one
actor kept whole is reacted to.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidRequest

KEPT_PARTS = ("lower", "upper", "hands", "face")
_ARRAYS = {"root_positions": (3,), "rotations": (52, 4), "face": (52,), "keep": (len(KEPT_PARTS),)}


@dataclass(frozen=True, eq=False)
class KeptMotion:
    """T frames at 30 fps from the start of the shot, arrays as in ``ActorPerformance``.

    ``keep`` (T, 4) bool says by frame which of ``KEPT_PARTS`` stays: 'lower' is pelvis and legs with the place of the root,
    'upper' spine, head and arms, 'hands' the fingers, 'face' all curves. Values that are not kept are not read.
    """

    root_positions: NDArray[np.float32]
    rotations: NDArray[np.float32]
    face: NDArray[np.float32]
    keep: NDArray[np.bool_]

    def part(self, name: str) -> NDArray[np.bool_]:
        """(T,) whether that part is kept."""
        return self.keep[:, KEPT_PARTS.index(name)]

    def check(self, who: str, frames: int) -> None:
        """Raise ``InvalidRequest`` unless shapes agree, the take covers no more than ``frames`` and what is kept is finite."""
        count = len(self.keep)
        for name, shape in _ARRAYS.items():
            if getattr(self, name).shape != (count, *shape):
                raise InvalidRequest(f"The kept motion of {who} has {name} of shape {getattr(self, name).shape}; read it from a whole take.")
        if not 0 < count <= frames:
            raise InvalidRequest(f"The kept motion of {who} is {count} frames long and the shot {frames}; cut it to the shot.")
        used = {"root_positions": self.part("lower"), "rotations": self.keep[:, :3].any(1), "face": self.part("face")}
        for name, where in used.items():
            if not np.isfinite(getattr(self, name)[where]).all():
                raise InvalidRequest(f"The kept motion of {who} holds values that are no numbers; read it from the rig again.")
        if not (np.abs(np.linalg.norm(self.rotations[used["rotations"]], axis=-1) - 1.0) < 0.01).all():
            raise InvalidRequest(f"The kept motion of {who} holds rotations that are no unit quaternions; read it from the rig again.")

    def to_plain(self) -> dict[str, Any]:
        """For JSON: deflated little-endian arrays as base64."""
        packed = {name: _packed(getattr(self, name).astype("u1" if name == "keep" else "<f4")) for name in _ARRAYS}
        return {"frames": len(self.keep), **packed}

    @staticmethod
    def from_plain(plain: dict[str, Any]) -> KeptMotion:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` when ``plain`` is not what ``to_plain`` gives."""
        frames = int(plain["frames"])
        arrays = {}
        for name, shape in _ARRAYS.items():
            kind = "u1" if name == "keep" else "<f4"
            wanted = frames * int(np.prod(shape)) * np.dtype(kind).itemsize
            arrays[name] = np.frombuffer(_unpacked(plain[name], wanted), kind).reshape(frames, *shape)
        return KeptMotion(
            arrays["root_positions"].astype(np.float32), arrays["rotations"].astype(np.float32), arrays["face"].astype(np.float32), arrays["keep"].astype(bool)
        )


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(array.tobytes(), 1)).decode("ascii")


def _unpacked(text: str, size: int) -> bytes:
    """Exactly ``size`` bytes; what would inflate to more is refused unread."""
    try:
        content = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"kept motion: {error}") from error
    if len(content) != size:
        raise ValueError("kept motion: arrays of another length than its frames")
    return content
