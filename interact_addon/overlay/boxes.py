"""Filled boxes over an editor, in the pixels of its region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..check.colours import Colour

Box = tuple[float, float, float, float]  # left, low, right, high
_CORNERS = ((0, 1), (2, 1), (2, 3), (0, 1), (2, 3), (0, 3))  # of two triangles, as places in a box


def draw_boxes(boxes: Sequence[tuple[Box, Colour]]) -> None:
    """Draw each box in its colour, all in one batch."""
    draw_batch_of_boxes(batch_of_boxes(boxes))


def batch_of_boxes(boxes: Sequence[tuple[Box, Colour]]) -> Any:
    """Return one batch of some boxes, for those that stay the same over many redraws."""
    corners = np.array([box for box, _ in boxes], np.float32)[:, _CORNERS].reshape(-1, 2)
    colours = np.repeat(np.array([colour for _, colour in boxes], np.float32), len(_CORNERS), axis=0)
    return batch_for_shader(gpu.shader.from_builtin("FLAT_COLOR"), "TRIS", {"pos": corners, "color": colours})


def draw_batch_of_boxes(batch: Any) -> None:
    """Draw what ``batch_of_boxes`` made."""
    gpu.state.blend_set("ALPHA")
    batch.draw(gpu.shader.from_builtin("FLAT_COLOR"))
    gpu.state.blend_set("NONE")
