"""Columns of face curves by their ARKit names."""

from __future__ import annotations

from ..contract import ARKIT_NAMES

CURVE = {name: index for index, name in enumerate(ARKIT_NAMES)}


def columns(*names: str) -> list[int]:
    """Return the column numbers of curves; a name without a side stands for both sides."""
    found: list[int] = []
    for name in names:
        found += [CURVE[name]] if name in CURVE else [CURVE[name + "Left"], CURVE[name + "Right"]]
    return found
