"""Edits of a take made a layer: offsets in an action of their own, over the take, which is as it was written again.

The layer is an NLA strip above the take that combines: it turns a bone in addition, moves it by so much, scales it by
so much, and adds to a shape. Whatever take is put beneath it, the offsets stay.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array, errors
from ..runtime_api import rotations as rot
from .channel import Channel
from .curves import Tolerance, curves_of, key_coordinates, world_scale, write_channels
from .played import LAYER, fit_strip, played, strip_under_layers
from .stretch_keys import check_action
from .written import WrittenCurve, added_curves, edits_of, write_back, written_curves

# A layer repeats an edit so closely that what is seen does not change.
_EXACT = Tolerance(angle=float(np.radians(0.002)), carried=2e-5, metres=2e-5, value=1e-4)
_LAYERED = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale", "value")
_LEAST_SCALE = 1e-6  # a scale below it cannot be had by multiplying


@dataclass(frozen=True)
class EditedProperty:
    """A property of a take that a person changed: its ``curves``, each with what was written; None for an added one."""

    path: str
    curves: tuple[tuple[bpy.types.FCurve, WrittenCurve | None], ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class EditedOwner:
    """The armature or shape keys of an actor, what was edited of it, and how many edits cannot be a layer."""

    block: Any
    slot: Any
    properties: tuple[EditedProperty, ...]
    left: int


def edited_owners_in_steps(
    actor: str, blocks: Sequence[Any], seconds: float = 0.02
) -> Generator[None, None, list[EditedOwner]]:
    """Return those of an actor's armature and shape keys that play a take which a person edited; nothing is changed.

    In steps of about as many ``seconds``; begin anew where an action was changed in between. Raises ``InvalidRequest``
    where a take's earlier keys are not known, or it is blended with other animation.
    """
    found = []
    for block in blocks:
        action, slot = played(block)
        written = written_curves(action, slot) if action is not None and slot is not None else None
        if action is None or written is None:
            continue
        yield
        properties = yield from _edited_in_steps(action, slot, written, seconds)
        fit = tuple(one for one in properties if one.name in _LAYERED and not _is_partly_deleted(one, written))
        if not properties:
            continue
        if any(keys is not None and keys.sums is not None for one in fit for _, keys in one.curves):
            raise errors.InvalidRequest(
                f"'{action.name}' was made by an earlier version, which did not store its keys; make it again and edit "
                "that take."
            )
        if strip_under_layers(block) is None:
            check_action(block, actor)
        found.append(EditedOwner(block, slot, fit, len(properties) - len(fit)))
    return found


def keep_as_layer(actor: str, owners: Sequence[EditedOwner]) -> bpy.types.Action:
    """Move the edits of an actor's take onto a new layer over it, and return the action of the layer."""
    layer = bpy.data.actions.new(f"{actor} Layer {1 + sum(LAYER in action for action in bpy.data.actions)}")
    layer[LAYER] = actor
    for owner in owners:
        if not owner.properties:
            continue
        unit = world_scale(owner.block) if owner.slot.target_id_type == "OBJECT" else 1.0
        tolerance = Tolerance(_EXACT.angle, _EXACT.carried, _EXACT.metres, _EXACT.value, unit)
        slot = layer.slots.new(owner.slot.target_id_type, owner.slot.name_display)
        bag = compat.channelbag(layer, slot)
        for one in owner.properties:
            first, channel = _taken_out(one, owner)
            write_channels(bag, [channel], first, tolerance)
        _lay_over(owner.block, layer, slot)
        owner.block.update_tag()
    return layer


def remove_layer(owner: Any, track: Any) -> None:
    """Remove a layer of an owner. With the last one gone, the take becomes the active action again."""
    beneath, (action, slot) = strip_under_layers(owner), played(owner)
    animation = owner.animation_data
    animation.nla_tracks.remove(track)
    if beneath is None or strip_under_layers(owner) is not None or animation.action is not None:
        return
    base = next(one for one in animation.nla_tracks if beneath in one.strips.values())
    animation.nla_tracks.remove(base)
    animation.action, animation.action_slot = action, slot
    owner.update_tag()


def influence_of(strip: Any) -> float | None:
    """Return the influence of a layer's strip; None where a person animates it."""
    curve = strip.fcurves.find("influence") if strip.use_animated_influence else None
    if curve is None or not len(curve.keyframe_points):
        return 1.0 if curve is None else 0.0
    return float(curve.keyframe_points[0].co[1]) if len(curve.keyframe_points) == 1 else None


def set_influence(strip: Any, influence: float) -> None:
    """Set the influence of a layer's strip, by the only key of its curve."""
    curve = strip.fcurves.find("influence")
    if len(curve.keyframe_points):
        curve.keyframe_points[0].co[1] = influence
    else:
        curve.keyframe_points.insert(strip.frame_start, influence)
    curve.update()


