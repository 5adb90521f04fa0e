"""A stretch of the active takes generated anew: what the runtime is given, and how it is keyed.

Locked parts are never generated; so with a lock *Generate* regenerates the whole range of what is left of that actor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import bpy

from ..properties import actor_name, chosen_parts, kept_parts
from ..rig.artist_keys import artist_frames, artist_frames_in_steps
from ..rig.cast import CastActor
from ..rig.ik_controls import follow_stretch
from ..rig.keying import KeyedPerformance, key_performance, next_take_number
from ..rig.stretch_keys import check_actions, key_stretch
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors, finished
from ..scene.bones import actor_called
from ..scene.perform import Kept, kept_motion_in_steps, parts_to_key
from ..scene.request import cast_scene
from ..scene.stretch import ShotFrames, Stretch, between, check_stretch, given_around
from .shown_motion import shown_motion_in_steps


@dataclass(frozen=True)
class PlannedStretch:
    """A ``stretch`` of a ``shot`` to generate, and what the actors are ``given`` for it.

    ``keys``: by actor and part the frames of a person's poses in it. ``whole``: actors of whom nothing is locked, and
    who get keys of their own over the whole range. ``asks``: whether a person is asked to keep the result.
    """

    shot: ShotFrames
    stretch: Stretch
    given: dict[str, contract.MotionConstraints]
    keys: dict[str, dict[str, list[int]]]
    whole: tuple[str, ...] = ()
    asks: bool = True

    @property
    def kept(self) -> Kept:
        """What the actors keep, as a request takes it."""
        return Kept(self.given, self.keys)

    def record(self) -> dict[str, Any]:
        """Return plain data for the record of the take."""
        whole, kept = list(self.whole), {name: self.keys.get(name, {}) for name in self.stretch.parts}
        return {
            **asdict(self.stretch),
            "kept": kept,
            "whole": whole,
            "asks": self.asks,
            "shot": (self.shot.first, self.shot.last),
        }


def shot_frames(scene: bpy.types.Scene) -> ShotFrames:
    """Return the shot's frames."""
    return ShotFrames(scene.frame_start, scene.frame_end, frames_per_second(scene))


def stretch_in_seconds(
    scene: bpy.types.Scene, start: float | None, end: float | None, actors: Sequence[str], parts: Sequence[str]
) -> Stretch:
    """Return a stretch from ``start`` to ``end`` (s of the shot; None: its own) of actors called so, by default both.

    Raises ``InvalidRequest`` for a name that nobody has.
    """
    shot = shot_frames(scene)
    first = shot.first if start is None else shot.frame_at(start)
    last = shot.last if end is None else shot.frame_at(end)
    chosen = [actor_called(scene, name) for name in actors] or list(scene.interact.actors)
    return Stretch(first, last, {actor_name(actor): tuple(parts) for actor in chosen})


def stretch_between_poses(scene: bpy.types.Scene, actors: Sequence[str], parts: Sequence[str]) -> Stretch:
    """Return the frames between the poses of a person, of any of the ``actors``, before and after the playhead.

    Raises ``InvalidRequest`` where there are not two.
    """
    frames: set[int] = set()
    for character in cast_scene(scene, first_frame=True):
        if character.name in actors:
            keyed = artist_frames(character, scene.frame_start, scene.frame_end)
            frames |= {frame for at in keyed.values() for frame in at}
    found = between(sorted(frames), scene.frame_current)
    if found is None:
        raise errors.InvalidRequest(
            f"No two poses of yours lie around frame {scene.frame_current}; key one before and one after it."
        )
    return Stretch(*found, dict.fromkeys(actors, tuple(parts)))


def free_stretch(scene: bpy.types.Scene, stretch: Stretch) -> Stretch:
    """Return a stretch without what is locked or kept. Raises ``InvalidRequest``, which says what to do."""
    stretch = stretch.without({actor_name(actor): kept_parts(actor) for actor in scene.interact.actors})
    check_stretch(stretch, shot_frames(scene), [actor_name(actor) for actor in scene.interact.actors])
    return stretch


