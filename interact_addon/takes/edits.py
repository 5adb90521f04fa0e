"""Changes to the motion of a take: parts of the body moved in time, or mirrored. Each gives a new take."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..rig.cast import CastActor
from ..rig.ik_controls import follow_stretch
from ..rig.keying import KeyedPerformance, next_take_number
from ..rig.stretch_keys import check_actions, key_stretch
from ..runtime_api import Array, contract, errors, finished, skeleton
from ..runtime_api import rotations as rot
from ..scene.request import cast_scene_in_steps
from .library import Take, remember_pair
from .record import record_take, save_performance
from .shown_motion import shown_motion_in_steps
from .stretches import shot_frames

Edit = Callable[[contract.ActorPerformance], contract.ActorPerformance]
MIRRORED_PARTS = ("upper", "hands", "head", "face")  # legs would have to walk another way


def shifted(motion: contract.ActorPerformance, frames: float) -> contract.ActorPerformance:
    """Return a motion ``frames`` (at 30 fps) later, earlier below 0; what is missing at an end holds still."""
    return played_at(motion, np.arange(len(motion.root_positions)) - frames)


def played_at(motion: contract.ActorPerformance, at: Array) -> contract.ActorPerformance:
    """Return a motion that is on each frame what it was ``at`` (T,), frames at 30 fps and between; its ends hold."""
    count = len(motion.root_positions)
    at = np.clip(at, 0.0, count - 1.0)
    low = np.floor(at).astype(int)
    high, share = np.minimum(low + 1, count - 1), (at - low).astype(np.float32)

    def between(values: Array) -> Array:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        mixed: Array = (values[low] + weight * (values[high] - values[low])).astype(np.float32)
        return mixed

    near = rot.continuous(motion.rotations)
    turned = between(near)
    turned /= np.linalg.norm(turned, axis=-1, keepdims=True)
    return contract.ActorPerformance(
        motion.name, between(motion.root_positions), turned, between(motion.face), motion.foot_contacts[low]
    )


def mirrored(motion: contract.ActorPerformance) -> contract.ActorPerformance:
    """Return a motion with left and right exchanged, about the plane through the body; the root keeps its way."""
    turned = skeleton.mirrored(motion.rotations)
    turned[:, 0] = motion.rotations[:, 0]
    columns = [contract.ARKIT_NAMES.index(_other_curve(name)) for name in contract.ARKIT_NAMES]
    return replace(motion, rotations=turned, face=motion.face[:, columns])


def _other_curve(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


@dataclass(frozen=True)
class EditPlan:
    """A take as it becomes: the motion of both actors ``before`` and after (``performance``), ``parts`` by actor."""

    take: Take
    cast: tuple[CastActor, CastActor]
    before: tuple[contract.ActorPerformance, ...]
    performance: contract.Performance
    parts: Mapping[str, tuple[str, ...]]


def edit_take(
    scene: bpy.types.Scene, take: Take, actors: Sequence[bool], parts: Sequence[str], edit: Edit, words: str
) -> list[str]:
    """Key a new take in which ``parts`` (of ``contract.BODY_PARTS``) of the chosen ``actors`` are edited.

    ``words``: what the edit is, for the record. All else is bit for bit as it was. Return warnings for the user. Raises
    ``InvalidRequest`` before anything is written.
    """
    plan = finished(plan_edit_in_steps(lambda: scene, take, actors, parts, edit, math.inf))
    return key_edit(scene, plan, words)


def plan_edit_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    take: Take,
    actors: Sequence[bool],
    parts: Sequence[str],
    edit: Edit,
    seconds: float = 0.02,
) -> Generator[None, None, EditPlan]:
    """Read what ``edit_take`` keys, in steps of about as many ``seconds``; the scene is found anew in each."""
    chosen = [place for place, wanted in enumerate(actors) if wanted and take.actions[place] is not None]
    if not chosen or not parts:
        raise errors.InvalidRequest("Nothing is chosen to change; choose an actor and a part of the body.")
    cast = yield from cast_scene_in_steps(find_scene, first_frame=True)
    for place in chosen:
        check_actions(cast[place], parts)
    before = yield from shown_motion_in_steps(find_scene, cast, seconds, {cast[place].name for place in chosen})
    after = []
    for place, motion in enumerate(before):
        yield
        after.append(_only(parts, motion, edit(motion)) if place in chosen else motion)
    changed = {cast[place].name: tuple(parts) for place in chosen}
    return EditPlan(take, cast, before, contract.Performance(tuple(after)), changed)


def key_edit(scene: bpy.types.Scene, plan: EditPlan, words: str) -> list[str]:
    """Key the take of a plan; ``words``: what the edit is, for the record. Return warnings for the user."""
    keyed = _key(scene, plan.cast, plan.performance, plan.before, plan.parts)
    path, warnings = save_performance(plan.performance)
    record_take(keyed, contract.request_from_json(plan.take.summary.request), plan.performance, path, words)
    remember_pair(scene)
    return [*warnings, *keyed.warnings]


def _only(
    parts: Sequence[str], before: contract.ActorPerformance, after: contract.ActorPerformance
) -> contract.ActorPerformance:
    """Return a motion with only some parts of another."""
    rotations = before.rotations.copy()
    for part in parts:
        if part in contract.PART_JOINTS:
            joints = list(contract.PART_JOINTS[part])
            rotations[:, joints] = after.rotations[:, joints]
    moves = "lower" in parts
    return contract.ActorPerformance(
        before.name,
        after.root_positions if moves else before.root_positions,
        rotations,
        after.face if "face" in parts else before.face,
        after.foot_contacts if moves else before.foot_contacts,
    )


def _key(
    scene: bpy.types.Scene,
    cast: Sequence[CastActor],
    performance: contract.Performance,
    before: Sequence[contract.ActorPerformance],
    parts: Mapping[str, tuple[str, ...]],
) -> KeyedPerformance:
    shot = shot_frames(scene)
    given = [contract.constraints_from_performance(motion) for motion in before]
    span, exact = (shot.first, shot.last), scene.interact.key_every_frame  # type: ignore[attr-defined]
    keyed = key_stretch(scene, cast, performance, given, span, parts, number=next_take_number(), exact=exact)
    follow_stretch(scene, keyed, exact)
    return keyed
