"""Keys written in bulk: one curve a component, one key a frame, all of the type GENERATED."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array
from .channel import Channel

_KEY = bpy.types.Keyframe.bl_rna.properties
GENERATED = _KEY["type"].enum_items["GENERATED"].value
_LINEAR = _KEY["interpolation"].enum_items["LINEAR"].value
_AUTO_CLAMPED = _KEY["handle_left_type"].enum_items["AUTO_CLAMPED"].value
_CONSTANTS = {
    "interpolation": _LINEAR,
    "type": GENERATED,
    "handle_left_type": _AUTO_CLAMPED,
    "handle_right_type": _AUTO_CLAMPED,
}


def write_channels(bag: Any, channels: Sequence[Channel], start: int) -> None:
    """Write ``channels`` into a channelbag from frame ``start`` on; a curve that is there already is replaced."""
    there = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}
    for channel in channels:
        for component in range(channel.values.shape[1]):
            old = there.get((channel.path, component))
            if old is not None:
                bag.fcurves.remove(old)
            curve = compat.new_curve(bag, channel.path, component, channel.group)
            _write_keys(curve, start, channel.values[:, component])


def curves_of(action: bpy.types.Action, slot: Any) -> Iterator[bpy.types.FCurve]:
    """Yield the curves of one slot of an action."""
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(slot) if slot is not None else None
            if bag is not None:
                yield from bag.fcurves


def key_coordinates(curve: bpy.types.FCurve) -> tuple[Array, Array]:
    """Return the frames and the values (N,) of a curve's keys."""
    flat = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", flat)
    return flat[::2], flat[1::2]


def _write_keys(curve: bpy.types.FCurve, start: int, values: Array) -> None:
    points = curve.keyframe_points
    points.add(len(values))
    frames = np.arange(start, start + len(values), dtype=np.float32)
    points.foreach_set("co", np.stack([frames, values], axis=-1).astype(np.float32).ravel())
    for name, value in _CONSTANTS.items():
        points.foreach_set(name, np.full(len(values), value, np.int32))
    curve.update()
