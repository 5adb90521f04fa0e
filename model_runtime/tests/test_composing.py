"""The composing run: what it needs, what it leaves behind, and what it does when something breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..corpus.library import save_library
from ..corpus.speech_library import load_speech_library, save_speech_library
from .test_composer import few_clips, needs_motion, spoken

ROOT = Path(__file__).parents[2]
# As on a machine that has numpy and scipy and nothing else. (None in sys.modules would trip scipy, which looks for torch there.)
BARE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "soundfile", "soxr", "pocketsphinx", "librosa", "matplotlib", "bpy", "PIL", "safetensors"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
"""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip library and a speech library, both small."""
    folder = tmp_path_factory.mktemp("libraries")
    save_library(few_clips(), folder / "clips.npz")
    save_speech_library([*spoken("one", "train", 1), *spoken("two", "train", 2), *spoken("three", "test", 3)], folder / "speech.npz")
    return folder / "clips.npz", folder / "speech.npz"


@pytest.mark.data
@needs_motion
def test_composing_needs_numpy_and_scipy_alone(libraries: tuple[Path, Path]) -> None:
    clips, speech = libraries
    program = f"""{BARE}
from model_runtime.corpus import composer
from model_runtime.corpus.filter import fault
material = composer.gather(composer.load_library({str(clips)!r}), composer.load_speech_library({str(speech)!r}), "train")
scene = composer.compose_scene(3, material)
print(fault(scene), scene.duration)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_speech_library_reads_back_as_it_was_written(tmp_path: Path) -> None:
    utterances = spoken("one", "train", 1)
    save_speech_library(utterances, tmp_path / "speech.npz")
    for before, after in zip(utterances, load_speech_library(tmp_path / "speech.npz"), strict=True):
        assert (after.id, after.voice, after.split, after.text, after.stresses) == (before.id, before.voice, before.split, before.text, before.stresses)
        assert abs(after.prosody - before.prosody.clip(-3.1, 3.1)).max() <= 0.0126
        assert [word.text for word in after.words] == [word.text for word in before.words]
