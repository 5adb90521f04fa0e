"""A stretch of a performance written as keys: a new take whose curves are, outside of it, those of the take before.

Each actor of whom something changes gets a new action: a copy of the one that is active, with the keys of the chosen
bones and shapes between two frames replaced. Every other key keeps its values, handles and types bit for bit. An actor
of whom nothing changes keeps its action.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array, contract, errors
from .amplitude import unscaled
from .artist_keys import PartFrames, parts_of_paths
from .cast import CastActor
from .channel import Channel, bone_path, shape_path
from .curves import Tolerance, keys_of_channels, tolerance_on
from .euler import EULER_ORDERS, nearest_euler
from .key_arrays import KEYFRAME, Keys, chosen, complete, free_keys, read_keys, write_keys
from .keying import PARTS, TAKE_NUMBER, ActorKeys, KeyedPerformance, next_take_number, plan_keys
from .played import fit_to_keys, played, strip_under_layers
from .resample import scene_frame_count
from .stretch import replace_keys
from .take_action import give_action, new_take_action, take_name
from .timing import frames_per_second
from .written import CurveName, remember_stretch

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
    exact: bool = False,
    start: int | None = None,
) -> KeyedPerformance:
    """Key the scene frames ``span`` (first, last) of the actors in ``parts``, and return what was keyed.

    ``given``: the motion of those before, values outside of their masks too. ``kept``: by actor the frames that a
    person keyed; their keys stay as they are. ``number``: of the take, by default the next. ``exact``: key every frame.
    ``start``: the first frame of the shot, where it is not the scene's. Bones that are in no chosen part are keyed as
    well where the rig turns them along, such as thighs that hang on the spine. Raises ``InvalidRequest`` before
    anything is written.
    """
    fps, (first, last) = frames_per_second(scene), span
    count = scene_frame_count(performance.frames, fps)
    start = scene.frame_start if start is None else start
    frames = slice(first - start, last - start + 1)
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
        _write(keys, owners, list(actions.values()), span, number, (kept or {}).get(keys.actor.name, {}), exact)
        for keys, owners, actions in plans
    )
    return KeyedPerformance(first, last, written)


def write_over(
    bag: Any, block: Any, channels: Sequence[Channel], span: tuple[int, int], tolerance: Tolerance | None
) -> dict[CurveName, tuple[Array, frozenset[int]]]:
    """Write channels of ``block`` over the frames ``span`` of curves that are there; outside they stay bit for bit.

    Return the curves as ``written.remember_stretch`` takes them.
    """
    return _write_channels(bag, _Owner(block, "", "", list(channels)), [frozenset()] * len(channels), span, tolerance)


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
    animation, (action, slot) = owner.animation_data, played(owner)
    if action is None or slot is None:
        raise errors.InvalidRequest(
            f"'{actor}' has no active action on '{owner.name}' of which the rest could be kept; generate the whole "
            "shot with nothing locked first, or choose a take's action."
        )
    if animation.use_tweak_mode:
        raise errors.InvalidRequest(
            f"An NLA strip of '{actor}' is open in tweak mode; leave it (Tab) and regenerate again."
        )
    if strip_under_layers(owner) is not None:
        return action
    if animation.nla_tracks and (animation.action_blend_type != "REPLACE" or animation.action_influence < 1.0):
        raise errors.InvalidRequest(
            f"The action of '{actor}' is blended over NLA tracks on '{owner.name}'; set its blending to Replace and "
            "its influence to 1."
        )
    return action


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
    exact: bool,
) -> ActorKeys:
    """Copy the actions that change, give the copies to all that used them, write the stretch; return the keys."""
    copies: dict[bpy.types.Action, bpy.types.Action] = {}
    for action in actions:
        if action not in copies:
            copies[action] = new_take_action(take_name(keys.actor.name, number), action)
            copies[action][TAKE_NUMBER] = number
    part_of, tolerance = parts_of_paths(keys.actor), None if exact else tolerance_on(keys.armature)
    for owner in owners:
        before, _ = played(owner.block)
        if before is None or before not in copies:
            continue
        bag = give_action(owner.block, copies[before], owner.name, owner.id_type)
        theirs = [frozenset(kept.get(part_of.get(c.path.rpartition(".")[0], "face"), ())) for c in owner.channels]
        changed = _write_channels(bag, owner, theirs, span, tolerance)
        remember_stretch(copies[before], played(owner.block)[1], span, changed)
        fit_to_keys(owner.block)
        owner.block.update_tag()
    main = next(iter(copies.values()), None)
    return ActorKeys(keys.actor, keys.armature, keys.parts, keys.pose, keys.body, keys.faces, main)


def _write_channels(
    bag: Any,
    owner: _Owner,
    theirs: Sequence[frozenset[int]],
    span: tuple[int, int],
    tolerance: Tolerance | None,
) -> dict[CurveName, tuple[Array, frozenset[int]]]:
    """Write the channels of an owner; return the curves as ``written.remember_stretch`` takes them.

    ``theirs``: for each channel the frames that are a person's. Keys there stay, and between them and the frames beside
    them lies what else of the new motion is lost.
    """
    there = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}
    curves = [[_curve(bag, there, c, i, owner, span) for i in range(c.values.shape[1])] for c in owner.channels]
    channels = []
    for channel, components, frames in zip(owner.channels, curves, theirs):
        values = _through(components, _continued(components, channel, owner.block, span[0]), frames, span)
        inside = [frame - span[0] for frame in frames if span[0] <= frame <= span[1]]
        must = (0, len(values) - 1, *(row + beside for row in inside for beside in (-1, 0, 1)))
        channels.append(replace(channel, values=values, must=must))
    changed = {}
    for channel, components, new, frames in zip(
        channels, curves, keys_of_channels(channels, span[0], tolerance), theirs
    ):
        for component, (curve, keys) in enumerate(zip(components, new)):
            kept = _persons_keys(curve, frames, span)
            added = replace_keys(curve, _with(keys, kept, frames))
            own = frozenset(np.rint(kept["co"][:, 0]).astype(int).tolist())
            changed[channel.path, component] = (added, own)
    return changed


def _curve(
    bag: Any,
    there: Mapping[CurveName, bpy.types.FCurve],
    channel: Channel,
    component: int,
    owner: _Owner,
    span: tuple[int, int],
) -> bpy.types.FCurve:
    """Return the curve of a component; one that was not there holds still before and after the stretch."""
    curve = there.get((channel.path, component))
    if curve is None:
        still, level = np.full(2, _value_now(owner.block, channel.path, component)), np.zeros(2)
        curve = compat.new_curve(bag, channel.path, component, channel.group)
        write_keys(curve, free_keys(np.array([span[0] - 1, span[1] + 1]), still, level, level))
    return curve


def _through(curves: Sequence[bpy.types.FCurve], values: Array, theirs: frozenset[int], span: tuple[int, int]) -> Array:
    """Return the keys (T, C) with which the curves show ``values`` (T, C), through those of a person."""
    frames = np.arange(span[0], span[1] + 1)
    found = np.stack([unscaled(curve, frames, values[:, i]) for i, curve in enumerate(curves)], axis=1)
    for component, curve in enumerate(curves):
        for frame, value in _persons_keys(curve, theirs, span)["co"]:
            found[round(float(frame)) - span[0], component] = value
    return found


def _persons_keys(curve: bpy.types.FCurve, theirs: frozenset[int], span: tuple[int, int]) -> Keys:
    """Return the keys of a curve inside the stretch that are on frames of a person."""
    keys = read_keys(curve)
    places = np.rint(keys["co"][:, 0])
    return chosen(keys, np.isin(places, np.array([*theirs])) & (places >= span[0]) & (places <= span[1]))


def _with(keys: Keys, kept: Keys, theirs: frozenset[int]) -> Keys:
    """Return keys with those in the place of ``kept`` replaced; others on frames of a person get their type."""
    whole = complete(keys)
    places = np.rint(whole["co"][:, 0])
    whole["type"][np.isin(places, np.array([*theirs]))] = KEYFRAME
    rows = np.searchsorted(places, np.rint(kept["co"][:, 0]))
    for name, values in kept.items():
        whole[name][rows] = values
    return whole


def _continued(curves: Sequence[bpy.types.FCurve], channel: Channel, owner: Any, first: int) -> Array:
    """Return values (T, C) of a channel that go on from where its curves are before frame ``first``.

    A rotation can be written in several ways: q or -q, an angle with full turns more.
    """
    values = channel.values
    if not all(len(curve.keyframe_points) for curve in curves):
        return values
    before = np.array([curve.evaluate(first - 1) for curve in curves])
    if channel.path.endswith("rotation_quaternion"):
        return values * (-1.0 if float(values[0] @ before) < 0.0 else 1.0)
    if channel.path.endswith("rotation_axis_angle"):
        return values * (-1.0 if float(values[0, 1:] @ before[1:]) < 0.0 else 1.0)
    mode = owner.pose.bones[channel.group].rotation_mode if channel.path.endswith("rotation_euler") else ""
    return nearest_euler(values, before, mode) if mode in EULER_ORDERS else values


def _value_now(owner: Any, path: str, component: int) -> float:
    value = owner.path_resolve(path)
    return float(value if isinstance(value, (int, float)) else value[component])