def _edited_in_steps(
    action: bpy.types.Action, slot: Any, written: dict[tuple[str, int], WrittenCurve], seconds: float
) -> Generator[None, None, list[EditedProperty]]:
    """Return the properties of a slot that a person changed or added."""
    added, found = added_curves(action, slot), []
    by_path: dict[str, list[bpy.types.FCurve]] = {}
    for curve in curves_of(action, slot):
        by_path.setdefault(curve.data_path, []).append(curve)
    until = time.monotonic() + seconds
    for path, curves in by_path.items():
        if time.monotonic() > until:
            yield
            until = time.monotonic() + seconds
        pairs = [(curve, written.get((path, curve.array_index))) for curve in curves if not curve.mute]
        if any(
            edits_of(curve, keys) if keys is not None else (path, curve.array_index) in added for curve, keys in pairs
        ):
            found.append(EditedProperty(path, tuple(pairs)))
    return found


def _is_partly_deleted(edited: EditedProperty, written: dict[tuple[str, int], WrittenCurve]) -> bool:
    there = {curve.array_index for curve, _ in edited.curves}
    return any(path == edited.path and component not in there for path, component in written)


def _taken_out(edited: EditedProperty, owner: EditedOwner) -> tuple[int, Channel]:
    """Give a property the keys back that were written; return the first frame and the offsets by which it was edited.

    A curve that a person added is removed: the offsets are then from the property's rest.
    """
    places = np.concatenate([key_coordinates(curve)[0] for curve, _ in edited.curves])
    places = np.concatenate([places, *(keys.frames for _, keys in edited.curves if keys is not None)])
    frames = np.arange(np.floor(places.min()), np.ceil(places.max()) + 1.0)
    rest = _rest_of(owner.block, edited)
    after = _values(edited, frames, rest)
    group = next((curve.group.name for curve, _ in edited.curves if curve.group is not None), "")
    bag = _bag_of(owner)
    for curve, keys in edited.curves:
        if keys is not None:
            write_back(curve, keys)
    left = tuple(pair for pair in edited.curves if pair[1] is not None)
    before = _values(EditedProperty(edited.path, left), frames, rest)
    for curve, keys in edited.curves:
        if keys is None:
            bag.fcurves.remove(curve)
    return int(frames[0]), Channel(edited.path, _offsets(edited, before, after, rest), group)


def _values(edited: EditedProperty, frames: Array, rest: Array) -> Array:
    """Return what a property is (T, C) at ``frames`` (T,); components without a curve are at ``rest`` (C,)."""
    values = np.tile(rest, (len(frames), 1))
    for curve, _ in edited.curves:
        values[:, curve.array_index] = [curve.evaluate(frame) for frame in frames]
    return values


def _rest_of(block: Any, edited: EditedProperty) -> Array:
    """Return the components (C,) that the NLA begins with; those of a shape depend on Blender's version."""
    holder = block.path_resolve(edited.path.rpartition(".")[0])
    prop = holder.bl_rna.properties[edited.name]
    if edited.name == "rotation_quaternion":
        return np.array([1.0, 0.0, 0.0, 0.0])
    return np.array(prop.default_array if prop.is_array else (prop.default,), np.float64)


def _offsets(edited: EditedProperty, before: Array, after: Array, rest: Array) -> Array:
    """Return what combined with ``before`` (T, C) gives ``after`` (T, C), as Blender's NLA combines."""
    if edited.name == "rotation_quaternion":
        turns = rot.multiply(rot.conjugate(rot.normalize(before)), rot.normalize(after))
        turns = rot.continuous(turns)
        return np.asarray(turns if turns[0, 0] >= 0.0 else -turns)
    if edited.name == "scale":
        safe = np.abs(before) > _LEAST_SCALE
        return np.where(safe, after, 1.0) / np.where(safe, before, 1.0)
    return after - before + rest


def _bag_of(owner: EditedOwner) -> Any:
    action, slot = played(owner.block)
    assert action is not None
    return compat.channelbag(action, slot)


def _lay_over(owner: Any, layer: bpy.types.Action, slot: Any) -> None:
    """Put a layer directly over what an owner plays, which goes into a track of its own first if it is active."""
    animation = owner.animation_data
    if animation.use_tweak_mode:
        animation.use_tweak_mode = False
    animation.use_nla = True
    beneath = strip_under_layers(owner)
    if beneath is None:
        action, its_slot = played(owner)
        assert action is not None
        track = animation.nla_tracks.new()
        beneath = _strip_in(track, action, its_slot)
        animation.action = None
    track = next(one for one in animation.nla_tracks if beneath in one.strips.values())
    over = animation.nla_tracks.new(prev=track)
    strip = _strip_in(over, layer, slot)
    strip.blend_type = "COMBINE"
    strip.use_animated_influence = True  # else Blender sets the influence itself: 1
    set_influence(strip, 1.0)


def _strip_in(track: Any, action: bpy.types.Action, slot: Any) -> Any:
    track.name = action.name
    strip = track.strips.new(action.name, round(action.curve_frame_range[0]), action)
    strip.action_slot = slot
    fit_strip(strip)
    return strip
