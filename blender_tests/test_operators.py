"""The operators, as a user calls them."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.demo.timeline import default_speech
from interact_addon.operators import feedback
from interact_addon.runtime_api import contract, errors
from interact_addon.scene.reading import label_of
from interact_addon.worker_client import generation


def keyed_curves() -> int:
    return sum(
        len(bag.fcurves)
        for action in bpy.data.actions
        for layer in action.layers
        for strip in layer.strips
        for bag in strip.channelbags
    )


def state_of(scene: bpy.types.Scene) -> tuple[object, ...]:
    """Return all that a failed generation must not change: objects, actions, poses of both rigs, face shapes."""
    poses = [actor.armature.pose for actor in scene.interact.actors if actor.armature is not None]
    rig_bones = [bone for pose in poses if pose is not None for bone in pose.bones]
    bones = tuple((bone.name, *(round(value, 6) for row in bone.matrix_basis for value in row)) for bone in rig_bones)
    shapes = tuple((key.name, *(round(block.value, 6) for block in key.key_blocks)) for key in bpy.data.shape_keys)
    modes = tuple(bone.rotation_mode for bone in rig_bones)
    return (
        sorted(thing.name for thing in bpy.data.objects),
        sorted(action.name for action in bpy.data.actions),
        keyed_curves(),
        bones,
        shapes,
        modes,
        scene.frame_current,
        scene.frame_start,
        scene.frame_end,
    )


def test_the_demo_scene_comes_from_the_add_menu_ready_to_generate(addon: None) -> None:
    assert bpy.ops.interact.add_demo_scene() == {"FINISHED"}
    scene = next(s for s in bpy.data.scenes if s.interact.actor_a.armature is not None)
    assert generation.disabled_reason(scene) == ""


def test_speech_goes_on_the_channel_of_the_chosen_actor_at_the_current_frame(shot: bpy.types.Scene) -> None:
    speech_file = default_speech()[0]
    shot.frame_set(20)
    before = {strip.name for strip in shot.sequence_editor.strips}
    assert bpy.ops.interact.add_speech(filepath=str(speech_file), actor="1") == {"FINISHED"}
    strip = next(strip for strip in shot.sequence_editor.strips if strip.name not in before)
    name = shot.interact.actor_b.name or shot.interact.actor_b.armature.name
    assert shot.sequence_editor.channels[strip.channel].name == f"{name} Speech 2"  # the first is taken at that frame
    assert round(strip.frame_start) == 20


def test_action_labels_fill_the_gaps(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> None:
    scene = bpy.context.scene
    for actor, armature in zip(scene.interact.actors, two_armatures):
        actor.armature = armature
    assert bpy.ops.interact.add_action_labels() == {"FINISHED"}
    labels = [label_of(strip.name) for strip in scene.sequence_editor.strips if strip.type == "COLOR"]
    assert labels == ["stand", "stand"]
    count = len(scene.sequence_editor.strips)
    bpy.ops.interact.add_action_labels()
    assert len(scene.sequence_editor.strips) == count


def test_a_missing_sound_file_is_refused_when_it_is_added(shot: bpy.types.Scene, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"nowhere\.wav"):
        bpy.ops.interact.add_speech(filepath=str(tmp_path / "nowhere.wav"), actor="0")


def test_cancel_leaves_the_scene_as_it_was_and_another_generation_can_start(shot: bpy.types.Scene) -> None:
    shot.interact.quality = "final"
    shot.frame_end = shot.frame_start + 60 * shot.render.fps
    before = state_of(shot)
    job = generation.Generation(shot)
    assert generation.disabled_reason(shot) == "Generating"
    while job.progress.fraction < 0.1:
        job.poll()
        time.sleep(0.05)
    bpy.ops.interact.cancel()
    with pytest.raises(errors.Cancelled):
        while not job.poll():
            time.sleep(0.05)
    assert generation.current is None and generation.disabled_reason(shot) == ""
    assert state_of(shot) == before


def test_a_generation_keeps_the_motion_that_it_is_given(shot: bpy.types.Scene) -> None:
    first = generation.generate_scene(shot, seed=1).performance
    assert first is not None
    name = first.actors[0].name
    given = contract.constraints_from_performance(first.actors[0], end=1.0)
    again = generation.generate_scene(shot, seed=2, constraints={name: given}).performance
    assert again is not None
    frames = given.part("lower")
    np.testing.assert_allclose(again.actors[0].root_positions[frames], given.root_positions[frames], atol=1e-4)
    assert np.abs(again.actors[0].rotations[~frames] - first.actors[0].rotations[~frames]).max() > 0.01


def test_opening_another_file_ends_the_generation(shot: bpy.types.Scene, demo_blend: Path) -> None:
    shot.frame_end = shot.frame_start + 60 * shot.render.fps
    generation.Generation(shot)
    bpy.ops.wm.open_mainfile(filepath=str(demo_blend))
    assert generation.current is None and generation.disabled_reason(bpy.context.scene) == ""


def test_free_memory_ends_the_worker(shot: bpy.types.Scene) -> None:
    generation.free_runtime()
    assert not bpy.ops.interact.free_memory.poll()
    generation.runtime().warm_up()
    assert generation.runtime_is_loaded()
    pid_process = generation.runtime()._process
    assert bpy.ops.interact.free_memory() == {"FINISHED"}
    assert pid_process is not None and pid_process.poll() is not None


def test_nothing_is_installed_without_online_access(addon: None) -> None:
    assert not bpy.app.online_access or not bpy.ops.interact.install_runtime.poll()


def test_progress_reaches_the_status_bar_and_the_panels_of_every_window(addon: None) -> None:
    bpy.ops.wm.read_factory_settings()  # a file with windows, areas and regions
    assert bpy.context.window_manager.windows
    feedback.show_progress(bpy.context, contract.Progress("Faces", 0.5))
    feedback.clear_status()
