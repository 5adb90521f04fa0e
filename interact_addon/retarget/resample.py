"""From the runtime's 30 fps to the scene's frames. No Blender here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..runtime_api import contract
from ..runtime_api import rotations as rot

Array = NDArray[Any]
_SMALLEST_PEAK = 0.04  # of a face curve's range: less than this nobody sees
_LOWS_MATTER = contract.ARKIT_NAMES.index("jawOpen")  # the mouth closes where this is lowest


def scene_frame_count(frames: int, fps: float) -> int:
    """How many whole scene frames ``frames`` at 30 fps cover, the first included."""
    return int((frames - 1) / contract.FPS * fps + 1e-4) + 1


def resample_body(root_positions: Array, rotations: Array, fps: float, count: int) -> tuple[Array, Array]:
    """(T, 3) and (T, 52, 4) at 30 fps -> ``count`` frames at ``fps``: a cubic through the positions, slerp between rotations."""
    if abs(fps - contract.FPS) < 1e-6:
        return root_positions[:count], rotations[:count]
    before, part = _sampling(len(root_positions), fps, count)
    after = np.minimum(before + 1, len(root_positions) - 1)
    turned = rot.slerp(rotations[before], rotations[after], np.broadcast_to(part[:, None], (count, rotations.shape[1])))
    return _catmull_rom(root_positions, before, part), turned


def resample_face(face: Array, fps: float, count: int) -> Array:
    """(T, 52) at 30 fps -> (count, 52): linear, then every peak and closure that fell between two frames is put back at
    the frame nearest to it, so that lips and lids still meet."""
    if abs(fps - contract.FPS) < 1e-6:
        return face[:count]
    before, part = _sampling(len(face), fps, count)
    after = np.minimum(before + 1, len(face) - 1)
    result = face[before] * (1.0 - part[:, None]) + face[after] * part[:, None]
    inner, left, right = face[1:-1], face[:-2], face[2:]
    nearest = np.clip(np.rint(np.arange(1, len(face) - 1) / contract.FPS * fps).astype(int), 0, count - 1)
    for column in range(face.shape[1]):
        if np.ptp(face[:, column]) < _SMALLEST_PEAK:
            continue
        here, prior, later = inner[:, column], left[:, column], right[:, column]
        high = np.flatnonzero((here > prior) & (here >= later))
        low = np.flatnonzero((here < prior) & (here <= later))
        kept = result[:, column]
        if column == _LOWS_MATTER:  # what is put back last wins where two fall on one frame
            np.maximum.at(kept, nearest[high], here[high])
        np.minimum.at(kept, nearest[low], here[low])
        if column != _LOWS_MATTER:
            np.maximum.at(kept, nearest[high], here[high])
    return result


def _sampling(frames: int, fps: float, count: int) -> tuple[Array, Array]:
    """For each scene frame: the 30 fps frame before it and the part of the way to the next."""
    times = np.minimum(np.arange(count) / fps * contract.FPS, frames - 1)
    before = np.minimum(times.astype(int), max(frames - 2, 0))
    return before, times - before


def _catmull_rom(values: Array, before: Array, part: Array) -> Array:
    """Cubic through (T, 3) samples (Catmull and Rom 1974)."""
    last = len(values) - 1
    p0, p1, p2, p3 = (values[np.clip(before + offset, 0, last)].astype(np.float64) for offset in (-1, 0, 1, 2))
    t = part[:, None]
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
