"""Meshes from files: a sequence of face meshes, and the vertices of one ``.obj``.

Lengths are left in the file's own unit. Every mesh of a sequence has the same vertices in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ...contract import FPS, FloatArray
from ...errors import InvalidRequest

FRAMES_AT_ONCE = 16  # few enough to stay in the processor's cache
FASTEST = 1000.0  # frames a second


@dataclass(frozen=True)
class MeshSequence:
    """``vertices`` (T, V, 3) at ``fps`` frames a second."""

    vertices: FloatArray
    fps: float


def read_meshes(path: Path, fps: float | None = None) -> MeshSequence:
    """Return the sequence of an ``.npz`` with ``vertices`` (T, V, 3) and optionally ``fps``, or of a folder of ``.obj``
    files in name order.

    ``fps``: the rate if the file has none, by default ``FPS``. Raises ``InvalidRequest``.
    """
    if path.is_dir():
        vertices, stored = _read_folder(path), None
    else:
        arrays = read_arrays(path, "meshes", ("vertices", "fps"))
        if "vertices" not in arrays:
            raise InvalidRequest(
                f"'{path.name}' holds no array 'vertices'; store the meshes in it as (frames, vertices, 3)."
            )
        vertices = as_floats(arrays["vertices"], f"'vertices' in '{path.name}'")
        rates = as_floats(arrays.get("fps", np.empty(0)), f"'fps' in '{path.name}'").ravel()
        stored = float(rates[0]) if rates.size else None
    if vertices.ndim != 3 or vertices.shape[2] != 3 or not vertices.size:
        shape = " x ".join(map(str, vertices.shape))
        raise InvalidRequest(
            f"'vertices' in '{path.name}' is {shape}; store frames x vertices x 3, with at least one frame."
        )
    broken = [i for i in range(len(vertices)) if not np.isfinite(vertices[i]).all()]
    if broken:
        raise InvalidRequest(
            f"{len(broken)} of {len(vertices)} meshes hold numbers that are not finite, first in frame {broken[0]}; "
            "mend or leave out these."
        )
    rate = stored or fps or float(FPS)
    if not 1.0 <= rate <= FASTEST:
        raise InvalidRequest(f"The meshes run at {rate:g} frames a second; say a rate between 1 and {FASTEST:g}.")
    return MeshSequence(vertices, rate)


def read_obj(path: Path) -> FloatArray:
    """Return the positions (V, 3) in the ``v`` lines of an ``.obj``. Raises ``InvalidRequest``."""
    try:
        lines = [line[2:] for line in path.read_bytes().splitlines() if line.startswith((b"v ", b"v\t"))]
    except OSError as error:
        raise InvalidRequest(f"'{path.name}' cannot be read ({error.strerror or error}); check the file.") from error
    if not lines:
        raise InvalidRequest(f"'{path.name}' has no vertices; export it as an .obj with 'v' lines.")
    try:
        # Colours may follow a position.
        numbers = np.array(b" ".join(lines).split(), np.float32).reshape(len(lines), -1)
    except ValueError as error:
        raise InvalidRequest(f"A 'v' line of '{path.name}' is not three numbers; export it again.") from error
    if numbers.shape[1] < 3 or not np.isfinite(numbers[:, :3]).all():
        raise InvalidRequest(f"A 'v' line of '{path.name}' is not three finite numbers; export it again.")
    return np.ascontiguousarray(numbers[:, :3])


def obj_files(folder: Path) -> list[Path]:
    """Return the ``.obj`` files of a folder in natural order: ``face_2`` before ``face_10``."""
    found = [path for path in folder.iterdir() if path.suffix.lower() == ".obj" and path.is_file()]
    return sorted(
        found, key=lambda path: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.stem)]
    )


def read_arrays(path: Path, what: str, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return those arrays of an ``.npz`` that are in ``names``; ``what`` is their name in an ``InvalidRequest``."""
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in names if name in data.files}
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
        raise InvalidRequest(f"No {what} in '{path}': {why}; give an .npz or a folder of .obj files.") from error


def as_floats(array: NDArray[Any], name: str) -> FloatArray:
    """Return an array as float32. Raises ``InvalidRequest`` if its numbers are not real."""
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise InvalidRequest(f"{name} is not made of real numbers; store it as floats.")
    return array.astype(np.float32, copy=False)


def _read_folder(folder: Path) -> FloatArray:
    files = obj_files(folder)
    if not files:
        raise InvalidRequest(
            f"The folder '{folder}' holds no .obj files; give the folder with the meshes, one file a frame."
        )
    first = read_obj(files[0])
    vertices = np.empty((len(files), *first.shape), np.float32)
    for i, file in enumerate(files):
        mesh = read_obj(file)
        if len(mesh) != len(first):
            raise InvalidRequest(
                f"'{file.name}' has {len(mesh)} vertices and '{files[0].name}' {len(first)}; "
                "all meshes of a sequence need the same vertices."
            )
        vertices[i] = mesh
    return vertices
