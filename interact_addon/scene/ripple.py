"""A voice strip exchanged for another recording; what comes after it on the timeline moves by the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key
from ..rig.timing import frames_per_second
from ..runtime_api import errors
from .changes import BEFORE
from .channels import LAST_CHANNEL, SPEECH, TRANSCRIPT
from .ownership import channels_of
from .ripple_walks import close_up, make_room, move_walks, placed, walks_of, walks_to_move
from .voices import is_voice_of

_LABELS = ("COLOR", "TEXT")


@dataclass(frozen=True)
class Exchange:
    """A line that lay from frame ``start`` up to ``end``, and by how many frames it gets longer, shorter below 0.

    ``free``: the first frame of the motion that is made anew.
    """

    start: int
    end: int
    by: int
    free: int


def lies_in(scene: bpy.types.Scene, strip: Any) -> bool:
    """Return whether a strip lies in the scene's own sequencer that is read, and in no meta strip."""
    return compat.sequencer_scene(scene) == scene and strip.parent_meta() is None


def strip_called(scene: bpy.types.Scene, name: str) -> Any:
    """Return the sound strip of this name. Raises ``InvalidRequest`` where it is gone."""
    strip = scene.sequence_editor.strips_all.get(name) if scene.sequence_editor is not None else None
    if strip is None or strip.type != "SOUND":
        raise errors.InvalidRequest(f"The voice strip '{name}' is gone; select the one of the line.")
    return strip


def check_file(path: Path) -> None:
    """Raise ``SpeechFileMissing`` where there is no recording."""
    if not path.is_file():
        raise errors.SpeechFileMissing(f"There is no sound file at '{path}'; choose another.")


def remove_sound(scene: bpy.types.Scene, strip: Any) -> None:
    """Remove a strip that was added, and its sound if nothing else plays it."""
    sound = strip.sound
    scene.sequence_editor.strips.remove(strip)  # type: ignore[union-attr]
    if sound is not None and not sound.users:
        bpy.data.batch_remove([sound])


def begin_exchange(scene: bpy.types.Scene, strip: Any, path: Path) -> tuple[Any, Exchange]:
    """Add the new recording in a channel that is free, and return it with what will move; nothing else is changed.

    Raises ``SpeechFileMissing`` or ``SpeechFileBroken``, and ``InvalidRequest`` where something is in the way.
    """
    check_file(path)
    sequencer: Any = scene.sequence_editor
    free = max(one.channel for one in sequencer.strips) + 1
    if free > LAST_CHANNEL:
        raise errors.InvalidRequest(f"All {LAST_CHANNEL} channels are used; move the strips of the highest one down.")
    start, end = round(compat.strip_left(strip)), round(compat.strip_right(strip))
    new = sequencer.strips.new_sound(path.stem, str(path), free, start)
    length = round(compat.strip_right(new) - compat.strip_left(new))
    if length < 1 or new.sound.samplerate == 0:
        remove_sound(scene, new)
        raise errors.SpeechFileBroken(f"'{path.name}' holds no sound that can be read; convert it to WAV or FLAC.")
    free = start - round(BEFORE * frames_per_second(scene))
    exchange = Exchange(start, end, length - (end - start), max(free, scene.frame_start))
    if why := _in_the_way(scene, strip, new, exchange):
        remove_sound(scene, new)
        raise errors.InvalidRequest(why)
    return new, exchange


def frames_walked(scene: bpy.types.Scene, actor: ActorKey, exchange: Exchange, last: int) -> tuple[float, float]:
    """Return for how many of the frames that are made anew, up to ``last``, an actor walks: before and after."""
    before, after = 0.0, 0.0
    for strip in walks_of(scene, actor):
        sides = compat.strip_left(strip), compat.strip_right(strip)
        left, right = placed(*sides, exchange.end, exchange.by, exchange.free)
        before += max(min(sides[1], last) - max(sides[0], exchange.free), 0.0)
        after += max(min(right, last + exchange.by) - max(left, exchange.free), 0.0)
    return before, after


def end_exchange(scene: bpy.types.Scene, actor: ActorKey, strip: Any, new: Any, exchange: Exchange) -> list[str]:
    """Put the new recording in the place of the old one and move what comes after it; return warnings.

    Labels that the end of the line lies in become longer or shorter, a walk that sets out around the line is moved
    whole (``ripple_walks``), voices are cut there. Words of the old recording go.
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
    walks = walks_to_move(scene, exchange.end, exchange.by, exchange.free)
    moving = [walk.strip for walk in walks]
    if exchange.by < 0:
        make_room(sequencer, walks)
        move_walks(walks)
        _fit_labels(sequencer, exchange, moving)
    after = [one for one in sequencer.strips if one != new and compat.strip_left(one) >= exchange.end]
    for one in sorted(after, key=compat.strip_left, reverse=exchange.by > 0):  # so that none meets another on its way
        compat.move_strip(one, exchange.by)
    if exchange.by > 0:
        _fit_labels(sequencer, exchange, moving)
        move_walks(walks)
    close_up(sequencer, walks)
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


def _fit_labels(sequencer: Any, exchange: Exchange, moved: Sequence[Any]) -> None:
    """Let labels around the end of the line end as much later or earlier, and begin no later than what is left.

    ``moved``: those that are where they belong already.
    """
    gone = exchange.end + min(exchange.by, 0)
    for one in [strip for strip in sequencer.strips if strip.type in _LABELS and strip not in moved]:
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
