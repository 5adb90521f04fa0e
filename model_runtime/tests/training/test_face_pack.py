"""The face training set holds each actor's emotions, and sets without emotions still load."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model_runtime.contract import EMOTIONS, FPS
from model_runtime.corpus.voices.speech_library import Utterance
from model_runtime.speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig
from model_runtime.speech.phones import Segment
from model_runtime.training.emotion_tracks import NEUTRAL
from model_runtime.training.face_data import FacePack, FaceScene, compose_scene, save_pack

SECONDS = 8.0
PHONES = ["SIL", "M", "AA", "T", "F", "IY", "B", "UW", "SIL"]


def utterance(rng: np.random.Generator, name: str) -> Utterance:
    phones = [Segment(p, 0.1 * i, 0.1 * (i + 1)) for i, p in enumerate(PHONES)]
    wave = (rng.normal(size=14400) * 2000).astype(np.int16)
    none = np.zeros((27, 28), np.float32), np.zeros((45, 80), np.float32)
    return Utterance(name, name, "train", "ma teefy boo", *none, [], phones, [(0.25, 0.8)], 0.9, wave)


def listen(wave: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    voice = np.abs(wave[: frames * 533].reshape(frames, -1)).mean(axis=1, keepdims=True).repeat(2, axis=1)
    return np.clip(8 * voice, 0.0, 1.0).astype(np.float32), np.full((frames * 5 // 3 + 1, 80), -9.0, np.float32)


@pytest.fixture(scope="module")
def scenes() -> list[FaceScene]:
    rng = np.random.default_rng(0)
    voices = [utterance(rng, "a")], [utterance(rng, "b")]
    return [compose_scene(np.random.default_rng(seed), voices, listen, SECONDS) for seed in range(12)]


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
        assert scene.emotion.max() < len(EMOTIONS)
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
    assert (
        given.emotion.max() > 0.5 and (given.emotion > 0).sum(-1).max() == 1 and not given.emotion[..., NEUTRAL].any()
    )
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
