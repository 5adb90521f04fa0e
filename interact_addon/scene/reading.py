"""An actor's strips read as plain data on the shot's clock: seconds from the scene's first frame."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..runtime_api import contract, errors, files
from .channels import ACTIONS, EMOTIONS, KINDS, SPEECH, strips_of
from .emotions import STEP, emotion_of, emotion_spans, spans_of_samples


def frames_per_second(scene: bpy.types.Scene) -> float:
    return scene.render.fps / scene.render.fps_base


def shot_duration(scene: bpy.types.Scene) -> float:
    """Return the seconds from the first to the last frame of the range."""
    return (scene.frame_end - scene.frame_start) / frames_per_second(scene)


def read_speech(scene: bpy.types.Scene, actor: str) -> tuple[contract.SpeechClip, ...]:
    """Return an actor's speech within the shot, with trims, gaps, overlaps and volumes, without muted strips.

    Raises ``SpeechFileMissing`` that names the strip.
    """
    return tuple(clip for _, clip in audible_strips(scene, actor))


def audible_strips(scene: bpy.types.Scene, actor: str) -> list[tuple[Any, contract.SpeechClip]]:
    """Return the voice strips of an actor that are audible within the shot, each with its audible part."""
    source = compat.sequencer_scene(scene)
    found = []
    for strip in strips_of(source, actor, SPEECH, "SOUND"):
        clip = _speech_clip(strip, actor, _Clock(source, scene))
        if clip is not None:
            found.append((strip, clip))
    return found


def read_actions(scene: bpy.types.Scene, actor: str) -> tuple[contract.ActionSpan, ...]:
    """Return an actor's actions within the shot. Raises ``InvalidRequest``, which lists the labels, for other names."""
    source = compat.sequencer_scene(scene)
    clock = _Clock(source, scene)
    spans = []
    for strip in strips_of(source, actor, ACTIONS, "COLOR"):
        start, end = clock.span(strip)
        label = label_of(strip.name)
        if label not in contract.ACTION_LABELS:
            labels = ", ".join(contract.ACTION_LABELS)
            raise errors.InvalidRequest(
                f"The action strip '{strip.name}' of '{actor}' is not known; name it one of: {labels}."
            )
        if end - start > 1e-6:
            spans.append(contract.ActionSpan(label, start, end))
    return tuple(spans)


def read_emotions(scene: bpy.types.Scene, actor: str, actor_settings: Any) -> tuple[contract.EmotionSpan, ...]:
    """Return an actor's emotions within the shot: of its strips, elsewhere of the actor's own settings.

    Raises ``InvalidRequest`` where a strip's name is no emotion or two strips overlap.
    """
    source = compat.sequencer_scene(scene)
    clock, spans = _Clock(source, scene), []
    for strip in strips_of(source, actor, EMOTIONS, "COLOR"):
        start, end = clock.span(strip)
        emotion, intensity = emotion_of(strip.name, actor)
        if end - start > 1e-6:
            spans.append(contract.EmotionSpan(emotion, intensity, start, end))
    return emotion_spans(spans, spans_of_samples(_own_emotion(scene, actor_settings), clock.duration), actor)


def read_text_strips(scene: bpy.types.Scene, actor: str) -> list[contract.Caption]:
    """Return the text strips in the actor's channels of any kind; they may begin before the shot and end after it."""
    source = compat.sequencer_scene(scene)
    clock = _Clock(source, scene)
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
    emotion, intensity = _curve_of(actor_settings, "emotion"), _curve_of(actor_settings, "emotion_intensity")
    if emotion is None and intensity is None:
        return [(actor_settings.emotion, actor_settings.emotion_intensity)]
    names = {item.value: item.identifier for item in actor_settings.bl_rna.properties["emotion"].enum_items}
    samples = []
    for number in range(max(math.ceil(shot_duration(scene) / STEP - 1e-6), 2)):
        frame = scene.frame_start + (number + 0.5) * STEP * frames_per_second(scene)
        name, strength = actor_settings.emotion, actor_settings.emotion_intensity
        if emotion is not None:
            name = names.get(round(emotion.evaluate(frame)), name)
        if intensity is not None:
            strength = intensity.evaluate(frame)
        samples.append((name, strength))
    return samples


def _curve_of(actor_settings: Any, prop: str) -> bpy.types.FCurve | None:
    """Return the curve that animates a property of an actor; None if there is none or it is muted."""
    animation = actor_settings.id_data.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return None
    bags = [strip.channelbag(animation.action_slot) for layer in animation.action.layers for strip in layer.strips]
    path = actor_settings.path_from_id(prop)
    return next(
        (
            curve
            for bag in bags
            if bag is not None
            for curve in bag.fcurves
            if curve.data_path == path and not curve.mute
        ),
        None,
    )


def label_of(strip_name: str) -> str:
    """Return the label in a strip's name without case and without the number of a copy ("Walk", "walk.001")."""
    return re.sub(r"\.\d{3,}$", "", strip_name.strip()).strip().casefold()


class _Clock:
    """Converts frames of the scene whose sequencer is read to seconds of the shot; their rates may differ."""

    def __init__(self, source: bpy.types.Scene, shot: bpy.types.Scene) -> None:
        self.rate = frames_per_second(source)
        self.start = shot.frame_start / frames_per_second(shot)
        self.duration = shot_duration(shot)

    def time(self, frame: float) -> float:
        return frame / self.rate - self.start

    def span(self, strip: Any) -> tuple[float, float]:
        """Return start and end of a strip within the shot; the end is not after the start if it lies outside."""
        return max(self.time(compat.strip_left(strip)), 0.0), min(self.time(compat.strip_right(strip)), self.duration)


def _speech_clip(strip: Any, actor: str, clock: _Clock) -> contract.SpeechClip | None:
    content, length = compat.strip_content(strip)
    left = max(compat.strip_left(strip), content)
    right = min(compat.strip_right(strip), content + length)
    start, end = clock.time(left), min(clock.time(right), clock.duration)
    if end <= max(start, 0.0) or strip.volume <= 0.0:
        return None
    trim = (left - content + compat.strip_hard_trim(strip)) / clock.rate
    return contract.SpeechClip(str(sound_file(strip, actor)), start, end - start, max(trim, 0.0), float(strip.volume))


def sound_file(strip: Any, actor: str) -> Path:
    """Return the file of a sound strip; a packed sound is written to Blender's temporary folder first."""
    sound = strip.sound
    if sound is None:
        raise errors.SpeechFileMissing(
            f"The speech strip '{strip.name}' of '{actor}' has no sound; remove it or add the speech again."
        )
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if sound.packed_file is not None:
        return _unpacked(sound.packed_file.data, path.suffix)
    if not path.is_file():
        raise errors.SpeechFileMissing(
            f"The sound of the speech strip '{strip.name}' of '{actor}' is not at '{path}'; find it with File > "
            "External Data, or remove the strip."
        )
    return path


def _unpacked(content: bytes, suffix: str) -> Path:
    path = Path(bpy.app.tempdir) / f"interact_{hashlib.blake2b(content, digest_size=8).hexdigest()}{suffix or '.wav'}"
    if not path.is_file() or path.stat().st_size != len(content):
        try:
            with files.written_whole(path) as partial:
                partial.write_bytes(content)
        except OSError as error:
            raise errors.OutOfSpace(
                f"The packed sound cannot be written to '{path.parent}' ({error.strerror}); free some space."
            ) from error
    return path
