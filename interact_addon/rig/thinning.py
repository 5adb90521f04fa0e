"""The keys of any animation made fewer within a tolerance: of a take, or of an import with a key on every frame."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array
from . import key_arrays
from .artist_keys import artist_keys
from .channel import Channel
from .curve_fit import FittedKeys, evaluate
from .curves import Tolerance, bezier_keys, curves_of, fitted, in_parts, most_turn
from .key_arrays import Keys
from .stretch import sampled
from .written import CurveName, written_curves

_WHOLE = 1e-3  # frames
_SHARE_OF_READING = 0.3  # of the progress
_THINNED = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale", "value")


@dataclass(frozen=True)
class Thinned:
    """How many keys there were ``before`` and are ``after``, and how far curves are off at the most.

    ``angle`` (radians) of rotations, ``metres`` of locations in the world, ``value`` of all others.
    """

    before: int = 0
    after: int = 0
    angle: float = 0.0
    metres: float = 0.0
    value: float = 0.0

    def __add__(self, other: Thinned) -> Thinned:
        return Thinned(
            self.before + other.before,
            self.after + other.after,
            max(self.angle, other.angle),
            max(self.metres, other.metres),
            max(self.value, other.value),
        )


@dataclass
class ThinnedSlot:
    """The new keys of the curves of one slot that become fewer, and the count with those that stay."""

    count: Thinned = Thinned()
    keys: dict[CurveName, Keys] = field(default_factory=dict)

    def write(self, action: bpy.types.Action, slot: Any) -> None:
        """Write the keys into this slot of an action, the one they are of or its copy."""
        for curve in curves_of(action, slot):
            keys = self.keys.get((curve.data_path, curve.array_index))
            if keys is not None:
                key_arrays.write_keys(curve, keys)
                curve.update()


def thinned_slot_in_steps(
    action: bpy.types.Action, slot: Any, tolerance: Tolerance, owners: tuple[str, ...] = (), seconds: float = 0.02
) -> Generator[float, None, ThinnedSlot]:
    """Return fewer keys for a slot of an action; nothing is written. In short steps, each yielding the share done.

    ``owners``: the data paths of the only bones whose curves are thinned. Keys of a person stay, and so do curves with
    steps, or with keys between whole frames. Components of a property get their keys on the same frames.
    """
    written = written_curves(action, slot)
    found = ThinnedSlot()
    alike: dict[tuple[int, int], list[tuple[Channel, list[bpy.types.FCurve]]]] = {}
    properties, until = list(_properties(action, slot, owners)), time.monotonic() + seconds
    for place, curves in enumerate(properties):
        if time.monotonic() > until:
            yield _SHARE_OF_READING * place / len(properties)
            until = time.monotonic() + seconds
        count = sum(len(curve.keyframe_points) for curve in curves)
        found.count += Thinned(count, count)
        span = _span(curves)
        if span is not None:
            theirs = {frame - span[0] for curve in curves for frame in artist_keys(curve, written)}
            values = np.stack([_values(curve, *span) for curve in curves], axis=1)
            channel = Channel(curves[0].data_path, values, "", tuple(sorted(theirs)))
            alike.setdefault(span, []).append((channel, curves))
    done, total = 0, sum(map(len, alike.values()))
    for (first, _), pairs in alike.items():
        curves_by_path = {channel.path: curves for channel, curves in pairs}
        for some in in_parts([channel for channel, _ in pairs]):
            yield _SHARE_OF_READING + (1.0 - _SHARE_OF_READING) * done / total
            for channel, fit in zip(some, fitted(some, tolerance)):
                _keep_fewer(found, channel, curves_by_path[channel.path], fit, first, tolerance)
            done += len(some)
    return found


def _keep_fewer(
    found: ThinnedSlot,
    channel: Channel,
    curves: Sequence[bpy.types.FCurve],
    fit: FittedKeys,
    first: int,
    tolerance: Tolerance,
) -> None:
    """Note the keys of a property if they are fewer than it has."""
    before, after = sum(len(curve.keyframe_points) for curve in curves), fit.values.size
    if after < before:
        found.count += _error(channel, fit, tolerance) + Thinned(0, after - before)
        for curve, keys in zip(curves, bezier_keys(fit, first)):
            found.keys[curve.data_path, curve.array_index] = _marked(keys, channel.must, first)


def _properties(action: bpy.types.Action, slot: Any, owners: tuple[str, ...]) -> Iterator[list[bpy.types.FCurve]]:
    """Yield the curves of each property that can be thinned, in the order of its components."""
    found: dict[str, list[bpy.types.FCurve]] = {}
    for curve in curves_of(action, slot):
        owner, _, prop = curve.data_path.rpartition(".")
        if prop in _THINNED and (not owners or owner in owners):
            found.setdefault(curve.data_path, []).append(curve)
    for curves in found.values():
        yield sorted(curves, key=lambda curve: curve.array_index)


def _span(curves: Sequence[bpy.types.FCurve]) -> tuple[int, int] | None:
    """Return the first and the last frame of the keys of a property; None where it has to stay as it is."""
    spans = []
    for curve in curves:
        keys = key_arrays.read_keys(curve, ("co", "interpolation"))
        frames = keys["co"][:, 0]
        stepped = np.any(keys["interpolation"] == key_arrays.CONSTANT)
        if curve.lock or stepped or not len(frames) or np.abs(frames - np.rint(frames)).max() > _WHOLE:
            return None
        spans.append((round(float(frames[0])), round(float(frames[-1]))))
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return (first, last) if last > first else None


def _values(curve: bpy.types.FCurve, first: int, last: int) -> Array:
    """Return what a curve is on all whole frames (T,), without its modifiers."""
    places = key_arrays.read_keys(curve, ("co",))["co"]
    if len(places) == last - first + 1:
        return places[:, 1]
    return sampled(curve, range(first, last + 1))


def _error(channel: Channel, fit: FittedKeys, tolerance: Tolerance) -> Thinned:
    off = np.linalg.norm(evaluate(fit, np.arange(len(channel.values))) - channel.values, axis=1).max(initial=0.0)
    prop = channel.path.rpartition(".")[2]
    if prop == "location":
        return Thinned(metres=float(off) * tolerance.unit)
    if prop.startswith("rotation_"):
        return Thinned(angle=float(off) * most_turn(channel.path))
    return Thinned(value=float(off))


def _marked(keys: Keys, theirs: Sequence[int], first: int) -> Keys:
    """Return keys of which those on the rows of a person have the type of a person's."""
    own = np.isin(np.rint(keys["co"][:, 0]) - first, np.array(theirs))
    return keys | {"type": np.where(own, key_arrays.KEYFRAME, keys["type"])}
