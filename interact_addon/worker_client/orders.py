"""What is ordered of a generation: the whole shot around what is locked, or a stretch of the active takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

import bpy

from ..check.resolving import ResolvePlan, check_choice, key_resolved, plan_resolve
from ..check.shot_check import check_shot_in_steps
from ..messages import Message
from ..properties import actor_name
from ..rig.cast import CastActor
from ..rig.keying import KeyedPerformance
from ..runtime_api import contract, errors, saying
from ..scene.contact_goals import read_contacts
from ..scene.perform import FindActors, Kept
from ..scene.request import cast_scene_in_steps, check_cast
from ..scene.shot import CASTING, READING, Shot, measured_in_steps, mixed_in_steps
from ..scene.stretch import Stretch
from ..takes.again import request_of_take
from ..takes.changed import Changed, is_made_alike, what_changed_in_steps
from ..takes.library import Take, title_of
from ..takes.stretches import (
    PlannedStretch,
    free_stretch,
    is_locked,
    key_planned,
    plan_around_locks_in_steps,
    plan_stretch_in_steps,
)
from .generation import Order

_SECONDS_A_STEP = 0.02
Plan = Callable[[Callable[[], bpy.types.Scene], Sequence[CastActor]], Generator[None, None, PlannedStretch]]


def whole_order(scene: bpy.types.Scene) -> Order:
    """Order the whole shot; locked parts stay as they are."""
    return _order(plan_around_locks_in_steps, "") if is_locked(scene) else Order()


def opened_order(scene: bpy.types.Scene) -> Order:
    """Order the whole shot as somebody does who changed a part of it and wants the rest of the same performance.

    The networks see ten seconds at once, to both sides: what is asked for later shapes what comes before. So with the
    seed and quality of the take that is shown, what lies more than a second before the first change is kept, not made
    again; another seed makes all anew, and so does a second press.
    """
    if scene.interact.takes > 1 or not is_made_alike(scene):  # type: ignore[attr-defined]
        return whole_order(scene)
    return Order(settle=_opened_in_steps)


def _opened_in_steps(find_scene: Callable[[], bpy.types.Scene], in_window: bool) -> Generator[str, None, Order]:
    """Return the order of all from a second before the first change on. Raises named errors with nothing changed."""
    changed = yield from _compared_in_steps(find_scene, in_window)
    scene: Any = find_scene()
    if changed is None or changed.stretch is None or changed.stretch.first <= scene.frame_start:
        return whole_order(scene)
    parts = {actor_name(actor): contract.BODY_PARTS for actor in scene.interact.actors}
    return stretch_order(scene, Stretch(changed.stretch.first, scene.frame_end, parts))


def stretch_order(scene: bpy.types.Scene, stretch: Stretch) -> Order:
    """Order a stretch; all else is given and stays. Raises named errors with nothing changed."""
    free = free_stretch(scene, stretch)
    return _order(partial(plan_stretch_in_steps, stretch=free), free.in_words)


def changed_order(scene: bpy.types.Scene) -> Order:
    """Order what was changed since the take that is shown: what that is, the first steps say."""
    return Order(settle=_changed_in_steps)


def _changed_in_steps(find_scene: Callable[[], bpy.types.Scene], in_window: bool) -> Generator[str, None, Order]:
    """Return the order of what was changed. Raises named errors with nothing changed."""
    changed = yield from _compared_in_steps(find_scene, in_window)
    if changed is None:
        raise errors.InvalidRequest("No take is shown to compare with; generate the whole shot.")
    if changed.stretch is None:
        raise errors.InvalidRequest(
            Message("{changes}; generate the whole shot to make it again.", changes=changed.in_words)
        )
    return stretch_order(find_scene(), changed.stretch)


def _compared_in_steps(
    find_scene: Callable[[], bpy.types.Scene], in_window: bool
) -> Generator[str, None, Changed | None]:
    """Return what was changed since the take that is shown, by what is heard. Raises named errors."""
    mixed, measured = None, None
    if in_window:
        cast = yield from saying(CASTING, cast_scene_in_steps(find_scene, first_frame=True))
        names = [character.name for character in cast]
        mixed = yield from mixed_in_steps(find_scene, names)
        measured = yield from measured_in_steps(find_scene, names)
    return (yield from saying(READING, what_changed_in_steps(find_scene, True, mixed, measured)))


def resolve_order(scene: bpy.types.Scene, done: Callable[[ResolvePlan, contract.Performance], None]) -> Order:
    """Order what is chosen under *Resolve*, as a new take. Raises named errors with nothing changed.

    ``done`` is told what was resolved, and to what, once it is keyed.
    """
    check_choice(scene)
    plans: list[ResolvePlan] = []

    def read(
        find: Callable[[], bpy.types.Scene], _constraints: object, in_window: bool, _keep: object
    ) -> Generator[str, None, Shot]:
        check_cast(find())
        yield CASTING
        found = yield from saying(READING, check_shot_in_steps(find, _SECONDS_A_STEP if in_window else math.inf))
        plan = plan_resolve(find(), found, read_contacts(find(), found.cast))
        plans.append(plan)
        frames = find().frame_start, find().frame_end
        return Shot(plan.found.cast, frames, {}, {}, plan.request)

    def key(scene: bpy.types.Scene, _shot: Shot, performance: contract.Performance) -> KeyedPerformance:
        exact = scene.interact.key_every_frame  # type: ignore[attr-defined]
        keyed = key_resolved(scene, plans[-1], performance, exact)
        done(plans[-1], performance)
        return keyed

    return Order(read=read, key=key, edit="Resolved", recorded=lambda _: plans[-1].recorded)


def again_order(scene: bpy.types.Scene, take: Take) -> Order:
    """Order a take from its own request, whatever the script says now. Raises named errors with nothing changed."""
    return Order(request=request_of_take(scene, take), what=title_of(take))


def _order(plan: Plan, what: str) -> Order:
    """Order what ``plan`` leads to once the cast is read; ``what``: in words."""
    planned: list[PlannedStretch] = []

    def keep(find: FindActors, cast: Sequence[CastActor]) -> Generator[None, None, Kept]:
        found = yield from plan(lambda: find()[0], cast)
        planned.append(found)
        return found.kept

    def key(scene: bpy.types.Scene, shot: Shot, performance: contract.Performance) -> KeyedPerformance:
        return key_planned(scene, shot.cast, performance, planned[-1])

    return Order(keep=keep, key=key, what=what)
