"""The frame range and the voices: which of them it leaves out, and the range that holds all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy

from .. import compat
from ..properties import ONLY_LISTEN, ActorKey, actor_key, cast_in
from ..runtime_api import contract, errors
from .reading import frames_per_second, shot_duration
from .voices import Voice, voices_at_any_time

TAIL = 0.5  # seconds of the shot after the last word


def voices_outside(scene: bpy.types.Scene) -> dict[ActorKey, list[Voice]]:
    """Return, by actor, the voices that the range cuts, and those outside of it in the scene's own sequencer.

    The dialogue of many shots may lie in the sequencer of one other scene: there it is no mistake.
    """
    frame, duration = 1.0 / frames_per_second(scene), shot_duration(scene)
    earliest = -0.5 * frame if scene.frame_start > 0 else -math.inf  # no range begins before frame 0
    is_own = compat.sequencer_scene(scene) == scene
    outside = {}
    for key, voices in all_voices(scene).items():
        beyond = [voice for voice in voices if voice.start < earliest or voice.end > duration + 1.5 * frame]
        outside[key] = [voice for voice in beyond if is_own or (voice.start < duration and voice.end > 0.0)]
    return {key: voices for key, voices in outside.items() if voices}


def all_voices(scene: bpy.types.Scene) -> dict[ActorKey, list[Voice]]:
    """Return the voices of those who speak, at any time; none for a channel whose name is cut, which a request says."""
    found = {}
    for actor in cast_in(scene):
        if actor.perform != ONLY_LISTEN:
            try:
                found[actor_key(actor)] = voices_at_any_time(scene, actor_key(actor))
            except errors.InvalidRequest:
                found[actor_key(actor)] = []
    return found


def frames_of(scene: bpy.types.Scene, voices: Sequence[Voice]) -> tuple[int, int]:
    """Return the first and the last frame at which voices can be heard."""
    rate = frames_per_second(scene)
    first = scene.frame_start + min(voice.start for voice in voices) * rate
    return round(first), math.ceil(scene.frame_start + max(voice.end for voice in voices) * rate - 1e-3)


def fit_range(scene: bpy.types.Scene) -> bool:
    """Widen the frame range until it holds the voices and ``TAIL`` more; return whether it was too short.

    It is never narrowed, and never longer than a shot may be.
    """
    range_before = scene.frame_start, scene.frame_end
    outside = voices_outside(scene)
    if not outside:
        return False
    rate = frames_per_second(scene)
    first, last = frames_of(scene, [voice for voices in outside.values() for voice in voices])
    first = max(min(scene.frame_start, first), 0)
    last = max(scene.frame_end, last + math.ceil(TAIL * rate))
    scene.frame_start, scene.frame_end = first, min(last, first + math.floor(contract.LONGEST_SHOT * rate))
    return (scene.frame_start, scene.frame_end) != range_before
