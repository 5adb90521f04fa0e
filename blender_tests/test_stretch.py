"""A stretch of a take written anew: outside its frames every curve is bit for bit what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.rig import key_arrays
from interact_addon.rig.channel import Channel
from interact_addon.rig.curves import Tolerance, curves_of, keys_of_channels, write_channels
from interact_addon.rig.stretch import replace_keys, sampled
from interact_addon.rig.written import edits_of, remember_stretch, remember_written, was_edited, written_curves

FIRST, LAST, A, B = 1, 200, 63, 111
TOLERANCE = Tolerance()
OUTSIDE = [*range(FIRST - 5, A), *range(B + 1, LAST + 5)]


@pytest.fixture
def action() -> bpy.types.Action:
    """A take of one object: a way, one that rests, and a scale that never changes."""
    made = bpy.data.actions.new("Anna Take 1")
    slot = made.slots.new("OBJECT", "Anna")
    channels = [Channel("location", way(), "g"), Channel("scale", np.ones((LAST, 3)), "g")]
    write_channels(compat.channelbag(made, slot), channels, FIRST, Tolerance())
    remember_written(made, slot, {"location", "scale"})
    return made


def way() -> np.ndarray:
    time = np.arange(LAST)[:, None]
    return np.sin(time / [17.0, 13.0, 24.0]) + 0.1 * np.cos(time / [35.0, 8.0, 17.0])


def curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    return list(curves_of(action, action.slots[0]))


def another(action: bpy.types.Action) -> list[Channel]:
    """Return what the stretch is written with: what is there at both ends, and something else between."""
    frames = np.arange(A, B + 1)
    more = np.hanning(len(frames)) * np.sin(frames / 3.0)
    now = {path: [sampled(c, frames) + more for c in curves(action) if c.data_path == path] for path in PATHS}
    return [Channel(path, np.stack(values, axis=1).astype(np.float32), "g") for path, values in now.items()]


def write_stretch(
    action: bpy.types.Action, channels: Sequence[Channel], first: int = A, tolerance: Tolerance | None = TOLERANCE
) -> None:
    """Write channels over a stretch, with keys at its ends, and remember them as written."""
    there = {(curve.data_path, curve.array_index): curve for curve in curves(action)}
    last = len(channels[0].values) - 1
    ends = [replace(channel, must=(0, last)) for channel in channels]
    changed = {}
    for channel, components in zip(ends, keys_of_channels(ends, first, tolerance)):
        for component, keys in enumerate(components):
            name = (channel.path, component)
            changed[name] = (replace_keys(there[name], keys), ())
    remember_stretch(action, action.slots[0], (first, first + last), changed)


PATHS = ("location", "scale")


def keys_outside(curve: bpy.types.FCurve, only: Sequence[float] = ()) -> dict[float, list[float]]:
    """Return all that keys outside the stretch are, by frame."""
    keys = key_arrays.read_keys(curve)
    rows = {float(place): row for row, place in enumerate(keys["co"][:, 0]) if not A <= place <= B}
    return {
        place: [float(x) for name in key_arrays.ALL for x in np.ravel(keys[name][row])]
        for place, row in rows.items()
        if not only or place in only
    }


@pytest.mark.parametrize("tolerance", [Tolerance(), None], ids=["few keys", "every frame"])
@pytest.mark.parametrize("before", [Tolerance(), None], ids=["over few keys", "over every frame"])
def test_outside_the_stretch_nothing_changes(
    action: bpy.types.Action, before: Tolerance | None, tolerance: Tolerance | None
) -> None:
    channels = [Channel("location", way(), "g"), Channel("scale", np.ones((LAST, 3)), "g")]
    write_channels(compat.channelbag(action, action.slots[0]), channels, FIRST, before)
    values = [sampled(curve, OUTSIDE) for curve in curves(action)]
    keys = [keys_outside(curve) for curve in curves(action)]
    new = another(action)
    write_stretch(action, new, A, tolerance)
    for curve, seen, kept in zip(curves(action), values, keys):
        np.testing.assert_array_equal(sampled(curve, OUTSIDE), seen)
        assert keys_outside(curve, list(kept)) == kept
    goal = np.concatenate([channel.values for channel in new], axis=1)
    inside = np.stack([sampled(curve, range(A, B + 1)) for curve in curves(action)], axis=1)
    np.testing.assert_array_equal(inside[[0, -1]], goal[[0, -1]])
    np.testing.assert_allclose(inside, goal, atol=0.002)


def test_what_is_level_outside_gets_no_keys_there(action: bpy.types.Action) -> None:
    write_stretch(action, another(action))
    (scale, *_) = [curve for curve in curves(action) if curve.data_path == "scale"]
    assert [key.co.x for key in scale.keyframe_points if not A <= key.co.x <= B] == [FIRST]


@pytest.mark.parametrize(("first", "last", "ramp"), [(FIRST, 40, (1.0, 0.0)), (160, LAST, (0.0, 1.0))])
def test_a_stretch_at_the_start_or_at_the_end_keeps_the_rest(
    action: bpy.types.Action, first: int, last: int, ramp: tuple[float, float]
) -> None:
    rest = [*range(FIRST, first), *range(last + 1, LAST + 1)]
    there = curves(action)[:3]
    before = [sampled(curve, rest) for curve in there]
    values = np.stack([sampled(curve, range(first, last + 1)) for curve in there], axis=1)
    values += np.linspace(*ramp, len(values), dtype=np.float32)[:, None]
    write_stretch(action, [Channel("location", values, "g")], first)
    for curve, seen in zip(there, before):
        np.testing.assert_array_equal(sampled(curve, rest), seen)


def test_keys_of_a_person_beside_the_stretch_keep_the_curve_before_them(action: bpy.types.Action) -> None:
    curve = curves(action)[0]
    for frame, value in ((30, 0.5), (47, -0.8), (60, 0.2), (120, 0.9), (140, 0.0)):
        key = curve.keyframe_points.insert(frame, value)
        key.handle_left_type = key.handle_right_type = "AUTO_CLAMPED"
    curve.update()
    halves = np.arange(FIRST, 60, 0.5)
    before, outside = sampled(curve, halves), sampled(curve, OUTSIDE)
    write_stretch(action, another(action))
    np.testing.assert_array_equal(sampled(curve, halves), before)
    np.testing.assert_array_equal(sampled(curve, OUTSIDE), outside)


def test_a_stretch_that_was_written_anew_is_no_edit_of_a_person(action: bpy.types.Action) -> None:
    write_stretch(action, another(action))
    assert not was_edited(action)


def test_edits_outside_the_stretch_are_still_known(action: bpy.types.Action) -> None:
    outside, inside = curves(action)[0].keyframe_points[1], curves(action)[0].keyframe_points[8]
    assert outside.co.x < A < inside.co.x < B
    outside.co_ui.y += 0.3
    inside.co_ui.y += 0.3
    write_stretch(action, another(action))
    written = written_curves(action, action.slots[0])
    assert written is not None
    edits = [edits_of(curve, written[curve.data_path, curve.array_index]) for curve in curves(action)]
    assert edits[0].keyed.tolist() == [curves(action)[0].keyframe_points[1].co.x]
    assert not any(edits[1:]) and was_edited(action)


def test_only_what_is_written_anew_is_remembered_anew(action: bpy.types.Action) -> None:
    curves(action)[0].keyframe_points[2].co_ui.y += 0.3
    channels = [channel for channel in another(action) if channel.path == "scale"]
    write_stretch(action, channels)
    assert was_edited(action)
