"""A take of any length as overlapping windows of about what the networks are trained on.

Windows share 2 s with the next, kept as motion or made by both, so the take has no seam; only one window is in the
networks at a time, so memory stays constant.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..conditioning.representation import MOTION_FIELDS, GlobalMotion
from ..networks.duet_denoiser import PATCH

WINDOW = 300  # frames, as trained
LONGEST = 330  # frames; rotary positions bear a tenth more, which saves a second window for a shot of 10 s and a frame
OVERLAP = 60  # frames two windows share


class Window(NamedTuple):
    """Frames ``start`` to ``stop`` of the take, of which the first ``kept`` are those of the window before."""

    start: int
    stop: int
    kept: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    @property
    def span(self) -> slice:
        return slice(self.start, self.stop)


def windows(frames: int) -> list[Window]:
    """The fewest windows that cover ``frames`` (at least one), all about equally long; the last one ends up to 4 frames
    later.
    """
    tokens, shared, longest = -(-max(frames, 1) // PATCH), OVERLAP // PATCH, LONGEST // PATCH
    count = max(1, -(-(tokens - shared) // (longest - shared)))
    bounds = [PATCH * round(i * (tokens - shared) / count) for i in range(count)]
    return [
        Window(start, bounds[i + 1] + OVERLAP if i + 1 < count else PATCH * tokens, OVERLAP if i else 0)
        for i, start in enumerate(bounds)
    ]


def padded_frames(frames: int) -> int:
    """Frames up to the end of the last window."""
    return windows(frames)[-1].stop


def window_boundaries(frames: int) -> list[int]:
    """Frames at which a window takes over from the one before."""
    return [window.start + window.kept // 2 for window in windows(frames)[1:]]


def join_windows(parts: list[GlobalMotion]) -> GlobalMotion:
    """One motion from overlapping windows; kept frames agree, so the later window simply takes over at their middle."""
    joined: dict[str, Tensor] = {}
    for name in MOTION_FIELDS:
        pieces = []
        for index, part in enumerate(parts):
            values = getattr(part, name)
            begin = OVERLAP // 2 if index else 0
            end = values.shape[1] - (OVERLAP // 2 if index + 1 < len(parts) else 0)
            pieces.append(values[:, begin:end])
        joined[name] = torch.cat(pieces, 1)
    return GlobalMotion(**joined)


def ramp(window: Window) -> Tensor:
    """Share (T,) of a window beside the one before: 0 through the first half of the overlap, a smooth rise over its
    second half, then 1.
    """
    if not window.kept:
        return torch.ones(window.length)
    t = ((torch.arange(window.length).float() + 0.5) / (window.kept / 2) - 1).clamp(0, 1)
    return t * t * (3 - 2 * t)


def shares(spans: list[Window]) -> list[Tensor]:
    """How much of each frame (T,) is each window's where all are made at once: smooth through the overlaps, one in sum."""
    t = (torch.arange(OVERLAP).float() + 0.5) / OVERLAP
    rise = t * t * (3 - 2 * t)
    found = [torch.ones(window.length) for window in spans]
    for before, after in pairwise(found):
        before[-OVERLAP:] = 1 - rise
        after[:OVERLAP] = rise
    return found
