"""What a person did to a take: curves compared with what was written, whatever the keys' type says."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.rig.channel import Channel
from interact_addon.rig.curves import Tolerance, curves_of, write_channels
from interact_addon.rig.written import WRITTEN, Edits, checksums, edits_of, remember_written, was_edited, written_curves

FRAMES = 120


@pytest.fixture
def take() -> bpy.types.Action:
    return written(Tolerance())


def written(tolerance: Tolerance | None) -> bpy.types.Action:
    """Return a take of one object that moves on frames 1 to 120."""
    action = bpy.data.actions.new("Anna Take 1")
    slot = action.slots.new("OBJECT", "Anna")
    time = np.arange(FRAMES)[:, None] / 30.0
    channels = [Channel("location", np.sin(time * [2.0, 3.1, 1.3]), "g")]
    write_channels(compat.channelbag(action, slot), channels, 1, tolerance)
    remember_written(action, slot, {"location"})
    return action


def curve(action: bpy.types.Action, index: int = 0) -> bpy.types.FCurve:
    return list(curves_of(action, action.slots[0]))[index]


def edits(action: bpy.types.Action, index: int = 0) -> Edits:
    kept = written_curves(action, action.slots[0])
    assert kept is not None
    return edits_of(curve(action, index), kept["location", index])


@pytest.mark.parametrize("tolerance", [Tolerance(), None], ids=["few keys", "every frame"])
def test_a_take_as_it_was_written_was_not_edited(tolerance: Tolerance | None) -> None:
    action = written(tolerance)
    curve(action).update()
    assert not was_edited(action) and not edits(action)


@pytest.mark.parametrize("tolerance", [Tolerance(), None], ids=["few keys", "every frame"])
def test_a_value_keyed_over_a_generated_key_is_an_edit_though_the_type_stays(tolerance: Tolerance | None) -> None:
    action = written(tolerance)
    frame = curve(action).keyframe_points[3].co.x
    key = curve(action).keyframe_points.insert(frame, 2.0, options={"REPLACE"})
    assert key.type == "GENERATED"
    assert edits(action).keyed.tolist() == [frame] and not len(edits(action).bent) and was_edited(action)


def test_a_key_that_was_added_is_an_edit(take: bpy.types.Action) -> None:
    places = [key.co.x for key in curve(take).keyframe_points]
    free = next(frame for frame in range(2, FRAMES) if frame not in places)
    curve(take).keyframe_points.insert(free, 0.3)
    assert edits(take).keyed.tolist() == [free] and not len(edits(take).bent)


def test_a_key_that_was_moved_in_time_is_an_edit_where_it_is_now(take: bpy.types.Action) -> None:
    key = curve(take).keyframe_points[3]
    key.co_ui.x += 1.0
    now = key.co.x
    assert edits(take).keyed.tolist() == [now]


def test_handles_that_were_moved_are_an_edit_of_the_frames_between_the_keys(take: bpy.types.Action) -> None:
    keys = curve(take).keyframe_points
    keys[3].handle_right.y += 0.2
    curve(take).update()
    between = range(int(keys[3].co.x) + 1, int(keys[4].co.x))
    assert not len(edits(take).keyed) and edits(take).bent.tolist() == list(between)
    assert was_edited(take) and not edits(take, index=1)


def test_another_interpolation_is_an_edit_of_the_frames_between_the_keys(take: bpy.types.Action) -> None:
    keys = curve(take).keyframe_points
    keys[3].interpolation = "CONSTANT"
    assert keys[3].co.x < edits(take).bent.min() and edits(take).bent.max() < keys[4].co.x


def test_a_key_that_was_deleted_is_an_edit_where_the_curve_left_its_way(take: bpy.types.Action) -> None:
    keys = curve(take).keyframe_points
    gone, around = keys[4].co.x, (keys[3].co.x, keys[5].co.x)
    keys.remove(keys[4])
    curve(take).update()
    assert gone in edits(take).bent and not len(edits(take).keyed)
    assert around[0] < edits(take).bent.min() and edits(take).bent.max() < around[1]


def test_keys_deleted_at_the_end_are_an_edit(take: bpy.types.Action) -> None:
    keys = curve(take).keyframe_points
    keys.remove(keys[len(keys) - 1])
    assert edits(take).bent.max() == FRAMES


def test_keys_thinned_by_another_tool_are_no_pose_where_the_curve_stays() -> None:
    action = written(None)
    keys = curve(action).keyframe_points
    keys.remove(keys[47])
    assert not edits(action), "the sine is straight there"
    keys.remove(keys[23])
    assert edits(action).bent.tolist() == [24.0]


def test_a_curve_that_was_deleted_or_added_is_an_edit(take: bpy.types.Action) -> None:
    bag = compat.channelbag(take, take.slots[0])
    bag.fcurves.new("scale", index=0).keyframe_points.insert(1, 1.0)
    assert was_edited(take)
    bag.fcurves.remove(bag.fcurves.find("scale", index=0))
    assert not was_edited(take)
    bag.fcurves.remove(curve(take, 2))
    assert was_edited(take)


def test_an_action_that_is_no_take_was_not_edited() -> None:
    action = bpy.data.actions.new("walk")
    slot = action.slots.new("OBJECT", "Anna")
    compat.channelbag(action, slot).fcurves.new("location", index=0).keyframe_points.insert(1, 1.0)
    assert not was_edited(action) and written_curves(action, slot) is None


def test_edits_are_known_after_saving_and_opening(take: bpy.types.Action, tmp_path: Path) -> None:
    take.use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    again = bpy.data.actions["Anna Take 1"]
    assert not was_edited(again)
    curve(again).keyframe_points[2].co_ui.y += 0.1
    assert was_edited(again)


def test_takes_of_earlier_versions_are_still_known() -> None:
    action = written(None)
    there = list(curves_of(action, action.slots[0]))
    sums = [checksums(np.array([key.co.y for key in each.keyframe_points], np.float32)) for each in there]
    entry = {"slot": action.slots[0].identifier, "first": 1.0, "sums": np.concatenate(sums).tobytes()}
    entry["curves"] = json.dumps([(each.data_path, each.array_index, FRAMES) for each in there])
    action[WRITTEN] = {"0": entry}
    assert not was_edited(action)
    curve(action, 1).keyframe_points[20].co.y += 0.2
    assert edits(action, 1).keyed.tolist() == [21.0] and not edits(action, 0) and was_edited(action)
