"""The ICT face (Li et al. 2020, "Learning Formation of Physically-Based Face Attributes") under ARKit weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract import ARKIT_NAMES, FloatArray


class IctFace:
    """The ICT neutral face and its ARKit deltas: ``vertices`` (V, 3) cm, Y up, facing +Z; ``deltas`` (52, V, 3), zeros
    for tongueOut.
    """

    def __init__(self, face_dir: Path) -> None:
        names = json.loads((face_dir / "ict_arkit_map.json").read_text(encoding="utf-8"))["map"]
        with np.load(face_dir / "ict_arkit.npz", allow_pickle=False) as data:
            self.vertices: FloatArray = data["neutral"].astype(np.float32)
            self.quads: NDArray[np.int32] = data["quads"]
            row = {str(name): i for i, name in enumerate(data["names"])}
            stored = data["deltas"]
            self.deltas = np.zeros((len(ARKIT_NAMES), *self.vertices.shape), np.float32)
            for index, name in enumerate(ARKIT_NAMES):
                for shape in dict.fromkeys(names[name]):
                    self.deltas[index] += stored[row[shape]].astype(np.float32)

    @staticmethod
    def available(data_dir: Path) -> bool:
        """Return whether a data folder has the face."""
        return (data_dir / "face" / "ict_arkit.npz").is_file()

    def posed(self, weights: FloatArray) -> FloatArray:
        """Return the vertices (V, 3) under weights (52,)."""
        used = np.flatnonzero(weights)
        return self.vertices + np.tensordot(weights[used], self.deltas[used], axes=1)
