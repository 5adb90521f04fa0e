"""The poses that a person keyed and that stay: figures of the parts of the body that are kept, at their frames."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..check.colours import OF_ACTORS, Colour
from ..rig.artist_keys import artist_frames, parts_of_paths
from ..rig.cast import CastActor
from ..rig.curves import curves_of
from ..rig.read_back import read_back_cast
from ..runtime_api import Array, contract, errors, skeleton
from ..scene.casting import character_of
from ..scene.ranges import chosen_range
from .lines import Line, line

_MOST = 40  # poses of an actor that are drawn: those nearest to the playhead
_FAINT, _KEY = 0.55, 0.035  # opacity away from the playhead; size of the mark above a pose, metres
_DIAMOND = np.array([[0, 0, 1], [1, 0, 0], [0, 0, -1], [-1, 0, 0], [0, 0, 1]], np.float64)
_ABOVE = 0.22  # metres above the head's joint


@dataclass(frozen=True)
class Wanted:
    """A pose to draw: of the actor at a ``place`` of the cast, at a scene ``frame``, ``parts`` of the body.

    ``values`` of its curves there tell a pose from the same one changed.
    """

    place: int
    frame: int
    parts: tuple[str, ...]
    values: bytes


@dataclass(frozen=True)
class KeptPose:
    """A pose as it is seen: ``joints`` (52, 3) in metres, in the world."""

    wanted: Wanted
    joints: Array


def wanted_poses(scene: bpy.types.Scene) -> list[Wanted]:
    """Return the poses of a person that the next *Generate* keeps, or else a stretch to be regenerated.

    A stretch keeps those inside it in any case; *Keep My Keys* keeps all.
    """
    first, last = scene.frame_start, scene.frame_end
    if not scene.interact.keep_keys:
        try:
            first, last = chosen_range(scene)
        except errors.InterActError:
            return []
    found = []
    for place, actor in enumerate(scene.interact.actors):
        try:
            character = character_of(actor)
        except errors.InterActError:
            continue
        at: dict[int, list[str]] = {}
        for part, frames in artist_frames(character, first, last).items():
            for frame in frames:
                at.setdefault(frame, []).append(part)
        near = sorted(at, key=lambda frame: abs(frame - scene.frame_current))[:_MOST]
        found += [Wanted(place, frame, tuple(at[frame]), _values(character, frame)) for frame in sorted(near)]
    return found


def _values(character: CastActor, frame: int) -> bytes:
    """Return the values of the curves of the mapped bones at a frame, and where the armature stands."""
    armature = character.armature.find()
    animation = armature.animation_data if armature is not None else None
    if armature is None or animation is None or animation.action is None or animation.action_slot is None:
        return b""
    paths = parts_of_paths(character)
    values = [
        curve.evaluate(frame)
        for curve in curves_of(animation.action, animation.action_slot)
        if not curve.data_path.startswith("pose.bones[") or curve.data_path.rpartition(".")[0] in paths
    ]
    return np.array([*values, *(x for row in armature.matrix_world for x in row)], np.float32).tobytes()


def read_poses(
    scene: bpy.types.Scene, wanted: Sequence[Wanted], known: Sequence[KeptPose]
) -> Generator[list[KeptPose], None, None]:
    """Yield the poses one more each time; those that are ``known`` are not read again."""
    have, found = {pose.wanted: pose for pose in known}, list[KeptPose]()
    for one in wanted:
        pose = have.get(one) or _read(scene, one)
        if pose is not None:
            found.append(pose)
            yield list(found)
    yield list(found)


def _read(scene: bpy.types.Scene, wanted: Wanted) -> KeptPose | None:
    try:
        character = character_of(scene.interact.actors[wanted.place])
        (motion,) = read_back_cast(scene, [character], wanted.frame, 1)
    except errors.InterActError:
        return None
    joints, _ = skeleton.forward_kinematics(motion.root_positions, motion.rotations, character.rest.skeleton)
    return KeptPose(wanted, joints[0] + np.array([0.0, 0.0, character.rest.floor], np.float32))


def pose_lines(poses: Sequence[KeptPose], frame: float) -> list[Line]:
    """Return a figure of the kept parts of each pose, and a mark like a key above it; that of the frame in full."""
    found = []
    for pose in poses:
        strength = 1.0 if round(frame) == pose.wanted.frame else _FAINT
        colour: Colour = (*OF_ACTORS[pose.wanted.place][:3], strength)
        kept = {joint for part in pose.wanted.parts if part in contract.PART_JOINTS for joint in _joints(part)}
        found += [line(pose.joints[[skeleton.PARENTS[joint], joint]], colour, 2.5) for joint in sorted(kept)]
        top = pose.joints[skeleton.INDEX["head"]] + np.array([0.0, 0.0, _ABOVE])
        found.append(line(top + _KEY * _DIAMOND, colour, 2.0))
    return found


def _joints(part: str) -> list[int]:
    return [joint for joint in contract.PART_JOINTS[part] if skeleton.PARENTS[joint] >= 0]


def is_on(scene: bpy.types.Scene) -> bool:
    """Return whether kept poses are drawn in a scene whose actors are cast."""
    actors: Any = scene.interact.actors
    return bool(scene.interact.overlay.plan) and all(actor.armature is not None for actor in actors)
