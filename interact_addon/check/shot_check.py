"""One check of a shot: what is seen of both characters over its frames, measured, and kept until something changes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from ..properties import actor_name
from ..properties.check import CONTACT, PENETRATION
from ..rig.cast import CastActor
from ..rig.timing import frames_per_second
from ..runtime_api import body_shape, contacts, contract, finished, relayed, saying
from ..scene.furniture import furniture_in_steps
from ..scene.request import body_shapes_in_steps, cast_scene_in_steps
from ..takes.shown_motion import shown_motion_in_steps
from .state import State, state_of

CheckEvent = contacts.Event
_SHARE_OF_READING = 0.5  # of the progress
_MOST_KEPT = 4  # scenes

_known: dict[int, ShotCheck] = {}  # by the scene's session_uid
_before: dict[int, ShotCheck] = {}  # by the same, what was found before the last Resolve
_stale: set[int] = set()  # scenes that changed since
_numbers = itertools.count()


@dataclass(frozen=True)
class ShotCheck:
    """What a check found, 30 rows a second from scene frame ``first`` on; a scene's second has ``fps`` frames.

    ``names`` and ``identities`` of both actors; ``bodies`` in the world, their ``contacts``; ``made`` numbers checks.
    ``cast`` and ``motion``: the characters as they were read, and what they were seen doing.
    ``state``: what else it depends on.
    """

    first: int
    fps: float
    names: tuple[str, str]
    identities: tuple[str, str]
    bodies: tuple[contacts.Body, contacts.Body]
    contacts: contacts.Contacts
    made: int
    cast: tuple[CastActor, CastActor]
    motion: tuple[contract.ActorPerformance, ...]
    state: State
    furniture: tuple[contract.Obstacle, ...] = ()

    @property
    def capsules(self) -> tuple[Any, Any]:
        """The capsules of both bodies in the world."""
        return self.bodies[0].capsules, self.bodies[1].capsules

    @property
    def deepest(self) -> tuple[float, int, str]:
        """The deepest overlap in metres, its row, and between whom; also where it is within the tolerance."""
        one, two = self.names
        depths = np.stack([self.contacts.depth, *self.contacts.self_depth, *self.contacts.obstacle_depth])
        which, row = np.unravel_index(int(np.argmax(depths)), depths.shape)
        own = (f"in {name}'s own body" for name in self.names)
        where = (f"between {one} and {two}", *own, *(f"between {name} and furniture" for name in self.names))
        return float(depths[which, row]), int(row), where[which]

    @property
    def measures(self) -> dict[str, Any]:
        """The whole shot in numbers: seconds, metres, shares of frames, minutes an hour."""
        in_things = self.contacts.obstacle_depth.max(0)
        deep = np.maximum(np.maximum(self.contacts.depth, self.contacts.self_depth.max(0)), in_things)
        return {
            "seconds": len(self.contacts.depth) / contract.FPS,
            "deepest_m": float(self.contacts.depth.max()),
            "deepest_in_oneself_m": float(self.contacts.self_depth.max()),
            "deepest_in_furniture_m": float(in_things.max()),
            "share_over_1_cm": float((deep > 0.01).mean()),
            "nearest_m": float(self.contacts.distance.min()),
            "mean_distance_m": float(self.contacts.distance.mean()),
            "mean_facing_degrees": [float(value) for value in np.degrees(self.contacts.facing.mean(1))],
            "penetrations": sum(event.kind == PENETRATION for event in self.contacts.events),
            "contacts": sum(event.kind == CONTACT for event in self.contacts.events),
            "foot_slides": sum(event.other_part == contacts.SLIDES for event in self.contacts.events),
            "minutes_an_hour": contacts.contact_table(self.contacts, contract.FPS),
        }

    def frame_at(self, row: float) -> float:
        """Return the scene's frame of a row."""
        return self.first + row / contract.FPS * self.fps

    def row_at(self, frame: float) -> int | None:
        """Return the row of a scene's frame; None outside of what was checked."""
        row = round((frame - self.first) / self.fps * contract.FPS)
        return row if 0 <= row < len(self.contacts.depth) else None


