"""The IK controls of the takes that the actors of a scene play."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import bpy

from ..messages import Message
from ..properties import actor_name
from ..rig.ik_check import IkDifference
from ..rig.ik_controls import IkPlan, plan_ik_in_steps, write_ik
from ..rig.ik_limbs import has_ik, ik_limbs
from ..rig.keying import TAKE_NUMBER
from ..rig.played import played
from ..runtime_api import errors, finished, relayed, saying
from .request import cast_character, character_in_steps

_SECONDS_UNTIL_PROGRESS = 1.0  # where it is shown without a window
Plans = list[tuple[str, IkPlan]]  # with the names of their actors


@dataclass(frozen=True)
class KeyedIk:
    """What was keyed: a sentence an actor in ``done``, and ``warnings`` where IK shows something else than FK."""

    done: tuple[str, ...]
    warnings: tuple[str, ...]


def why_no_ik(scene: bpy.types.Scene) -> str:
    """Return in one line why no IK controls can be keyed; empty if they can."""
    playing = list(_playing_takes(scene))
    if not playing:
        return "No actor plays a take; generate one first"
    if not any(has_ik(actor.armature) for actor, _ in playing):
        return "The rigs of the takes have no IK"
    return ""


def check_ik(scene: bpy.types.Scene) -> None:
    """Raise ``InvalidRequest`` where no actor's arms or legs have IK, whether there are takes yet or not."""
    actors = [actor for actor in scene.interact.actors if actor.armature is not None]  # type: ignore[attr-defined]
    if not any(_has_limbs(actor) for actor in actors):
        raise errors.InvalidRequest("The arms and legs of the actors' rigs have no IK; leave its controls out.")


def key_ik_of_takes(scene: bpy.types.Scene, play_ik: bool, progress: Callable[[float], None]) -> KeyedIk:
    """Key the IK controls in the takes that the actors play, from their FK, and switch IK or FK on.

    Rigs without IK are left alone. Raises ``InvalidRequest`` where there is no take, no IK, or what cannot be edited.
    """
    steps = plan_ik_of_takes_in_steps(lambda: scene, _SECONDS_UNTIL_PROGRESS)
    return write_ik_of_takes(scene, finished(relayed(steps, progress)), play_ik)


def plan_ik_of_takes_in_steps(
    find_scene: Callable[[], bpy.types.Scene], seconds: float
) -> Generator[float, None, Plans]:
    """Return what ``key_ik_of_takes`` writes, in steps of about as many ``seconds`` that yield the share done.

    Begin anew after an undo or a change of keys in between.
    """
    if reason := why_no_ik(find_scene()):
        raise errors.InvalidRequest(f"{reason}.")
    playing = list(_playing_takes(find_scene()))
    plans = []
    for number, (actor, action) in enumerate(playing):
        if not has_ik(actor.armature):
            continue
        name, (first, last) = actor_name(actor), action.curve_frame_range
        character = yield from saying(number / len(playing), character_in_steps(actor))
        if not ik_limbs(actor.armature, character.rig):
            continue
        exact = find_scene().interact.key_every_frame  # type: ignore[attr-defined]
        steps = plan_ik_in_steps(find_scene(), character, (math.floor(first), math.ceil(last)), exact, seconds)
        plan = yield from relayed(steps, partial(_of_all, number, len(playing)))
        plans.append((name, plan))
    if not plans:
        raise errors.InvalidRequest("The arms and legs of the actors in takes have no IK; there is nothing to key.")
    return plans


def _of_all(number: int, all_of_them: int, share: float) -> float:
    return (number + share) / all_of_them


def write_ik_of_takes(scene: bpy.types.Scene, plans: Plans, play_ik: bool) -> KeyedIk:
    """Write the keys of plans, by the names of their actors, and switch IK or FK on."""
    done, warnings = [], []
    for name, plan in plans:
        keyed = write_ik(scene, plan, play_ik)
        done.append(Message("'{actor}': IK controls keyed for {limbs}", actor=name, limbs=", ".join(keyed.limbs)))
        warnings += [_sentence(name, found) for found in keyed.differences if found.is_seen]
    return KeyedIk(tuple(done), tuple(warnings))


def _has_limbs(actor: Any) -> bool:
    return has_ik(actor.armature) and bool(ik_limbs(actor.armature, cast_character(actor).rig))


def _playing_takes(scene: bpy.types.Scene) -> Iterator[tuple[Any, bpy.types.Action]]:
    """Yield the settings of the actors that play a take, each with its action."""
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        action, _ = played(actor.armature)
        if action is not None and TAKE_NUMBER in action:
            yield actor, action


def _sentence(name: str, found: IkDifference) -> str:
    return (
        f"The {found.limb} of '{name}' is shown {found.distance:.3f} m and {math.degrees(found.angle):.0f} degrees off "
        f"in IK at frame {found.frame}; look for limits, locks and constraints of its IK, or play FK."
    )
