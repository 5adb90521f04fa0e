"""What is ordered of a generation: the whole shot around what is locked, or a stretch of the active takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from functools import partial

import bpy

from ..check.resolving import ResolvePlan, check_choice, key_resolved, plan_resolve
from ..check.shot_check import check_shot_in_steps
from ..rig.cast import CastActor
from ..rig.keying import KeyedPerformance
from ..runtime_api import contract, errors, saying
from ..scene.contact_goals import read_contacts
from ..scene.perform import FindActors, Kept
from ..scene.request import cast_scene_in_steps, check_cast
from ..scene.shot import CASTING, READING, Shot, measured_in_steps, mixed_in_steps
from ..scene.stretch import Stretch
from ..takes.again import request_of_take
from ..takes.changed import what_changed_in_steps
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


def stretch_order(scene: bpy.types.Scene, stretch: Stretch) -> Order:
    """Order a stretch; all else is given and stays. Raises named errors with nothing changed."""
    free = free_stretch(scene, stretch)
    return _order(partial(plan_stretch_in_steps, stretch=free), str(free))


def changed_order(scene: bpy.types.Scene) -> Order:
    """Order what was changed since the take that is shown: what that is, the first steps say."""
    return Order(settle=_changed_in_steps)


def _changed_in_steps(find_scene: Callable[[], bpy.types.Scene], in_window: bool) -> Generator[str, None, Order]:
    """Return the order of what was changed. Raises named errors with nothing changed."""
    mixed, measured = None, None
    if in_window:
        cast = yield from saying(CASTING, cast_scene_in_steps(find_scene, first_frame=True))
        names = [character.name for character in cast]
        mixed = yield from mixed_in_steps(find_scene, names)
        measured = yield from measured_in_steps(find_scene, names)
    changed = yield from saying(READING, what_changed_in_steps(find_scene, True, mixed, measured))
    if changed is None:
        raise errors.InvalidRequest("No take is shown to compare with; generate the whole shot.")
    if changed.stretch is None:
        raise errors.InvalidRequest(f"{changed}; generate the whole shot to make it again.")
    return stretch_order(find_scene(), changed.stretch)


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
