"""Face curves to files: an ``.npz`` with the whole fit, or a ``.csv`` as Live Link Face records it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...common.files import written_whole
from ...contract import ARKIT_NAMES, FloatArray, live_link_text
from ...errors import InvalidRequest, OutOfSpace
from .mesh_to_arkit import FaceFit

SUFFIXES = (".npz", ".csv")


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
    # A fit does not find the turns of head and eyes.
    file.write(live_link_text(fit.face, None, 0.0, fit.fps).encode("ascii"))
