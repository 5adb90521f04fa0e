"""What a take wrote: the keys of its curves, kept on its action, so that a person's edits are known later.

Blender leaves the type GENERATED when a value is keyed over a generated key, so types tell little. Kept are frame,
value and slopes of every key. Takes of earlier versions kept a checksum of each value, on consecutive frames.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, finished
from . import key_arrays
from .curve_fit import FittedKeys, evaluate
from .curves import Tolerance, curves_of
from .stretch import sampled

WRITTEN = "interact_written"  # custom property of a take's action
_SAME = 1e-3  # frames
_STEEPER = 1e-4  # of a slope, per frame: below it is rounding
CurveName = tuple[str, int]  # data path and component


@dataclass(frozen=True)
class WrittenCurve:
    """The keys of one curve as written: ``frames`` (K,) of the scene, ``values`` (K,), slopes ``left``, ``right`` (K,).

    ``sums``: checksums of the values, all that a take of an earlier version has.
    """

    frames: Array
    values: Array
    left: Array
    right: Array
    sums: Array | None = None

    def fitted(self) -> FittedKeys:
        """Return the keys for ``curve_fit.evaluate``, on frames of the scene."""
        return FittedKeys(self.frames, self.values[:, None], self.left[:, None], self.right[:, None])


@dataclass(frozen=True)
class Edits:
    """What a person did to a curve of a take: frames of the scene.

    ``keyed``: of keys that were added, moved, or given another value. ``bent``: the whole frames on which the curve is
    elsewhere than it was written, further than a take's tolerance, though the keys around are as written: of handles
    and interpolation that were changed, and of keys that were deleted.
    """

    keyed: Array
    bent: Array

    def __bool__(self) -> bool:
        return bool(len(self.keyed) or len(self.bent))

    def frames(self) -> set[int]:
        """Return the nearest whole frames of all of them."""
        return set(np.rint(np.concatenate([self.keyed, self.bent])).astype(int).tolist())


def remember_written(action: bpy.types.Action, slot: Any, paths: Collection[str]) -> None:
    """Remember the keys that the curves of a slot with these data paths have now as those of the take."""
    found = _read(action, slot) or {}
    for curve in curves_of(action, slot):
        if curve.data_path in paths:
            found[curve.data_path, curve.array_index] = _as_it_is(curve)
    _store(action, slot, found)


def remember_stretch(
    action: bpy.types.Action,
    slot: Any,
    span: tuple[int, int],
    changed: Mapping[CurveName, tuple[Array, Collection[int]]],
) -> None:
    """Remember the keys of a stretch of a take that was written anew, from its first to its last frame.

    ``changed``: by curve the frames of new keys outside of it, and of keys inside that are a person's. Outside, what is
    remembered stays, so that edits there are known. An action that is no take stays none.
    """
    found = _read(action, slot)
    if found is None:
        return
    for curve in curves_of(action, slot):
        name = (curve.data_path, curve.array_index)
        if name not in changed:
            continue
        now, before, (added, theirs) = _as_it_is(curve), found.get(name), changed[name]
        new = _within(now.frames, span) & ~np.isin(np.rint(now.frames), np.array([*theirs]))
        new |= np.isin(now.frames, added)
        if before is None:
            found[name] = _some(now, np.ones(len(now.frames), bool))
        elif before.sums is not None:  # from now on all of it is remembered
            found[name] = _some(now, new | _as_written(now.frames, now.values, before)[1] & ~_within(now.frames, span))
        else:
            old = ~_within(before.frames, span) & ~np.isin(before.frames, added)
            found[name] = _joined(_some(before, old), _some(now, new))
    _store(action, slot, found)


def written_curves(action: bpy.types.Action, slot: Any) -> dict[CurveName, WrittenCurve] | None:
    """Return what a take wrote into a slot, by data path and component; None for an action that is no take."""
    return _read(action, slot)


def edits_of(curve: bpy.types.FCurve, written: WrittenCurve) -> Edits:
    """Compare a curve with what a take wrote."""
    keys = key_arrays.read_keys(curve, _SHAPE)
    places, values = keys["co"].T
    row, same = _as_written(places, values, written)
    if written.sums is not None or not len(places):
        return Edits(places[~same], np.zeros(0))
    frames = np.arange(np.ceil(written.frames[0] - _SAME), written.frames[-1] + _SAME)
    frames = frames[_odd_pieces(keys, row, same, written)[np.searchsorted(places, frames + _SAME)]]
    off = np.abs(sampled(curve, frames) - evaluate(written.fitted(), frames)[:, 0])
    return Edits(places[~same], frames[off > Tolerance().of(curve.data_path)])


def was_edited(action: bpy.types.Action) -> bool:
    """Return whether a person changed a take: keys, handles, interpolation, or whole curves added or deleted.

    It reads all keys, some 50 ms for an actor's minute: for panels, keep the answer until the action changes.
    """
    return finished(was_edited_in_steps(action, math.inf))


def was_edited_in_steps(action: bpy.types.Action, seconds: float = 0.02) -> Generator[None, None, bool]:
    """Do the same in steps of about as many ``seconds``; begin anew where the action was changed in between."""
    for slot in action.slots:
        written = _read(action, slot)
        if written is None:
            continue
        yield
        there = {(curve.data_path, curve.array_index): curve for curve in curves_of(action, slot)}
        if written.keys() - there.keys() or added_curves(action, slot):
            return True
        until = time.monotonic() + seconds
        for name, keys in written.items():
            if edits_of(there[name], keys):
                return True
            if time.monotonic() > until:
                yield
                until = time.monotonic() + seconds
    return False


def added_curves(action: bpy.types.Action, slot: Any) -> set[CurveName]:
    """Return the curves that a person added to a slot of a take."""
    known = {*(_read(action, slot) or {}), *_others(action, slot)}
    there = {(curve.data_path, curve.array_index): curve for curve in curves_of(action, slot)}
    return {name for name, curve in there.items() if name not in known and _is_a_persons(curve)}


def write_back(curve: bpy.types.FCurve, written: WrittenCurve) -> None:
    """Give a curve the keys back that a take wrote. Keys that still are as written keep their types."""
    if _is_straight(written):
        keys = key_arrays.straight_keys(written.frames, written.values)
    else:
        keys = key_arrays.free_keys(written.frames, written.values, written.left, written.right)
    now = key_arrays.read_keys(curve)
    row, same = _as_written(now["co"][:, 0], now["co"][:, 1], written)
    keys["type"][row[same]] = now["type"][same]
    key_arrays.write_keys(curve, keys)


def _is_a_persons(curve: bpy.types.FCurve) -> bool:
    return bool(np.any(key_arrays.read_keys(curve, ("type",))["type"] != key_arrays.GENERATED))


_SHAPE = ("co", "handle_left", "handle_right", "interpolation")


def _as_it_is(curve: bpy.types.FCurve) -> WrittenCurve:
    keys = key_arrays.read_keys(curve, _SHAPE)
    left, right = _slopes(keys)
    return WrittenCurve(keys["co"][:, 0], keys["co"][:, 1], left, right)


def _slopes(keys: key_arrays.Keys) -> tuple[Array, Array]:
    """Return the slopes (K,) left and right of keys; where lines are straight, those of the lines."""
    places = keys["co"]
    left, right = (
        _divide(*(keys[side] - places).T) * np.ones(len(places), np.float32) for side in ("handle_left", "handle_right")
    )
    if len(places) > 1:
        lines = _divide(*np.diff(places, axis=0).T)
        straight = keys["interpolation"][:-1] == key_arrays.LINEAR
        right[:-1][straight], left[1:][straight] = lines[straight], lines[straight]
    return left, right


def _divide(across: Array, up: Array) -> Array:
    return np.divide(up, across, out=np.zeros_like(up), where=across != 0.0)


def _as_written(places: Array, values: Array, written: WrittenCurve) -> tuple[Array, Array]:
    """Return for keys (K,) the row of the written key at or after their frame, and whether they are that key."""
    row = np.searchsorted(written.frames, places - _SAME)
    known = row < len(written.frames)
    known[known] = np.abs(written.frames[row[known]] - places[known]) < _SAME
    same = np.zeros(len(places), bool)
    goal, now = (written.values, values) if written.sums is None else (written.sums, checksums(values))
    same[known] = goal[row[known]] == now[known]
    return row, same


def _odd_pieces(keys: key_arrays.Keys, row: Array, same: Array, written: WrittenCurve) -> Array:
    """Return (K + 1,) bool, from before the first key to after the last: pieces that may be elsewhere than written.

    Not those at a key of a person: there the key says it all.
    """
    left, right = _slopes(keys)
    goal = np.clip(row, 0, len(written.frames) - 1)
    alike = np.isclose(right[:-1], written.right[goal[:-1]], 1e-3, _STEEPER)
    alike &= np.isclose(left[1:], written.left[goal[1:]], 1e-3, _STEEPER)
    alike &= (np.diff(row) == 1) & _thirds(keys)
    odd = np.zeros(len(row) + 1, bool)
    odd[1:-1] = same[:-1] & same[1:] & ~alike
    odd[0], odd[-1] = same[0] & (row[0] > 0), same[-1] & (row[-1] < len(written.frames) - 1)
    return odd


def _thirds(keys: key_arrays.Keys) -> Array:
    """Return (K - 1,) bool: the pieces that are cubics in time: straight, or with handles at thirds."""
    step = np.diff(keys["co"][:, 0]) / 3.0
    out = keys["handle_right"][:-1, 0] - keys["co"][:-1, 0]
    back = keys["co"][1:, 0] - keys["handle_left"][1:, 0]
    even = np.isclose(out, step, 1e-3) & np.isclose(back, step, 1e-3)
    kind = keys["interpolation"][:-1]
    return (kind == key_arrays.LINEAR) | (kind == key_arrays.BEZIER) & even


def _within(frames: Array, span: tuple[int, int]) -> Array:
    return (frames >= span[0] - _SAME) & (frames <= span[1] + _SAME)


def _some(curve: WrittenCurve, which: Array) -> WrittenCurve:
    return WrittenCurve(curve.frames[which], curve.values[which], curve.left[which], curve.right[which])


def _joined(first: WrittenCurve, second: WrittenCurve) -> WrittenCurve:
    """Return the keys of both in the order of their frames."""
    names = ("frames", "values", "left", "right")
    parts = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in names]
    order = np.argsort(parts[0], kind="stable")
    return WrittenCurve(*(part[order] for part in parts))


def checksums(values: Array) -> Array:
    """Fold the bits of float32 values (N,) to 16 bits each."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits * np.uint32(2654435761)) >> np.uint32(16)).astype(np.uint16)


