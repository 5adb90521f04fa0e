"""The keys of a curve as arrays: taken out, joined and put back, each with all that Blender keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ..runtime_api import Array
from .curves import GENERATED

_ENUMS = bpy.types.Keyframe.bl_rna.properties
_PLACES = ("co", "handle_left", "handle_right")  # two numbers each: frame and value
_NUMBERS = ("amplitude", "back", "period")
_CHOICES = ("interpolation", "easing", "type", "handle_left_type", "handle_right_type")
_FLAGS = ("select_control_point", "select_left_handle", "select_right_handle")


@dataclass(frozen=True)
class Keys:
    """N keys in the order of their frames: every attribute of a ``Keyframe`` as an array (N,) or (N, 2)."""

    attributes: Mapping[str, Array]

    @property
    def frames(self) -> Array:
        frames: Array = self.attributes["co"][:, 0]
        return frames

    def where(self, chosen: Array) -> Keys:
        """Return the keys for which ``chosen`` (N,) is true."""
        return Keys({name: values[chosen] for name, values in self.attributes.items()})

    def joined(self, other: Keys) -> Keys:
        """Return the keys of both in the order of their frames."""
        both = {name: np.concatenate([values, other.attributes[name]]) for name, values in self.attributes.items()}
        order = np.argsort(both["co"][:, 0], kind="stable")
        return Keys({name: values[order] for name, values in both.items()})


def keys_of(curve: bpy.types.FCurve) -> Keys:
    """Return the keys of a curve."""
    points, found = curve.keyframe_points, {}
    for name in _PLACES:
        flat = np.empty(2 * len(points), np.float32)
        points.foreach_get(name, flat)
        found[name] = flat.reshape(-1, 2)
    for names, kind in ((_NUMBERS, np.float32), (_CHOICES, np.int32), (_FLAGS, bool)):
        for name in names:
            found[name] = np.empty(len(points), kind)
            points.foreach_get(name, found[name])
    return Keys(found)


def linear_keys(frames: Array, values: Array) -> Keys:
    """Return keys of the type GENERATED at ``frames`` (N,) with ``values`` (N,), straight from one to the next.

    Their handles lie a third of the way to the neighbours, as those of Blender's vector handles do.
    """
    places = np.stack([frames, values], axis=-1).astype(np.float32)
    before = np.concatenate([places[:1], places[:-1]])
    after = np.concatenate([places[1:], places[-1:]])
    found = {
        "co": places,
        "handle_left": places + (before - places) / 3.0,
        "handle_right": places + (after - places) / 3.0,
        "amplitude": np.full(len(places), 0.8, np.float32),
        "back": np.full(len(places), 1.70158, np.float32),
        "period": np.full(len(places), 4.1, np.float32),
    }
    choices = {
        "interpolation": _choice("interpolation", "LINEAR"),
        "easing": _choice("easing", "AUTO"),
        "type": GENERATED,
        "handle_left_type": _choice("handle_left_type", "VECTOR"),
        "handle_right_type": _choice("handle_right_type", "VECTOR"),
    }
    found |= {name: np.full(len(places), value, np.int32) for name, value in choices.items()}
    found |= {name: np.zeros(len(places), bool) for name in _FLAGS}
    return Keys(found)


def put_keys(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Replace the keys of a curve.

    ``FCurve.update`` is not called, since it would work out automatic handles anew, beside the new keys and elsewhere.
    """
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys.frames))
    for name, values in keys.attributes.items():
        points.foreach_set(name, np.ascontiguousarray(values).ravel())


def _choice(name: str, identifier: str) -> int:
    value: int = _ENUMS[name].enum_items[identifier].value
    return value
