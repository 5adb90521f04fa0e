"""An actor's strips read as plain data on the shot's clock: seconds from the scene's first frame."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, as_key
from ..rig.curves import curves_of
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors
from .channels import ACTIONS, EMOTIONS, KINDS
from .emotions import STEP, emotion_of, emotion_spans, energy_spans, spans_of_samples
from .ownership import strips_of

_NOTHING = 1e-6  # seconds


def shot_duration(scene: bpy.types.Scene) -> float:
    """Return the seconds from the first to the last frame of the range."""
    return (scene.frame_end - scene.frame_start) / frames_per_second(scene)


@dataclass(frozen=True)
class Action:
    """A stretch of an action strip that is seen: its span, and the object that a walk leads to or a stand faces."""

    span: contract.ActionSpan
    target: bpy.types.Object | None = None


def read_actions(scene: bpy.types.Scene, actor: ActorKey | str) -> tuple[Action, ...]:
    """Return an actor's actions within the shot, in order of time.

    Where strips overlap, the one that is seen on top counts: that of the higher channel, in one channel the one that
    begins later. A walk that is interrupted so leads to its target in its last stretch. Raises ``InvalidRequest``,
    which lists the labels, for other names.
    """
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    shown: list[Action] = []
    strips = strips_of(source, actor, ACTIONS, "COLOR")
    for strip in sorted(strips, key=lambda strip: (strip.channel, compat.strip_left(strip))):
        start, end = clock.span(strip)
        label = label_of(strip.name)
        if label not in contract.ACTION_LABELS:
            raise errors.InvalidRequest(unknown_label(strip, actor))
        if end - start > _NOTHING:
            target = strip.interact_target if label in ("walk", "stand") else None
            shown = [part for action in shown for part in _outside(action, start, end)]
            shown.append(Action(contract.ActionSpan(label, start, end), target))
    return tuple(sorted(shown, key=lambda action: action.span.start))


def unknown_label(strip: Any, actor: ActorKey | str) -> str:
    """Return a sentence that says what an action strip whose name is no label may be called."""
    labels = ", ".join(contract.ACTION_LABELS)
    return f"The action strip '{strip.name}' of '{as_key(actor).name}' is not known; name it one of: {labels}."


def _outside(action: Action, start: float, end: float) -> list[Action]:
    """Return what is left of an action before ``start`` and after ``end`` (s); the target belongs to the last part."""
    span = action.span
    parts = [(span.start, min(span.end, start)), (max(span.start, end), span.end)]
    spans = [replace(span, start=first, end=last) for first, last in parts if last - first > _NOTHING]
    faces = span.label == "stand"  # all of a stand faces its target
    return [Action(part, action.target if faces or part is spans[-1] else None) for part in spans]


def read_emotions(
    scene: bpy.types.Scene, actor: ActorKey | str, actor_settings: Any
) -> tuple[contract.EmotionSpan, ...]:
    """Return an actor's emotions within the shot: of its strips, elsewhere of the actor's own settings.

    Where strips overlap, the one on top counts, as of ``read_actions``. Raises ``InvalidRequest`` where a strip's name
    is no emotion.
    """
    source = compat.sequencer_scene(scene)
    clock, spans, name = Clock(source, scene), [], as_key(actor).name
    strips = strips_of(source, actor, EMOTIONS, "COLOR")
    for strip in sorted(strips, key=lambda strip: (strip.channel, compat.strip_left(strip))):
        start, end = clock.span(strip)
        emotion, intensity = emotion_of(strip.name, name)
        if end - start > 1e-6:
            spans.append(contract.EmotionSpan(emotion, intensity, start, end))
    return emotion_spans(spans, spans_of_samples(_own_emotion(scene, actor_settings), clock.duration))


def read_energy(scene: bpy.types.Scene, actor_settings: Any) -> tuple[contract.EnergySpan, ...]:
    """Return an actor's energy over the shot, without what is usual; keys are sampled every ``STEP`` seconds."""
    curve, samples = curve_of(actor_settings, "energy"), [actor_settings.energy]
    if curve is not None:
        samples = [curve.evaluate(frame) for frame in _sampled_frames(scene)]
    return energy_spans(samples, shot_duration(scene))


def _sampled_frames(scene: bpy.types.Scene) -> list[float]:
    """Return the frame in the middle of each ``STEP`` of the shot."""
    count, step = max(math.ceil(shot_duration(scene) / STEP - 1e-6), 2), STEP * frames_per_second(scene)
    return [scene.frame_start + (number + 0.5) * step for number in range(count)]


def read_text_strips(scene: bpy.types.Scene, actor: ActorKey | str) -> list[contract.Caption]:
    """Return the text strips in the actor's channels of any kind; they may begin before the shot and end after it."""
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    strips = [strip for kind in KINDS for strip in strips_of(source, actor, kind, "TEXT")]
    texts = [
        contract.Caption(
            " ".join(strip.text.split()), clock.time(compat.strip_left(strip)), clock.time(compat.strip_right(strip))
        )
        for strip in strips
    ]
    return sorted((text for text in texts if text.text), key=lambda text: text.start)


def _own_emotion(scene: bpy.types.Scene, actor_settings: Any) -> list[tuple[str, float]]:
    """Return the actor's emotion and intensity: one sample if neither has keys, else one every ``STEP`` seconds."""
    emotion, intensity = curve_of(actor_settings, "emotion"), curve_of(actor_settings, "emotion_intensity")
    if emotion is None and intensity is None:
        return [(actor_settings.emotion, actor_settings.emotion_intensity)]
    names = {item.value: item.identifier for item in actor_settings.bl_rna.properties["emotion"].enum_items}
    samples = []
    for frame in _sampled_frames(scene):
        name, strength = actor_settings.emotion, actor_settings.emotion_intensity
        if emotion is not None:
            name = names.get(round(emotion.evaluate(frame)), name)
        if intensity is not None:
            strength = intensity.evaluate(frame)
        samples.append((name, strength))
    return samples


def curve_of(item: Any, prop: str) -> bpy.types.FCurve | None:
    """Return the curve that animates a property of an actor or strip; None if there is none or it is muted."""
    animation = item.id_data.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return None
    path = item.path_from_id(prop)
    curves = curves_of(animation.action, animation.action_slot)
    return next((curve for curve in curves if curve.data_path == path and not curve.mute), None)


def label_of(strip_name: str) -> str:
    """Return the label in a strip's name without case and without the number of a copy ("Walk", "walk.001")."""
    return re.sub(r"\.\d{3,}$", "", strip_name.strip()).strip().casefold()


class Clock:
    """Converts frames of the scene whose sequencer is read to seconds of the shot; their rates may differ."""

    def __init__(self, source: bpy.types.Scene, shot: bpy.types.Scene) -> None:
        self.rate = frames_per_second(source)
        self.start = shot.frame_start / frames_per_second(shot)
        self.duration = shot_duration(shot)

    def time(self, frame: float) -> float:
        return frame / self.rate - self.start

    def frame(self, time: float) -> float:
        return (time + self.start) * self.rate

    def span(self, strip: Any) -> tuple[float, float]:
        """Return start and end of a strip within the shot; the end is not after the start if it lies outside."""
        return max(self.time(compat.strip_left(strip)), 0.0), min(self.time(compat.strip_right(strip)), self.duration)
