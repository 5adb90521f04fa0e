"""The files of takes go along when the file is saved: for the first time, elsewhere, as a copy; and if that fails."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from interact_addon.rig.keying import key_performance
from interact_addon.runtime_api import contract
from interact_addon.scene import strips
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.takes import saving
from interact_addon.takes.record import RECORD, TakeRecord, read_record, record_take, save_performance
from interact_addon.takes.voices import keep_beside

from .rigs import perform
from .test_sound import low, scene  # noqa: F401


def make_take(scene: bpy.types.Scene) -> None:  # noqa: F811
    """Key a take of both actors as a generation does, with its files and records."""
    cast = cast_scene(scene)
    request = build_request(scene, cast)[0]
    performance = perform(31, *cast)
    path, _ = save_performance(performance)
    keyed = key_performance(scene, cast, performance)
    record_take(keyed, keep_beside(request, path), performance, path)


@pytest.fixture
def unsaved(scene: bpy.types.Scene, low: Path) -> bpy.types.Scene:  # noqa: F811
    """A file that was never saved, with a take in which Anna speaks."""
    strips.add_speech(scene, "Anna", low, 1)
    make_take(scene)
    return scene


def records() -> list[TakeRecord]:
    found = [record for action in bpy.data.actions if (record := read_record(action)) is not None]
    assert len(found) >= 2
    return found


def voice_of(record: TakeRecord) -> str:
    return contract.request_from_json(record.request).actors[0].speech[0].path


def assert_whole(blend: Path, folder: str) -> None:
    """Open a file: its takes are found beside it, in a folder of that name, with their voices."""
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    for record in records():
        assert record.performance.startswith(f"//{folder}/") and voice_of(record).startswith(f"//{folder}/")
        assert record.load_performance().frames == 31
        assert Path(bpy.path.abspath(voice_of(record))).stat().st_size > 1000


def save(path: Path, copy: bool = False) -> Path:
    path.parent.mkdir(exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=copy)
    return path


def test_the_first_save_brings_the_files_of_takes_beside_it(unsaved: bpy.types.Scene, tmp_path: Path) -> None:
    assert all(Path(record.performance).is_relative_to(bpy.app.tempdir) for record in records())
    blend = save(tmp_path / "a shöt" / "shöt.blend")
    assert len(list((tmp_path / "a shöt" / "shöt.takes").iterdir())) == 2  # one performance, one voice
    assert_whole(blend, "shöt.takes")


def test_saved_in_another_folder_both_files_have_their_takes(unsaved: bpy.types.Scene, tmp_path: Path) -> None:
    first = save(tmp_path / "one" / "shot.blend")
    second = save(tmp_path / "two" / "other.blend")
    assert_whole(first, "shot.takes")
    assert_whole(second, "shot.takes")
    for path in (tmp_path / "one").rglob("*.npz"):
        path.unlink()
    assert_whole(second, "shot.takes")


def test_saved_under_another_name_in_the_same_folder_nothing_is_copied(
    unsaved: bpy.types.Scene, tmp_path: Path
) -> None:
    save(tmp_path / "one" / "shot.blend")
    second = save(tmp_path / "one" / "shot 2.blend")
    assert not (tmp_path / "one" / "shot 2.takes").exists()
    assert_whole(second, "shot.takes")


def test_a_copy_has_its_takes_and_the_open_file_keeps_its_own(unsaved: bpy.types.Scene, tmp_path: Path) -> None:
    before = [action.get(RECORD) for action in bpy.data.actions]
    copy = save(tmp_path / "copies" / "copy.blend", copy=True)
    assert [action.get(RECORD) for action in bpy.data.actions] == before
    assert_whole(save(tmp_path / "own" / "own.blend"), "own.takes")
    assert_whole(copy, "copy.takes")


def test_takes_made_before_and_after_the_first_save_lie_together(unsaved: bpy.types.Scene, tmp_path: Path) -> None:
    save(tmp_path / "one" / "shot.blend")
    make_take(unsaved)
    bpy.ops.wm.save_mainfile()
    assert len(records()) == 4
    assert_whole(tmp_path / "one" / "shot.blend", "shot.takes")


def test_a_save_that_fails_leaves_the_records_as_they_were(unsaved: bpy.types.Scene, tmp_path: Path) -> None:
    before = [action.get(RECORD) for action in bpy.data.actions]
    (tmp_path / "shot.blend@").mkdir()  # in the way of what Blender writes first
    with pytest.raises(RuntimeError):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert [action.get(RECORD) for action in bpy.data.actions] == before
    assert records()[0].load_performance().frames == 31


def test_what_cannot_be_copied_is_one_warning_and_the_file_is_saved(
    unsaved: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shot.takes").write_text("in the way")
    save(tmp_path / "shot.blend")
    assert (tmp_path / "shot.blend").is_file()
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert "could be copied beside 'shot.blend'" in warning and "save again before Blender ends" in warning
    assert records()[0].load_performance().frames == 31
    (tmp_path / "shot.takes").unlink()
    bpy.ops.wm.save_mainfile()
    assert_whole(tmp_path / "shot.blend", "shot.takes")


def test_a_take_whose_files_are_gone_does_not_hinder_saving(
    unsaved: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(records()[0].performance).unlink()
    save(tmp_path / "shot.blend")
    assert (tmp_path / "shot.blend").is_file() and "warning" not in capsys.readouterr().err


def test_saving_once_more_reads_no_record_and_no_file(
    unsaved: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record is long: it holds the whole request. Saving must not take longer with every take."""
    path = save(tmp_path / "shot.blend")
    read: list[bpy.types.Action] = []
    monkeypatch.setattr(saving, "read_record", read.append)
    bpy.ops.wm.save_mainfile()
    assert not read
    save(tmp_path / "elsewhere" / "shot.blend")
    assert len(read) == 2 and path.is_file()
