"""The keys of one curve as arrays, read and written in bulk, with all that Blender keeps of them."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ..runtime_api import Array

_KEY = bpy.types.Keyframe.bl_rna.properties


def _choice(name: str, identifier: str) -> int:
    value: int = _KEY[name].enum_items[identifier].value
    return value


GENERATED, KEYFRAME = _choice("type", "GENERATED"), _choice("type", "KEYFRAME")
CONSTANT, LINEAR, BEZIER = (_choice("interpolation", name) for name in ("CONSTANT", "LINEAR", "BEZIER"))
FREE, VECTOR = _choice("handle_left_type", "FREE"), _choice("handle_left_type", "VECTOR")
_POINTS = ("co", "handle_left", "handle_right")  # (K, 2): frame and value
_CHOICES = ("interpolation", "easing", "type", "handle_left_type", "handle_right_type")
_FLAGS = ("select_control_point", "select_left_handle", "select_right_handle")
_NUMBERS = {"amplitude": 0.8, "back": 1.70158, "period": 4.1}  # of easing, with Blender's defaults
ALL = (*_POINTS, *_CHOICES, *_NUMBERS, *_FLAGS)
Keys = dict[str, Array]  # the arrays by the names of Blender's attributes; rows are keys in the order of their frames


def _kind(name: str) -> type:
    return np.int32 if name in _CHOICES else bool if name in _FLAGS else np.float32


def read_keys(curve: bpy.types.FCurve, names: tuple[str, ...] = ALL) -> Keys:
    """Return some attributes of all keys of a curve."""
    points, found = curve.keyframe_points, Keys()
    for name in names:
        width = 2 if name in _POINTS else 1
        found[name] = np.empty(width * len(points), _kind(name))
        points.foreach_get(name, found[name])
        if width == 2:
            found[name] = found[name].reshape(-1, 2)
    return found


def write_keys(curve: bpy.types.FCurve, keys: Mapping[str, Array]) -> None:
    """Replace all keys of a curve.

    ``FCurve.update`` is not called, since it would work out automatic handles anew, far along the curve too.
    """
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys["co"]))
    set_keys(curve, keys)


def set_keys(curve: bpy.types.FCurve, keys: Mapping[str, Array]) -> None:
    """Set attributes of all keys that are there."""
    for name, values in keys.items():
        curve.keyframe_points.foreach_set(name, np.ascontiguousarray(values, _kind(name)).ravel())


def free_keys(frames: Array, values: Array, left: Array, right: Array) -> Keys:
    """Return Bezier keys of the type GENERATED with free handles at a third of the time to the next key.

    ``frames``, ``values`` and the slopes ``left`` and ``right`` of each key, all (K,). In time such a curve is the
    cubic that has these values and slopes.
    """
    return _keys(frames, values, left, right, BEZIER, FREE)


def straight_keys(frames: Array, values: Array) -> Keys:
    """Return keys of the type GENERATED at ``frames`` (K,) with ``values`` (K,) and straight lines between."""
    lines = np.pad(np.diff(values) / np.diff(frames), 1, "edge") if len(frames) > 1 else np.zeros(len(frames) + 1)
    return _keys(frames, values, lines[:-1], lines[1:], LINEAR, VECTOR)


def _keys(frames: Array, values: Array, left: Array, right: Array, interpolation: int, handles: int) -> Keys:
    thirds = np.pad(np.diff(frames) / 3.0, 1, "edge") if len(frames) > 1 else np.full(len(frames) + 1, 1.0 / 3.0)
    to_left, to_right = thirds[:-1], thirds[1:]
    keys = {
        "co": np.stack([frames, values], axis=-1),
        "handle_left": np.stack([frames - to_left, values - left * to_left], axis=-1),
        "handle_right": np.stack([frames + to_right, values + right * to_right], axis=-1),
    }
    choices = {
        "interpolation": interpolation,
        "type": GENERATED,
        "handle_left_type": handles,
        "handle_right_type": handles,
    }
    keys |= {name: np.full(len(frames), value, np.int32) for name, value in choices.items()}
    return keys | {name: np.zeros(len(frames), bool) for name in _FLAGS}  # Blender selects keys that are added


def complete(keys: Keys) -> Keys:
    """Return a copy of keys with all attributes; those not given as Blender has them in a new key."""
    count, found = len(keys["co"]), Keys()
    for name in ALL:
        given = keys.get(name)
        found[name] = np.full(count, _NUMBERS.get(name, 0), _kind(name)) if given is None else given.astype(_kind(name))
    return found


def joined(*parts: Keys) -> Keys:
    """Return the keys of several curves, or parts of one, after one another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def chosen(keys: Keys, which: Array) -> Keys:
    """Return some of the keys: ``which`` is a mask or numbers."""
    return {name: values[which] for name, values in keys.items()}
