"""One check of a shot: what is seen of both characters over its frames, measured, and kept until something changes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import bpy
import numpy as np

from ..properties import actor_name
from ..rig.body_shape import body_shape_of
from ..rig.cast import CastActor
from ..rig.timing import frames_per_second
from ..runtime_api import Array, body_shape, contacts, contract
from ..scene.request import cast_scene
from ..takes.shown_motion import shown_motion_in_steps

CheckEvent = contacts.Event
CONTACT, PENETRATION, FLOOR = contacts.CONTACT, contacts.PENETRATION, contacts.FLOOR
_SHARE_OF_READING = 0.5  # of the progress
_MOST_KEPT = 4  # scenes

_known: dict[int, ShotCheck] = {}  # by the scene's session_uid
_stale: set[int] = set()  # scenes that changed since
_numbers = itertools.count()


@dataclass(frozen=True)
class ShotCheck:
    """What a check found, in rows of ``rate`` a second from scene frame ``first`` on; a scene's second has ``fps``.

    ``names`` and ``identities`` of both actors; ``bodies`` in the world, ``found`` of them; ``made`` numbers checks.
    """

    first: int
    fps: float
    names: tuple[str, str]
    identities: tuple[str, str]
    bodies: tuple[contacts.Body, contacts.Body]
    found: contacts.Contacts
    made: int
    rate: float = contract.FPS

    @property
    def events(self) -> tuple[CheckEvent, ...]:
        return self.found.events

    @property
    def distance(self) -> Array:
        return self.found.distance

    @property
    def depth(self) -> Array:
        return self.found.depth

    @property
    def self_depth(self) -> Array:
        return self.found.self_depth

    @property
    def capsule_depth(self) -> tuple[Array, Array]:
        return self.found.capsule_depth

    @property
    def pair_depth(self) -> tuple[Array, Array]:
        return self.found.pair_depth

    @property
    def capsules(self) -> tuple[Any, Any]:
        return self.bodies[0].capsules, self.bodies[1].capsules

    @cached_property
    def points(self) -> tuple[Array, Array]:
        return self.bodies[0].points, self.bodies[1].points

    @property
    def deepest(self) -> CheckEvent | None:
        """The deepest penetration, None where there is none."""
        deep = [event for event in self.events if event.kind == PENETRATION]
        return max(deep, key=lambda event: event.depth, default=None)

    @property
    def measures(self) -> dict[str, Any]:
        """The whole shot in numbers: seconds, metres, shares of frames, minutes an hour."""
        deep = np.maximum(self.depth, self.self_depth.max(0))
        return {
            "seconds": len(self.depth) / self.rate,
            "deepest_m": float(self.depth.max()),
            "deepest_in_oneself_m": float(self.self_depth.max()),
            "share_over_1_cm": float((deep > 0.01).mean()),
            "nearest_m": float(self.distance.min()),
            "mean_distance_m": float(self.distance.mean()),
            "mean_facing_degrees": [float(value) for value in np.degrees(self.found.facing.mean(1))],
            "penetrations": sum(event.kind == PENETRATION for event in self.events),
            "contacts": sum(event.kind == CONTACT for event in self.events),
            "foot_slides": sum(event.other_part == contacts.SLIDES for event in self.events),
            "minutes_an_hour": contacts.contact_table(self.found, self.rate),
        }

    def frame_at(self, row: float) -> float:
        """Return the scene's frame of a row."""
        return self.first + row / self.rate * self.fps

    def row_at(self, frame: float) -> int | None:
        """Return the row of a scene's frame; None outside of what was checked."""
        row = round((frame - self.first) / self.fps * self.rate)
        return row if 0 <= row < len(self.depth) else None


def check_shot(scene: bpy.types.Scene) -> ShotCheck:
    """Check what is seen over the scene's range. Raises ``InvalidRequest`` where a character cannot be read."""
    steps = check_shot_in_steps(lambda: scene, math.inf)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: ShotCheck = end.value
            return found


