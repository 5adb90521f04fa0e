"""Face curves as the app Live Link Face records them: a ``.csv`` of 61 columns beside a timecode."""

from __future__ import annotations

import numpy as np

from ..common.arrays import Array
from .vocabulary import ARKIT_NAMES

# Yaw, pitch and roll (rad) of head and eyes, which the app adds to the curves.
TURNS = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
COLUMNS = tuple(name[0].upper() + name[1:] for name in ARKIT_NAMES) + TURNS


def live_link_text(face: Array, turns: Array | None, start: float, fps: float) -> str:
    """Return the text of a recording.

    ``face`` (T, 52): ARKit weights; ``turns`` (T, 9): radians in the order of ``TURNS``, zeros if None; ``start``:
    seconds at the first row; ``fps``: rows a second.
    """
    values = np.concatenate([face, np.zeros((len(face), len(TURNS))) if turns is None else turns], axis=1)
    rows = [",".join(["Timecode", "BlendShapeCount", *COLUMNS])]
    for frame, numbers in enumerate(values):
        time = timecode(start * fps + frame, fps)
        rows.append(",".join([time, str(len(COLUMNS)), *(f"{number:.10f}" for number in numbers)]))
    return "\n".join(rows) + "\n"


def timecode(frame: float, fps: float) -> str:
    """Return ``hours:minutes:seconds:frames.thousandths`` of a frame at ``fps``, without dropped frames."""
    rate = max(round(fps), 1)
    ticks = round(frame / fps * rate * 1000)
    seconds, ticks = divmod(ticks, rate * 1000)
    return (
        f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{ticks // 1000:02d}.{ticks % 1000:03d}"
    )