def _entries(action: bpy.types.Action) -> dict[str, dict[str, Any]]:
    stored = action.get(WRITTEN)
    return stored.to_dict() if stored is not None else {}


def _entry(action: bpy.types.Action, slot: Any) -> dict[str, Any] | None:
    return next((entry for entry in _entries(action).values() if entry["slot"] == slot.identifier), None)


def _others(action: bpy.types.Action, slot: Any) -> set[CurveName]:
    """Return the curves of a slot that were there already, of the action that a take goes on with."""
    entry = _entry(action, slot)
    return {(path, component) for path, component in json.loads(entry.get("others", "[]"))} if entry else set()


def _store(action: bpy.types.Action, slot: Any, curves: Mapping[CurveName, WrittenCurve]) -> None:
    """Put the keys of a slot into the action's custom property, in the place of what it had.

    Frames are stored as the steps from key to key, slopes only of curves that are not straight lines.
    """
    entries = _entries(action)
    key = next((key for key, entry in entries.items() if entry["slot"] == slot.identifier), str(len(entries)))
    straight = [_is_straight(curve) for curve in curves.values()]
    listed = [(*name, len(curve.frames), line) for (name, curve), line in zip(curves.items(), straight)]
    steps = [np.diff(curve.frames, prepend=np.float32(0.0)).astype(np.float32) for curve in curves.values()]
    slopes = [part for curve, line in zip(curves.values(), straight) if not line for part in (curve.left, curve.right)]
    numbers = np.concatenate([*steps, *(curve.values for curve in curves.values()), *slopes, np.zeros(0)])
    there = [(curve.data_path, curve.array_index) for curve in curves_of(action, slot)]
    entries[key] = {
        "slot": slot.identifier,
        "curves": json.dumps(listed),
        "others": json.dumps([name for name in there if name not in curves]),
        "keys": zlib.compress(numbers.astype("<f4").tobytes(), 1),
    }
    action[WRITTEN] = entries


