"""What a character plays: the active action, or the action in the NLA track that layers lie on.

A layer is an NLA strip that combines an action of offsets with what lies beneath it: the take, in the track under the
lowest layer. Only an active action could play above NLA tracks, so a take with a layer on it is not the active one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy

LAYER = "interact_layer"  # custom property of the action of a layer


def played(owner: Any) -> tuple[bpy.types.Action | None, Any]:
    """Return the action that an object or shape keys play, and the slot: that under the layers, or the active one."""
    animation = owner.animation_data if owner is not None else None
    if animation is None:
        return None, None
    strip = strip_under_layers(owner)
    place = animation if strip is None else strip
    return place.action, place.action_slot if place.action is not None else None


def put_on(owner: Any, action: bpy.types.Action, slot: Any) -> None:
    """Let an owner play an action in the place of the one that it plays, under its layers if it has some.

    Nothing else about its animation changes.
    """
    strip = strip_under_layers(owner)
    if strip is None:
        owner.animation_data.action, owner.animation_data.action_slot = action, slot
        return
    strip.action, strip.action_slot = action, slot
    fit_strip(strip)


def fit_to_keys(owner: Any) -> None:
    """Let what is played under layers be as long as its action, which was written since."""
    strip = strip_under_layers(owner)
    if strip is not None:
        fit_strip(strip)


def fit_strip(strip: Any) -> None:
    """Let a strip, the only one of its track, play its action from the first key to the last, each on its frame."""
    first, last = strip.action.curve_frame_range
    last = max(last, first + 1.0)
    strip.action_frame_start = min(first, strip.action_frame_end - 1.0)  # a start after the end would be refused
    strip.action_frame_end = last
    strip.action_frame_start = first
    strip.frame_start = min(first, strip.frame_end - 1.0)
    strip.frame_end = last
    strip.frame_start = first
    strip.extrapolation = "HOLD"


def strip_under_layers(owner: Any) -> Any | None:
    """Return the NLA strip that the lowest layer lies on; None for an owner without layers, or with nothing there."""
    beneath = None
    for track in owner.animation_data.nla_tracks if owner.animation_data is not None else ():
        if _is_layer(track):
            return beneath
        beneath = track.strips[0] if len(track.strips) == 1 and track.strips[0].action is not None else None
    return None


def layers_of(owner: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the layers of an owner, the lowest first: each with its NLA track and its strip."""
    for track in owner.animation_data.nla_tracks if owner.animation_data is not None else ():
        if _is_layer(track):
            yield track, track.strips[0]


@contextmanager
def without_layers(owners: Iterable[Any]) -> Iterator[None]:
    """Mute the layers of some owners for a while."""
    heard = [track for owner in owners for track, _ in layers_of(owner) if not track.mute]
    try:
        for track in heard:
            track.mute = True
        yield
    finally:
        for track in heard:
            track.mute = False


def _is_layer(track: Any) -> bool:
    strips = track.strips
    return len(strips) == 1 and strips[0].action is not None and LAYER in strips[0].action
