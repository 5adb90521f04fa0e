"""An actor's channels in the sequencer: "<actor> Speech", "... Actions", "... Emotions", "... Transcript"."""

from __future__ import annotations

import re
from typing import Any

from .. import compat
from ..runtime_api import errors

SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT = "Speech", "Actions", "Emotions", "Transcript"
KINDS = (SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT)
_LAST_CHANNEL = 128


def is_channel_of(channel_name: str, actor: str, kind: str) -> bool:
    """Return whether a channel is an actor's of one kind, whatever its case, plural s or number ("Ann Speech 2")."""
    return re.fullmatch(re.escape(actor) + f" {_spellings(kind)}", channel_name.strip(), re.IGNORECASE) is not None


def is_channel_of_kind(channel_name: str, kind: str) -> bool:
    """Return whether a channel is any actor's of one kind."""
    return re.fullmatch(f".+ {_spellings(kind)}", channel_name.strip(), re.IGNORECASE) is not None


def _spellings(kind: str) -> str:
    """Return a pattern for the spellings of a kind: "Emotion" for "Emotions", with or without a number."""
    return rf"{kind.removesuffix('s')}s?(?:[ .]\d+)?"


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
    for number in range(1, _LAST_CHANNEL + 1):
        if is_channel_of(sequencer.channels[number].name, actor, kind):
            return number
    used = {strip.channel for strip in sequencer.strips}
    for number in range(1, _LAST_CHANNEL + 1):
        if number not in used and re.fullmatch(r"Channel \d+", sequencer.channels[number].name):
            sequencer.channels[number].name = f"{actor} {kind}"
            return number
    raise errors.InvalidRequest(f"Every channel of the sequencer is taken; free one for '{actor} {kind}'.")
