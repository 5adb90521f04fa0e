"""Whose the channels of a sequencer are: by the id that a scene keeps for each, else by its name.

A name that follows the pattern ("Anna Speech") makes a channel Anna's. From then on the scene remembers the number of
the channel with the id of its actor, so neither may be renamed in vain. A name written for another actor or kind
counts again, and so does Blender's own ("Channel 5"), which makes the channel nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key, all_actors, as_key, cast_in
from ..runtime_api import errors
from .channels import (
    ACTIONS,
    KINDS,
    LAST_CHANNEL,
    PAIR_KINDS,
    SPEECH,
    channel_name,
    cut_before_kind,
    is_channel_of,
    is_channel_of_kind,
    is_channel_of_pair,
    is_unnamed,
)

PAIR = "pair"  # in the place of an actor's id: a channel of both
_UNNAMED = tuple(f"Channel {number}" for number in range(LAST_CHANNEL + 1))  # most names are these


class Channels:
    """The channels of one scene's sequencer, as they are named now. Valid while one function runs."""

    def __init__(self, source: bpy.types.Scene) -> None:
        sequencer: Any = source.sequence_editor
        self.names = [channel.name for channel in sequencer.channels]  # by number; 0 is none
        settings = getattr(source, "interact", None)  # None where the demo is built without the add-on enabled
        self._cast = [actor_key(actor) for actor in cast_in(source)]
        actors = [actor_key(actor) for actor in all_actors()]
        active = {PAIR, *(key.identity for key in actors if key.identity)}
        self._registered = {
            entry.number: (entry.actor, entry.kind)
            for entry in (settings.channels if settings is not None else ())
            if entry.actor in active and _still_stands(entry, self.names[entry.number], actors)
        }
        self._answers: dict[tuple[int, str, ActorKey, str], bool] = {}

    def named(self) -> list[int]:
        """Return the numbers of the channels that have a name of their own."""
        pairs = enumerate(zip(self.names, _UNNAMED))
        return [number for number, (name, plain) in pairs if name != plain and not is_unnamed(name)]

    def registered(self, number: int) -> tuple[str, str] | None:
        """Return the id of the actor and the kind for which a channel is remembered; None if it is not."""
        return self._registered.get(number)

    def is_of(self, number: int, actor: ActorKey | str, kind: str) -> bool:
        """Return whether a channel is an actor's of one kind. A name alone stands for whom the channel is named."""
        return self._is_of(number, self.names[number], as_key(actor), kind)

    def holds(self, number: int, kind: str) -> bool:
        """Return whether a channel is any actor's of one kind."""
        return self._holds(number, self.names[number], kind)

    def is_of_pair(self, number: int, kind: str) -> bool:
        """Return whether a channel is the pair's of one kind."""
        known = self._registered.get(number)
        return known == (PAIR, kind) if known else is_channel_of_pair(self.names[number], kind)

    def is_around(self, strip: Any, actor: ActorKey | str, kind: str) -> bool:
        """Return whether a strip, also one in a meta strip, lies in a channel of an actor and kind."""
        number, name = self._place(strip)
        return self._is_of(number, name, as_key(actor), kind)

    def holds_around(self, strip: Any, kind: str) -> bool:
        """Return whether a strip, also one in a meta strip, lies in any actor's channel of a kind."""
        return self._holds(*self._place(strip), kind)

    def _place(self, strip: Any) -> tuple[int, str]:
        """Return the number and name of a strip's channel, with 0 for one that is known by name only.

        A meta strip keeps the numbers and names of the channels that its strips lay in before.
        """
        meta = strip.parent_meta()
        if meta is None:
            return strip.channel, self.names[strip.channel]
        name = meta.channels[strip.channel].name
        return strip.channel if self.names[strip.channel] == name else 0, name

    def _holds(self, number: int, name: str, kind: str) -> bool:
        known = self._registered.get(number)
        return known[1] == kind if known else is_channel_of_kind(name, kind)

    def _is_of(self, number: int, name: str, key: ActorKey, kind: str) -> bool:
        asked = (number, name, key, kind)
        if asked not in self._answers:
            self._answers[asked] = self._find_out(*asked)
        return self._answers[asked]

    def _find_out(self, number: int, name: str, key: ActorKey, kind: str) -> bool:
        known = self._registered.get(number)
        if known is not None and key.identity:
            return known == (key.identity, kind)
        if not any(is_channel_of(name, called, kind) for called in _names(key)):
            return False
        return not key.identity or self._named_for(name, kind, key).identity == key.identity

    def _named_for(self, name: str, kind: str, key: ActorKey) -> ActorKey:
        """Return the actor that a name is written for: one cast in the scene of the sequencer comes before ``key``."""
        rivals = [*self._cast, key]
        before = (rival for rival in rivals if rival.known_as and is_channel_of(name, rival.known_as, kind))
        now = (rival for rival in rivals if is_channel_of(name, rival.name, kind))
        return next(before, None) or next(now, key)


def _names(key: ActorKey) -> Iterator[str]:
    """Yield the name an actor has and the one it had when its channels were named."""
    yield key.name
    if key.known_as not in ("", key.name):
        yield key.known_as


