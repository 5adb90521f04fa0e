"""Errors in the input: one clear sentence each, and the scene stays exactly as it was."""

from __future__ import annotations

import shutil
import threading
import time
import wave
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.batch import main as interact
from interact_addon.properties import actor_name
from interact_addon.worker_client import generation, settings

from .test_operators import state_of


def refused(scene: bpy.types.Scene, *expected: str) -> None:
    """Assert that generating fails with one sentence with every ``expected`` piece, and that the scene is unchanged."""
    before = state_of(scene)
    with pytest.raises(RuntimeError) as failure:
        bpy.ops.interact.generate("EXEC_DEFAULT")
    sentence = str(failure.value).strip()
    assert all(piece in sentence for piece in expected), sentence
    assert "Traceback" not in sentence and "\n" not in sentence
    assert state_of(bpy.data.scenes[scene.name]) == before
    assert generation.current is None


def performed(scene: bpy.types.Scene) -> generation.Generation:
    job = generation.generate_scene(scene)
    assert job.performance is not None and len(bpy.data.actions) == 2
    assert all(np.isfinite(actor.rotations).all() and np.isfinite(actor.face).all() for actor in job.performance.actors)
    return job


def channel_of(scene: bpy.types.Scene, index: int, kind: str) -> int:
    name = f"{actor_name(scene.interact.actors[index])} {kind}"
    return next(number for number, channel in enumerate(scene.sequence_editor.channels) if channel.name == name)


def strips_of(scene: bpy.types.Scene, index: int, kind: str) -> list[bpy.types.Strip]:
    channel = channel_of(scene, index, kind)
    return [strip for strip in scene.sequence_editor.strips if strip.channel == channel]


def remove_strips(scene: bpy.types.Scene, index: int, kind: str) -> None:
    for strip in strips_of(scene, index, kind):
        scene.sequence_editor.strips.remove(strip)


def replace_speech(scene: bpy.types.Scene, index: int, path: Path) -> bpy.types.Strip:
    """Replace the actor's whole speech by one file."""
    remove_strips(scene, index, "Speech")
    return scene.sequence_editor.strips.new_sound(
        "speech", str(path), channel_of(scene, index, "Speech"), scene.frame_start
    )


def write_wave(path: Path, seconds: float, rate: int = 16000, channels: int = 1, bytes_per_sample: int = 2) -> Path:
    """A buzz that swells four times a second, in the format asked for."""
    times = np.arange(int(seconds * rate)) / rate
    signal = 0.4 * np.sign(np.sin(2 * np.pi * 140 * times)) * np.abs(np.sin(2 * np.pi * 2 * times))
    if bytes_per_sample == 1:
        data = ((signal + 1) * 127).astype(np.uint8)[:, None].repeat(channels, 1).tobytes()
    else:
        whole = (signal * (2 ** (8 * bytes_per_sample - 1) - 1)).astype("<i4")[:, None].repeat(channels, 1)
        data = np.ascontiguousarray(whole).view(np.uint8).reshape(*whole.shape, 4)[..., :bytes_per_sample].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bytes_per_sample)
        file.setframerate(rate)
        file.writeframes(data)
    return path


# The cast


def test_no_armature(shot: bpy.types.Scene) -> None:
    shot.interact.actor_a.armature = None
    refused(shot, "Cast a second character")


def test_the_same_armature_twice(shot: bpy.types.Scene) -> None:
    shot.interact.actor_b.armature = shot.interact.actor_a.armature
    refused(shot, "same armature")


