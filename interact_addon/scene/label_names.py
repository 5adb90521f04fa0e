"""Names and colours of label strips: what a strip is called says what it is, and its colour follows."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import bpy

from ..runtime_api import contract, errors
from .channels import ACTIONS, EMOTIONS
from .emotions import emotion_of
from .ownership import Channels
from .reading import label_of

LABEL_COLOURS = {"sit": (0.27, 0.42, 0.65), "walk": (0.30, 0.58, 0.35), "stand": (0.72, 0.55, 0.25)}
UNKNOWN_COLOUR = (0.36, 0.36, 0.36)  # of an action strip that cannot be played
_ACTION_COLOURS = {**LABEL_COLOURS, "": UNKNOWN_COLOUR}
EMOTION_COLOURS = {  # by group
    "surprise-related": (0.20, 0.60, 0.62), "fear-related": (0.45, 0.28, 0.62), "social": (0.72, 0.34, 0.58),
    "self-focused": (0.22, 0.36, 0.66), "primitive positive": (0.88, 0.66, 0.14),
    "primitive negative": (0.72, 0.20, 0.16), contract.NEUTRAL: (0.45, 0.45, 0.45),
}  # fmt: skip
_BLANKS = (" ", "\N{NO-BREAK SPACE}")
_SAME = 0.01  # of a colour


def free_name(label: str, taken: Container[str]) -> str:
    """Return a strip's name that reads as ``label`` and is not ``taken``.

    Blender makes names unique by a number that everybody sees ("walk.002"). Blanks behind the label do the same and
    are not seen; reading a label leaves them out.
    """
    number, name = 0, label
    while name in taken:
        number += 1
        tail, rest = "", number
        while rest:  # the number in blanks, as letters are counted: a, b, aa, ab, ...
            rest, digit = divmod(rest - 1, len(_BLANKS))
            tail = _BLANKS[digit] + tail
        name = label + tail
    return name


def set_label(scene: bpy.types.Scene, strip: Any, label: str) -> None:
    """Name a strip of a scene after a label and give it the label's colour."""
    sequencer: Any = scene.sequence_editor
    strip.name = free_name(label, {other.name for other in sequencer.strips_all if other != strip})
    strip.color = LABEL_COLOURS[label]


def emotion_colour(emotion: str) -> tuple[float, float, float]:
    """Return the colour of an emotion's group."""
    groups = (group for group, names in contract.EMOTION_GROUPS.items() if emotion in names)
    return EMOTION_COLOURS[next(groups, contract.NEUTRAL)]


def follow_names(scene: bpy.types.Scene) -> bool:
    """Let label strips look like their names, as after typing, splitting or duplicating; return whether any changed.

    An action strip "Walk" or "walk.002" becomes walk, and one whose name is no label grey; the names of emotion strips
    stay. A colour is changed if it is another label's; one of a user's own stays.
    """
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return False
    channels = Channels(scene)
    kinds = {
        number: kind for number in channels.named() for kind in (ACTIONS, EMOTIONS) if channels.holds(number, kind)
    }
    changed = False
    for strip in sequencer.strips:
        kind = kinds.get(strip.channel) if strip.type == "COLOR" else None
        if kind == ACTIONS:
            changed |= _follow_action(scene, strip)
        elif kind == EMOTIONS:
            changed |= _follow_emotion(strip)
    return changed


def _follow_action(scene: bpy.types.Scene, strip: Any) -> bool:
    label, colour = label_of(strip.name), tuple(strip.color)
    is_ours = is_any_colour(colour, _ACTION_COLOURS)
    if label not in contract.ACTION_LABELS:
        is_other = is_ours and not is_same_colour(colour, UNKNOWN_COLOUR)
        if is_other:
            strip.color = UNKNOWN_COLOUR
        return is_other
    if strip.name.rstrip("".join(_BLANKS)) == label and (not is_ours or is_same_colour(colour, LABEL_COLOURS[label])):
        return False
    set_label(scene, strip, label)
    if not is_ours:
        strip.color = colour
    return True


def _follow_emotion(strip: Any) -> bool:
    try:
        emotion, _ = emotion_of(strip.name, "")
    except errors.InvalidRequest:  # reading the shot says it
        return False
    wanted = emotion_colour(emotion)
    if is_same_colour(strip.color, wanted) or not is_any_colour(strip.color, EMOTION_COLOURS):
        return False
    strip.color = wanted
    return True


def is_any_colour(colour: Sequence[float], colours: Mapping[str, Sequence[float]]) -> bool:
    """Return whether a colour is one of several, so that it was not chosen by a user."""
    return any(is_same_colour(colour, one) for one in colours.values())


def is_same_colour(colour: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two colours look the same."""
    return all(abs(a - b) < _SAME for a, b in zip(colour, other))