def _still_stands(entry: Any, name: str, actors: list[ActorKey]) -> bool:
    """Return whether a channel is still that of its entry: a name that was written since may say something else."""
    if name == entry.name:
        return True
    if is_unnamed(name):
        return False
    written_for = [(key.identity, kind) for key in actors for kind in KINDS if is_channel_of(name, key.name, kind)]
    written_for += [(PAIR, kind) for kind in PAIR_KINDS if is_channel_of_pair(name, kind)]
    return not written_for or (entry.actor, entry.kind) in written_for


def strips_of(scene: bpy.types.Scene, actor: ActorKey | str, kind: str, strip_type: str) -> list[Any]:
    """Return the actor's strips of one type that are not muted, in order of time."""
    sequencer = scene.sequence_editor
    if sequencer is None:
        return []
    own = set(channels_of(scene, actor, kind))
    found = [
        strip
        for strip in sequencer.strips
        if strip.channel in own
        and strip.type == strip_type
        and not strip.mute
        and not sequencer.channels[strip.channel].mute
    ]
    return sorted(found, key=compat.strip_left)


def channels_of(scene: bpy.types.Scene, actor: ActorKey | str, kind: str) -> list[int]:
    """Return the numbers of an actor's channels of one kind, in order."""
    if scene.sequence_editor is None:
        return []
    channels = Channels(scene)
    return [number for number in channels.named() if channels.is_of(number, actor, kind)]


def channels_of_all(scene: bpy.types.Scene, actors: Iterable[ActorKey], kinds: Sequence[str]) -> set[int]:
    """Return the numbers of all channels of these kinds that some actors have. For what is drawn: it looks once."""
    if scene.sequence_editor is None:
        return set()
    channels, keys = Channels(scene), list(actors)
    return {
        number
        for number in channels.named()
        if any(channels.is_of(number, key, kind) for key in keys for kind in kinds)
    }


def ensure_channel(scene: bpy.types.Scene, actor: ActorKey | str, kind: str) -> int:
    """Return the number of the actor's channel of a kind; if there is none, the lowest free one is named for it."""
    own = channels_of(scene, actor, kind)
    return own[0] if own else add_channel(scene, actor, kind)


def add_channel(scene: bpy.types.Scene, actor: ActorKey | str, kind: str) -> int:
    """Name the lowest free channel for an actor, with a number if it has others of the kind, and return which it is.

    Raises ``InvalidRequest`` if every channel is taken.
    """
    key = as_key(actor)
    others = len(channels_of(scene, key, kind))
    called = f"{kind} {others + 1}" if others else kind
    number = _name_free_channel(scene, channel_name(key.name, called))
    register(scene, number, key, kind)
    return number


def channels_of_pair(scene: bpy.types.Scene, *kinds: str) -> list[int]:
    """Return the numbers of the pair's channels of some of ``PAIR_KINDS``, in order."""
    if scene.sequence_editor is None:
        return []
    channels = Channels(scene)
    return [number for number in channels.named() if any(channels.is_of_pair(number, kind) for kind in kinds)]


def ensure_channel_of_pair(scene: bpy.types.Scene, kind: str) -> int:
    """Return the number of the pair's channel of a kind; if there is none, the lowest free one is named for it."""
    own = channels_of_pair(scene, kind)
    return own[0] if own else add_channel_of_pair(scene, kind)


def add_channel_of_pair(scene: bpy.types.Scene, kind: str) -> int:
    """Name the lowest free channel for the pair, with a number if it has others of the kind, and return which it is."""
    others = len(channels_of_pair(scene, kind))
    number = _name_free_channel(scene, f"{kind} {others + 1}" if others else kind)
    register(scene, number, ActorKey("", PAIR), kind)
    return number


def _name_free_channel(scene: bpy.types.Scene, name: str) -> int:
    sequencer: Any = scene.sequence_editor or scene.sequence_editor_create()
    used = {strip.channel for strip in sequencer.strips}
    for number in range(1, LAST_CHANNEL + 1):
        if number not in used and is_unnamed(sequencer.channels[number].name):
            sequencer.channels[number].name = name
            return number
    raise errors.InvalidRequest(f"Every channel of the sequencer is taken; free one for '{name}'.")


def check_channels(scene: bpy.types.Scene, actor: ActorKey | str) -> None:
    """Raise ``InvalidRequest`` if Blender cut the name of a channel before its kind and nobody is known to own it."""
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return
    name, channels = as_key(actor).name, Channels(scene)
    for number in sorted({strip.channel for strip in sequencer.strips}):
        if channels.registered(number) is None and cut_before_kind(sequencer.channels[number].name, name):
            raise errors.InvalidRequest(
                f"Blender cut the name of channel {number} before it says {SPEECH} or {ACTIONS}; name the channel "
                f"'{channel_name(name, SPEECH)}', or give '{name}' a shorter name."
            )


def register(scene: bpy.types.Scene, number: int, actor: ActorKey, kind: str) -> None:
    """Remember whose a channel is, as it is named now. An actor without an id is known by the name alone."""
    if not actor.identity:
        return
    entries = scene.interact.channels  # type: ignore[attr-defined]
    entry = next((entry for entry in entries if entry.number == number), None) or entries.add()
    wanted = {"number": number, "actor": actor.identity, "kind": kind, "name": _name_of(scene, number)}
    for prop, value in wanted.items():
        if getattr(entry, prop) != value:  # writing the same value would be an update of the scene too
            setattr(entry, prop, value)


def _name_of(scene: bpy.types.Scene, number: int) -> str:
    sequencer: Any = scene.sequence_editor
    name: str = sequencer.channels[number].name
    return name
