"""Retime to a New Recording: strips and motion after a line move with it, the line itself is left to be made."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.operators import generate, retiming, stepping
from interact_addon.rig.amplitude import GESTURES, stored_amplitude
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.runtime_api import contract
from interact_addon.scene.channels import ACTIONS
from interact_addon.scene.ownership import strips_of
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.scene.sound_files import write_wave
from interact_addon.scene.strips import add_action, add_speech
from interact_addon.takes import library
from interact_addon.takes.changed import what_changed
from interact_addon.takes.record import read_record, record_take, save_performance
from interact_addon.worker_client import generation
from model_runtime.contract import Performance

from .rigs import add_face, make_rig, perform
from .test_regenerate import state

LINE, END = 61, 121  # two seconds from frame 61 on


def wave(folder: Path, name: str, seconds: float) -> Path:
    write_wave(folder / name, np.sin(np.arange(round(48000 * seconds)) / 20).astype(np.float32), 48000)
    return folder / name


@pytest.fixture
def scene(addon: None, tmp_path: Path) -> bpy.types.Scene:
    """Anna and Ben in a take of eight seconds: Anna's line, then one of Ben's, both standing; a marker at its end."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 241
    for actor, (table, name) in zip(scene.interact.actors, ((MIXAMO, "Anna"), (UNREAL, "Ben"))):
        actor.armature = make_rig(table, name)
        add_face(actor.armature, f"{name}Head")
    bpy.data.objects["Ben"].location.x = 1.5
    bpy.context.view_layer.update()
    for name in ("Anna", "Ben"):
        add_action(scene, name, "stand", 1, 242)
    add_speech(scene, "Ben", wave(tmp_path, "answer.wav", 1.0), 151)
    strip = add_speech(scene, "Anna", wave(tmp_path, "line.wav", 2.0), LINE)
    scene.sequence_editor.active_strip = strip
    scene.timeline_markers.new("cue", frame=140)
    cast = cast_scene(scene, first_frame=True)
    performance = Performance(tuple(perform(241, character).actors[0] for character in cast))
    request, _ = build_request(scene, cast)
    record_take(key_performance(scene, cast, performance), request, performance, save_performance(performance)[0])
    library.remember_pair(scene)
    return scene


def values(action: bpy.types.Action, frames: Any) -> dict[tuple[str, str, int], list[float]]:
    return {
        (slot.identifier, curve.data_path, curve.array_index): [curve.evaluate(float(frame)) for frame in frames]
        for slot in action.slots
        for curve in curves_of(action, slot)
    }


@pytest.mark.parametrize("seconds", [3.0, 1.0, 2.0])
def test_what_comes_after_a_line_moves_by_the_difference(
    scene: bpy.types.Scene, tmp_path: Path, seconds: float
) -> None:
    before, by = library.shown(scene), round((seconds - 2.0) * 30)
    assert bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", seconds))) == {"FINISHED"}
    strips = {strip.name: strip for strip in scene.sequence_editor.strips}
    assert compat.strip_left(strips["new"]) == LINE and compat.strip_right(strips["new"]) == END + by
    assert compat.strip_left(strips["answer"]) == 151 + by and "line" not in strips
    assert compat.strip_right(strips["stand"]) == 242 + by and scene.frame_end == 241 + by
    assert scene.timeline_markers["cue"].frame == 140 + by
    end = min(END, END + by)
    for old, new in zip(before, library.shown(scene)):
        assert old is not None and new is not None and old != new
        assert values(new, range(1, end - 2)) == values(old, range(1, end - 2))
        moved, was = values(new, range(END + by, 242 + by)), values(old, range(END, 242))
        assert all(np.allclose(moved[name], curve, rtol=0.0, atol=2e-6) for name, curve in was.items())
    take = library.shown_take(scene)
    assert take is not None and take.number == 2


