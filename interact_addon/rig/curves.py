"""Curves written in bulk: keys where a tolerance needs them, or on every frame, all of the type GENERATED."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array
from . import key_arrays
from .channel import Channel
from .curve_fit import FittedKeys, fit_curves
from .key_arrays import Keys

_AT_ONCE = 8_000  # values that are fitted in one step, some 20 ms


@dataclass(frozen=True)
class Tolerance:
    """How far curves may be from what they are made of, at every frame.

    ``angle``: of a rotation as a whole, radians; ``carried``: of what a rotation carries, metres in the world;
    ``metres``: of a location as a whole, in the world; ``value``: of any other curve. ``unit``: metres in the world of
    a location's unit.
    """

    angle: float = float(np.radians(0.05))
    carried: float = 0.0001
    metres: float = 0.0002
    value: float = 0.002
    unit: float = 1.0

    def of(self, path: str, reach: float = 0.0) -> float:
        """Return how far the components of a property, by its data path, may be from its values together.

        ``reach``: as a channel has it.
        """
        prop = path.rpartition(".")[2]
        if prop == "location":
            return self.metres / self.unit
        if not prop.startswith("rotation_"):
            return self.value
        angle = self.angle if reach * self.angle <= self.carried else self.carried / reach
        return angle / most_turn(path)


def most_turn(path: str) -> float:
    """Return by how much (radians) a small change of a rotation, of length 1, turns at the most.

    One of a quaternion, or of angle and axis, turns by twice its length. One of Euler angles turns by the square root
    of two times its length, where the first and the last axis coincide.
    """
    return float(np.sqrt(2.0)) if path.endswith("rotation_euler") else 2.0


def write_channels(bag: Any, channels: Sequence[Channel], start: int, tolerance: Tolerance | None = None) -> None:
    """Write ``channels`` into a channelbag from frame ``start`` on; a curve that is there already is replaced.

    ``tolerance``: as in ``keys_of_channels``.
    """
    write_keys_of(bag, channels, keys_of_channels(channels, start, tolerance))


def write_keys_of(bag: Any, channels: Sequence[Channel], keys: Sequence[Sequence[Keys]]) -> None:
    """Write the keys of each component of ``channels`` into a channelbag, in the place of curves that are there."""
    there = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}
    for channel, components in zip(channels, keys):
        for component, own in enumerate(components):
            old = there.get((channel.path, component))
            if old is not None:
                bag.fcurves.remove(old)
            curve = compat.new_curve(bag, channel.path, component, channel.group)
            key_arrays.write_keys(curve, own)
            curve.update()


def keys_of_channels(channels: Sequence[Channel], start: int, tolerance: Tolerance | None) -> list[list[Keys]]:
    """Return for each channel the keys of its components, of which row 0 is frame ``start``.

    Within ``tolerance`` keys are only where the curves need them and where a channel says they ``must``: Bezier keys
    with free handles, at the same frames for all components of a channel. Without one there is a key on every frame,
    with straight lines between. At its keys a curve has exactly the channel's values.
    """
    if tolerance is None:
        return [
            [key_arrays.straight_keys(np.arange(start, start + len(c.values)), component) for component in c.values.T]
            for c in channels
        ]
    return [bezier_keys(keys, start) for keys in fitted(channels, tolerance)]


def in_parts(channels: Sequence[Channel]) -> Iterator[Sequence[Channel]]:
    """Yield channels, a few at a time: their curves are fitted within a redraw."""
    first, numbers = 0, 0
    for place, channel in enumerate(channels):
        numbers += channel.values.size
        if numbers > _AT_ONCE or place == len(channels) - 1:
            yield channels[first : place + 1]
            first, numbers = place + 1, 0


def bezier_keys(fit: FittedKeys, start: int) -> list[Keys]:
    """Return the keys of each component; frame 0 of the fit is frame ``start``."""
    parts = (fit.values, fit.left, fit.right)
    count = fit.values.shape[1]
    return [key_arrays.free_keys(fit.frames + start, *(part[:, i] for part in parts)) for i in range(count)]


def tolerance_on(armature: bpy.types.Object) -> Tolerance:
    """Return the tolerance of a take's curves on a rig."""
    return Tolerance(unit=world_scale(armature))


def world_scale(armature: bpy.types.Object) -> float:
    """Return how many metres in the world a metre of the armature is at the most."""
    return max(float(np.linalg.norm(np.array(armature.matrix_world)[:3, :3], axis=0).max()), 1e-9)


def curves_of(action: bpy.types.Action, slot: Any) -> Iterator[bpy.types.FCurve]:
    """Yield the curves of one slot of an action."""
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(slot) if slot is not None else None
            if bag is not None:
                yield from bag.fcurves


def key_coordinates(curve: bpy.types.FCurve) -> tuple[Array, Array]:
    """Return the frames and the values (N,) of a curve's keys."""
    places = key_arrays.read_keys(curve, ("co",))["co"]
    return places[:, 0], places[:, 1]


def fitted(channels: Sequence[Channel], tolerance: Tolerance) -> list[FittedKeys]:
    """Return the keys that channels need, found for all with as many rows and components at once."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for number, channel in enumerate(channels):
        alike.setdefault(channel.values.shape, []).append(number)
    found: dict[int, FittedKeys] = {}
    for (frames, _), numbers in alike.items():
        some = [channels[number] for number in numbers]
        must = np.zeros((frames, len(some)), bool)
        for column, channel in enumerate(some):
            must[[row for row in channel.must if 0 <= row < frames], column] = True
        values = np.stack([channel.values for channel in some], axis=1)
        tolerances = np.array([tolerance.of(channel.path, channel.reach) for channel in some])
        found.update(zip(numbers, fit_curves(values, tolerances, must)))
    return [found[number] for number in range(len(channels))]
