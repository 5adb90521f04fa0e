"""The job without a screen, and the extension as a package: separate processes, as on a farm."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest

from interact_addon import batch
from interact_addon.properties import assigned_bones
from interact_addon.rig.faces import find_faces
from interact_addon.rig.keying import KeyedPerformance
from interact_addon.rig.presets import Preset, write_preset
from interact_addon.rig.verify import Verification, verify
from interact_addon.runtime_api import contract
from interact_addon.takes.record import read_record
from interact_addon.worker_client import generation

from .ik_rigs import add_ik
from .rigs import curves_in

REPOSITORY = Path(__file__).resolve().parent.parent


def interact(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "interact_addon", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        text=True,
        encoding="utf-8",
        errors="replace",
        capture_output=True,
        timeout=500,
    )


def test_a_shot_is_generated_saved_and_exported_by_one_command(demo_blend: Path, tmp_path: Path) -> None:
    out = tmp_path / "für den Export"
    options = ["--quality", "draft", "--seed", "3", "--lips", "0.5", "--relationship", "boss / subordinate"]
    options += ["--every-frame"]
    write_preset(tmp_path / "bones.json", Preset({"pelvis": "mixamorig:Hips", "left_thumb3": ""}))
    bones = ("--bones", f"mia={tmp_path / 'bones.json'}")
    done = interact("generate", str(demo_blend), "--out", str(out), "--fbx", *options, *bones)
    assert done.returncode == 0, done.stderr
    assert (out / "demo.fbx").stat().st_size > 100_000
    assert "seed 3" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == ["demo.blend", "demo.fbx", "demo.takes"]
    bpy.ops.wm.open_mainfile(filepath=str(out / "demo.blend"))
    assert len(bpy.data.actions) == 2
    record = read_record(bpy.data.actions[0])
    assert record is not None and record.seed == 3 and record.load_performance().frames == 61
    settings = bpy.context.scene.interact
    assert record.identity in [actor.identity for actor in settings.actors]
    assert (settings.lips, settings.relationship) == (0.5, "boss / subordinate")  # saved in the file
    assert settings.key_every_frame
    turns = [curve for action in bpy.data.actions for curve in curves_in(action) if "rotation" in curve.data_path]
    assert turns and all(len(curve.keyframe_points) == 61 for curve in turns)
    assert assigned_bones(settings.actor_a) == {"pelvis": "mixamorig:Hips", "left_thumb3": ""}
    assert not any("LeftHandThumb3" in curve.data_path for action in bpy.data.actions for curve in curves_in(action))


def test_what_is_seen_is_saved_as_motion_by_one_command(demo_blend: Path, tmp_path: Path) -> None:
    out = tmp_path / "motion.npz"
    done = interact("read-back", str(demo_blend), "-o", str(out), "--start", "10", "--end", "39")
    assert done.returncode == 0, done.stderr
    motion = contract.Performance.load(out)
    rate = motion.report["read_back"]["fps"]
    assert motion.frames == int(29 / rate * 30 + 1e-4) + 1
    assert [actor.name for actor in motion.actors] == list(motion.report["skeletons"])
    for actor in motion.actors:
        assert 0.5 < actor.root_positions[:, 2].min() < 1.5  # they stand, unperformed


KNEE = "mixamorig:LeftLeg"


@pytest.fixture(scope="module")
def driven_blend(demo_blend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short demo shot with a driver on every shape of the first actor's face, and with IK on its left leg."""
    bpy.ops.wm.open_mainfile(filepath=str(demo_blend))
    rig = bpy.context.scene.interact.actor_a.armature
    (face, *_) = find_faces(rig)
    for block in bpy.data.objects[face.mesh].data.shape_keys.key_blocks[1:]:
        block.driver_add("value").driver.expression = "0.0"
    add_ik(rig, {"left leg": ("mixamorig:LeftUpLeg", KNEE, "mixamorig:LeftFoot")}, 0.0)
    path = tmp_path_factory.mktemp("driven") / "driven.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    return path


