"""New keys over a stretch of frames of a curve that is there; outside it stays bit for bit what it was."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np

from ..runtime_api import Array
from . import key_arrays
from .key_arrays import Keys

_SAME = 1e-3  # frames
_NEAR = 0.25  # frames over which the slope of a curve is measured


def sampled(curve: bpy.types.FCurve, frames: Iterable[float]) -> Array:
    """Return the values (F,) that Blender gives a curve at ``frames``, without its modifiers."""
    heard = [modifier for modifier in curve.modifiers if not modifier.mute]
    for modifier in heard:
        modifier.mute = True
    values = np.array([curve.evaluate(frame) for frame in frames], np.float32)
    for modifier in heard:
        modifier.mute = False
    return values


def replace_keys(curve: bpy.types.FCurve, keys: Keys) -> Array:
    """Put ``keys`` in the place of all that lie within their frames; return the frames of other new keys, outside.

    Outside, every key is as it was, and the curve has bit for bit the same value on every whole frame. For that, a
    piece of the old curve that reaches into the stretch gets a key on each of its frames outside, with its slope there,
    or one at the most where it is level; between two of these frames it may change a little.
    """
    old = key_arrays.read_keys(curve)
    new = key_arrays.complete(keys)
    places, first, last = old["co"][:, 0], float(new["co"][0, 0]), float(new["co"][-1, 0])
    head, tail = np.flatnonzero(places < first - _SAME), np.flatnonzero(places > last + _SAME)
    entering, leaving = _no_keys(), _no_keys()
    if len(head):
        entering = _held(curve, old, head[-1], first, new["co"][0, 1])
        beside = entering["co"][-1, 0] if len(entering["co"]) else places[head[-1]]
        _lean(curve, new, 0, beside)
    elif len(places) and places[0] > first + _SAME and old["co"][0, 1] != new["co"][0, 1]:
        entering = _level(first - 1.0, old["co"][0, 1])
    if len(tail):
        leaving = _held(curve, old, tail[0], last, new["co"][-1, 1])
        beside = leaving["co"][0, 0] if len(leaving["co"]) else places[tail[0]]
        _lean(curve, new, -1, beside)
        new["interpolation"][-1] = _between(old, tail[0])
    elif len(places) and places[-1] < last - _SAME and old["co"][-1, 1] != new["co"][-1, 1]:
        leaving = _level(last + 1.0, old["co"][-1, 1])
    outside = [key_arrays.chosen(old, which) for which in (head, tail)]
    key_arrays.write_keys(curve, key_arrays.joined(outside[0], entering, new, leaving, outside[1]))
    return np.concatenate([entering["co"][:, 0], leaving["co"][:, 0]])


def _no_keys() -> Keys:
    return key_arrays.complete(key_arrays.free_keys(*[np.zeros(0)] * 4))


def _level(frame: float, value: float) -> Keys:
    """Return one key: what a curve held before its first key, or after its last."""
    return key_arrays.complete(key_arrays.free_keys(np.array([frame]), np.array([value]), np.zeros(1), np.zeros(1)))


def _held(curve: bpy.types.FCurve, old: Keys, outside: int, border: float, value: float) -> Keys:
    """Return keys on the whole frames between a key outside and the border of the stretch, as the curve is there.

    ``value``: of the new key on the border.
    """
    place, level = old["co"][outside]
    side = "handle_right" if place < border else "handle_left"
    frames = np.arange(np.floor(min(place, border) + _SAME) + 1.0, max(place, border) - _SAME)
    values = sampled(curve, frames)
    if np.all(values == level) and old[side][outside, 1] == level:
        nearest = frames[-1:] if place < border else frames[:1]
        frames = frames[:0] if value == level else nearest
        values = np.full(len(frames), level, np.float32)
    slopes = (sampled(curve, frames + _NEAR) - sampled(curve, frames - _NEAR)) / (2.0 * _NEAR)
    found = key_arrays.complete(key_arrays.free_keys(frames, values, slopes, slopes))
    found["interpolation"][:] = _between(old, outside if place > border else outside + 1)
    return found


def _between(old: Keys, after: int) -> int:
    """Return how to go on in a piece of the old curve, given the key after it, between keys on its whole frames."""
    here = int(old["interpolation"][after - 1]) if after > 0 else key_arrays.BEZIER
    return here if here in (key_arrays.LINEAR, key_arrays.CONSTANT) else key_arrays.BEZIER


def _lean(curve: bpy.types.FCurve, new: Keys, row: int, beside: float) -> None:
    """Let the outer handle of a key on the border follow the old curve; ``beside``: the frame of the next key."""
    place, value = new["co"][row]
    side = -1.0 if beside < place else 1.0
    inner, outer = sampled(curve, (place, place + side * _NEAR))
    reach = abs(beside - place) / 3.0
    name = "handle_left" if side < 0 else "handle_right"
    new[name][row] = place + side * reach, value + (outer - inner) / _NEAR * reach
    new[f"{name}_type"][row] = key_arrays.FREE
