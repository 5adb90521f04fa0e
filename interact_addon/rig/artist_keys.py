"""The keys of a person in an actor's active action: which frames of which part of the body they pose.

A take remembers a checksum of every key it wrote. A key that was changed since is a person's, although Blender leaves
its type GENERATED, and so is every key that was added. In any other action a person's keys are those outside of long
even rows: importers and bakes write a key every frame, or every few.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, contract, skeleton
from .cast import CastActor
from .channel import bone_path, shape_path
from .curves import GENERATED, curves_of, key_coordinates

_WRITTEN = "interact_written"  # custom property of a take's action: the checksums of each slot's keys
_KEYFRAME = bpy.types.Keyframe.bl_rna.properties["type"].enum_items["KEYFRAME"].value
_ROW, _WIDEST = 10, 5.0  # this many keys, evenly spaced by at most so many frames, are not a person's
_SAME = 1e-3  # frames
PartFrames = Mapping[str, Collection[int]]


def remember_written(action: bpy.types.Action, slot: Any) -> None:
    """Store a checksum of 16 bits for every key of a slot, so that changed ones are known later."""
    found = []
    for curve in curves_of(action, slot):
        places, values = key_coordinates(curve)
        found.append((curve, float(places[0]) if len(places) else 0.0, _checksums(values)))
    _store(action, slot, found)


def carry_written(
    before: bpy.types.Action,
    action: bpy.types.Action,
    slot: Any,
    changed: Mapping[tuple[str, int], Collection[int]],
    span: tuple[int, int],
) -> None:
    """Store for a slot of ``action``, a copy of ``before``, what was written: as there, but for a stretch.

    ``changed``: the curves written on the frames ``span`` (first, last), each with the frames of keys that are a
    person's. Where ``before`` is no take there is nothing to store: types tell then what was generated.
    """
    written = _written(before, slot)
    if written is None:
        return
    entries = []
    for curve in curves_of(action, slot):
        name = (curve.data_path, curve.array_index)
        places, values = key_coordinates(curve)
        first, sums = written.get(name, (float(places[0]) if len(places) else 0.0, _checksums(values)))
        if name in changed:
            sums = sums.copy()
            index = np.rint(places - first).astype(int)
            mine = (places >= span[0]) & (places <= span[1]) & ~np.isin(np.rint(places), np.array([*changed[name]]))
            mine &= (index >= 0) & (index < len(sums))
            sums[index[mine]] = _checksums(values[mine])
        entries.append((curve, first, sums))
    _store(action, slot, entries)


def artist_frames(actor: CastActor, first: int, last: int) -> dict[str, list[int]]:
    """Return, by the runtime's part of the body, the scene frames from ``first`` to ``last`` that a person keyed.

    A part counts only where most of its bones, or shapes, have curves: else what it shows there is no pose of a person.
    """
    armature = actor.armature.find()
    found: dict[str, set[int]] = {}
    if armature is not None:
        parts = parts_of_paths(actor)
        _collect(armature, parts, found)
    for mesh in actor.faces:
        obj = mesh.object.find()
        keys = obj.data.shape_keys if obj is not None else None
        if keys is not None:
            _collect(keys, {shape_path(shape): "face" for shape in mesh.shapes}, found)
    return {
        part: within
        for part, frames in found.items()
        if (within := sorted(frame for frame in frames if first <= frame <= last))
    }


def mark_as_artists(action: bpy.types.Action, actor: CastActor, frames: PartFrames) -> None:
    """Give the keys of a take at kept frames the type of a person's, so that the next take keeps them too."""
    parts = parts_of_paths(actor) | {shape_path(shape): "face" for mesh in actor.faces for shape in mesh.shapes}
    for slot in action.slots:
        for curve in curves_of(action, slot):
            chosen = frames.get(parts.get(_owner_path(curve.data_path), ""), ())
            if not chosen:
                continue
            points = curve.keyframe_points
            types = np.empty(len(points), np.int32)
            points.foreach_get("type", types)
            types[np.isin(np.rint(key_coordinates(curve)[0]), np.array(list(chosen)))] = _KEYFRAME
            points.foreach_set("type", types)


def parts_of_paths(actor: CastActor) -> dict[str, str]:
    """Return the runtime's part of the body for the path of every mapped bone."""
    part_of = {skeleton.JOINTS[joint]: part for part, joints in contract.PART_JOINTS.items() for joint in joints}
    return {bone_path(drive.bone): part_of[drive.joint] for drive in actor.rig.drives}