@pytest.fixture(scope="module")
def mended(driven_blend: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the command says that mends that shot, performs it and keys its IK; and the file it saves."""
    out = tmp_path_factory.mktemp("mended")
    done = interact("generate", str(driven_blend), "--out", str(out), "--mend", "--ik", "ik", "--strict")
    assert done.returncode == 0, done.stderr
    return done.stdout, out / "driven.blend"


def test_a_face_that_would_not_be_seen_stops_the_command_before_computing(driven_blend: Path, tmp_path: Path) -> None:
    done = interact("generate", str(driven_blend), "--out", str(tmp_path / "out"))
    assert done.returncode == 1 and "drivers move 52 shapes" in done.stderr and "Listening" not in done.stdout
    assert not list((tmp_path / "out").iterdir())


def test_mend_mends_it_says_so_and_generates(mended: tuple[str, Path]) -> None:
    assert "Muted the drivers" in mended[0] and mended[1].is_file()


def test_ik_controls_are_keyed_by_the_same_command(mended: tuple[str, Path]) -> None:
    assert "IK controls keyed for left leg" in mended[0]
    bpy.ops.wm.open_mainfile(filepath=str(mended[1]))
    rig = bpy.context.scene.interact.actor_a.armature
    keyed = {curve.data_path for curve in curves_in(rig.animation_data.action)}
    assert f'pose.bones["IK {KNEE}"].location' in keyed
    assert rig.pose.bones[KNEE].constraints["IK"].influence == 1.0


def test_strict_fails_and_saves_nothing_where_something_else_is_shown(
    demo_blend: Path, tmp_path: Path, addon: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def hold_an_arm_and_verify(scene: bpy.types.Scene, keyed: KeyedPerformance) -> Verification:
        target = bpy.data.objects.new("mocap", None)
        scene.collection.objects.link(target)
        bones = keyed.actors[0].armature.pose.bones
        arm = next(bone for bone in bones if bone.name.endswith("LeftArm"))
        arm.constraints.new("COPY_ROTATION").target = target
        return verify(scene, keyed)

    monkeypatch.setattr(generation, "verify", hold_an_arm_and_verify)
    out = tmp_path / "out"
    for options, code in (([], 0), (["--strict"], 1)):
        assert batch.main(["generate", str(demo_blend), "--out", str(out), *options]) == code
        assert "LeftArm' has the constraint 'Copy Rotation'" in capsys.readouterr().err
        assert (out / "demo.blend").is_file() == (code == 0)
        (out / "demo.blend").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("generate", "nowhere.blend", "--out", "{out}"), 1, "cannot be opened"),
        (("generate", "{shot}", "--scene", "Nope", "--out", "{out}"), 1, "There is no scene 'Nope'"),
        (("generate", "{shot}", "--out", "{file}/sub"), 1, "cannot be written"),
        (("generate", "{shot}"), 2, "--out"),
        (("generate", "{shot}", "--out", "{out}", "--lips", "2"), 2, "between 0 and 1"),
        (("generate", "{shot}", "--out", "{out}", "--relationship", "foes"), 2, "'boss / subordinate'"),
        (("generate", "{shot}", "--out", "{out}", "--perform", "Mia=sleep"), 2, "one of all, keep-body"),
        (("generate", "{shot}", "--out", "{out}", "--perform", "Carla=listen"), 1, "'Carla', who is not cast"),
        (("generate", "{shot}", "--out", "{out}", "--perform", "Mia=keep-body"), 1, "has no animation on its bones"),
        (("generate", "{shot}", "--out", "{out}", "--ik", "ik"), 1, "the actors' rigs have no IK"),
        (("demo", "--speech-a", "nowhere.wav", "--out", "{out}"), 1, "There is no sound file at 'nowhere.wav'"),
        (("read-back", "{shot}", "-o", "{file}/motion.npz"), 1, "cannot be written"),
        (("read-back", "{shot}", "-o", "{out}/motion.npz", "--start", "9", "--end", "2"), 1, "choose an end after"),
        (("perform",), 2, "generate"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_an_exit_code(
    arguments: tuple[str, ...], code: int, sentence: str, demo_blend: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    places = {"out": str(tmp_path / "out"), "shot": str(demo_blend), "file": str(tmp_path / "file")}
    done = interact(*(argument.format(**places) for argument in arguments))
    assert done.returncode == code
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_the_packaged_extension_installs_and_generates_with_its_own_copy_of_the_runtime(
    demo_blend: Path, tmp_path: Path
) -> None:
    from interact_addon import packaging

    archive = packaging.package(tmp_path / "dist")
    names = zipfile.ZipFile(archive).namelist()
    assert "blender_manifest.toml" in names and "model_runtime/worker.py" in names
    assert not [name for name in names if "tests/" in name or "corpus/" in name or name.endswith(".pyc")]
    assert "worker_client/locks/cp313-win_amd64.json" in names and "locking.py" not in names
    assert [name for name in names if name.startswith("worker_client/pip-") and name.endswith(".whl")]
    script = tmp_path / "install.py"
    script.write_text(_INSTALL_AND_GENERATE, "utf-8")
    # Outside the repository, so that only the installed extension can be found.
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(archive), str(demo_blend)],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=500,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user"), "INTERACT_PYTHON": str(_runtime_python())},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "worker in" in done.stdout and "site-packages" not in done.stdout
    assert "{'FINISHED'} 2 actions" in done.stdout


_INSTALL_AND_GENERATE = """
import sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
bpy.ops.wm.open_mainfile(filepath=sys.argv[2])
import bl_ext.user_default.interact_addon.worker_client.process as runtime_process
print("worker in", runtime_process.runtime_root())
assert "interact_addon" in str(runtime_process.runtime_root())
done = bpy.ops.interact.generate("EXEC_DEFAULT")
print(done, len(bpy.data.actions), "actions")
"""


def _runtime_python() -> Path:
    from interact_addon.worker_client.interpreters import find_runtime

    return find_runtime("", None).python


def test_the_request_of_a_shot_is_what_the_runtime_reads(shot: bpy.types.Scene) -> None:
    from interact_addon.scene.request import build_request

    request, _ = build_request(shot)
    again = contract.request_from_json(contract.request_to_json(request))
    assert contract.request_to_json(again) == contract.request_to_json(request) and abs(again.duration - 2.0) < 0.1
