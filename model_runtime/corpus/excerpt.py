"""Cut the faultless part out of a scene that has faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..common.masks import expanded, runs_of
from ..contract import FPS, EmotionSpan
from ..datasets.scene import Scene
from .filter import fault, faults

SHORTEST = 60.0  # s
_MARGIN = round(0.5 * FPS)  # frames beside a fault that are cut with it


def good_part(scene: Scene) -> tuple[Scene | None, str]:
    """Return the scene if it has no fault, else its longest faultless stretch of a minute or more, else None.

    Second: the first fault found, "" if there is none.
    """
    found = list(faults(scene))
    if not found:
        return scene, ""
    bad = np.zeros(scene.frames, bool)
    for one in found:
        if one.frames is not None:
            bad |= expanded(one.frames, _MARGIN)
    start, stop = max(runs_of(~bad), key=lambda run: run[1] - run[0], default=(0, 0))
    if bad.any() and stop - start >= SHORTEST * FPS:
        part = excerpt(scene, start, stop)
        if fault(part) is None:
            return part, found[0].text
    return None, found[0].text


def excerpt(scene: Scene, start: int, stop: int) -> Scene:
    """Return frames ``start`` to ``stop`` (exclusive) as a scene; its times count from its first frame.

    An utterance that is under way there has a negative start.
    """
    at, length = start / FPS, (stop - start) / FPS

    def moved(entries: list[dict[str, Any]], keys: tuple[str, ...], decides: str) -> list[dict[str, Any]]:
        """Shift the times under ``keys`` and leave out entries whose time under ``decides`` is outside."""
        shifted = [{**e, **{k: round(e[k] - at, 3) for k in keys if k in e}} for e in entries]
        for entry in shifted:
            if "strokes" in entry:
                entry["strokes"] = [round(time - at, 3) for time in entry["strokes"]]
        return [entry for entry in shifted if 0.0 <= entry[decides] < length]

    emotions = tuple(
        [
            EmotionSpan(span.emotion, span.intensity, max(span.start - at, 0.0), min(span.end - at, length))
            for span in actor
            if span.end > at and span.start < at + length
        ]
        for actor in scene.emotions
    )
    utterances = tuple(
        [u._replace(start=u.start - at) for u in actor if u.start < at + length] for actor in scene.utterances
    )
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
        utterances=(utterances[0], utterances[1]),
        stresses=(
            [t - at for t in scene.stresses[0] if 0 <= t - at < length],
            [t - at for t in scene.stresses[1] if 0 <= t - at < length],
        ),
        gestures=moved(scene.gestures, ("start", "stroke_start", "time", "stroke_end", "end"), "time"),
        walk_targets=moved(scene.walk_targets, ("start", "end"), "end"),
        emotions=(emotions[0], emotions[1]),
        laughs=(_spans(scene.laughs[0], at, length), _spans(scene.laughs[1], at, length)),
    )


def _spans(spans: list[tuple[float, float]], at: float, length: float) -> list[tuple[float, float]]:
    """Return the spans (s, s) that show between ``at`` and ``at + length``, counted from there."""
    return [(max(a - at, 0.0), min(b - at, length)) for a, b in spans if b > at and a < at + length]