def check_shot_in_steps(find_scene: Callable[[], bpy.types.Scene], seconds: float) -> Generator[float, None, ShotCheck]:
    """Do the same in steps of about as many ``seconds``, each yielding the share that is done.

    The scene is found anew in each of them.
    """
    scene = find_scene()
    cast = cast_scene(scene, first_frame=True)
    first, fps = scene.frame_start, frames_per_second(scene)
    tolerance = scene.interact.check.tolerance  # type: ignore[attr-defined]
    actors = scene.interact.actors  # type: ignore[attr-defined]
    identities = tuple(actor.identity for actor in actors)
    shapes = [body_shape_of(character, actor.thickness) for character, actor in zip(cast, actors)]
    reading, done = shown_motion_in_steps(find_scene, cast, seconds), 0.0
    while True:
        try:
            next(reading)
        except StopIteration as end:
            motion = end.value
            break
        done += 0.1 * (_SHARE_OF_READING - done)  # nobody knows how many steps it takes
        yield done
    bodies = _bodies(cast, motion, shapes)
    known = _known.get(find_scene().session_uid)
    if known is not None and _is_same(known, bodies, tolerance):
        return known
    found = yield from _measured(bodies, tolerance)
    names = tuple(actor_name(actor) for actor in find_scene().interact.actors)  # type: ignore[attr-defined]
    return ShotCheck(first, fps, names, identities, bodies, found, next(_numbers))  # type: ignore[arg-type]


def _measured(
    bodies: tuple[contacts.Body, contacts.Body], tolerance: float
) -> Generator[float, None, contacts.Contacts]:
    steps = contacts.measure_in_steps(bodies, tolerance)
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            found: contacts.Contacts = end.value
            return found
        yield _SHARE_OF_READING + (1.0 - _SHARE_OF_READING) * share


def _bodies(
    cast: Sequence[CastActor],
    motion: Sequence[contract.ActorPerformance],
    shapes: Sequence[body_shape.BodyShape],
) -> tuple[contacts.Body, contacts.Body]:
    """Return the bodies as they move in the world."""
    one, two = (
        contacts.Body(
            shape,
            character.rest.skeleton,
            actor.root_positions + np.array([0.0, 0.0, character.rest.floor], np.float32),
            actor.rotations,
            character.rest.floor,
        )
        for character, actor, shape in zip(cast, motion, shapes)
    )
    return one, two


def _is_same(known: ShotCheck, bodies: Sequence[contacts.Body], tolerance: float) -> bool:
    """Return whether a check was of the same motion."""
    return (
        all(
            len(a.root) == len(b.root)
            and np.array_equal(a.root, b.root)
            and np.array_equal(a.rotations, b.rotations)
            and np.array_equal(a.shape.radius, b.shape.radius)
            for a, b in zip(known.bodies, bodies)
        )
        and known.found.tolerance == tolerance
    )


def known_check(scene: bpy.types.Scene) -> ShotCheck | None:
    """Return the last check of a scene; None where there is none in this session."""
    return _known.get(scene.session_uid)


def remember(scene: bpy.types.Scene, found: ShotCheck) -> None:
    """Keep the check of a scene."""
    if scene.session_uid not in _known and len(_known) >= _MOST_KEPT:
        _known.pop(next(iter(_known)))
    _known[scene.session_uid] = found
    _stale.discard(scene.session_uid)


def is_current(scene: bpy.types.Scene) -> bool:
    """Return whether nothing has moved the characters since the last check."""
    return scene.session_uid in _known and scene.session_uid not in _stale


def mark_changed(scene: bpy.types.Scene) -> None:
    """Say of a check that it was of an earlier state."""
    _stale.add(scene.session_uid)


def forget() -> None:
    """Forget the checks of another file."""
    _known.clear()
    _stale.clear()
