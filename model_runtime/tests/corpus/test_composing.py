"""The composing run: its dependencies, its files, and its behaviour after failures."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from model_runtime.datasets.locations import REPOSITORY

from ...corpus.composer import MADE, REJECTED, compose
from ...corpus.jobs import in_order
from ...corpus.package import PackageUnfit, pack, unpack
from ...corpus.shards import ScenesUnfit, read_index
from ...corpus.voices.speech_library import SpeechLibraryUnfit, load_speech_library, save_speech_library
from ...datasets.library import save_library
from ...datasets.scene import Scene
from .test_composer import few_clips, needs_motion, spoken

ROOT = REPOSITORY
# The start of a program that runs as on a machine with numpy and scipy only. (None in sys.modules would stop scipy,
# which looks for torch there.)
BARE = """
import sys
ABSENT = "torch soundfile soxr pocketsphinx librosa matplotlib bpy PIL safetensors".split()
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a clip library and a speech library, both small."""
    folder = tmp_path_factory.mktemp("libraries")
    save_library(few_clips(), folder / "clips.npz")
    save_speech_library(
        [*spoken("one", "train", 1), *spoken("two", "train", 2), *spoken("three", "test", 3)], folder / "speech.npz"
    )
    return folder / "clips.npz", folder / "speech.npz"


@pytest.mark.data
@needs_motion
def test_composing_needs_numpy_and_scipy_alone(libraries: tuple[Path, Path]) -> None:
    clips, speech = libraries
    program = f"""{BARE}
from model_runtime.corpus import composer
from model_runtime.corpus.filter import fault
utterances = composer.load_speech_library({str(speech)!r})
material = composer.gather(composer.load_library({str(clips)!r}), utterances, "train")
scene = composer.compose_scene(3, material)
print(fault(scene), scene.duration)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_speech_library_reads_back_as_it_was_written(tmp_path: Path) -> None:
    utterances = spoken("one", "train", 1)
    save_speech_library(utterances, tmp_path / "speech.npz")
    for before, after in zip(utterances, load_speech_library(tmp_path / "speech.npz"), strict=True):
        assert (after.id, after.voice, after.split, after.text, after.stresses) == (
            before.id,
            before.voice,
            before.split,
            before.text,
            before.stresses,
        )
        assert abs(after.prosody - before.prosody.clip(-3.1, 3.1)).max() <= 0.0126
        assert [word.text for word in after.words] == [word.text for word in before.words]


_prepared_with = 0


def prepare(value: int) -> None:
    global _prepared_with
    _prepared_with = value


def work(number: int) -> str:
    if number == 3:
        os._exit(9)  # as a process that is killed for its memory
    return f"{number} with {_prepared_with}"


def broken(number: int) -> str:
    return f"{number} is broken"


def test_a_process_that_dies_fails_only_its_own_job() -> None:
    results = list(in_order(work, broken, prepare, (7,), iter(range(6)), 2))
    assert results == ["0 with 7", "1 with 7", "2 with 7", "3 is broken", "4 with 7", "5 with 7"]


def made(folder: Path, libraries: tuple[Path, Path], processes: int, test_share: float = 0.5) -> list[str]:
    """Compose one scene, or one of each split, and return the names of the training scenes."""
    compose(0.001, 4, folder, *libraries, processes=processes, rejected=1, test_share=test_share)
    return sorted(path.name for path in folder.glob("scene_40*.npz"))


