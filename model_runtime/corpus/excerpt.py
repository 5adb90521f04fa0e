"""A stretch of a scene as a scene of its own: what is good of one that is not good all through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation

from ..contract import FPS, EmotionSpan
from ..datasets.scene import Scene
from .filter import fault, faults

SHORTEST = 60.0  # s
_MARGIN = round(0.5 * FPS)  # frames beside a fault that go with it


def good_part(scene: Scene) -> tuple[Scene | None, str]:
    """The scene itself where nothing is wrong with it; else its longest faultless stretch of a minute or more; else
    None.

    Second: the first thing that was wrong, "" where nothing was.
    """
    found = list(faults(scene))
    if not found:
        return scene, ""
    bad = np.zeros(scene.frames, bool)
    for one in found:
        if one.frames is not None:
            bad |= binary_dilation(one.frames, iterations=_MARGIN)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], bad, [True]]).astype(np.int8)))
    start, stop = max(edges.reshape(-1, 2).tolist(), key=lambda run: run[1] - run[0], default=(0, 0))
    if bad.any() and stop - start >= SHORTEST * FPS:
        part = excerpt(scene, start, stop)
        if fault(part) is None:
            return part, found[0].text
    return None, found[0].text


def excerpt(scene: Scene, start: int, stop: int) -> Scene:
    """Frames ``start`` to ``stop`` (exclusive). An utterance under way at the start keeps its negative beginning."""
    at, length = start / FPS, (stop - start) / FPS

    def moved(entries: list[dict[str, Any]], keys: tuple[str, ...], decides: str) -> list[dict[str, Any]]:
        shifted = [{**e, **{k: round(e[k] - at, 3) for k in keys if k in e}} for e in entries]
        for entry in shifted:
            if "strokes" in entry:
                entry["strokes"] = [round(time - at, 3) for time in entry["strokes"]]
        return [entry for entry in shifted if 0.0 <= entry[decides] < length]

    emotions = tuple(
        [
            EmotionSpan(f.emotion, f.intensity, max(f.start - at, 0.0), min(f.end - at, length))
            for f in actor
            if f.end > at and f.start < at + length
        ]
        for actor in scene.emotions
    )
    said = tuple([u._replace(start=u.start - at) for u in actor if u.start < at + length] for actor in scene.utterances)
    cut = slice(start, stop)
    return replace(
        scene,
        root_positions=scene.root_positions[:, cut],
        rotations=scene.rotations[:, cut],
        labels=scene.labels[:, cut],
        contacts=scene.contacts[:, cut],
        prosody=scene.prosody[:, cut],
        face=scene.face[:, cut],
        gaze=scene.gaze[:, cut],
        utterances=(said[0], said[1]),
        stresses=(
            [t - at for t in scene.stresses[0] if 0 <= t - at < length],
            [t - at for t in scene.stresses[1] if 0 <= t - at < length],
        ),
        gestures=moved(scene.gestures, ("start", "stroke_start", "time", "stroke_end", "end"), "time"),
        walk_targets=moved(scene.walk_targets, ("start", "end"), "end"),
        emotions=(emotions[0], emotions[1]),
    )
