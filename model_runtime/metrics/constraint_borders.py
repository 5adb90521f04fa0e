"""Whether motion that is kept stays, and whether what is made flows in and out of it, on shots that keep parts of the
truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..conditioning.conditioning import Conditioning
from ..contract import FPS, MotionConstraints
from .body_measures import Bodies
from .measures import seam_ratios
from .posed import Posed
from .shot import Shot

KEPT_SHOTS = 8


def kept_rows(play: Callable[[Conditioning, int], Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Shots whose first actor keeps of the truth what ``kept_frames`` says: is it there, does it join?"""
    worst, motions = 0.0, []
    for shot in shots:
        keep = kept_frames(shot)
        parts = np.stack([keep, keep, keep, np.zeros_like(keep)], -1)  # the body, not the face
        face = np.zeros((shot.frames, 52), np.float32)
        kept = MotionConstraints(
            np.asarray(shot.root_positions[0], np.float32), np.asarray(shot.rotations[0], np.float32), face, parts
        )
        first, second = shot.request.actors
        request = replace(shot.request, actors=(replace(first, constraints=kept), second))
        roots, rotations = play(replace(shot, request=request).conditioning(), 1)
        made = Posed(roots[0], rotations[0], first.skeleton).positions
        worst = max(worst, float(np.linalg.norm(made - true_positions(shot), axis=-1)[keep].max()))
        motions.append((made, kept_borders(keep)))
    return {"kept_cm": 100 * worst} | {f"kept_{name}": value for name, value in seam_ratios(motions).items()}


def kept_truth(shots: Sequence[Shot]) -> dict[str, float]:
    """The same rows of the truth, which has no borders there."""
    return {
        f"kept_{name}": value
        for name, value in seam_ratios(
            [(true_positions(shot), kept_borders(kept_frames(shot))) for shot in shots]
        ).items()
    }


def kept_frames(shot: Shot) -> NDArray[np.bool_]:
    """(T,) the first 2 s, a second in the middle and the last second."""
    middle, keep = shot.frames // 2, np.zeros(shot.frames, bool)
    keep[: 2 * FPS] = keep[middle : middle + FPS] = keep[-FPS:] = True
    return keep


def kept_borders(keep: NDArray[np.bool_]) -> list[int]:
    return (np.flatnonzero(np.diff(keep)) + 1).tolist()


def true_positions(shot: Shot) -> NDArray[np.float32]:
    """(T, 52, 3) of the first actor."""
    return Posed(shot.root_positions[0], shot.rotations[0], shot.request.actors[0].skeleton).positions
