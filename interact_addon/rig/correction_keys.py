"""Corrected motion written as keys: a new take whose curves are the old ones, turned and moved as the motion is.

A curve gets the difference between two motions and not the new motion itself. So what the retargeting does not know of,
such as twist bones, an importer's detail or a layer, stays; where the motion is as it was, the curve is, too. Outside
of the frames that change every key is bit for bit what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from ..runtime_api import Array, contract, errors
from ..runtime_api import rotations as rot
from .cast import CastActor
from .channel import Channel
from .curves import curves_of, tolerance_on
from .euler import EULER_ORDERS, channels
from .held import animated_paths
from .ik_controls import follow_stretch
from .keying import PARTS, TAKE_NUMBER, ActorKeys, KeyedPerformance, bones_above_body, next_take_number, plan_keys
from .played import fit_to_keys, played, strip_under_layers
from .resample import scene_frame_count
from .stretch_keys import UNCHANGED, write_over
from .take_action import give_action, new_take_action, take_name
from .timing import frames_per_second
from .watching import watched
from .written import remember_stretch

Span = tuple[int, int]  # first and last frame
_BODY = tuple(part for part in PARTS if part != "face")
_TURNED = np.cos(0.5 * np.radians(1.0))  # of half the angle by which what carries a body may be turned


def key_corrections(
    scene: bpy.types.Scene,
    cast: Sequence[CastActor],
    before: Sequence[contract.ActorPerformance],
    after: Sequence[contract.ActorPerformance],
    first: int,
    exact: bool = False,
) -> KeyedPerformance:
    """Key what differs between what both are seen doing from frame ``first`` on and what they are to do.

    An actor of whom nothing differs keeps its action. ``exact``: key every frame that changes. Raises
    ``InvalidRequest`` before anything is written.
    """
    fps = frames_per_second(scene)
    count = scene_frame_count(len(after[0].root_positions), fps)
    plans = []
    for actor, was, now in zip(cast, before, after, strict=True):
        old, new = (plan_keys(actor, motion, fps, count, _BODY) for motion in (was, now))
        spans = _spans(old, new, first)
        if spans:
            _check(scene, new, spans)
        plans.append((old, new, spans))
    number = next_take_number()
    written = tuple(_write(scene, *plan, first, number, exact) for plan in plans if plan[2])
    return KeyedPerformance(first, first + count - 1, written)


def _spans(old: ActorKeys, new: ActorKeys, first: int) -> list[Span]:
    """Return the runs of scene frames on which an actor changes, with a frame on both sides on which it does not."""
    changed = np.zeros(len(new.pose.location), bool)
    for channel in _moving(new):
        changed |= _off(channel, old, new) > UNCHANGED
    beside = changed.copy()
    beside[1:] |= changed[:-1]
    beside[:-1] |= changed[1:]
    edges = np.flatnonzero(np.diff(np.pad(beside, 1).astype(int)))
    return [(first + int(start), first + int(stop) - 1) for start, stop in edges.reshape(-1, 2)]


def _moving(keys: ActorKeys) -> list[Channel]:
    """Return the rotations and locations among an actor's channels; others have one value for all frames."""
    return [channel for channel in keys.body if len(channel.values) == len(keys.pose.location)]


def _off(channel: Channel, old: ActorKeys, new: ActorKeys) -> Array:
    """Return by how much (T,) a channel is another in ``new``; of a rotation, of its quaternion."""
    if channel.path.endswith(".location"):
        return np.asarray(np.abs(channel.values - _same(channel, old).values).max(axis=-1))
    index = new.pose.bones.index(channel.group)
    was, now = old.pose.rotations[:, index], new.pose.rotations[:, index]
    return np.asarray(np.minimum(np.abs(now - was).max(axis=-1), np.abs(now + was).max(axis=-1)))


def _same(channel: Channel, old: ActorKeys) -> Channel:
    return next(other for other in old.body if other.path == channel.path)


def _check(scene: bpy.types.Scene, keys: ActorKeys, spans: Sequence[Span]) -> None:
    """Raise ``InvalidRequest`` where corrections would not be seen as they are meant."""
    armature, name = keys.armature, keys.actor.name
    animation = armature.animation_data
    if animation is not None:
        if animation.use_tweak_mode:
            raise errors.InvalidRequest(
                f"An NLA strip of '{name}' is open in tweak mode; leave it (Tab) and resolve again."
            )
        blends = animation.action_blend_type != "REPLACE" or animation.action_influence < 1.0
        tracks = any(not track.mute and len(track.strips) for track in animation.nla_tracks)
        if strip_under_layers(armature) is None and tracks and (animation.action is None or blends):
            raise errors.InvalidRequest(
                f"'{name}' is animated by NLA tracks; bake them into one action (NLA > Edit > Bake Action), and "
                "resolve again."
            )
    above = bones_above_body(armature, keys.actor)
    if {path for path in animated_paths(armature) if path.startswith("rotation") or _is_of(path, above)} and any(
        _turns(scene, keys, span) for span in spans
    ):
        raise errors.InvalidRequest(
            f"Keys of the object '{armature.name}' or of a bone above the hips turn '{name}'; bake the motion into the "
            "hips (Pose > Animation > Bake Action with Visual Keying), and resolve again."
        )


