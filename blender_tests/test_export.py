"""Export: only the characters, whole or not at all, and a scene that is as it was before."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from interact_addon.batch import main as interact
from interact_addon.export.shot import export_fbx, export_shot
from interact_addon.formats import FORMATS, Settings
from model_runtime.errors import ExportFailed, InvalidRequest, OutOfSpace

from .exported import make_shot


@pytest.fixture
def cast() -> list[bpy.types.Object]:
    return make_shot(4)


@pytest.fixture
def scene(addon: None, cast: list[bpy.types.Object]) -> bpy.types.Scene:
    """The scene of the shot, with both characters cast."""
    scene = bpy.context.scene
    for actor, armature in zip(scene.interact.actors, cast):
        actor.armature = armature
    return scene


def state() -> dict[str, object]:
    """Everything that an export could disturb."""
    collections = ("objects", "meshes", "armatures", "actions", "scenes", "shape_keys", "collections", "materials")
    scene = bpy.context.scene
    return {
        "names": {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in collections},
        "shown": bpy.context.window.scene.name,
        "mode": bpy.context.mode,
        "frame": (scene.frame_current, scene.frame_start, scene.frame_end, scene.unit_settings.scale_length),
        "active": bpy.context.view_layer.objects.active.name,
        "selected": [obj.name for obj in bpy.context.view_layer.objects if obj.select_get()],
        "places": [tuple(map(tuple, obj.matrix_world)) for obj in scene.objects],
        "modifiers": [(m.name, m.show_viewport, m.show_render) for obj in scene.objects for m in obj.modifiers],
        "tracks": [
            (track.name, track.mute, track.is_solo)
            for obj in scene.objects
            if obj.animation_data
            for track in obj.animation_data.nla_tracks
        ],
        "poses": [tuple(map(tuple, bone.matrix_basis)) for obj in scene.objects if obj.pose for bone in obj.pose.bones],
    }


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_leaves_selection_frame_mode_names_modifiers_and_unkeyed_poses_as_they_were(
    scene: bpy.types.Scene, tmp_path: Path, name: str
) -> None:
    anna = bpy.data.objects["Anna"]
    track = anna.animation_data.nla_tracks.new()
    track.strips.new("Older", 1, bpy.data.actions.new("Older"))
    scene.frame_set(3)
    bpy.ops.object.select_all(action="DESELECT")
    bpy.data.objects["BenHead"].select_set(True)
    bpy.context.view_layer.objects.active = anna
    bpy.ops.object.mode_set(mode="POSE")
    anna.pose.bones["Head"].rotation_quaternion = (0.9, 0.1, 0.3, 0.3)  # posed by hand on top of its keys
    before = state()
    export_shot(scene, tmp_path / "shot", Settings(name, root_motion=True))
    assert state() == before


def test_only_the_characters_are_in_the_file(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    path = export_fbx(scene, tmp_path / "shot.fbx")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.fbx(filepath=str(path))
    assert sorted(obj.name for obj in bpy.data.objects) == ["Anna", "AnnaHead", "Ben", "BenHead"]


def test_one_file_each_is_named_for_its_actor(scene: bpy.types.Scene, tmp_path: Path) -> None:
    scene.interact.actor_b.name = "Ben / B"
    files = export_shot(scene, tmp_path / "shot.fbx", Settings("fbx", "unreal", one_each=True)).files
    assert [path.name for path in files] == ["shot_Anna.fbx", "shot_Ben___B.fbx"]


def test_where_one_of_two_files_fails_neither_is_written(scene: bpy.types.Scene, tmp_path: Path) -> None:
    (tmp_path / "shot_Anna.bvh").write_text("older")
    (tmp_path / "shot_Ben.bvh").mkdir()
    with pytest.raises(OutOfSpace, match="it is a folder"):
        export_shot(scene, tmp_path / "shot.bvh", Settings("bvh"))
    assert (tmp_path / "shot_Anna.bvh").read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot_Anna.bvh", "shot_Ben.bvh"]


def test_where_the_second_file_cannot_be_moved_to_its_place_the_first_is_put_back(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interact_addon.export import whole

    for name in ("Anna", "Ben"):
        (tmp_path / f"shot_{name}.bvh").write_text(f"older {name}")
    replace = whole.os.replace

    def locked(source: Path, target: Path) -> None:
        if Path(target).name == "shot_Ben.bvh" and ".part" in Path(source).name:
            raise PermissionError(13, "open in another program")
        replace(source, target)

    monkeypatch.setattr(whole.os, "replace", locked)
    with pytest.raises(OutOfSpace, match=r"shot_Ben\.bvh' cannot be replaced"):
        export_shot(scene, tmp_path / "shot.bvh", Settings("bvh"))
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["older Anna", "older Ben"]


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(cast: list[bpy.types.Object], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutOfSpace, match="cannot be written"):
        export_fbx(bpy.context.scene, tmp_path / "file" / "shot.fbx", cast)


def test_an_older_file_is_replaced_only_by_a_complete_one(cast: list[bpy.types.Object], tmp_path: Path) -> None:
    path = tmp_path / "shot.fbx"
    path.write_bytes(b"old")
    export_fbx(bpy.context.scene, path, cast)
    assert path.read_bytes()[:18] == b"Kaydara FBX Binary" and [p.name for p in tmp_path.iterdir()] == ["shot.fbx"]


def test_a_blender_without_usd_says_so(
    cast: list[bpy.types.Object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's Blender is one."""
    from interact_addon.export import exporters

    monkeypatch.setattr(exporters, "dir", lambda module: [], raising=False)
    with pytest.raises(ExportFailed, match="built without USD; choose another format"):
        export_shot(bpy.context.scene, tmp_path / "shot", Settings("usd"), cast)
    assert not list(tmp_path.iterdir())


