"""A label put over a range of frames: the strips there are cut at both ends and what lies between is renamed."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, as_key
from ..runtime_api import errors
from .channels import ACTIONS
from .label_names import LABEL_COLOURS, set_label
from .ownership import channels_of
from .reading import label_of
from .strips import add_action


def label_range(scene: bpy.types.Scene, actor: ActorKey | str, label: str, start: int, end: int) -> Any:
    """Put ``label`` over the frames from ``start`` up to, not including, ``end``; return its strip, alone selected.

    Strips there are cut, trimmed or replaced; a neighbour of the same label and target becomes part of the new strip.
    Where a walk is cut in two, its target stays with the last part. Raises ``InvalidRequest`` where a strip or channel
    is locked, or the label is not known.
    """
    sequencer: Any = scene.sequence_editor or scene.sequence_editor_create()
    touched = [
        strip
        for strip in action_strips(scene, actor)
        if compat.strip_left(strip) <= end and compat.strip_right(strip) >= start
    ]
    for strip in touched:
        if strip.lock or sequencer.channels[strip.channel].lock:
            raise errors.InvalidRequest(
                f"The label '{strip.name.strip()}' of '{as_key(actor).name}' is locked; unlock its strip or channel."
            )
    inside: list[Any] = []
    for strip in touched:
        if compat.strip_left(strip) < end and compat.strip_right(strip) > start:
            _cut(scene, actor, strip, start, end, inside)
    if inside:
        made = inside.pop()
        for strip in inside:
            sequencer.strips.remove(strip)
        set_label(scene, made, label)
        compat.set_strip_left(made, start)
        compat.set_strip_right(made, end)
    else:
        made = add_action(scene, actor, label, start, end)
        made.channel = touched[0].channel if touched else made.channel
    _join(scene, actor, made)
    for strip in sequencer.strips:
        strip.select = strip == made
    sequencer.active_strip = made
    return made


def action_strips(scene: bpy.types.Scene, actor: ActorKey | str) -> list[Any]:
    """Return all action strips of an actor, muted ones too, in order of time."""
    sequencer: Any = scene.sequence_editor
    if sequencer is None:
        return []
    own = set(channels_of(scene, actor, ACTIONS))
    found = [strip for strip in sequencer.strips if strip.channel in own and strip.type == "COLOR"]
    return sorted(found, key=compat.strip_left)


def _cut(scene: bpy.types.Scene, actor: ActorKey | str, strip: Any, start: int, end: int, inside: list[Any]) -> None:
    """Take the range out of a strip; one that lies wholly inside is added to ``inside`` as it is."""
    left, right = int(compat.strip_left(strip)), int(compat.strip_right(strip))
    if left >= start and right <= end:
        inside.append(strip)
    elif left >= start:
        compat.set_strip_left(strip, end)
    else:
        compat.set_strip_right(strip, start)
        if right > end:
            rest = compat.new_color_strip(scene.sequence_editor, strip.name, strip.channel, end, right)
            if label_of(strip.name) in LABEL_COLOURS:
                set_label(scene, rest, label_of(strip.name))
            rest.color, rest.mute = strip.color, strip.mute
            rest.interact_target, strip.interact_target = strip.interact_target, None


def _join(scene: bpy.types.Scene, actor: ActorKey | str, made: Any) -> None:
    """Join neighbours of the same label, channel and target with a new strip."""
    sequencer: Any = scene.sequence_editor
    for strip in action_strips(scene, actor):
        same = strip.channel == made.channel and strip.mute == made.mute
        if strip == made or not same or label_of(strip.name) != label_of(made.name):
            continue
        if label_of(made.name) == "walk" and strip.interact_target != made.interact_target:
            continue
        left, right = int(compat.strip_left(strip)), int(compat.strip_right(strip))
        if right == compat.strip_left(made):
            sequencer.strips.remove(strip)
            compat.set_strip_left(made, left)
        elif left == compat.strip_right(made):
            sequencer.strips.remove(strip)
            compat.set_strip_right(made, right)
