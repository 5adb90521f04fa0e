"""The names of an actor's channels in the sequencer: "<actor> Speech", "... Actions", "... Gaze" and so on.

Channels of the pair are called by their kind alone ("Interaction"), or with anything in front ("Mia and Tom Prompt").

Blender cuts the name of a channel at 63 bytes, 21 letters of Japanese. A channel made here keeps the kind and shortens
the actor's name; one that a user named is recognised as long as one letter of its kind is left.
"""

from __future__ import annotations

import hashlib
import re

SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT = "Speech", "Actions", "Emotions", "Transcript"
GAZE, PINS = "Gaze", "Pins"
KINDS = (SPEECH, ACTIONS, EMOTIONS, TRANSCRIPT, GAZE, PINS)
PROMPT, INTERACTION, CONTACT = "Prompt", "Interaction", "Contact"
PAIR_KINDS = (PROMPT, INTERACTION, CONTACT)
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


def is_channel_of_pair(channel_name: str, kind: str) -> bool:
    """Return whether a channel is named for the pair and one of ``PAIR_KINDS``."""
    return bool(re.fullmatch(f"(.+ )?{_spellings(kind)}", channel_name.strip(), re.IGNORECASE))


def actor_in(channel_name: str) -> tuple[str, str]:
    """Return the actor and the kind that a channel is named for, whoever that is; "" and "" for another name."""
    for kind in KINDS:
        if found := re.fullmatch(f"(.+) {_spellings(kind)}", channel_name.strip(), re.IGNORECASE):
            return found[1], kind
    return "", ""


def channel_name(actor: str, kind: str) -> str:
    """Return the name of an actor's channel, within Blender's limit and unlike any other actor's."""
    return f"{_written(actor)[-1]} {kind}"


def renamed(channel: str, before: str, now: str, kind: str) -> str:
    """Return the name of a channel for an actor's new name; what follows the actor's name stays: " Speech 2"."""
    for start in _written(before):
        if channel.strip().casefold().startswith(f"{start} ".casefold()):
            return channel_name(now, channel.strip()[len(start) + 1 :])
    return channel_name(now, kind)


def is_unnamed(channel: str) -> bool:
    """Return whether a channel has the name that Blender gave it."""
    return channel.startswith("Channel ") and channel[8:].isdecimal()


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


def cut_before_kind(name: str, actor: str) -> bool:
    """Return whether ``name`` is what Blender left of a channel's name, cut before it says the kind."""
    if len(f"{actor} S".encode()) <= LONGEST_NAME:
        return False
    return name.strip().casefold() == _cut(f"{actor} {SPEECH}", LONGEST_NAME).strip().casefold()


def _spellings(kind: str) -> str:
    """Return a pattern for the spellings of a kind: "Emotion" or "Emotions", without or with numbers ("2", "2.001")."""
    return rf"{kind.removesuffix('s')}s?(?:[ .]\d+)*"
