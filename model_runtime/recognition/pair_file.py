"""Two people's motion read from a performance or from a composed scene."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import AVERAGE_SKELETON, INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..common.timing import FPS
from ..contract import request_from_json
from ..errors import InterActError, InvalidRequest
from .pair_features import Pair

SHORTEST, LONGEST = 0.5, 15.0  # seconds that an evaluator reads at once
_SOLE = float(AVERAGE_SKELETON.rest_positions[INDEX["left_foot"], 2])  # metres of the foot's joint over the floor


class PairUnreadable(InterActError):
    """A file does not hold two people's motion that an evaluator can read."""


def read_pair(
    path: str | Path, request: str | Path | None = None, start: float = 0.0, end: float | None = None
) -> Pair:
    """Return the two people of a performance (``Performance.save``) or of a scene (``Scene.save``).

    From ``start`` to ``end`` (s), None for its end. A performance knows no bones: they come from its ``request``
    (JSON), and without one from the average body, as tall as the pelvis is over the feet. Raises ``PairUnreadable``.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
        pair = _from_scene(arrays) if "skeletons" in arrays else _from_performance(path, arrays, request)
    except (OSError, ValueError, KeyError, TypeError, EOFError, IndexError, BadZipFile) as error:
        raise PairUnreadable(
            f"'{path}' is neither a performance of two nor a scene ({_said(error)}); "
            "give the .npz that `generate` or `corpus interactions` wrote."
        ) from error
    return checked(cut(pair, start, end), str(path))


def cut(pair: Pair, start: float = 0.0, end: float | None = None) -> Pair:
    """Return the part of a pair from ``start`` to ``end`` (s)."""
    span = slice(max(round(start * FPS), 0), None if end is None else max(round(end * FPS), 0))
    return Pair(pair.root_positions[:, span], pair.rotations[:, span], pair.skeletons, pair.names)


def checked(pair: Pair, source: str) -> Pair:
    """Return the pair if it can be judged. Raises ``PairUnreadable``."""
    seconds = pair.frames / FPS
    if not SHORTEST <= seconds <= LONGEST:
        raise PairUnreadable(
            f"'{source}' has {seconds:.1f} s there, and {SHORTEST:g} to {LONGEST:g} s are judged at once; "
            "choose a part with --start and --end."
        )
    if not (np.isfinite(pair.root_positions).all() and np.isfinite(pair.rotations).all()):
        raise PairUnreadable(f"'{source}' holds numbers that are not finite; generate it again.")
    return pair


def _from_scene(arrays: Mapping[str, Array]) -> Pair:
    rotations = _turns(arrays["rotations"])
    roots = _places(arrays["root_positions"], rotations)
    if arrays["skeletons"].shape != (2, len(INDEX), 3):
        raise ValueError(f"bones of shape {arrays['skeletons'].shape}")
    return Pair.of(roots, rotations, arrays["skeletons"])


def _from_performance(path: str | Path, arrays: Mapping[str, Array], request: str | Path | None) -> Pair:
    names = [str(name) for name in json.loads(str(arrays["meta"]))["names"]]
    if len(names) != 2:
        raise PairUnreadable(f"'{path}' holds {len(names)} actor, and what two do to each other takes two.")
    rotations = _turns(np.stack([arrays[f"rotations_{a}"] for a in range(2)]))
    roots = _places(np.stack([arrays[f"root_positions_{a}"] for a in range(2)]), rotations)
    bones = _bones_of(request) if request is not None else [average_body(roots[a], rotations[a]) for a in range(2)]
    if len(bones) != 2:
        raise PairUnreadable(f"The request '{request}' is of {len(bones)} actor; give that of the performance.")
    return Pair(roots, rotations, (bones[0], bones[1]), (names[0], names[1]))


def _bones_of(request: str | Path) -> list[Skeleton]:
    try:
        return [actor.skeleton for actor in request_from_json(Path(request).read_text("utf-8")).actors]
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request '{request}' is not text ({error}); write it again.") from error


def average_body(roots: Array, rotations: Array) -> Skeleton:
    """Return the average body as tall as roots (T, 3) are over the lower foot in poses (T, 52, 4), in the median."""
    positions, _ = forward_kinematics(np.zeros_like(roots), rotations, AVERAGE_SKELETON)
    feet = positions[:, [INDEX["left_foot"], INDEX["right_foot"]], 2].min(1)
    return AVERAGE_SKELETON.scaled(max(float(np.median(roots[:, 2]) / np.median(_SOLE - feet)), 0.1))


def _turns(rotations: Array) -> Array:
    """Return unit quaternions (2, T, 52, 4) of any scale; scenes hold them as whole numbers."""
    turns = np.asarray(rotations, np.float32)
    if turns.ndim != 4 or turns.shape[0] != 2 or turns.shape[2:] != (len(INDEX), 4):
        raise ValueError(f"rotations of shape {turns.shape}")
    return rot.normalize(turns)


def _places(roots: Array, rotations: Array) -> Array:
    if roots.shape != (*rotations.shape[:2], 3):
        raise ValueError(f"root positions of shape {roots.shape}")
    return np.asarray(roots, np.float32)


def _said(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