def _collect(owner: Any, parts: Mapping[str, str], found: dict[str, set[int]]) -> None:
    """Add the frames that a person keyed in the active action of ``owner``."""
    animation = owner.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return
    written = _written(animation.action, animation.action_slot)
    frames: dict[str, set[int]] = {}
    posed: dict[str, set[str]] = {}
    for curve in curves_of(animation.action, animation.action_slot):
        path = _owner_path(curve.data_path)
        if path not in parts or curve.mute:
            continue
        posed.setdefault(parts[path], set()).add(path)
        theirs = _artist_keys(curve, written)
        frames.setdefault(parts[path], set()).update(np.rint(theirs).astype(int).tolist())
    members = list(parts.values())
    for part, keyed in frames.items():
        if 2 * len(posed[part]) > members.count(part):
            found.setdefault(part, set()).update(keyed)


def _artist_keys(curve: bpy.types.FCurve, written: Mapping[tuple[str, int], tuple[float, Array]] | None) -> Array:
    """Return the frames of a curve's keys that are a person's."""
    places, values = key_coordinates(curve)
    if not len(places):
        return places
    types = np.empty(len(places), np.int32)
    curve.keyframe_points.foreach_get("type", types)
    if written is None:
        return places[~_in_even_rows(places) & (types != GENERATED)]
    first, sums = written.get((curve.data_path, curve.array_index), (0.0, np.zeros(0, np.uint16)))
    index = np.rint(places - first).astype(int)
    known = (index >= 0) & (index < len(sums)) & (np.abs(places - first - index) < _SAME)
    same = np.zeros(len(places), bool)
    same[known] = sums[index[known]] == _checksums(values[known])
    return places[~same | (types != GENERATED)]


def _in_even_rows(places: Array) -> Array:
    """Return (N,) bool: the keys inside a row of at least ``_ROW`` that are evenly and closely spaced."""
    steps = np.diff(places)
    inside = np.zeros(len(places), bool)
    start = 0
    for end in range(1, len(steps) + 1):
        if end == len(steps) or abs(steps[end] - steps[start]) > _SAME:
            if end - start + 1 >= _ROW and steps[start] <= _WIDEST:
                inside[start : end + 1] = True
            start = end
    return inside


def _written(action: bpy.types.Action, slot: Any) -> dict[tuple[str, int], tuple[float, Array]] | None:
    """Return the first frame and the checksums of each curve of a take; None for an action that is no take."""
    stored = action.get(_WRITTEN)
    for entry in stored.to_dict().values() if stored is not None else ():
        if entry["slot"] != slot.identifier:
            continue
        sums, at, found = np.frombuffer(entry["sums"], np.uint16), 0, {}
        for path, component, count, *first in json.loads(entry["curves"]):
            found[path, component] = (float(*first or (entry["first"],)), sums[at : at + count])
            at += count
        return found
    return None


def _store(action: bpy.types.Action, slot: Any, curves: Sequence[tuple[bpy.types.FCurve, float, Array]]) -> None:
    """Store for a slot the frame of each curve's first key as written, and the checksums of its keys."""
    stored = action.get(_WRITTEN)
    kept = stored.to_dict() if stored is not None else {}
    kept[str(len(kept))] = {
        "slot": slot.identifier,
        "curves": json.dumps([(c.data_path, c.array_index, len(sums), first) for c, first, sums in curves]),
        "sums": b"".join(sums.tobytes() for _, _, sums in curves),
    }
    action[_WRITTEN] = kept


def _checksums(values: Array) -> Array:
    """Fold the bits of float32 values (N,) to 16 bits each."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits * np.uint32(2654435761)) >> np.uint32(16)).astype(np.uint16)


def _owner_path(path: str) -> str:
    """Return the path of the bone that a property belongs to; a shape's path as it is."""
    return path[: path.rindex('"]') + 2] if path.startswith("pose.bones[") and not path.endswith('"]') else path


def frames_at_30(frames: Collection[int], first: int, rate: float, count: int) -> Iterator[int]:
    """Yield the frames at 30 fps on both sides of scene frames, one where they coincide."""
    for frame in frames:
        moment = (frame - first) / rate * contract.FPS
        low = int(np.floor(moment + 1e-6))
        yield from (index for index in {low, int(np.ceil(moment - 1e-6))} if 0 <= index < count)
