"""Reads an actor's strips as plain data on the shot's clock: seconds from the scene's first frame."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..runtime_api import contract, errors
from .channels import ACTIONS, SPEECH, strips_of


def frames_per_second(scene: bpy.types.Scene) -> float:
    return scene.render.fps / scene.render.fps_base


def shot_duration(scene: bpy.types.Scene) -> float:
    """Seconds from the first to the last frame of the range."""
    return (scene.frame_end - scene.frame_start) / frames_per_second(scene)


def read_speech(scene: bpy.types.Scene, actor: str) -> tuple[contract.SpeechClip, ...]:
    """What an actor says within the shot: trims, gaps, overlaps and strip volumes kept, muted strips left out.

    Raises ``SpeechFileMissing`` naming the strip.
    """
    source = compat.sequencer_scene(scene)
    clips = []
    for strip in strips_of(source, actor, SPEECH, "SOUND"):
        clip = _speech_clip(strip, actor, _Clock(source, scene))
        if clip is not None:
            clips.append(clip)
    return tuple(clips)


def read_actions(scene: bpy.types.Scene, actor: str) -> tuple[contract.ActionSpan, ...]:
    """What an actor does within the shot. Raises ``InvalidRequest`` listing the labels when a strip's name is none."""
    source = compat.sequencer_scene(scene)
    clock, duration = _Clock(source, scene), shot_duration(scene)
    spans = []
    for strip in strips_of(source, actor, ACTIONS, "COLOR"):
        start, end = max(clock.time(compat.strip_left(strip)), 0.0), min(clock.time(compat.strip_right(strip)), duration)
        label = label_of(strip.name)
        if label not in contract.ACTION_LABELS:
            raise errors.InvalidRequest(
                f"The action strip '{strip.name}' of '{actor}' is not known; name it one of: {', '.join(contract.ACTION_LABELS)}."
            )
        if end - start > 1e-6:
            spans.append(contract.ActionSpan(label, start, end))
    return tuple(spans)


def label_of(strip_name: str) -> str:
    """The label in a strip's name: Blender numbers copies ("walk.001"), people write "Walk"."""
    return re.sub(r"\.\d{3,}$", "", strip_name.strip()).strip().casefold()


class _Clock:
    """Frames of the scene whose sequencer is read -> seconds of the shot; the two scenes may run at different rates."""

    def __init__(self, source: bpy.types.Scene, shot: bpy.types.Scene) -> None:
        self.rate = frames_per_second(source)
        self.start = shot.frame_start / frames_per_second(shot)
        self.duration = shot_duration(shot)

    def time(self, frame: float) -> float:
        return frame / self.rate - self.start


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
    """The file of a sound strip; a packed sound is written to Blender's temporary folder first."""
    sound = strip.sound
    if sound is None:
        raise errors.SpeechFileMissing(f"The speech strip '{strip.name}' of '{actor}' has no sound; remove it or add the speech again.")
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if sound.packed_file is not None:
        return _unpacked(sound.packed_file.data, path.suffix)
    if not path.is_file():
        raise errors.SpeechFileMissing(
            f"The sound of the speech strip '{strip.name}' of '{actor}' is not at '{path}'; find it with File > External Data, or remove the strip."
        )
    return path


def _unpacked(content: bytes, suffix: str) -> Path:
    path = Path(bpy.app.tempdir) / f"interact_{hashlib.blake2b(content, digest_size=8).hexdigest()}{suffix or '.wav'}"
    if not path.is_file() or path.stat().st_size != len(content):
        try:
            path.write_bytes(content)
        except OSError as error:
            raise errors.OutOfSpace(f"The packed sound cannot be written to '{path.parent}' ({error.strerror}); free some space.") from error
    return path
