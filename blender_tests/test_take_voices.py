"""A take keeps its voices: from its record it can be made again when Blender's temporary folder is gone."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from interact_addon.runtime_api import contract
from interact_addon.scene import strips
from interact_addon.scene.request import build_request
from interact_addon.takes.voices import keep_beside, keep_voices
from model_runtime.errors import OutOfSpace

from .test_sound import low, scene  # noqa: F401


def test_voices_lie_beside_the_performance_once_for_all_takes(
    scene: bpy.types.Scene,  # noqa: F811
    low: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    request = build_request(scene)[0]
    folder = tmp_path / "shöt.takes"
    folder.mkdir()
    kept = [keep_beside(request, f"//{folder.name}/{number}.npz", tmp_path / "shöt.blend") for number in (1, 2)]
    assert kept[0].actors[0].speech == kept[1].actors[0].speech
    clip = kept[0].actors[0].speech[0]
    assert clip.path.startswith("//shöt.takes/interact_voice_")
    (file,) = folder.iterdir()
    assert file.name == Path(clip.path).name
    assert file.read_bytes() == Path(request.actors[0].speech[0].path).read_bytes()
    assert kept[0].actors[1] == request.actors[1]


def test_voices_that_an_earlier_take_has_kept_are_those_of_the_next_one_or_missed_by_both(
    scene: bpy.types.Scene,  # noqa: F811
    low: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    request, folder = build_request(scene)[0], tmp_path / "shot.takes"
    folder.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    kept = keep_beside(request, "//shot.takes/1.npz")
    assert keep_beside(kept, "//shot.takes/2.npz") == kept and len(list(folder.iterdir())) == 1
    next(folder.iterdir()).unlink()
    assert keep_beside(kept, "//shot.takes/3.npz") == kept and not list(folder.iterdir())


def test_a_take_of_an_unsaved_file_keeps_its_temporary_voices(scene: bpy.types.Scene, low: Path) -> None:  # noqa: F811
    strips.add_speech(scene, "Anna", low, 1)
    request = build_request(scene)[0]
    assert keep_beside(request, str(low.parent / "take.npz")) is request


def test_a_request_written_by_the_demo_names_voices_that_stay(
    scene: bpy.types.Scene,  # noqa: F811
    low: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    written = contract.request_to_json(keep_voices(build_request(scene)[0], tmp_path))
    assert Path(contract.request_from_json(written).actors[0].speech[0].path).parent == tmp_path


def test_voices_that_cannot_be_kept_are_one_sentence(scene: bpy.types.Scene, low: Path, tmp_path: Path) -> None:  # noqa: F811
    strips.add_speech(scene, "Anna", low, 1)
    with pytest.raises(OutOfSpace, match=r"voices cannot be saved in .*gone"):
        keep_beside(build_request(scene)[0], "//gone/take.npz", tmp_path / "shot.blend")
