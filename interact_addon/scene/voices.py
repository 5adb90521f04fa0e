"""Which strips are an actor's voice: sounds in its speech channels, also inside of meta strips and scene strips.

Inside of a meta or scene strip, a channel named for an actor's speech is that actor's; every other one belongs to whom
the strip itself belongs to. (Blender keeps the names of the channels when strips are made into a meta strip.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key, as_key
from ..runtime_api import errors
from .channels import SPEECH, is_channel_of_kind
from .ownership import Channels, check_channels
from .reading import Clock, curve_of, frames_per_second

BOTH, LEFT, RIGHT = "BOTH", "LEFT", "RIGHT"
_WITH_SOUND = ("SOUND", "META", "SCENE")
_SIDES = {"LEFT_RIGHT": (LEFT, RIGHT), "RIGHT_LEFT": (RIGHT, LEFT)}


@dataclass(frozen=True)
class Voice:
    """A sound strip that is heard as an actor's voice.

    ``place``: its number among the strips of each level, outermost first; ``containers``: the meta and scene strips
    around it, outermost first; ``side``: the channel of the sound that is heard; ``start``, ``end``: shot time (s)
    between which it can be heard; ``frame_offset``: added to its frames they are those of the sequencer that is read.
    """

    strip: Any
    place: tuple[int, ...]
    containers: tuple[Any, ...]
    side: str
    start: float
    end: float
    frame_offset: float
    is_shared: bool  # by both actors

    @property
    def in_scene_strip(self) -> bool:
        return any(strip.type == "SCENE" for strip in self.containers)


@dataclass(frozen=True)
class _Level:
    """The strips of a sequencer or meta strip; ``left`` to ``right``: frames of the whole sequencer that it shows.

    ``is_timed``: its frames are as long as those of the whole sequencer, so that it is known where they lie.
    """

    strips: Any
    channels: Any
    owners: Channels  # of the sequencer that these strips lie in, also inside of its meta strips
    left: float
    right: float
    frame_offset: float = 0.0
    owner: str = ""  # "own", "other", or nobody's
    place: tuple[int, ...] = ()
    containers: tuple[Any, ...] = ()
    is_timed: bool = True

    def span(self, left: float, right: float) -> tuple[float, float]:
        """Return the part of a span of own frames that is shown, in frames of the whole sequencer."""
        if not self.is_timed:
            return self.left, self.right
        return max(left + self.frame_offset, self.left), min(right + self.frame_offset, self.right)


def find_voices(scene: bpy.types.Scene, actor: ActorKey | str) -> list[Voice]:
    """Return an actor's voice strips that can be heard within the shot, in order of time.

    Muted strips and channels are left out; those whose mute is keyed are not. Raises ``InvalidRequest`` if the name of
    the actor's channel is cut.
    """
    clock = Clock(compat.sequencer_scene(scene), scene)
    return _voices_between(scene, actor, clock.frame(0.0), clock.frame(clock.duration))


def voices_at_any_time(scene: bpy.types.Scene, actor: ActorKey | str) -> list[Voice]:
    """Return an actor's voice strips as ``find_voices`` does, also those before and after the shot."""
    return _voices_between(scene, actor, -math.inf, math.inf)


def _voices_between(scene: bpy.types.Scene, actor: ActorKey | str, left: float, right: float) -> list[Voice]:
    """Return the voices that can be heard between two frames of the sequencer."""
    source = compat.sequencer_scene(scene)
    check_channels(source, actor)
    if source.sequence_editor is None:
        return []
    clock, shot = Clock(source, scene), (left, right)
    top = _Level(source.sequence_editor.strips, source.sequence_editor.channels, Channels(source), *shot)
    key = as_key(actor)
    voices = _voices(top, _Search(key, _row(scene, key), clock), (source,))
    return sorted(voices, key=lambda voice: (voice.start, voice.place))


def is_voice_of(strip: Any, actor: ActorKey | str) -> bool:
    """Return whether a strip is a sound in an actor's speech channel, in a meta strip too, muted or not."""
    if strip.type != "SOUND":
        return False
    owners, around = Channels(strip.id_data), strip
    while around is not None:
        if owner := _owner(owners, around, as_key(actor)):
            return owner == "own" or getattr(strip, "interact_voices", BOTH) in _SIDES
        around = around.parent_meta()
    return False