@pytest.mark.parametrize("seconds", [3.0, 1.0])
def test_only_the_line_with_a_second_around_it_is_left_to_be_made(
    scene: bpy.types.Scene, tmp_path: Path, seconds: float
) -> None:
    bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", seconds)))
    found = what_changed(scene, listen=False)
    assert found is not None and not found.settings and found.stretch is not None
    assert (found.stretch.first, found.stretch.last) == (LINE - 30, LINE + seconds * 30 + 30)
    assert set(found.stretch.parts) == {"Anna", "Ben"}
    record = read_record(library.shown(scene)[0])
    assert record is not None and record.frames == (1, scene.frame_end)
    assert len(record.load_performance().actors[0].root_positions) == scene.frame_end


@pytest.mark.parametrize(
    ("walk", "seconds", "goal"),
    [
        ((131, 191), 3.0, (161, 221)),  # after the line: it moves along
        ((131, 191), 1.0, (101, 161)),
        ((35, 58), 3.0, (35, 58)),  # before it: it stays
        ((70, 100), 3.0, (70, 100)),  # within it
        ((70, 100), 1.0, (61, 91)),  # within what is left out in part: it arrives in time
        ((101, 161), 3.0, (131, 191)),  # over the end of the line: it sets out and arrives later
        ((101, 161), 1.0, (71, 131)),  # and earlier
        ((40, 161), 1.0, (31, 131)),  # no earlier than where the motion can be made anew
        ((20, 161), 3.0, (20, 191)),  # it set out before: it has more time
        ((20, 161), 1.0, (20, 131)),  # and less
    ],
)
def test_a_walk_around_the_line_keeps_its_time_for_its_way_where_it_can(
    scene: bpy.types.Scene, tmp_path: Path, walk: tuple[int, int], seconds: float, goal: tuple[int, int]
) -> None:
    strips = scene.sequence_editor.strips
    compat.set_strip_right(next(one for one in strips if one.name == "stand"), walk[0])
    add_action(scene, "Anna", "walk", *walk)
    add_action(scene, "Anna", "sit", walk[1], 242)
    scene.sequence_editor.active_strip = strips["line"]
    assert bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", seconds))) == {"FINISHED"}
    places = {
        one.name.strip(): (compat.strip_left(one), compat.strip_right(one))
        for one in strips_of(scene, "Anna", ACTIONS, "COLOR")
    }
    by = round((seconds - 2.0) * 30)
    assert places["walk"] == goal
    assert places["stand"] == (1, goal[0]) and places["sit"] == (goal[1], 242 + by)


def test_what_nobody_could_walk_is_refused_and_nothing_changes(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "FASTEST_WALK", 1.0)  # this take goes slower than any recorded walk
    stand = next(strip for strip in scene.sequence_editor.strips if strip.name == "stand")
    compat.set_strip_right(stand, 80)
    add_action(scene, "Anna", "walk", 80, 119)
    scene.sequence_editor.active_strip = scene.sequence_editor.strips["line"]
    before = state()
    with pytest.raises(RuntimeError, match=r"'Anna' would have .* s to walk .* m around the line"):
        bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", 0.1)))
    with pytest.raises(RuntimeError, match="There is no sound file"):
        bpy.ops.interact.new_recording(filepath=str(tmp_path / "gone.wav"))
    assert state() == before and "new.wav" not in bpy.data.sounds


