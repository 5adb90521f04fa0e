"""The keys of a person in an actor's active action: which frames of which part of the body they pose.

A take remembers what it wrote (``written``). A key that was added, moved or given another value since is a person's,
although Blender leaves its type GENERATED; so is a frame on which the curve was moved by its handles, or by deleting
keys. In any other action, and on curves that the take did not write, a person's keys are those outside of long even
rows: importers and bakes write a key every frame, or every few.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, contract, finished, skeleton
from .cast import CastActor
from .channel import Channel, bone_path, shape_path
from .curves import curves_of
from .faces import FaceMesh
from .key_arrays import GENERATED, KEYFRAME, read_keys, set_keys
from .played import played
from .written import CurveName, WrittenCurve, edits_of, written_curves

_ROW, _WIDEST = 10, 5.0  # this many keys, evenly spaced by at most so many frames, are not a person's
_SAME = 1e-3  # frames
PartFrames = Mapping[str, Collection[int]]


def artist_frames(actor: CastActor, first: int, last: int) -> dict[str, list[int]]:
    """Return, by the runtime's part of the body, the scene frames from ``first`` to ``last`` that a person keyed.

    A part counts only where most of its bones, or shapes, have curves: else what it shows there is no pose of a person.
    """
    return finished(artist_frames_in_steps(actor, first, last, math.inf))


def artist_frames_in_steps(
    actor: CastActor, first: int, last: int, seconds: float = 0.02
) -> Generator[None, None, dict[str, list[int]]]:
    """Do the same in steps of about as many ``seconds``. What is undone between two of them is not read any more."""
    found: dict[str, set[int]] = {}
    yield from _collect(actor.armature.find, parts_of_paths(actor), found, seconds)
    for mesh in actor.faces:
        yield from _collect(partial(_keys_of, mesh), {shape_path(s): "face" for s in mesh.shapes}, found, seconds)
    return {
        part: within
        for part, frames in found.items()
        if (within := sorted(frame for frame in frames if first <= frame <= last))
    }


def with_kept(channels: Sequence[Channel], actor: CastActor, frames: PartFrames, start: int) -> list[Channel]:
    """Return channels, of which row 0 is frame ``start``, that must have a key at the kept ``frames`` of their part."""
    parts = _parts_of_all_paths(actor)
    kept = {part: tuple(sorted(frame - start for frame in chosen)) for part, chosen in frames.items()}
    return [replace(c, must=(*c.must, *kept.get(parts.get(_owner_path(c.path), ""), ()))) for c in channels]


def mark_as_artists(action: bpy.types.Action, actor: CastActor, frames: PartFrames) -> None:
    """Give the keys of a take at kept frames the type of a person's, so that the next take keeps them too."""
    parts = _parts_of_all_paths(actor)
    for slot in action.slots:
        for curve in curves_of(action, slot):
            chosen = frames.get(parts.get(_owner_path(curve.data_path), ""), ())
            if not chosen:
                continue
            keys = read_keys(curve, ("co", "type"))
            kept = np.isin(np.rint(keys["co"][:, 0]), np.array(list(chosen)))
            set_keys(curve, {"type": np.where(kept, KEYFRAME, keys["type"])})


def parts_of_paths(actor: CastActor) -> dict[str, str]:
    """Return the runtime's part of the body for the path of every mapped bone."""
    part_of = {skeleton.JOINTS[joint]: part for part, joints in contract.PART_JOINTS.items() for joint in joints}
    return {bone_path(drive.bone): part_of[drive.joint] for drive in actor.rig.drives}


def _parts_of_all_paths(actor: CastActor) -> dict[str, str]:
    """Return the part of the body for the paths of mapped bones and of the shapes of all face meshes."""
    return parts_of_paths(actor) | {shape_path(shape): "face" for mesh in actor.faces for shape in mesh.shapes}


def _keys_of(mesh: FaceMesh) -> Any:
    obj = mesh.object.find()
    return obj.data.shape_keys if obj is not None else None


def _collect(
    find: Callable[[], Any], parts: Mapping[str, str], found: dict[str, set[int]], seconds: float
) -> Generator[None, None, None]:
    """Add the frames that a person keyed in the action that what ``find`` returns plays."""
    active = _active(find())
    if active is None:
        return
    written = written_curves(*active)
    names = [(curve.data_path, curve.array_index) for curve in curves_of(*active)]
    frames: dict[str, set[int]] = {}
    posed: dict[str, set[str]] = {}
    while names and active is not None:
        until = time.monotonic() + seconds
        curves = {(curve.data_path, curve.array_index): curve for curve in curves_of(*active)}
        while names:
            curve = curves.get(names.pop())
            path = "" if curve is None else _owner_path(curve.data_path)
            if curve is None or path not in parts or curve.mute:
                continue
            posed.setdefault(parts[path], set()).add(path)
            frames.setdefault(parts[path], set()).update(artist_keys(curve, written))
            if time.monotonic() > until:
                break
        yield
        active = _active(find())
    members = list(parts.values())
    for part, keyed in frames.items():
        if 2 * len(posed[part]) > members.count(part):
            found.setdefault(part, set()).update(keyed)


def _active(owner: Any) -> tuple[bpy.types.Action, Any] | None:
    """Return the action that an owner plays, and its slot."""
    action, slot = played(owner)
    return None if action is None or slot is None else (action, slot)


def artist_keys(curve: bpy.types.FCurve, written: Mapping[CurveName, WrittenCurve] | None) -> set[int]:
    """Return the frames of a curve that are a person's."""
    keys = read_keys(curve, ("co", "type"))
    places, marked = keys["co"][:, 0], keys["type"] != GENERATED
    name = (curve.data_path, curve.array_index)
    if written is not None and name in written:
        return edits_of(curve, written[name]).frames() | _whole(places[marked])
    return _whole(places[~_in_even_rows(places) & marked])


def _whole(places: Array) -> set[int]:
    return set(np.rint(places).astype(int).tolist())


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


def _owner_path(path: str) -> str:
    """Return the path of the bone that a property belongs to; a shape's path as it is."""
    return path[: path.rindex('"]') + 2] if path.startswith("pose.bones[") and not path.endswith('"]') else path


def frames_at_30(frames: Collection[int], first: int, rate: float, count: int) -> Iterator[int]:
    """Yield the frames at 30 fps on both sides of scene frames, one where they coincide."""
    for frame in frames:
        moment = (frame - first) / rate * contract.FPS
        low = int(np.floor(moment + 1e-6))
        yield from (index for index in {low, int(np.ceil(moment - 1e-6))} if 0 <= index < count)