def speech_channels_of_nobody(scene: bpy.types.Scene) -> list[str]:
    """Return the names of speech channels with strips in them that are no actor's, as after an actor is renamed."""
    sequencer = compat.sequencer_scene(scene).sequence_editor
    if sequencer is None:
        return []
    used = sorted({strip.channel for strip in sequencer.strips if strip.type in _WITH_SOUND})
    actors = [actor_key(actor) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    owners = Channels(sequencer.id_data)
    return [
        sequencer.channels[number].name
        for number in used
        if is_channel_of_kind(sequencer.channels[number].name, SPEECH)
        and owners.registered(number) is None
        and not any(owners.is_of(number, actor, SPEECH) for actor in actors)
    ]


def count_voices(scene: bpy.types.Scene, actor: ActorKey | str) -> int:
    """Return how many strips of an actor can be heard within the shot."""
    try:
        return len(find_voices(scene, actor))
    except errors.InvalidRequest:
        return 0


def channel_of(strip: Any) -> Any:
    """Return the channel that a strip lies in, of the sequencer or of a meta strip."""
    return (strip.parent_meta() or strip.id_data.sequence_editor).channels[strip.channel]


def _row(scene: bpy.types.Scene, key: ActorKey) -> int:
    cast = [actor_key(actor) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    return next((row for row, one in enumerate(cast) if one == key), None) or next(
        (row for row, one in enumerate(cast) if one.name == key.name), 0
    )


@dataclass(frozen=True)
class _Search:
    actor: ActorKey
    row: int  # 0 for the first actor
    clock: Clock


def _voices(level: _Level, search: _Search, scenes: tuple[Any, ...]) -> Iterator[Voice]:
    for number, strip in enumerate(level.strips):
        if strip.type not in ("SOUND", "META", "SCENE"):
            continue
        if strip.type not in _WITH_SOUND:
            continue
        channel = level.channels[strip.channel]
        left, right = level.span(compat.strip_left(strip), compat.strip_right(strip))
        inner = replace(
            level,
            left=left,
            right=right,
            owner=_owner(level.owners, strip, search.actor) or level.owner,
            place=(*level.place, number),
        )
        if inner.right <= inner.left or not (_may_be_on(strip) and _may_be_on(channel)):
            continue
        if strip.type == "SOUND":
            yield from _voice(strip, inner, search)
        elif strip.type == "META":
            inner = replace(inner, containers=(*level.containers, strip))
            yield from _voices(replace(inner, strips=strip.strips, channels=strip.channels), search, scenes)
        elif strip.type == "SCENE" and _plays_sequencer(strip) and strip.scene not in scenes:
            editor, content = strip.scene.sequence_editor, compat.strip_content(strip)[0]
            offset = level.frame_offset + content - compat.strip_hard_trim(strip) - strip.scene.frame_start
            at_same_rate = frames_per_second(strip.scene) == frames_per_second(strip.id_data)
            inner = replace(inner, frame_offset=offset, containers=(*level.containers, strip))
            inner = replace(inner, is_timed=level.is_timed and at_same_rate)
            inner = replace(inner, strips=editor.strips, channels=editor.channels, owners=Channels(strip.scene))
            yield from _voices(inner, search, (*scenes, strip.scene))


def _owner(owners: Channels, strip: Any, actor: ActorKey) -> str:
    if owners.is_around(strip, actor, SPEECH):
        return "own"
    return "other" if owners.holds_around(strip, SPEECH) else ""


def _may_be_on(item: Any) -> bool:
    return not item.mute or curve_of(item, "mute") is not None


def _plays_sequencer(strip: Any) -> bool:
    return strip.scene is not None and strip.scene_input == "SEQUENCER" and strip.scene.sequence_editor is not None


def _voice(strip: Any, level: _Level, search: _Search) -> Iterator[Voice]:
    """Yield the strip as a voice if it is the actor's and not turned down; ``level``: with the strip's own span."""
    voices = getattr(strip, "interact_voices", BOTH)
    is_shared = voices in _SIDES
    if level.owner != "own" and not (is_shared and level.owner == "other"):
        return
    if strip.volume <= 0.0 and curve_of(strip, "volume") is None:
        return
    content, length = compat.strip_content(strip)
    left, right = level.span(content, content + length)
    if right <= left:
        return
    yield Voice(
        strip,
        level.place,
        level.containers,
        _SIDES[voices][search.row] if is_shared else voices,
        search.clock.time(left),
        search.clock.time(right),
        level.frame_offset,
        is_shared,
    )