def test_an_armature_that_is_not_humanoid(
    shot: bpy.types.Scene, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    shot.interact.actor_b.armature = two_armatures[1]
    refused(shot, "Ben")


def test_faces_without_arkit_shapes_are_a_warning_and_the_body_moves(shot: bpy.types.Scene) -> None:
    armature = shot.interact.actor_a.armature
    for thing in shot.objects:
        if thing.type == "MESH" and thing.find_armature() == armature and thing.data.shape_keys is not None:
            thing.shape_key_clear()
    job = performed(shot)
    assert any(actor_name(shot.interact.actor_a) in warning and "ARKit" in warning for warning in job.warnings)
    assert armature.animation_data.action is not None


# The voices


def test_without_speech_strips_the_actor_only_listens(shot: bpy.types.Scene) -> None:
    remove_strips(shot, 1, "Speech")
    job = performed(shot)
    assert job.request is not None
    assert job.request.actors[1].speech == () and job.request.actors[0].speech


def test_a_missing_sound_file_is_named(shot: bpy.types.Scene, tmp_path: Path) -> None:
    path = write_wave(tmp_path / "söund.wav", 2.0)
    replace_speech(shot, 0, path)
    path.unlink()
    refused(shot, "söund.wav")


def test_a_broken_sound_file_is_named(shot: bpy.types.Scene, tmp_path: Path) -> None:
    path = write_wave(tmp_path / "speech.wav", 2.0)
    replace_speech(shot, 0, path)
    path.write_bytes(b"this is no sound at all" * 50)
    refused(shot, "speech.wav")


@pytest.mark.parametrize(("rate", "channels", "bytes_per_sample"), [(8000, 1, 1), (96000, 2, 3), (48000, 6, 2)])
def test_unusual_sound_formats_just_work(
    shot: bpy.types.Scene, tmp_path: Path, rate: int, channels: int, bytes_per_sample: int
) -> None:
    replace_speech(shot, 0, write_wave(tmp_path / "speech.wav", 2.0, rate, channels, bytes_per_sample))
    performed(shot)


def test_a_sound_file_without_a_single_sample(shot: bpy.types.Scene, tmp_path: Path) -> None:
    path = write_wave(tmp_path / "empty.wav", 1.0)
    replace_speech(shot, 0, path)
    write_wave(path, 0.0)
    refused(shot, "empty.wav")


def test_of_a_twenty_minute_strip_only_the_part_within_the_shot_is_used(shot: bpy.types.Scene, tmp_path: Path) -> None:
    strip = replace_speech(shot, 0, write_wave(tmp_path / "long.wav", 1200.0, rate=4000, bytes_per_sample=1))
    assert strip.frame_final_duration > 1000 * shot.render.fps
    request = performed(shot).request
    assert request is not None and request.duration < 3.0


def test_a_twenty_minute_shot_is_refused_with_the_longest_possible(shot: bpy.types.Scene) -> None:
    shot.frame_end = shot.frame_start + 1200 * shot.render.fps
    refused(shot, "10 minutes")


def test_a_shot_of_one_frame_is_refused(shot: bpy.types.Scene) -> None:
    shot.frame_end = shot.frame_start
    refused(shot, "frame range")


# The actions


def test_an_unknown_label_lists_the_three(shot: bpy.types.Scene) -> None:
    strips_of(shot, 0, "Actions")[0].name = "dance"
    refused(shot, "dance", "sit, walk, stand")


# The emotions and the words


def test_an_unknown_emotion_lists_them_all(shot: bpy.types.Scene) -> None:
    from interact_addon.scene.strips import add_emotion

    add_emotion(shot, actor_name(shot.interact.actor_a), "joy", 1.0, shot.frame_start, shot.frame_end).name = "happy"
    refused(shot, "'happy'", "surprise, awe", "neutral")


def test_a_chosen_transcript_that_is_gone_is_named(shot: bpy.types.Scene, tmp_path: Path) -> None:
    from interact_addon.scene.transcripts import choose_transcript

    (tmp_path / "final.txt").write_text("Okay, from the top.")
    choose_transcript(strips_of(shot, 0, "Speech")[0], str(tmp_path / "final.txt"))
    (tmp_path / "final.txt").unlink()
    refused(shot, "'final.txt' is not at", "choose it again")


# The runtime


def test_a_worker_that_is_killed_in_the_middle(shot: bpy.types.Scene) -> None:
    shot.frame_end = shot.frame_start + 60 * shot.render.fps
    shot.interact.quality = "final"

    def kill_when_it_works() -> None:
        while generation.current is None or generation.current.progress.fraction < 0.05:
            time.sleep(0.02)
        process = generation.runtime()._process
        assert process is not None
        process.kill()

    killer = threading.Thread(target=kill_when_it_works)
    killer.start()
    refused(shot, "The runtime stopped in the middle", "Log:")
    killer.join()
    shot.frame_end = shot.frame_start + 2 * shot.render.fps
    shot.interact.quality = "draft"
    performed(shot)


@pytest.mark.parametrize("length", [0, 1000, -100])
def test_a_truncated_checkpoint(
    shot: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    from model_runtime.common.checkpoints import WEIGHTS

    weights = tmp_path / "weights"
    shutil.copytree(WEIGHTS, weights)
    largest = max(weights.glob("*.safetensors"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:length])
    monkeypatch.setattr(settings, "weights_folder", lambda: weights)
    refused(shot, largest.name, "install")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_while_the_result_is_written(shot: bpy.types.Scene) -> None:
    runtime = generation.runtime()
    (runtime.log_path.parent / f"performance_{runtime._jobs + 1}.part.npz").symlink_to("/dev/full")
    refused(shot, "No space left", "free some space")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_while_the_fbx_is_written(shot: bpy.types.Scene, tmp_path: Path) -> None:
    performed(shot)
    before = state_of(shot)
    (tmp_path / "two.part.fbx").symlink_to("/dev/full")
    with pytest.raises(RuntimeError, match=r"No space left.*free some space"):
        bpy.ops.interact.export_fbx("EXEC_DEFAULT", filepath=str(tmp_path / "two.fbx"))
    assert state_of(shot) == before


def test_an_unwritable_folder_is_named_before_anything_is_computed(
    demo_blend: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    computed: list[object] = []
    monkeypatch.setattr(generation, "generate_scene", lambda *arguments: computed.append(arguments))
    assert interact(["generate", str(demo_blend), "--out", str(tmp_path / "file" / "results")]) == 1
    assert not computed
    assert "cannot be written" in capsys.readouterr().err


def test_an_unwritable_fbx_is_named(shot: bpy.types.Scene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    before = state_of(shot)
    with pytest.raises(RuntimeError, match=r"cannot be|folder"):
        bpy.ops.interact.export_fbx("EXEC_DEFAULT", filepath=str(tmp_path / "file" / "two.fbx"))
    assert state_of(shot) == before
