"""The keys of a take moved in time from one frame on: what comes before stays, what comes after is the same later."""

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np

from .amplitude import AMPLITUDES, curve_paths, is_scaled, set_amplitude, stored_amplitude
from .artist_keys import artist_keys
from .cast import CastActor
from .curves import curves_of
from .key_arrays import KEYFRAME, chosen, read_keys, straight_keys, write_keys
from .keying import TAKE_NUMBER
from .stretch import replace_keys, sampled
from .take_action import new_take_action
from .written import remember_written, written_curves

_SAME = 1e-3  # frames
_BESIDE = 2  # frames on both sides of the seam that get a key each, so that no other piece of a curve changes


def moved_take(
    action: bpy.types.Action, name: str, number: int, at: int, by: int, actor: CastActor, rate: float
) -> bpy.types.Action:
    """Return a copy of a take's action, the take ``number``, in which all from frame ``at`` on is ``by`` frames later.

    ``by`` below 0 leaves out the frames before ``at``. Before the seam every whole frame has bit for bit the value
    that it had, and after it as far as Blender evaluates a moved Bezier curve alike. What a person keyed is marked as
    theirs. Amplitudes of the ``actor`` stay, about the drift of the moved curves; ``rate``: frames a second.
    """
    moved = new_take_action(name, action)
    moved[TAKE_NUMBER] = number
    amplitudes = {which: stored_amplitude(moved, which) for which in AMPLITUDES} if is_scaled(moved) else {}
    for which in amplitudes:
        set_amplitude(moved, which, curve_paths(actor, which), 1.0, rate)
    for slot in moved.slots:
        written = written_curves(moved, slot)
        for curve in curves_of(moved, slot):
            _move_keys(curve, at, by, artist_keys(curve, written) if written is not None else ())
        if written is not None:
            remember_written(moved, slot, {path for path, _ in written})
    for which, amplitude in amplitudes.items():
        set_amplitude(moved, which, curve_paths(actor, which), amplitude, rate)
    return moved


def move_layer(action: bpy.types.Action, at: int, by: int) -> None:
    """Move what a layer's action has from frame ``at`` on ``by`` frames later, as ``moved_take`` does."""
    for slot in action.slots:
        for curve in curves_of(action, slot):
            _move_keys(curve, at, by, ())


def _move_keys(curve: bpy.types.FCurve, at: int, by: int, theirs: Collection[int]) -> None:
    if len(curve.keyframe_points) < 2:
        return
    end = min(at, at + by)  # of what stays
    frames = np.arange(end - _BESIDE, at + _BESIDE + 1)
    replace_keys(curve, straight_keys(frames, sampled(curve, frames)))
    keys = read_keys(curve)
    places = keys["co"][:, 0]
    own = np.isin(np.rint(places), np.array([*theirs]))
    keys["type"] = np.where(own, KEYFRAME, keys["type"])
    keys = chosen(keys, (places < end - _SAME) | (places >= at - _SAME))
    later = keys["co"][:, 0] >= at - _SAME
    for name in ("co", "handle_left", "handle_right"):
        keys[name][later, 0] += by
    write_keys(curve, keys)