def plan_stretch(scene: bpy.types.Scene, cast: Sequence[CastActor], stretch: Stretch) -> PlannedStretch:
    """Return a stretch ready to be generated, without what is locked or kept.

    ``cast``: the actors whose motion is given around it. Raises ``InvalidRequest``, which says what to do, with nothing
    changed.
    """
    return finished(plan_stretch_in_steps(lambda: scene, cast, stretch, math.inf))


def plan_stretch_in_steps(
    find_scene: Callable[[], bpy.types.Scene], cast: Sequence[CastActor], stretch: Stretch, seconds: float = 0.02
) -> Generator[None, None, PlannedStretch]:
    """Do the same in steps of about as many ``seconds``; the scene is found anew in each of them."""
    scene, shot = find_scene(), shot_frames(find_scene())
    stretch, keys = free_stretch(scene, stretch), {}
    for character in cast:
        parts = stretch.parts.get(character.name, ())
        if parts:
            check_actions(character, parts)
            found = yield from artist_frames_in_steps(character, stretch.first, stretch.last, seconds)
            keys[character.name] = {part: at for part, at in found.items() if part in parts}
    motion = yield from shown_motion_in_steps(find_scene, cast, seconds, stretch.parts)
    return PlannedStretch(shot, stretch, given_around(stretch, shot, motion, keys), keys)


def is_locked(scene: bpy.types.Scene) -> bool:
    """Return whether a part of an actor is locked."""
    return any(chosen_parts(actor.locks) for actor in scene.interact.actors)


def plan_around_locks_in_steps(
    find_scene: Callable[[], bpy.types.Scene], cast: Sequence[CastActor]
) -> Generator[None, None, PlannedStretch]:
    """Return the whole range of the actors with locked parts as a stretch; the others are made as ever.

    Raises ``InvalidRequest``, which says what to do, with nothing changed.
    """
    scene = find_scene()
    pairs = list(enumerate(zip(cast, scene.interact.actors)))
    locked = [character for _, (character, actor) in pairs if chosen_parts(actor.locks)]
    others = [number for number, (character, _) in pairs if character not in locked]
    stretch = Stretch(scene.frame_start, scene.frame_end, {actor.name: contract.BODY_PARTS for actor in locked})
    planned = yield from plan_stretch_in_steps(find_scene, locked, stretch)

    def find() -> tuple[bpy.types.Scene, list[Any]]:
        scene = find_scene()
        return scene, [scene.interact.actors[number] for number in others]

    kept = yield from kept_motion_in_steps(find, [cast[number] for number in others])
    names = tuple(cast[number].name for number in others)
    return replace(planned, given=planned.given | kept.motion, keys=planned.keys | kept.frames, whole=names, asks=False)


def key_planned(
    scene: bpy.types.Scene, cast: Sequence[CastActor], performance: contract.Performance, planned: PlannedStretch
) -> KeyedPerformance:
    """Key what was planned. Raises ``InvalidRequest`` before anything is written."""
    stretch, number = planned.stretch, next_take_number()
    given = [planned.given.get(character.name) for character in cast]
    span, first = (stretch.first, stretch.last), planned.shot.first
    exact = scene.interact.key_every_frame  # type: ignore[attr-defined]
    keyed = key_stretch(scene, cast, performance, given, span, stretch.parts, planned.keys, number, exact, first)
    follow_stretch(scene, keyed, exact)
    keyed = replace(keyed, stretch=planned.record())
    if not planned.whole:
        return keyed
    parts = parts_to_key(cast, scene.interact.actors) | dict.fromkeys(stretch.parts, ())
    frames = (first, planned.shot.last)
    whole = key_performance(scene, cast, performance, parts, planned.keys, number, frames, exact)
    others = [actor for actor in whole.actors if actor.actor.name in planned.whole]
    return replace(whole, actors=(*keyed.actors, *others), stretch=keyed.stretch)
