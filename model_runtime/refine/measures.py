"""Measures of a generation that need nothing but its bodies and labels, for its report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..body_model.feet import foot_skate
from ..conditioning.tracks import label_track
from ..contract import Actor, ActorPerformance
from ..planning.motion_labels import label_obedience


def measures_of(actors: Sequence[Actor], performed: Sequence[ActorPerformance]) -> dict[str, float]:
    """Return ``label_obedience``, the worse of the actors', and ``foot_skate_cm_per_s``, the larger, where feet stand.

    ``actors`` as they were planned. A minute of two takes some 0.1 s.
    """
    measures = {}
    bodies = [(part.root_positions, part.rotations, actor.skeleton) for actor, part in zip(actors, performed)]
    obeyed = [label_obedience(label_track(actor, len(body[0])), *body) for actor, body in zip(actors, bodies)]
    skates = [100.0 * foot_skate(*body).speed for body in bodies]
    if np.isfinite(obeyed).any():
        measures["label_obedience"] = round(float(np.nanmin(obeyed)), 3)
    if np.isfinite(skates).any():
        measures["foot_skate_cm_per_s"] = round(float(np.nanmax(skates)), 2)
    return measures
