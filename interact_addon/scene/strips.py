"""Strips made for an actor: speech from a file, action and emotion labels in their colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey
from ..runtime_api import contract, errors
from .channels import ACTIONS, EMOTIONS, GAZE, KINDS, PAIR_KINDS, PINS, SPEECH
from .emotions import emotion_name
from .label_names import emotion_colour, set_label
from .ownership import Channels, add_channel, channels_of, ensure_channel


def add_speech(scene: bpy.types.Scene, actor: ActorKey | str, path: Path, frame: int) -> Any:
    """Add a sound strip of ``actor`` that starts at ``frame``, in a second channel if it would overlap another.

    Raises ``SpeechFileMissing``, or ``SpeechFileBroken`` if Blender finds no sound in the file.
    """
    if not path.is_file():
        raise errors.SpeechFileMissing(f"There is no sound file at '{path}'; choose another.")
    channel = ensure_channel(scene, actor, SPEECH)
    sequencer: Any = scene.sequence_editor
    strip = sequencer.strips.new_sound(path.stem, str(path), channel, frame)
    if compat.strip_right(strip) - compat.strip_left(strip) < 1 or strip.sound.samplerate == 0:
        sequencer.strips.remove(strip)
        raise errors.SpeechFileBroken(f"'{path.name}' holds no sound that can be read; convert it to WAV or FLAC.")
    if any(overlap(strip, other, strip.channel) for other in sequencer.strips):
        strip.channel = _free_speech_channel(scene, actor, strip)
    return strip


def overlap(strip: Any, other: Any, channel: int) -> bool:
    """Return whether ``strip`` would overlap ``other`` in a channel."""
    return bool(
        other != strip
        and other.channel == channel
        and compat.strip_left(other) < compat.strip_right(strip)
        and compat.strip_left(strip) < compat.strip_right(other)
    )


def _free_speech_channel(scene: bpy.types.Scene, actor: ActorKey | str, strip: Any) -> int:
    """Return a further speech channel of the actor with room for ``strip``; an unused one is named if there is none.

    Blender's Python leaves two new strips in one place, where a user can click only one of them.
    """
    others: Any = scene.sequence_editor.strips  # type: ignore[union-attr]
    for number in channels_of(scene, actor, SPEECH):
        if not any(overlap(strip, one, number) for one in others):
            return number
    return add_channel(scene, actor, SPEECH)


def add_action(scene: bpy.types.Scene, actor: ActorKey | str, label: str, start: int, end: int) -> Any:
    """Add an action strip from frame ``start`` up to, not including, ``end``."""
    if label not in contract.ACTION_LABELS:
        raise errors.InvalidRequest(
            f"Action label '{label}' is not known; use one of: {', '.join(contract.ACTION_LABELS)}."
        )
    strip = compat.new_color_strip(
        scene.sequence_editor or scene.sequence_editor_create(),
        label,
        ensure_channel(scene, actor, ACTIONS),
        start,
        end,
    )
    set_label(scene, strip, label)
    keep_labels_out_of_renders(scene)
    return strip


def add_emotion(
    scene: bpy.types.Scene, actor: ActorKey | str, emotion: str, intensity: float, start: int, end: int
) -> Any:
    """Add an emotion strip from frame ``start`` up to, not including, ``end``."""
    if emotion not in contract.EMOTION_CHOICES:
        known = ", ".join(contract.EMOTION_CHOICES)
        raise errors.InvalidRequest(f"Emotion '{emotion}' is not known; use one of: {known}.")
    channel = ensure_channel(scene, actor, EMOTIONS)
    strip = compat.new_color_strip(scene.sequence_editor, emotion_name(emotion, intensity), channel, start, end)
    strip.color = emotion_colour(emotion)
    keep_labels_out_of_renders(scene)
    return strip


def keep_labels_out_of_renders(scene: bpy.types.Scene) -> None:
    """Switch off the sequencer's pictures, not its sound, if it shows nothing but label and text strips.

    They would be rendered instead of the scene.
    """
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return
    channels = Channels(scene)
    labels = [strip for strip in sequencer.strips if _is_label(strip, channels)]
    if labels and all(strip in labels or strip.type == "SOUND" for strip in sequencer.strips):
        scene.render.use_sequencer = False


def _is_label(strip: Any, channels: Channels) -> bool:
    if strip.type in ("COLOR", "TEXT") and any(channels.is_of_pair(strip.channel, kind) for kind in PAIR_KINDS):
        return True
    kinds = {"COLOR": (ACTIONS, EMOTIONS, GAZE, PINS), "TEXT": KINDS}.get(strip.type, ())
    return any(channels.holds_around(strip, kind) for kind in kinds)


def add_action_labels(scene: bpy.types.Scene, actor: ActorKey | str) -> int:
    """Add ``stand`` strips wherever no action strip covers the frame range; return how many were added.

    The last frame alone is left as it is: the shot ends as it begins.
    """
    return _fill(scene, actor, ACTIONS, lambda start, end: add_action(scene, actor, "stand", start, end))


def add_emotion_labels(scene: bpy.types.Scene, actor: ActorKey | str, emotion: str, intensity: float) -> int:
    """Add strips of one emotion wherever no emotion strip covers the frame range; return how many were added."""
    return _fill(scene, actor, EMOTIONS, lambda start, end: add_emotion(scene, actor, emotion, intensity, start, end))


def _fill(scene: bpy.types.Scene, actor: ActorKey | str, kind: str, add: Callable[[int, int], Any]) -> int:
    channel = ensure_channel(scene, actor, kind)
    sequencer: Any = scene.sequence_editor
    covered = sorted(
        (int(compat.strip_left(s)), int(compat.strip_right(s))) for s in sequencer.strips if s.channel == channel
    )
    added, at, end = 0, scene.frame_start, scene.frame_end + 1
    for left, right in [*covered, (end, end)]:
        if min(left, end) > at and at != scene.frame_end:  # a shot ends with its last frame: nothing lasts for it alone
            add(at, min(left, end))
            added += 1
        at = max(at, right)
    return added
