"""A take of any length as overlapping windows of about the length that the networks are trained on.

Neighbouring windows share 2 s, which the later one is given or both make together, so the take has no seam. One window
is denoised at a time: memory grows by the result and the encodings of the windows alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..common.arrays import BoolArray
from ..common.easing import smoothstep
from ..common.masks import expanded, runs_of
from ..conditioning.representation import MOTION_FIELDS, GlobalMotion
from ..networks.duet_denoiser import PATCH

WINDOW = 300  # frames, as trained
LONGEST = 330  # frames; rotary positions bear a tenth more, which saves a second window for a shot of 10 s and a frame
OVERLAP = 60  # frames that two windows share


class Window(NamedTuple):
    """Frames ``start`` to ``stop`` of the take; the first ``overlap`` of them belong to the window before too."""

    start: int
    stop: int
    overlap: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    @property
    def span(self) -> slice:
        return slice(self.start, self.stop)


def windows(frames: int) -> list[Window]:
    """Return the fewest windows of about equal length that cover ``frames`` (at least one).

    The last one ends up to 4 frames after the take.
    """
    tokens, shared, longest = -(-max(frames, 1) // PATCH), OVERLAP // PATCH, LONGEST // PATCH
    count = max(1, -(-(tokens - shared) // (longest - shared)))
    bounds = [PATCH * round(i * (tokens - shared) / count) for i in range(count)]
    return [
        Window(start, bounds[i + 1] + OVERLAP if i + 1 < count else PATCH * tokens, OVERLAP if i else 0)
        for i, start in enumerate(bounds)
    ]


def chains(free: BoolArray) -> list[list[Window]]:
    """Return the windows that are sampled where only some frames are ``free`` (T,) and all others given.

    A chain is a run of overlapping windows. It begins and ends at least ``OVERLAP`` given frames from those that are
    free, or where the take does. Without a given frame it is that of ``windows``.
    """
    found = []
    for first, stop in runs_of(expanded(free, OVERLAP)):
        begin = first - first % PATCH
        shared = OVERLAP if begin else 0  # with what is given before
        spans = windows(stop - begin)
        found.append([Window(w.start + begin, w.stop + begin, w.overlap or shared) for w in spans])
    return found


def padded_frames(frames: int) -> int:
    """Return the number of frames up to the end of the last window."""
    return windows(frames)[-1].stop


def window_boundaries(frames: int) -> list[int]:
    """Return the frames at which a window takes over from the one before."""
    return [window.start + window.overlap // 2 for window in windows(frames)[1:]]


def join_windows(parts: list[GlobalMotion]) -> GlobalMotion:
    """Return one motion from overlapping windows that agree in the overlap; the later takes over in its middle."""
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


def crossfade(window: Window) -> Tensor:
    """Return the weight (T,) of a window against the one before.

    It is 0 in the first half of the overlap, rises smoothly in its second half, and is 1 after it.
    """
    if not window.overlap:
        return torch.ones(window.length)
    t = ((torch.arange(window.length).float() + 0.5) / (window.overlap / 2) - 1).clamp(0, 1)
    return smoothstep(t)


def blend_weights(spans: list[Window]) -> list[Tensor]:
    """Return the weights (T,) of windows that are sampled together: smooth in the overlaps, 1 in sum on each frame."""
    rise = smoothstep((torch.arange(OVERLAP).float() + 0.5) / OVERLAP)
    weights = [torch.ones(window.length) for window in spans]
    for before, after in pairwise(weights):
        before[-OVERLAP:] = 1 - rise
        after[:OVERLAP] = rise
    return weights
