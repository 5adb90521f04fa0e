"""Animation that would play in the place of a new take, or at another speed: a solo track, stretched time.

A take plays over all other animation: keying leaves tweak mode, lets its action replace NLA tracks in full, and holds
what they would move beneath it and above it (``rig/take_action.py``, ``rig/held.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy

from ...messages import Message, quoted
from ...properties import actor_name
from ...rig.identity import ObjectReference, reference
from .problem import Character, Problem, found


def animation_problems(character: Character, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield the animation that a new take of a character cannot play over."""
    armature = character.armature
    if character.driven:
        yield from _solo(character.name, armature, reference(armature), f"'{armature.name}'")
    for face in character.faces:
        called = Message("the shape keys of '{mesh}'", mesh=face.object.name)
        yield from _solo(character.name, face.keys, reference(face.object), called)


def time_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield what lets keys play at another speed than the voices, which no setting of the scene stretches."""
    old, new = scene.render.frame_map_old, scene.render.frame_map_new
    if old != new:
        names = quoted(actor_name(actor) for actor in scene.interact.actors)  # type: ignore[attr-defined]
        yield Problem(
            "stretched time",
            Message(
                "{names} would not move with their voices: Time Stretching of the scene '{scene}' plays {old} "
                "frames of keys in {new}; make both numbers equal.",
                names=names,
                scene=scene.name,
                old=old,
                new=new,
            ),
            "",
            True,
            "Reset Time Stretching",
            Message("Reset Time Stretching of the scene '{scene}'.", scene=scene.name),
            _reset_time,
        )


def _reset_time(scene: bpy.types.Scene) -> None:
    scene.render.frame_map_old = scene.render.frame_map_new = 100


def _solo(actor: str, owner: Any, holder: ObjectReference, called: str) -> Iterator[Problem]:
    animation = owner.animation_data
    if animation is None or not animation.use_nla:
        return
    solo = [track.name for track in animation.nla_tracks if track.is_solo]
    if solo:
        yield Problem(
            "solo track",
            Message(
                "The take of '{actor}' would not play: the NLA track '{track}' of {called} plays solo; switch "
                "solo off.",
                actor=actor,
                track=solo[0],
                called=called,
            ),
            actor,
            True,
            "Switch Solo Off",
            Message("Switched off solo of the NLA track '{track}' of {called}.", track=solo[0], called=called),
            partial(_switch_solo_off, holder),
        )


def _animation_of(holder: ObjectReference) -> Any:
    """Return the animation data of an armature object, or of a mesh object's shape keys."""
    obj = found(holder)
    owner = obj if obj.type == "ARMATURE" else obj.data.shape_keys
    return owner.animation_data


def _switch_solo_off(holder: ObjectReference, scene: bpy.types.Scene) -> None:
    for track in _animation_of(holder).nla_tracks:
        track.is_solo = False