def _is_straight(curve: WrittenCurve) -> bool:
    left, right = _straight(curve.frames, curve.values)
    return bool(np.array_equal(curve.left[1:], left[1:]) and np.array_equal(curve.right[:-1], right[:-1]))


def _straight(frames: Array, values: Array) -> tuple[Array, Array]:
    """Return the slopes (K,) left and right of keys with straight lines between."""
    lines = _divide(np.diff(frames), np.diff(values))
    return np.append(np.zeros(1, np.float32), lines), np.append(lines, np.zeros(1, np.float32))


def _read(action: bpy.types.Action, slot: Any) -> dict[CurveName, WrittenCurve] | None:
    entry = _entry(action, slot)
    if entry is None:
        return None
    listed = json.loads(entry["curves"])
    return _read_checksums(entry, listed) if "sums" in entry else _read_keys(entry, listed)


def _read_keys(entry: Mapping[str, Any], listed: list[Any]) -> dict[CurveName, WrittenCurve]:
    numbers = np.frombuffer(zlib.decompress(entry["keys"]), "<f4")
    ends = np.cumsum([count for _, _, count, _ in listed])
    steps, values = (np.split(part, ends[:-1]) for part in np.split(numbers[: 2 * ends[-1]], 2)) if listed else ((), ())
    slopes, found = numbers[2 * ends[-1] :] if listed else numbers, {}
    for (path, component, count, line), step, value in zip(listed, steps, values):
        frames = np.cumsum(step, dtype=np.float32)
        if not line:
            left, right, slopes = slopes[:count], slopes[count : 2 * count], slopes[2 * count :]
        else:
            left, right = _straight(frames, value)
        found[path, component] = WrittenCurve(frames, value, left, right)
    return found


def _read_checksums(entry: Mapping[str, Any], listed: list[Any]) -> dict[CurveName, WrittenCurve]:
    """Read the entry of a take of an earlier version."""
    sums, at, found = np.frombuffer(entry["sums"], np.uint16), 0, {}
    for path, component, count, *first in listed:
        frames, nothing = (
            float(*first or (entry["first"],)) + np.arange(count, dtype=np.float32),
            np.zeros(count, np.float32),
        )
        found[path, component] = WrittenCurve(frames, nothing, nothing, nothing, sums[at : at + count])
        at += count
    return found
