"""What both characters are seen doing over the shot: from the files of their takes, or read back from Blender.

A take that nobody has touched is what its performance says, so that is read, in a few milliseconds. Where a key was
edited, or a constraint, a track, a moved object or another action makes Blender show something else, the character is
read back frame by frame: what the user sees counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any

import bpy
import numpy as np

from ..rig.amplitude import is_scaled
from ..rig.artist_keys import artist_frames_in_steps
from ..rig.cast import CastActor
from ..rig.played import layers_of, played
from ..rig.read_back import read_back_in_steps
from ..rig.timing import frames_per_second
from ..runtime_api import Array, contract, errors, finished, skeleton
from ..runtime_api import rotations as rot
from .record import read_record

_SAMPLES = 8  # moments, about, at which a performance is compared with what is seen
_NEAR, _ALIKE = 0.02, np.radians(4.0)  # metres and radians; reading back is off by 2 mm and half a degree


def shown_motion(
    scene: bpy.types.Scene, cast: Sequence[CastActor], bare: Collection[str] = ()
) -> tuple[contract.ActorPerformance, ...]:
    """Return what each character is seen doing, at 30 fps from the first frame of the shot to its last.

    ``bare``: the names of actors who are seen without their layers. Raises ``InvalidRequest`` where an armature, a bone
    or a face mesh is gone. The scene stays as it is.
    """
    return finished(shown_motion_in_steps(lambda: scene, cast, math.inf, bare))


def shown_motion_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    cast: Sequence[CastActor],
    seconds: float = 0.02,
    bare: Collection[str] = (),
) -> Generator[None, None, tuple[contract.ActorPerformance, ...]]:
    """Do the same in steps of about as many ``seconds``; the scene is found anew in each of them."""
    scene = find_scene()
    frames = contract.frame_count((scene.frame_end - scene.frame_start) / frames_per_second(scene))
    found: dict[str, contract.ActorPerformance | None] = {}
    for character in cast:
        is_read = character.name not in bare and _is_layered(character)
        found[character.name] = None if is_read else (yield from _of_take(find_scene, character, frames, seconds))
    if stored := [character for character in cast if found[character.name] is not None]:
        step = max((frames - 1) // (_SAMPLES - 1), 1)
        moments = np.arange(0, frames, step)
        start, fps = find_scene().frame_start, contract.FPS / step
        seen = yield from read_back_in_steps(find_scene, stored, start, len(moments), fps, seconds, bare)
        for character, some in zip(stored, seen):
            performance = found[character.name]
            if performance is not None and not _is_shown(performance, some, character, moments):
                found[character.name] = None
    if changed := [character for character in cast if found[character.name] is None]:
        start = find_scene().frame_start
        read = yield from read_back_in_steps(find_scene, changed, start, frames, seconds=seconds, bare=bare)
        found |= {character.name: performance for character, performance in zip(changed, read)}
    return tuple(performance for performance in found.values() if performance is not None)


def _of_take(
    find_scene: Callable[[], bpy.types.Scene], character: CastActor, frames: int, seconds: float
) -> Generator[None, None, contract.ActorPerformance | None]:
    """Return an actor's part of the performance of its active take.

    None where there is none for this range, it cannot be read, or a person has changed keys or an amplitude.
    """
    scene = find_scene()
    first, last = scene.frame_start, scene.frame_end
    action, _ = played(character.armature.find())
    record = read_record(action) if action is not None else None
    if action is None or record is None or record.frames[0] != first or _face_actions(character) - {action}:
        return None
    if is_scaled(action) or (yield from artist_frames_in_steps(character, first, last, seconds)):
        return None
    try:
        performance = record.load_performance()
    except errors.PerformanceUnreadable:
        return None
    found = next((actor for actor in performance.actors if actor.name == record.actor), None)
    if found is None or len(found.root_positions) != frames:
        return None
    arrays = (found.root_positions, found.rotations, found.face, found.foot_contacts)
    return contract.ActorPerformance(character.name, *arrays)


def _is_layered(character: CastActor) -> bool:
    """Return whether layers lie over what an actor's armature or face meshes play."""
    return any(True for owner in _owners(character) for _ in layers_of(owner))


def _owners(character: CastActor) -> list[Any]:
    """Return what has curves of its own: the armature, and the shape keys of the face meshes."""
    found = [mesh.object.find() for mesh in character.faces]
    blocks = [character.armature.find(), *(obj.data.shape_keys for obj in found if obj is not None)]
    return [block for block in blocks if block is not None]


def _face_actions(character: CastActor) -> set[bpy.types.Action | None]:
    return {played(owner)[0] for owner in _owners(character) if isinstance(owner, bpy.types.Key)}


def _is_shown(
    performance: contract.ActorPerformance, seen: contract.ActorPerformance, character: CastActor, at: Array
) -> bool:
    """Return whether a performance agrees on its frames ``at`` with what is ``seen`` then."""
    joints = sorted({skeleton.INDEX[drive.joint] for drive in character.rig.drives})
    off = rot.multiply(rot.conjugate(performance.rotations[at][:, joints]), seen.rotations[:, joints])
    angle = np.linalg.norm(rot.to_axis_angle(off), axis=-1)
    far = np.linalg.norm(performance.root_positions[at] - seen.root_positions, axis=-1)
    return bool(angle.max(initial=0.0) < _ALIKE and far.max(initial=0.0) < _NEAR)
