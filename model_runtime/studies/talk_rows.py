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
from .target_rows import markdown_beside, table_beside


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
    return markdown_beside(scenes.figures(), _figures(captured), TALK_BEHAVIOUR, "captured clips")


def table(scenes: TalkBehaviour, captured: TalkBehaviour | None) -> str:
    """Return the table as text; lines that miss their bounds say FAIL."""
    return table_beside(scenes.figures(), _figures(captured), TALK_BEHAVIOUR, 58)


def _figures(captured: TalkBehaviour | None) -> dict[str, float]:
    return {} if captured is None else captured.figures()
