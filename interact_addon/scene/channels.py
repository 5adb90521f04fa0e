"""Channels of the sequencer that belong to an actor: "<actor> Speech", "<actor> Actions", "<actor> Emotions", "<actor>
Transcript".
"""

from __future__ import annotations

import re
from typing import Any

from .. import compat
from ..runtime_api import errors

SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT = "Speech", "Actions", "Emotions", "Transcript"
KINDS = (SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT)
_LAST_CHANNEL = 128


def is_channel_of(channel_name: str, actor: str, kind: str) -> bool:
    """Case, one s and a number at the end do not matter: voices that overlap need a second channel, "Ann Speech 2"."""
    return re.fullmatch(re.escape(actor) + f" {_spelt(kind)}", channel_name.strip(), re.IGNORECASE) is not None


def is_channel_of_kind(channel_name: str, kind: str) -> bool:
    """Whoever's channel it is."""
    return re.fullmatch(f".+ {_spelt(kind)}", channel_name.strip(), re.IGNORECASE) is not None


def _spelt(kind: str) -> str:
    """A kind as people write it: "Emotion" for "Emotions", a number behind it."""
    return rf"{kind.removesuffix('s')}s?(?:[ .]\d+)?"


def strips_of(scene: Any, actor: str, kind: str, strip_type: str) -> list[Any]:
    """The actor's strips of one type that are not muted, in order of time."""
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
    """The actor's channel of a kind: the one named so, or the lowest free one, which takes the name."""
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