def _is_of(path: str, bones: set[str]) -> bool:
    return any(path.startswith(f'pose.bones["{bpy.utils.escape_identifier(bone)}"]') for bone in bones)


def _turns(scene: bpy.types.Scene, keys: ActorKeys, span: Span) -> bool:
    """Return whether what carries the body is turned otherwise, on the frames of a span, than on the first frame."""
    armature = keys.armature
    root = armature.pose.bones[keys.actor.rig.root]
    at_start = Quaternion(keys.actor.rest.world_rotations[keys.actor.rest.root])
    with watched(scene, [armature], []) as moment:
        for frame in range(span[0], span[1] + 1, 5):
            posed = armature.evaluated_get(moment(frame))
            parent = posed.pose.bones[root.name].parent
            carried = posed.matrix_world if parent is None else posed.matrix_world @ parent.matrix
            rest = (
                root.bone.matrix_local
                if parent is None
                else parent.bone.matrix_local.inverted() @ root.bone.matrix_local
            )
            if abs((carried @ rest).to_quaternion().dot(at_start)) < _TURNED:
                return True
    return False


def _write(
    scene: bpy.types.Scene, old: ActorKeys, new: ActorKeys, spans: Sequence[Span], first: int, number: int, exact: bool
) -> ActorKeys:
    """Give an actor a copy of what it plays, with the corrections in it; return its keys."""
    armature = new.armature
    before, _ = played(armature)
    action = new_take_action(take_name(new.actor.name, number), before)
    action[TAKE_NUMBER] = number
    bag = give_action(armature, action, armature.name, "OBJECT")
    slot, tolerance = played(armature)[1], None if exact else tolerance_on(armature)
    if before is not None:
        _take_faces_along(new.actor, before, action)
    keyed = ActorKeys(new.actor, armature, new.parts, new.pose, new.body, [], action)
    for span in spans:
        found = list(_corrected(armature, action, slot, old, new, slice(span[0] - first, span[1] - first + 1), first))
        remember_stretch(action, slot, span, write_over(bag, armature, found, span, tolerance))
        follow_stretch(scene, KeyedPerformance(*span, (keyed,)), exact)
    fit_to_keys(armature)
    armature.update_tag()
    return keyed


def _take_faces_along(actor: CastActor, before: bpy.types.Action, action: bpy.types.Action) -> None:
    """Let the shape keys that play an action play its copy, in which their curves are the same."""
    for mesh in actor.faces:
        obj = mesh.object.find()
        keys = obj.data.shape_keys if obj is not None and obj.type == "MESH" else None
        if keys is not None and played(keys)[0] == before:
            give_action(keys, action, mesh.mesh, "KEY")


def _corrected(
    armature: bpy.types.Object,
    action: bpy.types.Action,
    slot: Any,
    old: ActorKeys,
    new: ActorKeys,
    rows: slice,
    first: int,
) -> Iterator[Channel]:
    """Yield the channels that differ on some ``rows``, with the values that their curves have to have there."""
    frames = np.arange(first + rows.start, first + rows.stop)
    curves = {(curve.data_path, curve.array_index): curve for curve in curves_of(action, slot)}
    for now in _moving(new):
        if not (_off(now, old, new)[rows] > UNCHANGED).any():
            continue
        values = np.stack(
            [
                _seen(curves.get((now.path, component)), armature, now.path, component, frames)
                for component in range(now.values.shape[1])
            ],
            axis=1,
        )
        if now.path.endswith(".location"):
            values = values + (now.values - _same(now, old).values)[rows]
        else:
            index, mode = new.pose.bones.index(now.group), armature.pose.bones[now.group].rotation_mode
            turn = rot.multiply(new.pose.rotations[rows, index], rot.conjugate(old.pose.rotations[rows, index]))
            values = channels(rot.continuous(rot.multiply(turn, _quaternions(values, mode))), mode)[1]
        yield Channel(now.path, values, now.group, reach=now.reach)


def _seen(curve: bpy.types.FCurve | None, owner: Any, path: str, component: int, frames: Array) -> Array:
    """Return what a component is (F,) on frames: of its curve, or as it stands where it has none."""
    if curve is None or not len(curve.keyframe_points):
        return np.full(len(frames), float(owner.path_resolve(path)[component]))
    return np.array([curve.evaluate(frame) for frame in frames.tolist()])


def _quaternions(values: Array, mode: str) -> Array:
    """Return the rotations (F, 4) that a bone's channel has in its ``rotation_mode``."""
    if mode in EULER_ORDERS:
        return np.array([Euler(row, mode).to_quaternion() for row in values.tolist()])
    if mode == "AXIS_ANGLE":
        return np.array([Quaternion(row[1:], row[0]) for row in values.tolist()])
    return rot.normalize(values)