def test_a_new_recording_is_undone_in_one_step(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = state()
    bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", 3.0)))
    assert state() != before
    bpy.ops.ed.undo()
    assert state() == before


def in_a_window(path: Path) -> generation.Generation:
    """Exchange the line as the button in a window does, and return the generation of the line."""
    operator = SimpleNamespace(filepath=str(path), generate=True, in_window=True)
    stepping.begin(bpy.context.scene, retiming.INTERACT_OT_new_recording.work(operator, bpy.context))  # type: ignore[arg-type]
    assert stepping._running is not None
    running = stepping._running
    while stepping.tick(running) is not None:
        pass
    assert generation.current is not None
    return generation.current


def test_the_exchange_and_its_line_are_one_undo_step(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = state()
    job = in_a_window(wave(tmp_path, "new.wav", 3.0))
    while generate.tick(job, retiming._forget_line, retiming._keep_exchange) is not None:
        time.sleep(job.pause)
    assert job.is_done and retiming._line is None
    take = library.shown_take(bpy.context.scene)
    assert take is not None and take.number == 3 and not take.summary.pending
    bpy.ops.ed.undo()
    assert state() == before


def test_an_undo_while_the_line_is_generated_takes_the_exchange_back_and_no_more(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects["Ben"].location.x = 1.6
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="moved")
    before = state()
    job = in_a_window(wave(tmp_path, "new.wav", 3.0))
    bpy.ops.ed.undo()
    assert generation.current is None and bpy.app.timers.is_registered(retiming._redo)
    retiming._redo()
    bpy.app.timers.unregister(retiming._redo)
    assert state() == before and bpy.data.objects["Ben"].location.x == pytest.approx(1.6)
    assert generate.tick(job, retiming._forget_line, retiming._keep_exchange) is None


def test_a_line_that_is_cancelled_leaves_the_exchange_as_a_step(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = state()
    job = in_a_window(wave(tmp_path, "new.wav", 3.0))
    job.cancel()
    assert generate.tick(job, retiming._forget_line, retiming._keep_exchange) is None
    take = library.shown_take(bpy.context.scene)
    assert take is not None and take.number == 2 and take.summary.pending
    bpy.ops.ed.undo()
    assert state() == before


@pytest.mark.parametrize(("seconds", "by"), [(3.0, 30), (1.0, -30)])
def test_a_voice_of_the_partner_over_the_end_of_the_line_is_cut_and_moves_with_the_motion(
    scene: bpy.types.Scene, tmp_path: Path, seconds: float, by: int
) -> None:
    whole = add_speech(scene, "Ben", wave(tmp_path, "whole.wav", 4.0), 81)
    whole.channel = 12
    scene.sequence_editor.channels[12].name = "Ben Speech 2"
    scene.sequence_editor.active_strip = scene.sequence_editor.strips["line"]
    assert bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", seconds))) == {"FINISHED"}
    parts = [strip for strip in scene.sequence_editor.strips if strip.name.startswith("whole")]
    places = sorted((compat.strip_left(one), compat.strip_right(one)) for one in parts)
    assert places == [(81, END + min(by, 0)), (END + by, 201 + by)]


def test_amplitudes_and_layers_move_along(scene: bpy.types.Scene, tmp_path: Path) -> None:
    anna = bpy.data.objects["Anna"]
    action = library.shown(scene)[0]
    assert action is not None
    action.interact.gestures = 1.5
    curve = next(
        c for c in curves_of(action, action.slots[0]) if c.data_path == 'pose.bones["Spine"].rotation_quaternion'
    )
    curve.keyframe_points.insert(200, curve.evaluate(200) + 0.2)
    curve.update()
    assert bpy.ops.interact.keep_as_layer() == {"FINISHED"}
    bpy.context.view_layer.update()

    def pose(frame: int) -> np.ndarray:
        scene.frame_set(frame)
        return np.array([bone.matrix for bone in anna.pose.bones])

    frames = (5, 20, 195, 200, 230)
    before = [pose(frame) for frame in frames]
    assert bpy.ops.interact.new_recording(filepath=str(wave(tmp_path, "new.wav", 3.0))) == {"FINISHED"}
    for frame, was in zip(frames, before):
        np.testing.assert_allclose(pose(frame + (30 if frame >= END else 0)), was, atol=0.02, err_msg=str(frame))
    moved = library.shown(scene)[0]
    assert moved is not None and moved != action and stored_amplitude(moved, GESTURES) == pytest.approx(1.5)
