"""Face curves to files: an ``.npz`` with the whole fit, or a ``.csv`` as Live Link Face records it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...common.files import written_whole
from ...contract import ARKIT_NAMES, FloatArray
from ...errors import InvalidRequest, OutOfSpace
from .mesh_to_arkit import FaceFit

SUFFIXES = (".npz", ".csv")
# Yaw, pitch and roll of head and eyeballs (rad), which Live Link Face adds to the curves; a fit does not find them.
_ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))


def check_place(path: Path) -> None:
    """Raise ``InvalidRequest`` or ``OutOfSpace`` if a fit could not be written to ``path``, before any work is done."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidRequest(f"'{path.name}' is neither .npz nor .csv; name the result with one of these.")
    if not path.parent.is_dir():
        raise OutOfSpace(f"There is no folder '{path.parent}' for the result; choose another.")


def save_fit(path: Path, fit: FaceFit) -> None:
    """Write ``fit`` as the suffix of ``path`` says.

    The ``.npz`` holds ``face`` (T, 52), ``names`` (52,), ``fps``, ``error_mm`` and ``largest_error_mm`` (T,).
    """
    check_place(path)
    write = _write_csv if path.suffix.lower() == ".csv" else _write_npz
    try:
        with written_whole(path) as partial, open(partial, "wb") as file:
            write(file, fit)
    except OSError as error:
        why = error.strerror or error
        raise OutOfSpace(
            f"The result cannot be written to '{path.parent}' ({why}); free some space or choose another folder."
        ) from error


def timecode(frame: int, fps: float) -> str:
    """Return ``hours:minutes:seconds:frames.thousandths`` of a frame at ``fps``, as Live Link Face writes it."""
    rate = max(round(fps), 1)
    ticks = round(frame / fps * rate * 1000)
    seconds, ticks = divmod(ticks, rate * 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{ticks // 1000:02d}.{ticks % 1000:03d}"


def _write_npz(file: BinaryIO, fit: FaceFit) -> None:
    face: FloatArray = fit.face.astype(np.float32)
    np.savez(
        file,
        face=face,
        names=np.array(ARKIT_NAMES),
        fps=np.float64(fit.fps),
        error_mm=fit.error,
        largest_error_mm=fit.largest_error,
    )


def _write_csv(file: BinaryIO, fit: FaceFit) -> None:
    columns = [name[0].upper() + name[1:] for name in ARKIT_NAMES] + list(_ANGLES)
    rows = [",".join(["Timecode", "BlendShapeCount", *columns])]
    for frame, weights in enumerate(fit.face):
        numbers = [f"{weight:.10f}" for weight in weights] + [f"{0.0:.10f}"] * len(_ANGLES)
        rows.append(",".join([timecode(frame, fit.fps), str(len(columns)), *numbers]))
    file.write(("\n".join(rows) + "\n").encode("ascii"))