def test_without_a_cast_character_there_is_nothing_to_export(addon: None, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cast two armatures first"):
        export_shot(bpy.context.scene, tmp_path / "shot.fbx", Settings())


def test_a_character_of_another_scene_is_not_exported_without_its_meshes(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    scene.collection.objects.unlink(bpy.data.objects["Anna"])
    with pytest.raises(InvalidRequest, match=r"'Anna' is not in the scene 'Scene'"):
        export_shot(scene, tmp_path / "shot.fbx", Settings())
    assert not list(tmp_path.iterdir())


def test_an_armature_without_bones_is_named(
    two_armatures: tuple[bpy.types.Object, bpy.types.Object], tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match="'Anna' has no bones to export"):
        export_shot(bpy.context.scene, tmp_path / "shot.fbx", Settings(), two_armatures)


def test_the_operator_takes_what_it_is_not_told_from_the_panel_and_mends_the_suffix(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    scene.interact.export.format, scene.interact.export.rate = "live_link", "60"
    assert bpy.ops.interact.export("EXEC_DEFAULT", filepath=str(tmp_path / "shot.fbx")) == {"FINISHED"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot_Anna.csv", "shot_Ben.csv"]
    assert len((tmp_path / "shot_Anna.csv").read_text().splitlines()) == 1 + 7  # three thirtieths at 60 fps
    assert bpy.ops.interact.export("EXEC_DEFAULT", filepath=str(tmp_path / "shot"), format="npz") == {"FINISHED"}
    assert (tmp_path / "shot.npz").is_file()


def test_the_command_writes_files_into_a_folder_named_for_the_shot(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "two of them.blend"))
    out = tmp_path / "files"
    assert interact(["export", bpy.data.filepath, "--format", "bvh", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["two of them_Anna.bvh", "two of them_Ben.bvh"]
    assert interact(["export", bpy.data.filepath, "--format", "npz", "--out", str(out / "motion.npz")]) == 0
    assert (out / "motion.npz").is_file()


def test_the_command_refuses_a_name_of_another_format_before_it_opens_the_shot(
    addon: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert interact(["export", str(tmp_path / "none.blend"), "--format", "usd", "--out", str(tmp_path / "a.fbx")]) == 1
    assert "end it with .usdc" in capsys.readouterr().err


def test_files_named_like_those_that_are_written_first_stay(scene: bpy.types.Scene, tmp_path: Path) -> None:
    mine = [tmp_path / "shot.old.fbx", tmp_path / "shot.part.fbx"]
    for path in mine:
        path.write_text("mine")
    for _ in range(2):  # the second one replaces the first
        export_fbx(scene, tmp_path / "shot.fbx")
    assert [path.read_text() for path in mine] == ["mine", "mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot.fbx", "shot.old.fbx", "shot.part.fbx"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("name", ["gltf", "bvh", "live_link"])  # USD and npz are written to files of other names first
def test_a_full_disk_is_named_and_leaves_no_file(scene: bpy.types.Scene, tmp_path: Path, name: str) -> None:
    settings = Settings(name)
    stem = "shot_Anna" if settings.files_each else "shot"
    (tmp_path / f"{stem}.part{settings.suffix}").symlink_to("/dev/full")
    with pytest.raises(OutOfSpace, match=r"No space left.*free some space"):
        export_shot(scene, tmp_path / "shot", settings)
    assert not list(tmp_path.iterdir())