@pytest.fixture(scope="module")
def composed(libraries: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    made(folder, libraries, processes=1)
    return folder


@pytest.mark.data
@needs_motion
def test_the_same_scenes_come_from_any_number_of_processes(
    composed: Path, libraries: tuple[Path, Path], tmp_path: Path
) -> None:
    names = made(tmp_path / "two", libraries, processes=2, test_share=0.0)
    assert names == sorted(path.name for path in composed.glob("scene_40*.npz"))
    for name in names:
        one, two = Scene.load(composed / name), Scene.load(tmp_path / "two" / name)
        np.testing.assert_allclose(one.rotations, two.rotations, atol=1e-4)  # a stored step is 3e-5
        np.testing.assert_allclose(one.face, two.face, atol=1e-3)


@pytest.mark.data
@needs_motion
def test_the_record_has_every_scene_and_its_origin(composed: Path) -> None:
    index = read_index(composed)
    assert set(index.scenes) == {path.name for path in composed.glob("scene_*.npz")}
    assert index.origin.voices == {"train": ["one", "two"], "test": ["three"]}
    for name, (split, seconds) in index.scenes.items():
        scene = Scene.load(composed / name)
        assert (scene.split, round(scene.duration, 3)) == (split, seconds)
    assert all(reason.split() for reason in index.refused.values())
    assert not (composed / MADE).exists() and len(list((composed / REJECTED).glob("*.npz"))) <= 1
    assert json.loads((composed / "summary.json").read_text())["scenes"] == len(index.scenes)


@pytest.mark.data
@needs_motion
def test_an_interrupted_run_continues(composed: Path, libraries: tuple[Path, Path]) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in composed.glob("scene_*.npz")}
    (composed / "scene_4000099.part.npz").write_bytes(b"half a scene")
    made(composed, libraries, processes=1)
    assert {path.name: path.stat().st_mtime_ns for path in composed.glob("scene_*.npz")} == before
    assert not list(composed.glob("*.part*"))


@pytest.mark.data
@needs_motion
def test_scenes_of_other_material_are_not_mixed_in(
    composed: Path, libraries: tuple[Path, Path], tmp_path: Path
) -> None:
    save_speech_library([*spoken("four", "train", 4), *spoken("three", "test", 3)], tmp_path / "other.npz")
    with pytest.raises(ScenesUnfit, match=r"differ in the speech library"):
        compose(0.001, 4, composed, libraries[0], tmp_path / "other.npz", processes=1)


def test_a_folder_without_a_record_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ScenesUnfit, match=r"index\.json.*compose the scenes again"):
        read_index(tmp_path)


def test_a_speech_library_that_is_cut_off_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "speech.npz"
    save_speech_library(spoken("one", "train", 1), path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SpeechLibraryUnfit, match=r"speech\.npz.*build it"):
        load_speech_library(path)


@pytest.mark.data
@needs_motion
def test_the_package_composes_in_an_empty_folder_with_numpy_and_scipy_alone(
    libraries: tuple[Path, Path], tmp_path: Path
) -> None:
    corpus, archives = tmp_path / "corpus", [tmp_path / "one.tar.xz", tmp_path / "two.tar.xz"]
    corpus.mkdir()
    (corpus / "clips.npz").write_bytes(libraries[0].read_bytes())
    (corpus / "speech_library.npz").write_bytes(libraries[1].read_bytes())
    assert max(pack(corpus, archive) for archive in archives) < 60_000_000
    assert archives[0].read_bytes() == archives[1].read_bytes()
    folder = tmp_path / "elsewhere"
    unpack(archives[0], folder)
    program = f"""{BARE}
from model_runtime import __main__ as command_line
assert command_line.__file__.startswith({str(folder)!r})
if __name__ == "__main__":
    sys.exit(command_line.main(["corpus", "compose", "--hours", "0.001", "--seed", "4", "--processes", "1"]))
"""
    (folder / "run.py").write_text(program)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert read_index(folder / "corpus" / "scenes").minutes("train") > 0.5


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "a/../../outside.txt", "C:\\outside.txt"])
def test_a_package_that_leads_out_of_its_folder_is_refused_and_writes_nothing(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "bad.tar.xz"
    with tarfile.open(archive, "w:xz") as packed:
        for entry in (tarfile.TarInfo("README.txt"), tarfile.TarInfo(name)):
            entry.size = 3
            packed.addfile(entry, io.BytesIO(b"abc"))
    with pytest.raises(PackageUnfit, match="fetch the package again"):
        unpack(archive, tmp_path / "folder")
    assert not (tmp_path / "folder").exists() and not (tmp_path / "outside.txt").exists()


def test_a_package_that_is_cut_off_is_refused_by_name(tmp_path: Path) -> None:
    archive = tmp_path / "cut.tar.xz"
    with tarfile.open(archive, "w:xz") as packed:
        entry = tarfile.TarInfo("README.txt")
        entry.size = 1000
        packed.addfile(entry, io.BytesIO(os.urandom(1000)))
    archive.write_bytes(archive.read_bytes()[:400])
    with pytest.raises(PackageUnfit, match=r"cut\.tar\.xz.*fetch the package again"):
        unpack(archive, tmp_path / "folder")
