"""The IK controls of the takes that the actors of a scene play."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..properties import actor_name
from ..rig.ik_check import IkDifference
from ..rig.ik_controls import Progress, key_ik_controls
from ..rig.ik_limbs import has_ik, ik_limbs
from ..rig.keying import TAKE_NUMBER
from ..rig.played import played
from ..runtime_api import errors
from .request import cast_character


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


def key_ik_of_takes(scene: bpy.types.Scene, play_ik: bool, progress: Progress = lambda fraction: None) -> KeyedIk:
    """Key the IK controls in the takes that the actors play, from their FK, and switch IK or FK on.

    Rigs without IK are left alone. Raises ``InvalidRequest`` where there is no take, no IK, or what cannot be edited.
    """
    if reason := why_no_ik(scene):
        raise errors.InvalidRequest(f"{reason}.")
    actors = [(actor, action) for actor, action in _playing_takes(scene) if _has_limbs(actor)]
    if not actors:
        raise errors.InvalidRequest("The arms and legs of the actors in takes have no IK; there is nothing to key.")
    done, warnings = [], []
    for number, (actor, playing) in enumerate(actors):
        first, last = playing.curve_frame_range

        def share(of_one: float, before: int = number) -> None:
            progress((before + of_one) / len(actors))

        exact = scene.interact.key_every_frame  # type: ignore[attr-defined]
        keyed = key_ik_controls(scene, cast_character(actor), math.floor(first), math.ceil(last), play_ik, share, exact)
        done.append(f"'{actor_name(actor)}': IK controls keyed for {', '.join(keyed.limbs)}")
        warnings += [_sentence(actor_name(actor), found) for found in keyed.differences if found.is_seen]
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
