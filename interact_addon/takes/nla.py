"""A take pushed to the NLA: a track an actor, over those that are there, so that something else may play on top."""

from __future__ import annotations

import bpy

from ..rig.played import strip_under_layers
from ..runtime_api import errors
from .library import Take, owners_of


def push_down(scene: bpy.types.Scene, take: Take, title: str) -> int:
    """Move the take that is shown into a new NLA track for each actor and each of its faces; return how many.

    The action stays a take. Nothing is active afterwards, so what is keyed next goes on top. What has a layer is in a
    track already. Raises ``InvalidRequest`` where that is all of it.
    """
    tracks = 0
    for actor, action in zip(scene.interact.actors, take.actions):
        if action is None or actor.armature is None:
            continue
        for owner, slot in list(owners_of(actor.armature, action)):
            if strip_under_layers(owner) is not None:
                continue
            animation = owner.animation_data
            track = animation.nla_tracks.new()
            track.name = title
            strip = track.strips.new(title, round(action.curve_frame_range[0]), action)
            strip.action_slot = slot
            animation.action = None
            tracks += 1
    if not tracks:
        raise errors.InvalidRequest(f"{title} is in NLA tracks already, under its layers.")
    return tracks
