"""Which frames a person has chosen: the preview range, the selected strips, or what lies between two poses."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties import FROM_PREVIEW, actor_key
from ..runtime_api import errors
from .channels import KINDS, PAIR_KINDS
from .ownership import channels_of_all
from .pair import strips_of_pair
from .reading import Clock


def chosen_range(scene: bpy.types.Scene, frames_from: str = "") -> tuple[int, int]:
    """Return the first and last frame to regenerate, within the shot. Raises ``InvalidRequest`` without a choice.

    ``frames_from``: preview range or selected strips, by default what is chosen for *Regenerate*.
    """
    if (frames_from or scene.interact.regenerate.frames_from) == FROM_PREVIEW:
        if not scene.use_preview_range:
            raise errors.InvalidRequest(
                "There is no preview range; drag one in the timeline with P, or choose Selected Strips."
            )
        found = scene.frame_preview_start, scene.frame_preview_end
    else:
        source = compat.sequencer_scene(scene)
        strips = [*selected_strips(scene), *(strip for strip in strips_of_pair(source, PAIR_KINDS) if strip.select)]
        if not strips:
            raise errors.InvalidRequest(
                "No strip of an actor is selected in the sequencer; select some, or choose Preview Range."
            )
        found = frames_of_strips(scene, strips)
    return max(found[0], scene.frame_start), min(found[1], scene.frame_end)


def selected_strips(scene: bpy.types.Scene) -> list[Any]:
    """Return the selected strips in channels of the two actors."""
    source = compat.sequencer_scene(scene)
    sequencer = source.sequence_editor
    if sequencer is None:
        return []
    actors = [actor_key(actor) for actor in scene.interact.actors if actor.armature is not None]
    theirs = channels_of_all(source, actors, KINDS)
    return [strip for strip in sequencer.strips if strip.select and strip.channel in theirs]


def active_strip(scene: bpy.types.Scene) -> Any:
    """Return the active strip of the sequencer that a scene is played from; None where there is none."""
    sequencer = compat.sequencer_scene(scene).sequence_editor
    return sequencer.active_strip if sequencer is not None else None


def active_strip_in(scene: bpy.types.Scene, channels: Collection[int], types: Sequence[str] = ("COLOR",)) -> Any:
    """Return the active strip if it has one of these types and lies in one of these channels, else None."""
    strip = active_strip(scene)
    is_one = strip is not None and strip.type in types and strip.channel in channels and strip.parent_meta() is None
    return strip if is_one else None


def frames_of_strips(scene: bpy.types.Scene, strips: list[Any]) -> tuple[int, int]:
    """Return the first and last frame of the shot's scene that strips cover."""
    source = compat.sequencer_scene(scene)
    shot, rate = Clock(source, scene), Clock(scene, scene)
    first = min(rate.frame(shot.time(compat.strip_left(strip))) for strip in strips)
    after = max(rate.frame(shot.time(compat.strip_right(strip))) for strip in strips)
    return math.floor(first + 1e-4), math.ceil(after - 1e-4) - 1
