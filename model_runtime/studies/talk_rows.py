"""What composed talkers and listeners do: the rows of ``metrics.talk_behaviour`` with their bounds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..common.arrays import Array
from ..corpus.script.affect import AffectTrack
from ..corpus.script.personality import Personality
from ..datasets.clip import Clip
from ..datasets.scene import Scene
from ..metrics.body_motion import BodyMotion
from ..metrics.scene_measures import compares
from ..metrics.talk_behaviour import TalkBehaviour
from ..metrics.targets import TALK_BEHAVIOUR


def attitude(scene: Scene, actor: int) -> Array:
    """Return (T,) how an actor feels about the talk and the other, about -1..1: valence and the relationship's
    warmth; 0 in a scene that tells of no emotions.
    """
    if not scene.emotions[actor]:
        return np.zeros(scene.frames, np.float32)
    factors = scene.personalities[actor]
    person = Personality.of(factors) if factors else Personality()
    affect = AffectTrack(scene.emotions[actor], scene.relationship, actor == 0, person)
    return 0.6 * affect.track("valence", scene.frames) + 0.5 * affect.track("warmth", scene.frames)


def captured_behaviour(clips: Iterable[Clip]) -> TalkBehaviour:
    """Return what captured people do in clips that show what also occurs in a talk."""
    behaviour = TalkBehaviour()
    for clip in clips:
        if compares(clip):
            behaviour.add_clip(BodyMotion(clip.root_positions, clip.rotations, clip.skeleton), "listen" in clip.tags)
    return behaviour


def markdown(scenes: TalkBehaviour, captured: TalkBehaviour | None) -> str:
    """Return the table in Markdown: composed scenes, captured clips, bounds."""
    rows = [f"| {' | '.join(cells)} |" for cells in _cells(scenes, captured, ("✓", "✗"))]
    return "\n".join(["| | scenes | captured clips | wanted | |", "|---|--:|--:|---|---|", *rows])


def table(scenes: TalkBehaviour, captured: TalkBehaviour | None) -> str:
    """Return the table as text; lines that miss their bounds say FAIL."""
    lines = [f"{'':58s} {'scenes':>9s} {'captured':>9s}  wanted"]
    for name, value, theirs, wanted, mark in _cells(scenes, captured, ("ok", "FAIL")):
        lines.append(f"{name:58s} {value:>9s} {theirs:>9s}  {wanted:16s} {mark}")
    return "\n".join(lines)


def _cells(
    scenes: TalkBehaviour, captured: TalkBehaviour | None, marks: tuple[str, str]
) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield name, figure of the scenes, figure of the clips, bounds and mark of each row."""
    figures, theirs = scenes.figures(), captured.figures() if captured is not None else {}
    for name, target in TALK_BEHAVIOUR.items():
        value = figures[name]
        mark = "" if not np.isfinite(value) else marks[0] if target.reached(value) else marks[1]
        yield target.label, _shown(value), _shown(theirs.get(name, float("nan"))), target.bounds, mark


def _shown(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"
