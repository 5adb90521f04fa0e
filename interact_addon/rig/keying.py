"""A performance written as keys: everything is computed first, then written in one step.

Each generation writes a new action an actor, a take, with a slot for the armature and one for each face mesh's shape
keys. No other action is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..runtime_api import Array, contract, errors, skeleton
from .artist_keys import PartFrames, mark_as_artists, with_kept
from .cast import CastActor
from .channel import Channel, bone_path, shape_path
from .curves import Tolerance, tolerance_on, write_channels
from .euler import channels
from .face_bones import face_bone_channels
from .faces import shape_values
from .forward import reaches
from .held import animated_paths, held_channels, held_modes, object_is_animated
from .played import fit_to_keys, played
from .resample import resample_body, resample_face, scene_frame_count
from .retarget import BonePose, retarget
from .take_action import give_action, new_take_action, relate_curves, take_name
from .timing import frames_per_second
from .written import remember_written

PARTS = ("body", "head", "hands", "face")  # what a generation may write of an actor
TAKE_NUMBER = "interact_take_number"  # custom property of a take's action
TAKE_ACTOR = "interact_take_actor"  # the same of a copied take: the id of the actor whose it is now


@dataclass(frozen=True)
class FaceKeys:
    """The curves of one face mesh: ``values`` (T, K) of its ``shapes``."""

    mesh: bpy.types.Object
    shapes: tuple[str, ...]
    values: Array


@dataclass(frozen=True)
class ActorKeys:
    """All that one actor is keyed with, and where it was written; ``pose`` is the whole body, ``parts`` what is keyed.

    ``action`` is None until it is written, and where nothing is.
    """

    actor: CastActor
    armature: bpy.types.Object
    parts: tuple[str, ...]
    pose: BonePose
    body: list[Channel]
    faces: list[FaceKeys]
    action: bpy.types.Action | None = None


@dataclass(frozen=True)
class KeyedPerformance:
    """What was keyed: the first and last frame, and each actor's keys. ``warnings``: sentences for the user.

    ``stretch``: what the record of the take says of it, where it is keyed into one that was there.
    """

    first: int
    last: int
    actors: tuple[ActorKeys, ...]
    warnings: tuple[str, ...] = ()
    stretch: Mapping[str, Any] = field(default_factory=dict)


def key_performance(
    scene: bpy.types.Scene,
    cast: Sequence[CastActor],
    performance: contract.Performance,
    parts: Mapping[str, Sequence[str]] | None = None,
    kept: Mapping[str, PartFrames] | None = None,
    number: int | None = None,
    frames: tuple[int, int] | None = None,
    exact: bool = False,
) -> KeyedPerformance:
    """Key both actors over the frame range of the scene, at its frame rate.

    ``parts``: which of ``PARTS`` are written of an actor, by name; all of them by default. ``kept``: by name the frames
    that a person keyed and the performance keeps; they have keys that are marked as a person's again. ``number``: of
    the take, by default the next. ``frames``: the first and the last frame, where they are not those of the scene.
    ``exact``: key every frame, and not only where curves need it within ``curves.Tolerance``. Raises
    ``InvalidRequest``, before anything is written, when an armature or face mesh is gone or cannot be edited.
    """
    fps = frames_per_second(scene)
    first, last = frames or (scene.frame_start, scene.frame_end)
    count = min(scene_frame_count(performance.frames, fps), last - first + 1)
    plans = [
        plan_keys(actor, part, fps, count, tuple((parts or {}).get(actor.name, PARTS)))
        for actor, part in zip(cast, performance.actors, strict=True)
    ]
    warnings = [
        f"The keys of the object '{plan.armature.name}' itself are left out: '{plan.actor.name}' starts where they put "
        "it on the first frame, and walks from there."
        for plan in plans
        if "body" in plan.parts and object_is_animated(plan.armature)
    ]
    now = scene.frame_current + scene.frame_subframe  # before frame 0 the second is negative, and no argument to set
    if any(_start_is_animated(plan) for plan in plans):
        scene.frame_set(first)  # where it stands then is where it is held
    number, kept = next_take_number() if number is None else number, kept or {}
    written = tuple(_write(plan, first, number, kept.get(plan.actor.name, {}), exact) for plan in plans)
    for keys in written:
        if keys.action is not None and keys.actor.name in kept:
            mark_as_artists(keys.action, keys.actor, kept[keys.actor.name])
    scene.frame_set(math.floor(now), subframe=now - math.floor(now))
    for keys in written:
        if keys.action is not None and not keys.armature.visible_get():
            relate_curves(keys.armature)
    return KeyedPerformance(first, first + count - 1, written, tuple(warnings))


def next_take_number() -> int:
    """Return the number of the next take: one more than the highest in the file."""
    return 1 + max((int(action.get(TAKE_NUMBER, 0)) for action in bpy.data.actions), default=0)


def _start_is_animated(plan: ActorKeys) -> bool:
    """Return whether keys move the object or the bones that the body hangs on, or scale a bone."""
    paths = animated_paths(plan.armature)
    if any(path.endswith("].scale") for path in paths):
        return True
    above = tuple(bone_path(bone) for bone in bones_above_body(plan.armature, plan.actor))
    return object_is_animated(plan.armature) or any(path.startswith(above) for path in paths if above)


def bones_above_body(armature: bpy.types.Object, actor: CastActor) -> set[str]:
    """Return the bones above the one that carries the body, such as a root; they stay where they are at the start."""
    return {bone.name for bone in armature.data.bones[actor.rig.root].parent_recursive}


def plan_keys(
    actor: CastActor,
    part: contract.ActorPerformance,
    fps: float,
    count: int,
    parts: tuple[str, ...],
    span: slice = slice(None),
) -> ActorKeys:
    """Return all that an actor is keyed with on ``count`` frames, or on a ``span`` of them; nothing is written.

    Raises ``InvalidRequest`` where an armature, bone or face mesh is gone or cannot be edited.
    """
    armature = actor.armature.find()
    if armature is None or armature.type != "ARMATURE":
        raise errors.InvalidRequest(f"The armature '{actor.armature.name}' of '{actor.name}' is gone; cast it again.")
    needed = (*actor.rest.bones, *(bone.bone for bone in actor.face_bones))
    gone = [bone for bone in needed if bone not in armature.pose.bones]
    if gone:
        raise errors.InvalidRequest(f"'{armature.name}' has no bone '{gone[0]}' any more; generate again.")
    root, rotations = resample_body(part.root_positions, part.rotations, fps, count)
    pose = retarget(root[span], rotations[span], actor.rig, actor.rest)
    body, faces = list(_body_channels(armature, actor, pose, parts)), list[FaceKeys]()
    if "face" in parts:
        face = resample_face(part.face, fps, count)[span]
        modes = [armature.pose.bones[bone.bone].rotation_mode for bone in actor.face_bones]
        now = [replace(bone, rotation_mode=mode) for bone, mode in zip(actor.face_bones, modes)]
        body += face_bone_channels(now, face)
        faces = _face_keys(actor, face)
    if body:
        _check_editable(armature)
        body += held_modes(armature, dict.fromkeys(channel.group for channel in body))
    return ActorKeys(actor, armature, parts, pose, body, faces)


def _face_keys(actor: CastActor, face: Array) -> list[FaceKeys]:
    """Return the curves of every face mesh for ARKit curves (T, 52). Raises ``InvalidRequest`` where one is gone."""
    found = []
    for mesh in actor.faces:
        obj = mesh.object.find()
        keys = obj.data.shape_keys if obj is not None and obj.type == "MESH" else None
        if obj is None or keys is None or any(shape not in keys.key_blocks for shape in mesh.shapes):
            raise errors.InvalidRequest(f"The face mesh '{mesh.mesh}' of '{actor.name}' has changed; generate again.")
        _check_editable(keys)
        found.append(FaceKeys(obj, mesh.shapes, shape_values(mesh, keys, face)))
    return found


def _check_editable(block: bpy.types.ID) -> None:
    if block.library is not None and block.override_library is None:
        raise errors.InvalidRequest(f"'{block.name}' is linked from another file; make a library override of it first.")


def _body_channels(
    armature: bpy.types.Object, actor: CastActor, pose: BonePose, parts: tuple[str, ...]
) -> Iterator[Channel]:
    joints = {drive.bone: drive.joint for drive in actor.rig.drives}
    reach = dict(zip(actor.rest.bones, reaches(actor.rest)))
    for index, bone in enumerate(pose.bones):
        if part_of(joints[bone]) in parts:
            name, values = channels(pose.rotations[:, index], armature.pose.bones[bone].rotation_mode)
            yield Channel(f"{bone_path(bone)}.{name}", values, bone, reach=reach[bone])
    if "body" not in parts:
        return
    for bone, location in {pose.root: pose.location, **pose.moved}.items():
        yield Channel(f"{bone_path(bone)}.location", location, bone)
    for control, prop, value in actor.rig.switches:
        if control in armature.pose.bones and prop in armature.pose.bones[control]:
            yield Channel(f'{bone_path(control)}["{bpy.utils.escape_identifier(prop)}"]', np.array([[value]]), control)


def part_of(joint: str) -> str:
    """Return which of ``PARTS`` a joint belongs to: the fingers are the hands, neck and head the head."""
    if joint in ("neck", "head"):
        return "head"
    return "body" if joint in skeleton.BODY_JOINTS else "hands"


def _write(plan: ActorKeys, start: int, number: int, kept: PartFrames, exact: bool) -> ActorKeys:
    """Write a new action for one actor and return its keys with it; without anything to write there is none.

    ``kept``: the frames by part of the body that get a key in any case; ``exact``: a key on every frame.
    """
    if not plan.body and not plan.faces:
        return plan
    armature, whole = plan.armature, "body" in plan.parts
    # Where the body is kept, its animation goes on in the take; hands and head replace theirs.
    continued = played(armature)[0] if plan.body and not whole else None
    action = new_take_action(take_name(plan.actor.name, number), continued)
    action[TAKE_NUMBER] = number
    tolerance = None if exact else tolerance_on(armature)
    if plan.body:
        animated = animated_paths(armature)
        bag = give_action(armature, action, armature.name, "OBJECT")
        body = list(plan.body)
        if whole:
            still = _reset_rig(armature, plan.actor) | bones_above_body(armature, plan.actor)
            body += held_channels(armature, still, {channel.path for channel in body}, animated)
        _write_slot(armature, action, bag, with_kept(body, plan.actor, kept, start), start, tolerance)
        armature.update_tag()
    for face in plan.faces:
        keys: Any = face.mesh.data.shape_keys
        bag = give_action(keys, action, face.mesh.name, "KEY")
        curves = [Channel(shape_path(shape), face.values[:, [k]], "Face") for k, shape in enumerate(face.shapes)]
        _write_slot(keys, action, bag, with_kept(curves, plan.actor, kept, start), start, tolerance)
        keys.update_tag()
    return ActorKeys(plan.actor, armature, plan.parts, plan.pose, plan.body, plan.faces, action)


def _write_slot(
    owner: Any, action: bpy.types.Action, bag: Any, curves: list[Channel], start: int, tolerance: Tolerance | None
) -> None:
    write_channels(bag, curves, start, tolerance)
    fit_to_keys(owner)
    remember_written(action, played(owner)[1], {curve.path for curve in curves})


def _reset_rig(armature: bpy.types.Object, actor: CastActor) -> set[str]:
    """Reset the pose of all bones that would move the body, set the FK switches; return the bones that were reset."""
    armature.data.pose_position = "POSE"
    bones = armature.pose.bones
    driven = set(actor.rest.bones)
    above = bones[actor.rig.root].parent
    resting = {name for name in actor.rig.neutral if name in bones}
    for drive in actor.rig.drives:
        bone = bones[drive.bone].parent
        while bone is not None and bone != above and bone.name not in driven:
            resting.add(bone.name)
            bone = bone.parent
    for name in resting | driven:
        still = Matrix.LocRotScale(None, None, bones[name].scale)  # a custom scale, as of a toon's head, is kept
        if bones[name].matrix_basis != still:
            bones[name].matrix_basis = still
    for control, prop, value in actor.rig.switches:
        if control in bones and prop in bones[control]:
            bones[control][prop] = type(bones[control][prop])(value)
    return resting | driven
