"""The ARKit shapes of a face: its neutral mesh and the offsets of each curve.

A basis file in another vocabulary (``eyeBlink_L``, two shapes for one curve) is read with a map beside it:
``NAME.npz`` with ``NAME_map.json``, whose ``"map"`` names for each ARKit curve the shapes that are added up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...contract import ARKIT_NAMES, FloatArray
from ...errors import InvalidRequest
from .meshes import as_floats, obj_files, read_arrays, read_obj

NEUTRAL = "neutral"


@dataclass(frozen=True)
class FaceBasis:
    """``neutral`` (V, 3) and ``deltas`` (52, V, 3) in the order of ``ARKIT_NAMES``, in one unit of length.

    Curves without a shape have zeros.
    """

    neutral: FloatArray
    deltas: FloatArray


def read_basis(path: Path) -> FaceBasis:
    """Return the basis of an ``.npz`` with ``neutral`` (V, 3), ``names`` (K,) and ``deltas`` (K, V, 3), or of a folder
    of ``.obj`` files.

    In a folder ``neutral.obj`` is the face at rest and every other file a face with one curve at 1, named by the curve.
    Raises ``InvalidRequest``.
    """
    neutral, shapes = _from_folder(path) if path.is_dir() else _from_arrays(path)
    if neutral.ndim != 2 or neutral.shape[1] != 3 or not neutral.size:
        raise InvalidRequest(f"The neutral of '{path.name}' is {_shape(neutral)}; it needs vertices x 3.")
    for name, delta in shapes.items():
        if delta.shape != neutral.shape:
            raise InvalidRequest(
                f"'{name}' in '{path.name}' is {_shape(delta)}, the neutral {_shape(neutral)}; "
                "both need the same vertices."
            )
        if not np.isfinite(delta).all():
            raise InvalidRequest(
                f"'{name}' in '{path.name}' holds numbers that are not finite; export this shape again."
            )
    if not np.isfinite(neutral).all():
        raise InvalidRequest(f"The neutral of '{path.name}' holds numbers that are not finite; export it again.")
    deltas = np.zeros((len(ARKIT_NAMES), *neutral.shape), np.float32)
    for curve, parts in _curves(path, list(shapes)).items():
        for part in parts:
            deltas[ARKIT_NAMES.index(curve)] += shapes[part]
    if not deltas.any():
        raise InvalidRequest(
            f"No shape in '{path.name}' moves a vertex; give a basis whose ARKit shapes differ from its neutral."
        )
    return FaceBasis(neutral, deltas)


def _curves(path: Path, shapes: list[str]) -> dict[str, list[str]]:
    """Return the shapes of each ARKit curve, from the map beside the file or by the names of the shapes."""
    beside = path.with_name(path.stem + "_map.json")
    if path.is_dir() or not beside.is_file():
        unknown = [name for name in shapes if name not in ARKIT_NAMES]
        if unknown:
            others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            raise InvalidRequest(
                f"'{unknown[0]}'{others} in '{path.name}' is no ARKit curve; "
                f"name shapes as ARKit does, such as '{ARKIT_NAMES[0]}', or leave them out."
            )
        return {name: [name] for name in shapes}
    try:
        stored = json.loads(beside.read_text(encoding="utf-8"))["map"]
        curves = {str(curve): [str(part) for part in dict.fromkeys(parts)] for curve, parts in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequest(
            f"'{beside.name}' is no map of ARKit curves to shapes; mend it or take it away."
        ) from error
    for curve, parts in curves.items():
        if curve not in ARKIT_NAMES:
            raise InvalidRequest(
                f"'{curve}' in '{beside.name}' is no ARKit curve; "
                f"name curves as ARKit does, such as '{ARKIT_NAMES[0]}'."
            )
        absent = [part for part in parts if part not in shapes]
        if absent:
            raise InvalidRequest(
                f"'{beside.name}' makes '{curve}' of '{absent[0]}', which '{path.name}' does not hold; mend the map."
            )
    return curves


def _from_arrays(path: Path) -> tuple[FloatArray, dict[str, FloatArray]]:
    needed = (NEUTRAL, "names", "deltas")
    arrays = read_arrays(path, "basis", needed)
    absent = [key for key in needed if key not in arrays]
    if absent:
        raise InvalidRequest(
            f"The basis '{path.name}' holds no array '{absent[0]}'; it needs neutral, names and deltas."
        )
    names = [str(name) for name in arrays["names"].reshape(-1)]
    deltas = as_floats(arrays["deltas"], f"'deltas' in '{path.name}'")
    if deltas.ndim != 3 or len(deltas) != len(names):
        raise InvalidRequest(
            f"'deltas' in '{path.name}' is {_shape(deltas)} for {len(names)} names; it needs names x vertices x 3."
        )
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise InvalidRequest(f"'{repeated[0]}' is in '{path.name}' more than once; keep one of them.")
    return as_floats(arrays[NEUTRAL], f"'neutral' in '{path.name}'"), dict(zip(names, deltas))


def _from_folder(folder: Path) -> tuple[FloatArray, dict[str, FloatArray]]:
    faces = {path.stem: path for path in obj_files(folder)}
    if NEUTRAL not in faces:
        raise InvalidRequest(
            f"The basis folder '{folder}' holds no {NEUTRAL}.obj; put the face at rest there under that name."
        )
    neutral = read_obj(faces.pop(NEUTRAL))
    shapes: dict[str, FloatArray] = {}
    for name, path in faces.items():
        face = read_obj(path)
        if len(face) != len(neutral):
            raise InvalidRequest(
                f"'{path.name}' has {len(face)} vertices and {NEUTRAL}.obj {len(neutral)}; both need the same vertices."
            )
        shapes[name] = face - neutral
    return neutral, shapes


def _shape(array: FloatArray) -> str:
    return " x ".join(map(str, array.shape))
