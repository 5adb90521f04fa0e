"""Motion constraints measured: whether the constrained motion stays, and whether the generated motion joins it, on
shots that are constrained to parts of their reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..common.arrays import BoolArray, FloatArray
from ..conditioning.conditioning import Conditioning
from ..contract import BODY_PARTS, FPS, PART_JOINTS, MotionConstraints
from .body_measures import Bodies
from .body_motion import BodyMotion
from .measures import seam_ratios
from .shot import Shot

SHOTS_WITH_CONSTRAINTS = 8  # of a report


def constraint_rows(play: Callable[[Conditioning, int], Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Return the largest difference from the constraints in cm, and speed and acceleration at their borders over the
    rest, of shots whose first actor is constrained in ``constrained_frames``.
    """
    worst, motions = 0.0, []
    for shot in shots:
        mask = constrained_frames(shot)
        parts = np.stack([mask & (part in PART_JOINTS) for part in BODY_PARTS], -1)  # the body, not the face
        face = np.zeros((shot.frames, 52), np.float32)
        constraints = MotionConstraints(
            np.asarray(shot.root_positions[0], np.float32), np.asarray(shot.rotations[0], np.float32), face, parts
        )
        first, second = shot.request.actors
        request = replace(shot.request, actors=(replace(first, constraints=constraints), second))
        roots, rotations = play(replace(shot, request=request).conditioning(), 1)
        made = BodyMotion(roots[0], rotations[0], first.skeleton).positions
        worst = max(worst, float(np.linalg.norm(made - reference_positions(shot), axis=-1)[mask].max()))
        motions.append((made, borders_of(mask)))
    return {"constraint_cm": 100 * worst} | _named(seam_ratios(motions))


def reference_rows(shots: Sequence[Shot]) -> dict[str, float]:
    """Return the ratios of the reference at the same frames, where it has no borders."""
    return _named(seam_ratios([(reference_positions(shot), borders_of(constrained_frames(shot))) for shot in shots]))


def constrained_frames(shot: Shot) -> BoolArray:
    """Return the mask (T,) of the first 2 s, a second in the middle and the last second."""
    middle, mask = shot.frames // 2, np.zeros(shot.frames, bool)
    mask[: 2 * FPS] = mask[middle : middle + FPS] = mask[-FPS:] = True
    return mask


def borders_of(mask: BoolArray) -> list[int]:
    """Return the frames at which ``mask`` (T,) changes."""
    return (np.flatnonzero(np.diff(mask)) + 1).tolist()


def reference_positions(shot: Shot) -> FloatArray:
    """Return the joint positions (T, 22, 3) of the first actor's reference, metres."""
    return BodyMotion(shot.root_positions[0], shot.rotations[0], shot.request.actors[0].skeleton).positions


def _named(ratios: dict[str, float]) -> dict[str, float]:
    return {f"constraint_{name}": value for name, value in ratios.items()}
