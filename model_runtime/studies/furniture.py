"""Furniture of boxes, with exact distances: for scenes that are measured, and for tests."""

from __future__ import annotations

import numpy as np

from ..body_model.obstacle import Obstacle

CELL, MARGIN = 0.02, 0.12


def boxes(name: str, *parts: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Obstacle:
    """Return the union of boxes, each from its least to its largest x, y and z in metres."""
    least = np.min([low for low, _ in parts], 0) - MARGIN
    most = np.max([high for _, high in parts], 0) + MARGIN
    shape = np.ceil((most - least) / CELL).astype(int) + 1
    corners = least + CELL * np.stack(np.meshgrid(*(np.arange(count) for count in shape), indexing="ij"), -1)
    distance = np.full(tuple(shape), np.inf)
    for low, high in parts:
        beyond = np.abs(corners - 0.5 * np.add(low, high)) - 0.5 * np.subtract(high, low)
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)
        distance = np.minimum(distance, outside + np.minimum(beyond.max(-1), 0.0))
    x, y, z = least
    return Obstacle(name, (float(x), float(y), float(z)), CELL, distance.astype(np.float32))


def table(x: float = 0.0, y: float = 0.0, height: float = 0.74, depth: float = 0.7) -> Obstacle:
    """Return a table 1.2 m wide whose near edge is at ``y``; it goes on to -Y. The board is 3 cm thick."""
    legs = [
        ((x + side - 0.03, y - far - 0.03, 0.0), (x + side + 0.03, y - far + 0.03, height))
        for side in (-0.55, 0.55)
        for far in (0.05, depth - 0.05)
    ]
    return boxes("Table", ((x - 0.6, y - depth, height - 0.03), (x + 0.6, y, height)), *legs)
