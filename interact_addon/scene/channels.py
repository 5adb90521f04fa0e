"""An actor's channels in the sequencer: "<actor> Speech", "... Actions", "... Emotions", "... Transcript".

Blender cuts the name of a channel at 63 bytes, 21 letters of Japanese. A channel made here keeps the kind and shortens
the actor's name; one that a user named is recognised as long as one letter of its kind is left.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from .. import compat
from ..runtime_api import errors

SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT = "Speech", "Actions", "Emotions", "Transcript"
KINDS = (SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT)
LONGEST_NAME = 63  # bytes of UTF-8 that Blender keeps of a channel's name
LAST_CHANNEL = 128
_ROOM = len(f" {TRANSCRIPT} 99")  # bytes kept for the kind and a number behind a shortened name


def is_channel_of(channel_name: str, actor: str, kind: str) -> bool:
    """Return whether a channel is an actor's of one kind, whatever its case, plural s or number ("Ann Speech 2")."""
    name = channel_name.strip()
    return any(
        re.fullmatch(f"{re.escape(start)} {_spellings(kind)}", name, re.IGNORECASE) for start in _written(actor)
    ) or _is_cut(name, actor, kind)


def is_channel_of_kind(channel_name: str, kind: str) -> bool:
    """Return whether a channel is any actor's of one kind."""
    name = channel_name.strip()
    if re.fullmatch(f".+ {_spellings(kind)}", name, re.IGNORECASE):
        return True
    actor, _, rest = name.rpartition(" ")
    return bool(actor) and bool(rest) and _is_cut(name, actor, kind)


def channel_name(actor: str, kind: str) -> str:
    """Return the name of an actor's channel, within Blender's limit and unlike any other actor's."""
    return f"{_written(actor)[-1]} {kind}"


def _written(actor: str) -> tuple[str, ...]:
    """Return the ways an actor's name is written in channels: as it is, and shortened if it is too long for them."""
    if len(f"{actor} {TRANSCRIPT} 99".encode()) <= LONGEST_NAME:
        return (actor,)
    digest = hashlib.blake2b(actor.encode(), digest_size=2).hexdigest()  # two long names may begin alike
    return actor, f"{_cut(actor, LONGEST_NAME - _ROOM - len(digest) - 1).strip()}~{digest}"


def _cut(text: str, size: int) -> str:
    """Return the letters of ``text`` that fit into ``size`` bytes of UTF-8, as Blender cuts names."""
    return text.encode()[:size].decode("utf-8", "ignore")


def _is_cut(name: str, actor: str, kind: str) -> bool:
    """Return whether ``name`` is what Blender left of "<actor> <kind>", with at least one letter of the kind."""
    whole = f"{actor} {kind}"
    left = _cut(whole, LONGEST_NAME)
    return whole != left and len(left) > len(actor) + 1 and name.casefold() == left.casefold()


def check_channels(scene: Any, actor: str) -> None:
    """Raise ``InvalidRequest`` if Blender cut the name of one of the actor's channels before its kind."""
    sequencer = scene.sequence_editor
    if sequencer is None or len(f"{actor} S".encode()) <= LONGEST_NAME:
        return
    left = _cut(f"{actor} {SPEECH}", LONGEST_NAME).strip().casefold()
    for number in sorted({strip.channel for strip in sequencer.strips}):
        if sequencer.channels[number].name.strip().casefold() == left:
            raise errors.InvalidRequest(
                f"Blender cut the name of channel {number} before it says {SPEECH} or {ACTIONS}; name the channel "
                f"'{channel_name(actor, SPEECH)}', or give '{actor}' a shorter name."
            )


def _spellings(kind: str) -> str:
    """Return a pattern for the spellings of a kind: "Emotion" or "Emotions", without or with numbers ("2", "2.001")."""
    return rf"{kind.removesuffix('s')}s?(?:[ .]\d+)*"


def strips_of(scene: Any, actor: str, kind: str, strip_type: str) -> list[Any]:
    """Return the actor's strips of one type that are not muted, in order of time."""
    sequencer = scene.sequence_editor
    if sequencer is None:
        return []
    found = []
    for strip in sequencer.strips:
        channel = sequencer.channels[strip.channel]
        if (
            strip.type == strip_type
            and not strip.mute
            and not channel.mute
            and is_channel_of(channel.name, actor, kind)
        ):
            found.append(strip)
    return sorted(found, key=compat.strip_left)


def ensure_channel(scene: Any, actor: str, kind: str) -> int:
    """Return the number of the actor's channel of a kind; if there is none, the lowest free one is renamed."""
    sequencer = scene.sequence_editor or scene.sequence_editor_create()
    for number in range(1, LAST_CHANNEL + 1):
        if is_channel_of(sequencer.channels[number].name, actor, kind):
            return number
    used = {strip.channel for strip in sequencer.strips}
    for number in range(1, LAST_CHANNEL + 1):
        if number not in used and re.fullmatch(r"Channel \d+", sequencer.channels[number].name):
            sequencer.channels[number].name = channel_name(actor, kind)
            return number
    raise errors.InvalidRequest(f"Every channel of the sequencer is taken; free one for '{actor} {kind}'.")
