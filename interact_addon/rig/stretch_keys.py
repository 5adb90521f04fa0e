"""A stretch of a performance written as keys: a new take whose curves are, outside of it, those of the take before.

Each actor of whom something changes gets a new action: a copy of the one that is active, with the keys of the chosen
bones and shapes between two frames replaced. Every other key keeps its values, handles and types bit for bit. An actor
of whom nothing changes keeps its action.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array, contract, errors
from .amplitude import unscaled
from .artist_keys import PartFrames, carry_written, parts_of_paths
from .cast import CastActor
from .channel import Channel, bone_path, shape_path
from .euler import EULER_ORDERS, nearest_euler
from .key_points import keys_of, linear_keys, put_keys
from .keying import PARTS, TAKE_NUMBER, ActorKeys, KeyedPerformance, next_take_number, plan_keys
from .resample import scene_frame_count
from .take_action import give_action, new_take_action, take_name
from .timing import frames_per_second

UNCHANGED = 1e-4  # of a channel's value: a smaller difference between before and after is none
PartsOf = Mapping[str, Sequence[str]]  # by actor the parts of the body, of ``contract.BODY_PARTS``


@dataclass(frozen=True)
class _Owner:
    """What has curves of its own: the armature, or the shape keys of a face mesh. ``name``: of its slot."""

    block: Any
    name: str
    id_type: str
    channels: list[Channel]


def key_stretch(
    scene: bpy.types.Scene,
    cast: Sequence[CastActor],
    performance: contract.Performance,
    given: Sequence[contract.MotionConstraints | None],
    span: tuple[int, int],
    parts: PartsOf,
    kept: Mapping[str, PartFrames] | None = None,
    number: int | None = None,
) -> KeyedPerformance:
    """Key the scene frames ``span`` (first, last) of the actors in ``parts``, and return what was keyed.

    ``given``: the motion of those before, values outside of their masks too. ``kept``: by actor the frames that a
    person keyed; their keys stay as they are. ``number``: of the take, by default the next. Bones that are in no chosen
    part are keyed as well where the rig turns them along, such as thighs that hang on the spine. Raises
    ``InvalidRequest`` before anything is written.
    """
    fps, (first, last) = frames_per_second(scene), span
    count = scene_frame_count(performance.frames, fps)
    frames = slice(first - scene.frame_start, last - scene.frame_start + 1)
    plans = []
    for actor, part, before in zip(cast, performance.actors, given, strict=True):
        if before is None or not parts.get(actor.name):
            continue
        after = plan_keys(actor, part, fps, count, PARTS, frames)
        was = plan_keys(actor, _as_performance(actor.name, before, len(part.face)), fps, count, PARTS, frames)
        owners = list(_changed(after, was, frozenset(parts[actor.name])))
        actions = {owner.block: check_action(owner.block, actor.name) for owner in owners if owner.channels}
        plans.append((after, owners, actions))
    number = next_take_number() if number is None else number
    written = tuple(
        _write(keys, owners, list(actions.values()), span, number, (kept or {}).get(keys.actor.name, {}))
        for keys, owners, actions in plans
    )
    return KeyedPerformance(first, last, written)


def check_actions(actor: CastActor, parts: Sequence[str]) -> None:
    """Raise ``InvalidRequest`` where ``parts`` of an actor have no action of which a stretch could be changed."""
    armature = actor.armature.find()
    if armature is not None and (set(parts) - {"face"} or actor.face_bones):
        check_action(armature, actor.name)
    for mesh in actor.faces if "face" in parts else ():
        obj = mesh.object.find()
        if obj is not None and obj.data.shape_keys is not None:
            check_action(obj.data.shape_keys, actor.name)


def check_action(owner: Any, actor: str) -> bpy.types.Action:
    """Return the active action of an armature or shape keys. Raises ``InvalidRequest`` where none can be continued."""
    animation = owner.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        raise errors.InvalidRequest(
            f"'{actor}' has no active action on '{owner.name}' of which the rest could be kept; generate the whole "
            "shot with nothing locked first, or choose a take's action."
        )
    if animation.use_tweak_mode:
        raise errors.InvalidRequest(
            f"An NLA strip of '{actor}' is open in tweak mode; leave it (Tab) and regenerate again."
        )
    if animation.nla_tracks and (animation.action_blend_type != "REPLACE" or animation.action_influence < 1.0):
        raise errors.InvalidRequest(
            f"The action of '{actor}' is blended over NLA tracks on '{owner.name}'; set its blending to Replace and "
            "its influence to 1."
        )
    return animation.action


def _as_performance(name: str, given: contract.MotionConstraints, frames: int) -> contract.ActorPerformance:
    contacts = np.zeros((frames, len(contract.FOOT_CONTACTS)), np.float32)
    return contract.ActorPerformance(
        name, given.root_positions[:frames], given.rotations[:frames], given.face[:frames], contacts
    )


def _changed(after: ActorKeys, was: ActorKeys, parts: frozenset[str]) -> Iterator[_Owner]:
    """Yield the owners of an actor's curves with the channels that are written."""
    part_of = parts_of_paths(after.actor)
    face = {bone_path(bone.bone) for bone in after.actor.face_bones}
    body = [
        channel
        for channel, old in zip(after.body, was.body)
        if len(channel.values) > 1  # one row holds for all frames: it is in the take already
        if _part(channel.path, part_of, face) in parts or _differs(channel, old)
    ]
    yield _Owner(after.armature, after.armature.name, "OBJECT", body)
    for keys in after.faces:
        channels = [Channel(shape_path(shape), keys.values[:, [k]], "Face") for k, shape in enumerate(keys.shapes)]
        yield _Owner(keys.mesh.data.shape_keys, keys.mesh.name, "KEY", channels if "face" in parts else [])


