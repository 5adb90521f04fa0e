"""The face training set holds each actor's emotions, and sets without emotions still load."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import load_checkpoint, save_checkpoint
from model_runtime.contract import EMOTIONS, FPS
from model_runtime.speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig
from model_runtime.tests.training.face_samples import analyse, utterance
from model_runtime.training.emotion_tracks import NEUTRAL
from model_runtime.training.face_data import FacePack, FaceScene, save_pack
from model_runtime.training.face_scenes import compose_scene

SECONDS = 8.0


@pytest.fixture(scope="module")
def scenes() -> list[FaceScene]:
    rng = np.random.default_rng(0)
    voices = [utterance(rng, "a")], [utterance(rng, "b")]
    return [compose_scene(np.random.default_rng(seed), voices, analyse, SECONDS) for seed in range(12)]


@pytest.fixture
def pack(scenes: list[FaceScene], tmp_path: Path) -> Path:
    save_pack(scenes, [i % 3 == 2 for i in range(len(scenes))], tmp_path / "pack.npz", {"seed": 0})
    return tmp_path / "pack.npz"


def loaded(path: Path, calm: bool = False) -> FacePack:
    return FacePack(path, AudioEncoder(AudioEncoderConfig(width=8, dilations=(1,))), torch.device("cpu"), calm)


def test_some_scenes_are_without_emotions_and_the_others_hold_theirs(scenes: list[FaceScene]) -> None:
    calm = [bool((scene.emotion == NEUTRAL).all()) for scene in scenes]
    assert any(calm) and not all(calm)
    for scene in scenes:
        assert scene.emotion.shape == scene.intensity.shape == (2, int(SECONDS * FPS))
        assert scene.emotion.max() <= NEUTRAL
        assert not scene.intensity[scene.emotion == NEUTRAL].any()
        assert scene.intensity.max() <= 2.0


def test_emotions_come_back_from_the_file(scenes: list[FaceScene], pack: Path) -> None:
    data = loaded(pack)
    assert np.array_equal(data.emotion, np.concatenate([scene.emotion for scene in scenes], axis=1))
    assert np.allclose(data.intensity, np.concatenate([scene.intensity for scene in scenes], axis=1), atol=0.006)


def test_a_network_without_emotions_is_trained_on_calm_scenes_alone(scenes: list[FaceScene], pack: Path) -> None:
    data = loaded(pack, calm=True)
    assert len(data.train) and len(data.test)
    assert all((scenes[i].emotion == NEUTRAL).all() for i in (*data.train, *data.test))


def test_windows_hold_emotions_and_their_intensity(pack: Path) -> None:
    data = loaded(pack)
    assert len(data.train) + len(data.test) == 12
    _, given = data.draw(64, 60, np.random.default_rng(0))
    assert given.emotion.shape == (64, 60, len(EMOTIONS)) and (given.emotion_given == 1).all()
    assert given.emotion.max() > 0.5 and (given.emotion > 0).sum(-1).max() == 1
    assert (given.emotion == 0).all(-1).all(-1).any(), "some windows have no emotion"


def test_a_pack_without_emotions_still_loads(pack: Path, tmp_path: Path) -> None:
    with np.load(pack, allow_pickle=False) as stored:
        np.savez(
            tmp_path / "old.npz",
            **{name: stored[name] for name in stored.files if name not in ("emotion", "intensity")},
        )
    old = loaded(tmp_path / "old.npz")
    assert (old.emotion == NEUTRAL).all() and not old.intensity.any()
    curves, given = old.draw(3, 60, np.random.default_rng(0))
    assert curves.shape == (3, 60, 52) and given.blink.shape == (3, 60)


def test_the_same_seed_composes_the_same_scene(scenes: list[FaceScene]) -> None:
    rng = np.random.default_rng(0)
    again = compose_scene(np.random.default_rng(0), ([utterance(rng, "a")], [utterance(rng, "b")]), analyse, SECONDS)
    assert np.array_equal(scenes[0].curves, again.curves)


def test_training_learns_from_a_pack_and_resumes(pack: Path, tmp_path: Path) -> None:
    encoder = AudioEncoder(AudioEncoderConfig(width=8, dilations=(1,)))
    save_checkpoint(tmp_path / "audio.safetensors", encoder.state_dict(), {"config": asdict(encoder.config)})

    def trained(name: str, steps: int, *more: str) -> dict[str, torch.Tensor]:
        files = ("--audio", tmp_path / "audio.safetensors", "--data", pack, "--state", tmp_path / "state")
        sizes = ("--config", "tiny", "--device", "cpu", "--batch", 4, "--max-steps", steps)
        arguments = [str(word) for word in (*files, *sizes, "--out", tmp_path / name, *more)]
        assert main(["train", "face", *arguments]) == 0
        tensors, header = load_checkpoint(tmp_path / name)
        assert header["training"]["steps"] == steps
        return tensors

    assert all(torch.isfinite(value).all() for value in trained("face.safetensors", 25).values())
    trained("more.safetensors", 30, "--resume")
