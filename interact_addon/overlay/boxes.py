"""Filled boxes over an editor, in the pixels of its region."""

from __future__ import annotations

from collections.abc import Sequence

import gpu
from gpu_extras.batch import batch_for_shader

from .lines import Colour

Box = tuple[float, float, float, float]  # left, low, right, high


def draw_boxes(boxes: Sequence[tuple[Box, Colour]]) -> None:
    """Draw each box in its colour, all in one batch."""
    corners = [corner for box, _ in boxes for corner in _two_triangles(*box)]
    colours = [colour for _, colour in boxes for _ in range(6)]
    shader = gpu.shader.from_builtin("FLAT_COLOR")
    gpu.state.blend_set("ALPHA")
    batch_for_shader(shader, "TRIS", {"pos": corners, "color": colours}).draw(shader)
    gpu.state.blend_set("NONE")


def _two_triangles(left: float, low: float, right: float, high: float) -> tuple[tuple[float, float], ...]:
    return ((left, low), (right, low), (right, high), (left, low), (right, high), (left, high))
