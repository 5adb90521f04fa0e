"""A voice strip exchanged for another recording; what comes after it on the timeline moves by the difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key
from ..runtime_api import errors
from .channels import LAST_CHANNEL, SPEECH, TRANSCRIPT
from .ownership import channels_of
from .voices import is_voice_of

_LABELS = ("COLOR", "TEXT")


@dataclass(frozen=True)
class Exchange:
    """A line that lay from frame ``start`` up to ``end``, and by how many frames it gets longer, shorter below 0."""

    start: int
    end: int
    by: int


def lies_in(scene: bpy.types.Scene, strip: Any) -> bool:
    """Return whether a strip lies in the scene's own sequencer that is read, and in no meta strip."""
    return compat.sequencer_scene(scene) == scene and strip.parent_meta() is None


def begin_exchange(scene: bpy.types.Scene, strip: Any, path: Path) -> tuple[Any, Exchange]:
    """Add the new recording in a channel that is free, and return it with what will move; nothing else is changed.

    Raises ``SpeechFileMissing`` or ``SpeechFileBroken``, and ``InvalidRequest`` where something is in the way.
    """
    if not path.is_file():
        raise errors.SpeechFileMissing(f"There is no sound file at '{path}'; choose another.")
    sequencer: Any = scene.sequence_editor
    free = max(one.channel for one in sequencer.strips) + 1
    if free > LAST_CHANNEL:
        raise errors.InvalidRequest(f"All {LAST_CHANNEL} channels are used; move the strips of the highest one down.")
    start, end = round(compat.strip_left(strip)), round(compat.strip_right(strip))
    new = sequencer.strips.new_sound(path.stem, str(path), free, start)
    length = round(compat.strip_right(new) - compat.strip_left(new))
    if length < 1 or new.sound.samplerate == 0:
        sequencer.strips.remove(new)
        raise errors.SpeechFileBroken(f"'{path.name}' holds no sound that can be read; convert it to WAV or FLAC.")
    exchange = Exchange(start, end, length - (end - start))
    if why := _in_the_way(scene, strip, new, exchange):
        sequencer.strips.remove(new)
        raise errors.InvalidRequest(why)
    return new, exchange


def end_exchange(scene: bpy.types.Scene, actor: ActorKey, strip: Any, new: Any, exchange: Exchange) -> list[str]:
    """Put the new recording in the place of the old one and move what comes after it; return warnings.

    Labels that the end of the line lies in become longer or shorter; voices are cut there. Words of the old recording
    go.
    """
    sequencer: Any = scene.sequence_editor
    for name in ("volume", "pan", "mute", "interact_voices"):
        if hasattr(strip, name):
            setattr(new, name, getattr(strip, name))
    channel, words = strip.channel, channels_of(scene, actor, TRANSCRIPT)
    sequencer.strips.remove(strip)
    for one in [s for s in sequencer.strips if s.type == "TEXT" and s.channel in words]:
        if exchange.start <= compat.strip_left(one) < exchange.end:
            sequencer.strips.remove(one)
    warnings = _cut_voices(scene, exchange, new)
    if exchange.by < 0:
        _fit_labels(sequencer, exchange)
    after = [one for one in sequencer.strips if one != new and compat.strip_left(one) >= exchange.end]
    for one in sorted(after, key=compat.strip_left, reverse=exchange.by > 0):  # so that none meets another on its way
        compat.move_strip(one, exchange.by)
    if exchange.by > 0:
        _fit_labels(sequencer, exchange)
    new.channel = channel
    new.select = True
    sequencer.active_strip = new
    for marker in scene.timeline_markers:
        if marker.frame >= exchange.end:
            marker.frame += exchange.by
    scene.frame_end += exchange.by
    return warnings


def _cut_voices(scene: bpy.types.Scene, exchange: Exchange, new: Any) -> list[str]:
    """Cut voices where the line ends: what is said later belongs to the motion that moves. Return warnings."""
    cut = _voices_over(scene, scene.sequence_editor, exchange, new)
    for one in cut:
        one.split(exchange.end, "SOFT")
        if exchange.by < 0:
            compat.set_strip_right(one, max(exchange.end + exchange.by, round(compat.strip_left(one)) + 1))
    return [f"'{one.name}' was cut at frame {exchange.end}, where the line ended; listen to it there." for one in cut]


def _fit_labels(sequencer: Any, exchange: Exchange) -> None:
    """Let labels around the end of the line end as much later or earlier, and begin no later than what is left."""
    gone = exchange.end + min(exchange.by, 0)
    for one in [strip for strip in sequencer.strips if strip.type in _LABELS]:
        left, right = compat.strip_left(one), compat.strip_right(one)
        if left >= exchange.end or right <= gone:
            continue
        if right <= exchange.end:
            if exchange.by < 0:
                if left >= gone:
                    sequencer.strips.remove(one)
                else:
                    compat.set_strip_right(one, gone)
            continue
        if left > gone:
            compat.set_strip_left(one, exchange.end)
            compat.move_strip(one, exchange.by)
        else:
            compat.set_strip_right(one, round(right) + exchange.by)


def _voices_over(scene: bpy.types.Scene, sequencer: Any, exchange: Exchange, *others: Any) -> list[Any]:
    """Return the sound strips of both actors' voices, but for ``others``, that the end of the line lies in."""
    keys = [actor_key(actor) for actor in scene.interact.actors] if exchange.by else []  # type: ignore[attr-defined]
    return [
        one
        for one in sequencer.strips
        if one not in others
        and compat.strip_left(one) < exchange.end < compat.strip_right(one)
        and any(is_voice_of(one, key) for key in keys)
    ]


def _in_the_way(scene: bpy.types.Scene, old: Any, new: Any, exchange: Exchange) -> str:
    """Return in a sentence what keeps strips from moving; empty if nothing does."""
    sequencer: Any = scene.sequence_editor
    voices = _voices_over(scene, sequencer, exchange, old, new)
    if retimed := next((one for one in voices if len(one.retiming_keys)), None):
        return f"'{retimed.name}' is retimed and lies over the end of the line, where it would be cut; cut it first."
    strips = [one for one in sequencer.strips if one not in (old, new)]
    curves = sequencer.id_data.animation_data
    if curves is not None and curves.action is not None and exchange.by:
        return "Settings of strips are keyed, and these keys would not move along; remove them first."
    if any(one.lock for one in strips if compat.strip_left(one) >= exchange.end or one in voices):
        return "A strip after the line, or over its end, is locked; unlock it first."
    speech = {c for a in scene.interact.actors for c in channels_of(scene, actor_key(a), SPEECH)}  # type: ignore[attr-defined]
    for one in strips:
        left, right = compat.strip_left(one), compat.strip_right(one)
        if one.type in _LABELS or one in voices or not left < exchange.end < right:
            continue
        if one.type in ("META", "SCENE") and exchange.by and one.channel in speech:
            return f"'{one.name}' lies over the end of the line and holds voices; take it apart, or move it first."
        moving = [s for s in strips if s.channel == one.channel and compat.strip_left(s) >= exchange.end]
        if any(compat.strip_left(s) + exchange.by < right for s in moving):
            return f"'{one.name}' lies over the end of the line, and what comes after it would meet it; move it first."
    return ""
