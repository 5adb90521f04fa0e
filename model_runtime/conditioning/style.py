"""Gesture style: three numbers measured on motion, trained with, and asked for.

After the style inputs of Alexanderson et al. 2020 ("Style-controllable speech-driven gesture synthesis using
normalising flows"): speed, height and radius of the hands. Each is in standard deviations from the corpus' mean,
so that 0 is usual and +-1 is plain to see.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..contract import ACTION_LABELS, FPS, FloatArray

STYLE_SIZE = 3
# Liveliness: log10 of the hands' mean speed in arm lengths a second, + 0.02. Height of the higher wrist over the pelvis
# and reach, the wrists' distance from the spine, in arm lengths. Means and deviations over 725 actor minutes of
# composed scenes.
_MEAN = np.array([-0.435, 0.064, 0.534], np.float32)
_DEVIATION = np.array([0.166, 0.0985, 0.054], np.float32)
_FURTHEST = 3.0  # deviations
_SHORTEST = 3.0  # seconds of speech below which a style is not judged


def style_of(
    root: NDArray[Any], rotations: NDArray[Any], skeleton: Skeleton, labels: NDArray[Any], speaking: NDArray[Any]
) -> FloatArray | None:
    """Return the style (3,) of a motion of T frames, in standard deviations; None if there is too little speech.

    ``labels`` (T,) index into ``ACTION_LABELS``; ``speaking`` (T,) voice activity. Walking does not count: arms swing
    then.
    """
    judged = (np.asarray(speaking) > 0.5) & (np.asarray(labels) != ACTION_LABELS.index("walk"))
    if judged.sum() < _SHORTEST * FPS:
        return None
    places, turns = forward_kinematics(root, rotations, skeleton)
    wrists = rot.rotate(
        rot.conjugate(turns[:, :1]), places[:, [INDEX["left_wrist"], INDEX["right_wrist"]]] - places[:, :1]
    )
    wrists /= float(np.linalg.norm(skeleton.offsets[[18, 20]], axis=-1).sum())
    speed = np.linalg.norm(np.diff(wrists, axis=0, prepend=wrists[:1]), axis=-1) * FPS
    found = [
        np.log10(speed[judged].mean() + 0.02),
        wrists[judged, :, 2].max(1).mean(),
        np.linalg.norm(wrists[judged, :, :2], axis=-1).mean(),
    ]
    return np.clip((np.array(found, np.float32) - _MEAN) / _DEVIATION, -_FURTHEST, _FURTHEST)