def _part(path: str, part_of: Mapping[str, str], face: set[str]) -> str:
    bone = path.rpartition(".")[0]
    return "face" if bone in face else part_of.get(bone, "")


def _differs(channel: Channel, old: Channel) -> bool:
    """Return whether a channel of a part that is not chosen changes all the same; q and -q are one rotation."""
    off = np.abs(channel.values - old.values).max(axis=-1)
    if channel.path.endswith("rotation_quaternion"):
        off = np.minimum(off, np.abs(channel.values + old.values).max(axis=-1))
    return bool(off.max() > UNCHANGED)


def _write(
    keys: ActorKeys,
    owners: Sequence[_Owner],
    actions: Sequence[bpy.types.Action],
    span: tuple[int, int],
    number: int,
    kept: PartFrames,
) -> ActorKeys:
    """Copy the actions that change, give the copies to all that used them, write the stretch; return the keys."""
    copies: dict[bpy.types.Action, bpy.types.Action] = {}
    for action in actions:
        if action not in copies:
            copies[action] = new_take_action(take_name(keys.actor.name, number), action)
            copies[action][TAKE_NUMBER] = number
    part_of = parts_of_paths(keys.actor)
    for owner in owners:
        animation = owner.block.animation_data
        before = animation.action if animation is not None else None
        if before is None or before not in copies:
            continue
        bag = give_action(owner.block, copies[before], owner.name, owner.id_type)
        slot = animation.action_slot
        there = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}
        changed: dict[tuple[str, int], frozenset[int]] = {}
        for channel in owner.channels:
            part = part_of.get(channel.path.rpartition(".")[0], "face")
            theirs = frozenset(kept.get(part, ()))
            changed |= _write_channel(bag, there, channel, span, theirs, owner.block)
        carry_written(before, copies[before], slot, changed, span)
        owner.block.update_tag()
    main = next(iter(copies.values()), None)
    return ActorKeys(keys.actor, keys.armature, keys.parts, keys.pose, keys.body, keys.faces, main)


def _write_channel(
    bag: Any,
    there: Mapping[tuple[str, int], bpy.types.FCurve],
    channel: Channel,
    span: tuple[int, int],
    theirs: frozenset[int],
    owner: Any,
) -> dict[tuple[str, int], frozenset[int]]:
    """Write one channel and return its curves, each with the frames of a person's keys in it."""
    first, last = span
    values = _continued([there.get((channel.path, i)) for i in range(channel.values.shape[1])], channel, owner, first)
    found = {}
    for component in range(values.shape[1]):
        curve = there.get((channel.path, component))
        if curve is None:  # nothing moved it: it holds still before and after
            still = _value_now(owner, channel.path, component)
            curve = compat.new_curve(bag, channel.path, component, channel.group)
            put_keys(curve, linear_keys(np.array([first - 1, last + 1]), np.array([still, still])))
        old = keys_of(curve)
        own = np.isin(np.rint(old.frames), list(theirs)) if theirs else np.zeros(len(old.frames), bool)
        outside = (old.frames < first - 0.5) | (old.frames > last + 0.5)
        frames = np.arange(first, last + 1)
        new = linear_keys(frames, unscaled(curve, frames, values[:, component]))
        if theirs:
            new = new.where(~np.isin(np.rint(new.frames), np.rint(old.frames[own])))
        put_keys(curve, old.where(outside | own).joined(new))
        found[channel.path, component] = frozenset(np.rint(old.frames[own & ~outside]).astype(int).tolist())
    return found


def _continued(curves: Sequence[bpy.types.FCurve | None], channel: Channel, owner: Any, first: int) -> Array:
    """Return values (T, C) of a channel that go on from where its curves are before frame ``first``.

    A rotation can be written in several ways: q or -q, an angle with full turns more.
    """
    values = channel.values
    if any(curve is None or not len(curve.keyframe_points) for curve in curves):
        return values
    before = np.array([curve.evaluate(first - 1) for curve in curves])  # type: ignore[union-attr]
    if channel.path.endswith("rotation_quaternion"):
        return values * (-1.0 if float(values[0] @ before) < 0.0 else 1.0)
    if channel.path.endswith("rotation_axis_angle"):
        return values * (-1.0 if float(values[0, 1:] @ before[1:]) < 0.0 else 1.0)
    mode = owner.pose.bones[channel.group].rotation_mode if channel.path.endswith("rotation_euler") else ""
    return nearest_euler(values, before, mode) if mode in EULER_ORDERS else values


def _value_now(owner: Any, path: str, component: int) -> float:
    value = owner.path_resolve(path)
    return float(value if isinstance(value, (int, float)) else value[component])
