"""Setting up the timeline: channels for both actors, a range that holds the voices, an action on every frame."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import compat
from ..properties import actor_key, generated_parts
from .channels import KINDS, PAIR_KINDS
from .ownership import channels_of, channels_of_pair, ensure_channel, ensure_channel_of_pair
from .shot_range import fit_range
from .strips import add_action_labels


@dataclass(frozen=True)
class SetUp:
    """What was added to a timeline: channels that were named, action strips, and whether the range was widened."""

    channels: int
    actions: int
    range_widened: bool


def set_up_timeline(scene: bpy.types.Scene) -> SetUp:
    """Name the channels of both actors and of the pair, fit the range to the voices, fill the gaps between actions.

    What is there stays, a range that somebody chose too. Raises ``InvalidRequest`` if no channel is free, or a
    channel's name is cut.
    """
    source = compat.sequencer_scene(scene)
    let_strips_give_way(source)
    widened = not _range_is_chosen(scene) and fit_range(scene)
    named = actions = 0
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        key = actor_key(actor)
        for kind in KINDS[:-1]:  # pins are rare: their channel is made with the first
            named += not channels_of(source, key, kind)
            ensure_channel(source, key, kind)
        if "body" in generated_parts(actor):  # a body that is kept plays no labels
            actions += add_action_labels(source, key)
    for kind in PAIR_KINDS:
        named += not channels_of_pair(source, kind)
        ensure_channel_of_pair(source, kind)
    return SetUp(named, actions, widened)


def let_strips_give_way(scene: bpy.types.Scene) -> None:
    """Let a strip that is moved onto others cut these, where a scene still has Blender's own choice.

    Blender pushes the moved strip to the next gap, which for a label is before the shot or behind it.
    """
    settings = scene.tool_settings.sequencer_tool_settings
    if settings.overlap_mode == "SHUFFLE":
        settings.overlap_mode = "OVERWRITE"


def _range_is_chosen(scene: bpy.types.Scene) -> bool:
    """Return whether the range is another than that of a new scene; one shorter than the voices is a hint's to say."""
    properties = scene.bl_rna.properties
    return any(getattr(scene, name) != properties[name].default for name in ("frame_start", "frame_end"))  # type: ignore[attr-defined]
