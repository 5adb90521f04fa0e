"""Which composed scenes are good enough to learn from, and a summary of those that are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..contract import ACTION_LABELS, FPS
from ..evaluation.measures import HANDS, floor_depth, foot_skate, hand_speed
from ..skeleton import INDEX, Skeleton, forward_kinematics
from .labels import label_frames
from .scene import Scene

MOST_SKATE = 0.012  # m/s
DEEPEST_FLOOR = 0.012  # m
LEAST_AGREEMENT = 0.97  # of frames further than 0.5 s from a change of label
NEAREST = 0.55  # m between the two roots
# Largest acceleration (m/s^2) of a joint over three frames; captured clips of gestures stay below.
HARDEST = {"hands": 75.0, "head": 30.0, "root": 22.0, "feet": 90.0}
_WATCHED = {"hands": list(HANDS), "head": [INDEX["head"]], "root": [0], "feet": [INDEX["left_ankle"], INDEX["right_ankle"]]}


def fault(scene: Scene) -> str | None:
    """What is wrong with a scene in a word and a figure, or None. The first word is the reason that is counted."""
    arrays = (scene.root_positions, scene.rotations, scene.prosody)
    if not all(np.isfinite(array).all() for array in arrays):
        return "not-finite"
    gap = float(np.linalg.norm(scene.root_positions[0, :, :2] - scene.root_positions[1, :, :2], axis=-1).min())
    if gap < NEAREST:
        return f"too-close {gap:.2f} m"
    for actor in range(2):
        root, rotations, skeleton = scene.root_positions[actor], scene.rotations[actor], Skeleton(scene.skeletons[actor])
        agreement = label_agreement(scene, actor)
        if agreement < LEAST_AGREEMENT:
            return f"labels {agreement:.3f}"
        skate = foot_skate(root, rotations, skeleton).speed
        if skate > MOST_SKATE:
            return f"skate {skate:.3f} m/s"
        depth = floor_depth(root, rotations, skeleton)
        if depth > DEEPEST_FLOOR:
            return f"floor {depth:.3f} m"
        positions, _ = forward_kinematics(root, rotations, skeleton)
        acceleration = np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1) * FPS**2
        for part, joints in _WATCHED.items():
            worst = float(acceleration[:, joints].max())
            if worst > HARDEST[part]:
                return f"{part}-jump {worst:.0f} m/s2 at {int(acceleration[:, joints].max(1).argmax()) / FPS:.1f} s"
    return None


def label_agreement(scene: Scene, actor: int) -> float:
    """Share of frames further than 0.5 s from a change whose label the motion itself shows."""
    labels = scene.labels[actor]
    seen = label_frames(scene.root_positions[actor], scene.rotations[actor], Skeleton(scene.skeletons[actor]))
    settled = np.ones(len(labels), bool)
    for change in np.flatnonzero(np.diff(labels)) + 1:
        settled[max(0, change - FPS // 2) : change + FPS // 2] = False
    return float((labels == seen)[settled].mean()) if settled.any() else 1.0


def summary(scenes: Sequence[Scene], refused: Sequence[str]) -> dict[str, Any]:
    """Figures over scenes, for people to read and for the corpus' record."""
    frames = sum(scene.frames for scene in scenes)
    labels = np.sum([np.bincount(scene.labels.ravel(), minlength=3) for scene in scenes], axis=0)
    speaking = np.concatenate([(scene.prosody[:, :, 0] > 0.5).T for scene in scenes])
    distance = np.concatenate([np.linalg.norm(np.diff(scene.root_positions[:, :, :2], axis=0)[0], axis=-1) for scene in scenes])
    hands = np.concatenate([
        np.stack([hand_speed(s.root_positions[a], s.rotations[a], Skeleton(s.skeletons[a])).mean(-1) for a in range(2)], -1) for s in scenes
    ])  # fmt: skip
    alone = speaking & ~speaking[:, ::-1]
    return {
        "scenes": len(scenes),
        "minutes": round(frames / FPS / 60, 2),
        "minutes_by_label": {name: round(float(labels[i]) / FPS / 60, 2) for i, name in enumerate(ACTION_LABELS)},
        "share_by_label": {name: round(float(labels[i] / labels.sum()), 3) for i, name in enumerate(ACTION_LABELS)},
        "speaking_share": round(float(speaking.mean()), 3),
        "overlap_share": round(float(speaking.all(1).mean()), 3),
        "silence_share": round(float((~speaking.any(1)).mean()), 3),
        "gestures_per_spoken_minute": round(sum(len(s.gestures) for s in scenes) / max(float(speaking.sum()) / FPS / 60, 1e-6), 1),
        "gestures_by_kind": dict(Counter(g["kind"] for s in scenes for g in s.gestures).most_common()),
        "distance_percentiles_m": {p: round(float(np.percentile(distance, p)), 2) for p in (1, 25, 50, 75, 99)},
        "hand_speed_m_s": {"speaker": round(float(hands[alone].mean()), 3), "listener": round(float(hands[alone[:, ::-1]].mean()), 3)},
        "refused": dict(Counter(reason.split()[0] for reason in refused).most_common()),
    }