def check_shot(scene: bpy.types.Scene) -> ShotCheck:
    """Check what is seen over the scene's range. Raises ``InvalidRequest`` where a character cannot be read."""
    return finished(check_shot_in_steps(lambda: scene, math.inf))


def check_shot_in_steps(find_scene: Callable[[], bpy.types.Scene], seconds: float) -> Generator[float, None, ShotCheck]:
    """Do the same in steps of about as many ``seconds``, each yielding the share that is done.

    The scene is found anew in each of them.
    """
    cast = yield from saying(0.0, cast_scene_in_steps(find_scene, first_frame=True))
    bare = yield from saying(0.0, body_shapes_in_steps(cast))
    things = yield from saying(0.0, furniture_in_steps(find_scene, cast))
    scene = find_scene()
    first, fps, state = scene.frame_start, frames_per_second(scene), state_of(scene)
    tolerance = scene.interact.check.tolerance  # type: ignore[attr-defined]
    actors = scene.interact.actors  # type: ignore[attr-defined]
    shapes = [bare[character.name].thickened(actor.thickness) for character, actor in zip(cast, actors)]
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
    one, two = find_scene().interact.actors  # type: ignore[attr-defined]
    names, identities = (actor_name(one), actor_name(two)), (one.identity, two.identity)
    known = _known.get(find_scene().session_uid)
    if known is not None and _is_same(known, bodies, tolerance, things):
        same = replace(known, first=first, fps=fps, names=names, identities=identities)
        return replace(same, cast=cast, motion=motion, state=state)
    found = yield from _measured(bodies, tolerance, things)
    return ShotCheck(first, fps, names, identities, bodies, found, next(_numbers), cast, motion, state, things)


def _measured(
    bodies: tuple[contacts.Body, contacts.Body], tolerance: float, things: Sequence[contract.Obstacle]
) -> Generator[float, None, contacts.Contacts]:
    steps = contacts.measure_in_steps(bodies, tolerance, obstacles=things)
    return relayed(steps, lambda share: _SHARE_OF_READING + (1.0 - _SHARE_OF_READING) * share)


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


def _is_same(
    known: ShotCheck, bodies: Sequence[contacts.Body], tolerance: float, things: Sequence[contract.Obstacle]
) -> bool:
    """Return whether a check was of the same motion beside the same furniture."""
    return (
        all(
            len(a.root) == len(b.root)
            and np.array_equal(a.root, b.root)
            and np.array_equal(a.rotations, b.rotations)
            and np.array_equal(a.shape.radius, b.shape.radius)
            for a, b in zip(known.bodies, bodies)
        )
        and known.contacts.tolerance == tolerance
        and len(known.furniture) == len(things)
        and all(
            (a.name, a.origin, a.seated) == (b.name, b.origin, b.seated) and np.array_equal(a.distance, b.distance)
            for a, b in zip(known.furniture, things)
        )
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


def state_before(scene: bpy.types.Scene) -> ShotCheck | None:
    """Return the check of a scene from before its last Resolve; None where there was none in this session."""
    return _before.get(scene.session_uid)


def remember_before(scene: bpy.types.Scene, found: ShotCheck) -> None:
    """Keep the check from before a Resolve, to be drawn."""
    if scene.session_uid not in _before and len(_before) >= _MOST_KEPT:
        _before.pop(next(iter(_before)))
    _before[scene.session_uid] = found


def is_current(scene: bpy.types.Scene) -> bool:
    """Return whether nothing that the last check depends on has changed since."""
    found = known_check(scene)
    return found is not None and scene.session_uid not in _stale and found.state.is_of(scene)


def mark_changed(scene: bpy.types.Scene, actions: Collection[int] = ()) -> None:
    """Say of a scene's check that it was of an earlier state, and of any other whose actors play these ``actions``.

    Actions are given by their ``session_uid``: Blender tells only the scene that is open of changed keys.
    """
    _stale.add(scene.session_uid)
    _stale.update(uid for uid, found in _known.items() if not found.state.actions.isdisjoint(actions))


def forget() -> None:
    """Forget the checks of another file."""
    _known.clear()
    _before.clear()
    _stale.clear()
