"""Lines to draw, as plain data: what they are is worked out when something changes, never while drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..check.colours import Colour
from ..runtime_api import Array

ON_THE_FLOOR = 0.01  # metres above it, so that the floor's own faces don't hide a line


@dataclass(frozen=True)
class Line:
    """A line through ``points`` (N, 3) in metres, in the world; ``colours`` (N, 4); ``width`` in pixels."""

    points: Array
    colours: Array
    width: float

    def strokes(self) -> tuple[Array, Array]:
        """Return the points (N - 1, 2, 3) and colours (N - 1, 2, 4) of the strokes from each point to the next."""
        return np.stack([self.points[:-1], self.points[1:]], 1), np.stack([self.colours[:-1], self.colours[1:]], 1)


@dataclass(frozen=True)
class Strokes:
    """Separate strokes from one point to another: ``points`` (N, 2, 3) and ``colours`` (N, 2, 4); the rest as of lines.

    For what changes from frame to frame: one of these is made faster than many lines.
    """

    points: Array
    colours: Array
    width: float

    def strokes(self) -> tuple[Array, Array]:
        """Return the points and colours of the strokes."""
        return self.points, self.colours


def line(points: Array, colour: Colour, width: float = 1.5) -> Line:
    """Return a line of one colour through points (N, 3)."""
    return Line(np.asarray(points, np.float32), np.tile(np.array(colour, np.float32), (len(points), 1)), width)


def faded(points: Array, colour: Colour, strength: Array, width: float = 1.5) -> Line:
    """Return a line through points (N, 3) that is as opaque as ``strength`` (N,) says."""
    colours = np.tile(np.array(colour, np.float32), (len(points), 1))
    colours[:, 3] *= strength
    return Line(np.asarray(points, np.float32), colours, width)


def ring(middle: Array, radius: float, colour: Colour, width: float = 1.5) -> Line:
    """Return a horizontal circle of ``radius`` metres about ``middle`` (3,)."""
    turn = np.linspace(0.0, 2.0 * np.pi, 25)
    around = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=-1)
    return line(np.asarray(middle) + radius * around, colour, width)


def arrow_head(tip: Array, direction: Array, size: float, colour: Colour, width: float = 1.5) -> Line:
    """Return the two short lines at the ``tip`` (3,) of a horizontal arrow."""
    along = np.asarray(direction, np.float64)[:2]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    ends = []
    for side in (1.0, -1.0):
        back = -along * np.cos(0.5) + side * np.array([-along[1], along[0]]) * np.sin(0.5)
        ends.append(np.asarray(tip) + size * np.array([*back, 0.0]))
    return line(np.array([ends[0], tip, ends[1]]), colour, width)


def segments(pairs: Array, colour: Colour, width: float = 1.5) -> list[Line]:
    """Return a line for each pair of points (N, 2, 3)."""
    return [line(pair, colour, width) for pair in pairs]
