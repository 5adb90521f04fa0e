"""Names and colours of label strips: what a strip is called says what it is, and its colour follows."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import bpy

from ..runtime_api import contract
from .channels import ACTIONS
from .ownership import Channels
from .reading import label_of

LABEL_COLOURS = {"sit": (0.27, 0.42, 0.65), "walk": (0.30, 0.58, 0.35), "stand": (0.72, 0.55, 0.25)}
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


def follow_names(scene: bpy.types.Scene) -> bool:
    """Let every action strip look like its name, as after typing, splitting or duplicating; return whether any changed.

    "Walk" and "walk.002" become walk. A colour is changed if it is another label's; one of a user's own stays.
    """
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return False
    changed, channels = False, Channels(scene)
    is_actions = {number for number in channels.named() if channels.holds(number, ACTIONS)}
    for strip in sequencer.strips:
        if strip.type != "COLOR" or strip.channel not in is_actions:
            continue
        label = label_of(strip.name)
        if label in contract.ACTION_LABELS and not _looks_like(strip, label):
            own_colour = not any(_is_colour(strip, other) for other in LABEL_COLOURS)
            colour = tuple(strip.color)
            set_label(scene, strip, label)
            if own_colour:
                strip.color = colour
            changed = True
    return changed


def _looks_like(strip: Any, label: str) -> bool:
    is_named = strip.name.rstrip("".join(_BLANKS)) == label
    return is_named and (_is_colour(strip, label) or not any(_is_colour(strip, other) for other in LABEL_COLOURS))


def _is_colour(strip: Any, label: str) -> bool:
    return all(abs(a - b) < _SAME for a, b in zip(strip.color, LABEL_COLOURS[label]))
