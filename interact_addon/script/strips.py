"""Makes strips: speech from a file, action labels with their colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..runtime_api import contract, errors
from .channels import ACTIONS, SPEECH, ensure_channel, is_channel_of_kind

LABEL_COLOURS = {"sit": (0.27, 0.42, 0.65), "walk": (0.30, 0.58, 0.35), "stand": (0.72, 0.55, 0.25)}


def add_speech(scene: bpy.types.Scene, actor: str, path: Path, frame: int) -> Any:
    """A sound strip of ``actor`` that starts at ``frame``; above the first one where they would overlap.

    Raises ``SpeechFileMissing``, or ``SpeechFileBroken`` when Blender finds no sound in the file.
    """
    if not path.is_file():
        raise errors.SpeechFileMissing(f"There is no sound file at '{path}'; choose another.")
    channel = ensure_channel(scene, actor, SPEECH)
    sequencer: Any = scene.sequence_editor
    strip = sequencer.strips.new_sound(path.stem, str(path), channel, frame)
    if compat.strip_right(strip) - compat.strip_left(strip) < 1 or strip.sound.samplerate == 0:
        sequencer.strips.remove(strip)
        raise errors.SpeechFileBroken(f"'{path.name}' holds no sound that can be read; convert it to WAV or FLAC.")
    if strip.channel != channel and sequencer.channels[strip.channel].name == f"Channel {strip.channel}":
        sequencer.channels[strip.channel].name = f"{actor} {SPEECH} 2"  # Blender moved it up: something else sounds here
    return strip


def add_action(scene: bpy.types.Scene, actor: str, label: str, start: int, end: int) -> Any:
    """An action strip from frame ``start`` up to, not including, ``end``."""
    if label not in contract.ACTION_LABELS:
        raise errors.InvalidRequest(f"Action label '{label}' is not known; use one of: {', '.join(contract.ACTION_LABELS)}.")
    strip = compat.new_color_strip(scene.sequence_editor or scene.sequence_editor_create(), label, ensure_channel(scene, actor, ACTIONS), start, end)
    strip.color = LABEL_COLOURS[label]
    keep_labels_out_of_renders(scene)
    return strip


def keep_labels_out_of_renders(scene: bpy.types.Scene) -> None:
    """Colour strips in the sequencer would be rendered instead of the scene: where nothing else is to be seen in the
    sequencer, its pictures are switched off (its sound is not)."""
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return
    labels = [strip for strip in sequencer.strips if strip.type == "COLOR" and is_channel_of_kind(sequencer.channels[strip.channel].name, ACTIONS)]
    if labels and all(strip in labels or strip.type == "SOUND" for strip in sequencer.strips):
        scene.render.use_sequencer = False


def add_action_labels(scene: bpy.types.Scene, actor: str) -> int:
    """Fill every stretch of the frame range that no action strip covers with ``stand``; returns how many were added."""
    channel = ensure_channel(scene, actor, ACTIONS)
    sequencer: Any = scene.sequence_editor
    covered = sorted(
        (int(compat.strip_left(s)), int(compat.strip_right(s))) for s in sequencer.strips if s.channel == channel
    )  # fmt: skip
    added, at, end = 0, scene.frame_start, scene.frame_end + 1
    for left, right in [*covered, (end, end)]:
        if min(left, end) > at:
            add_action(scene, actor, "stand", at, min(left, end))
            added += 1
        at = max(at, right)
    return added
