"""Animation that would play in the place of a new take, or carry it: a solo track, NLA tracks above the body.

A take plays over all other animation: keying leaves tweak mode, lets its action replace NLA tracks in full, and holds
what they would move beneath it (``rig/take_action.py``, ``rig/held.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy

from ...rig.channel import bone_path
from ...rig.identity import ObjectReference, reference
from .curves import playing_tracks, travel
from .problem import Character, Problem, some

_STILL = 1e-3  # metres, or the difference of a scale or a rotation: nothing that anyone sees
_TRANSFORMS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


def animation_problems(character: Character, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield the animation that a new take of a character cannot play over."""
    armature = character.armature
    if character.driven:
        yield from _solo(character.name, armature, reference(armature), f"'{armature.name}'")
    for face in character.faces:
        called = f"the shape keys of '{face.object.name}'"
        yield from _solo(character.name, face.keys, reference(face.object), called)
    if character.performs_body:
        yield from _carried(character, scene)


def _solo(actor: str, owner: Any, holder: ObjectReference, called: str) -> Iterator[Problem]:
    animation = owner.animation_data
    if animation is None or not animation.use_nla:
        return
    solo = [track.name for track in animation.nla_tracks if track.is_solo]
    if solo:
        yield Problem(
            "solo track",
            f"The take of '{actor}' would not play: the NLA track '{solo[0]}' of {called} plays solo; switch solo off.",
            actor,
            True,
            "Switch Solo Off",
            f"Switched off solo of the NLA track '{solo[0]}' of {called}.",
            partial(_switch_solo_off, holder),
        )


def _carried(character: Character, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield the tracks that move a bone above the body, as a root control: a take has no keys there."""
    armature = character.armature
    above = [bone.name for bone in armature.pose.bones[character.root].parent_recursive]
    bones = {f"{bone_path(name)}.{prop}": name for name in above for prop in _TRANSFORMS}
    size = max(map(abs, armature.matrix_world.to_scale()))
    for track, curves in playing_tracks(armature.animation_data, scene.frame_start, scene.frame_end):
        moved = [bones[c.data_path] for c in curves if c.data_path in bones and travel(c) * max(size, 1.0) > _STILL]
        if moved:
            yield Problem(
                "carrying track",
                f"The body of '{character.name}' would be carried away: the NLA track '{track.name}' of "
                f"'{armature.name}' moves {some(list(dict.fromkeys(moved)))} above it; mute the track.",
                character.name,
                True,
                "Mute Track",
                f"Muted the NLA track '{track.name}' of '{armature.name}'.",
                partial(_mute_track, reference(armature), track.name),
            )


def _animation_of(holder: ObjectReference) -> Any:
    """Return the animation data of an armature object, or of a mesh object's shape keys."""
    obj = holder.find()
    assert obj is not None
    owner: Any = obj if obj.type == "ARMATURE" else obj.data.shape_keys
    return owner.animation_data


def _switch_solo_off(holder: ObjectReference, scene: bpy.types.Scene) -> None:
    for track in _animation_of(holder).nla_tracks:
        track.is_solo = False


def _mute_track(holder: ObjectReference, name: str, scene: bpy.types.Scene) -> None:
    for track in _animation_of(holder).nla_tracks:
        if track.name == name:
            track.mute = True
