"""Headings on the floor plan: radians about +Z, 0 faces -Y, positive turns to the left."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Array


def facing(heading: Any) -> Array:
    """Return the direction (..., 2) that a body with this ``heading`` (...) faces."""
    return np.stack([np.sin(heading), -np.cos(heading)], -1)


def heading_towards(direction: Array) -> Any:
    """Return the heading (...,) that faces along ``direction`` (..., 2)."""
    return np.arctan2(direction[..., 0], -direction[..., 1])


def turned(heading: Any, before: Any) -> Any:
    """Return the signed turn in radians, at most half a turn, from the heading ``before`` to ``heading``."""
    return (heading - before + np.pi) % (2 * np.pi) - np.pi
