"""An interaction as a ``Scene``: labels, faces, who touches whom when, and what its texts are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.arrays import Array
from ...contract import FPS, EmotionSpan
from ...datasets.scene import Scene
from ...planning.motion_labels import label_frames
from ...refine.contacts.motion import Goal
from ...speech.prosody import PROSODY_SIZE
from ..faces.composer import compose_face
from .composing import Composed
from .gate import Figures
from .texts import write_texts

FILES = "interaction"  # scenes are named so, with their category's number and their own


def scene_of(made: Composed, figures: Figures, seed: int, split: str) -> Scene:
    """Return the interaction as a scene, with its texts."""
    rng = np.random.default_rng([seed, len(made.roots[0]), 11])
    frames = made.roots.shape[1]
    nobody = np.zeros(frames, np.float32)
    faces = [
        compose_face(rng, frames, [], nobody, made.eyes[a], affect=made.affects[a], partner_affect=made.affects[1 - a])
        for a in range(2)
    ]
    emotions = [[EmotionSpan(e.emotion, e.intensity, 0.0, frames / FPS) for e in spans] for spans in made.emotions]
    interaction = facts_of(made, figures)
    interaction["texts"] = write_texts(interaction, split, seed)
    return Scene(
        seed,
        split,
        np.stack([s.offsets for s in made.skeletons]),
        made.roots,
        made.rotations,
        np.stack([label_frames(made.roots[a], made.rotations[a], made.skeletons[a]) for a in range(2)]).astype(
            np.uint8
        ),
        made.contacts,
        np.zeros((2, frames, PROSODY_SIZE), np.float16),
        np.stack(faces).astype(np.float16),
        np.zeros(2, np.float32),
        ([], []),
        ([], []),
        relationship=made.relationship,
        emotions=(emotions[0], emotions[1]),
        kind=made.category,
        gaze=made.at_face,
        interaction=interaction,
    )


def facts_of(made: Composed, figures: Figures) -> dict[str, Any]:
    """Return what happens in an interaction, in words and seconds: the source of its texts and of its labels."""
    touching = {(goal.actor, goal.point) for goal in made.goals if goal.other is not None}
    return {
        "category": made.category,
        "variant": made.variant.name,
        "reaction": made.reaction.name,
        "roles": ["actor", "reactor"],
        "hand": made.variant.hand,
        "turned": made.variant.turned[0],
        "bearing": 0.5 * sum(made.variant.bearing),
        "walks": bool(made.variant.approach[1] > 0.6),
        "steps": bool(0.0 < made.variant.approach[1] <= 0.6),
        "meets": made.variant.meets,
        "heights": [round(s.height, 2) for s in made.skeletons],
        "contact": round(made.contact / FPS, 3),
        "end": round(made.stop / FPS, 3),
        "touches": [_touch(goal) for goal in made.goals if goal.other is not None],
        "signs": [
            {"role": r.goal.actor, "point": r.goal.point, "hand": r.hand, "start": round(r.goal.start / FPS, 3)}
            for r in made.reaches
            if r.goal.other is None and (r.goal.actor, r.goal.point) not in touching
        ],
        "acts": [a.kind for a in made.variant.acts],
        "reacts": [a.kind for a in made.reaction.acts],
        **made.facts,
        "figures": {
            "gap": round(figures.gap, 4),
            "deepest": round(figures.deepest, 4),
            "deep_share": round(figures.deep_share, 4),
            "skate": round(figures.skate, 4),
            "jerk": round(figures.jerk, 2),
            "bells": [round(b, 2) for b in figures.bells],
        },
    }


def _touch(goal: Goal) -> dict[str, Any]:
    return {
        "role": goal.actor,
        "point": goal.point,
        "other": goal.other,
        "on": goal.other_point,
        "start": round(goal.start / FPS, 3),
        "end": round(goal.stop / FPS, 3),
        "gap": goal.distance,
    }


def contact_labels(interaction: dict[str, Any], frames: int) -> Array:
    """Return (T, 2) which role's hand, head or foot has something to touch on each frame, from a scene's record."""
    labels = np.zeros((frames, 2), bool)
    for touch in interaction["touches"]:
        labels[round(touch["start"] * FPS) : round(touch["end"] * FPS), touch["role"]] = True
    return labels
