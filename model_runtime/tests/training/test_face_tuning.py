"""The lips of a copy are tuned, and its denoiser is blended into the base."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import load_checkpoint, save_checkpoint
from model_runtime.contract import EMOTIONS
from model_runtime.errors import CheckpointMismatch
from model_runtime.face.model import FaceGuidance, FaceModel
from model_runtime.networks.face_denoiser import DENOISER
from model_runtime.speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig
from model_runtime.tests.training.face_samples import analyse, utterance
from model_runtime.training.face_data import save_pack
from model_runtime.training.face_scenes import compose_scene


def train_face(*arguments: object) -> None:
    assert main(["train", "face", *map(str, arguments)]) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a tiny base whose copy's lips were tuned: base.safetensors, face.safetensors, copy.safetensors,
    audio.safetensors.
    """
    here, rng = tmp_path_factory.mktemp("tuned"), np.random.default_rng(0)
    voices = [utterance(rng, "a")], [utterance(rng, "b")]
    save_pack(
        [compose_scene(np.random.default_rng(k), voices, analyse, 8.0) for k in range(8)],
        [False] * 7 + [True],
        here / "pack.npz",
        {},
    )
    torch.manual_seed(0)
    encoder = AudioEncoder(AudioEncoderConfig(width=8, dilations=(1,)))
    save_checkpoint(here / "audio.safetensors", encoder.state_dict(), {"config": asdict(encoder.config)})
    common = ("--audio", here / "audio.safetensors", "--data", here / "pack.npz", "--device", "cpu", "--batch", 4)
    base = here / "base.safetensors"
    train_face(*common, "--config", "tiny", "--out", base, "--state", here / "state", "--max-steps", 30)
    tune = ("--tune-lips", base, "--base-data", here / "pack.npz", "--copy", here / "copy.safetensors")
    train_face(*common, *tune, "--out", here / "face.safetensors", "--state", here / "tuned_state", "--max-steps", 40)
    return here


def made(model: FaceModel, **given: object) -> np.ndarray:
    wave = (0.1 * np.random.default_rng(1).normal(size=16000)).astype(np.float32)
    return model.generate(wave, np.zeros_like(wave), 31, 3, "draft", **given)  # type: ignore[arg-type]


def test_the_checkpoint_holds_the_unchanged_base_and_the_copys_denoiser(folder: Path) -> None:
    base, (both, header) = load_checkpoint(folder / "base.safetensors")[0], load_checkpoint(folder / "face.safetensors")
    copy = load_checkpoint(folder / "copy.safetensors")[0]
    assert all(torch.equal(both[name], value) for name, value in base.items())
    added = {name.removeprefix("lips.") for name in both if name not in base}
    assert added == {k.removeprefix("network.") for k in base if k.removeprefix("network.").startswith(DENOISER)}
    assert all(torch.equal(both[f"lips.{name}"], copy[f"network.{name}"]) for name in added)
    assert any(not torch.equal(both[f"lips.{name}"], base[f"network.{name}"]) for name in added), (
        "something was learned"
    )
    assert header["lips_training"]["steps"] == 40 and header["training"]["steps"] == 30


def test_the_share_of_tuned_lips_goes_from_the_base_to_the_copy_and_back(folder: Path) -> None:
    model = FaceModel.load(folder)
    expressive, half, accurate = (made(model, lips=share) for share in (0.0, 0.5, 1.0))
    (folder / "only").mkdir(exist_ok=True)
    for name, source in (("face", "base"), ("audio", "audio")):
        (folder / "only" / f"{name}.safetensors").write_bytes((folder / f"{source}.safetensors").read_bytes())
    assert np.array_equal(expressive, made(FaceModel.load(folder / "only")))
    assert not np.array_equal(half, expressive) and not np.array_equal(half, accurate)
    assert np.array_equal(made(model, lips=0.0), expressive), "going back is exact"


def test_each_condition_has_a_guidance_weight_of_its_own(folder: Path) -> None:
    model = FaceModel.load(folder)
    with torch.no_grad():
        assert model.network.feel is not None
        model.network.feel.weight.normal_()  # a tiny network has not learned emotions
    joy = np.zeros((31, len(EMOTIONS)), np.float32)
    joy[:, EMOTIONS.index("joy")] = 1.5
    plain = made(model, emotion=joy)
    assert np.array_equal(plain, made(model, emotion=joy, guidance=FaceGuidance(1.0, 1.0, 1.0)))
    for stronger in (FaceGuidance(voice=2.0), FaceGuidance(partner=2.0), FaceGuidance(emotion=2.0)):
        assert not np.array_equal(plain, made(model, emotion=joy, guidance=stronger))
    unguided, none = made(model, emotion=joy, guidance=FaceGuidance(emotion=0.0)), made(model)
    assert np.abs(unguided - plain).mean() > 0.0 and np.isfinite(unguided).all() and none.shape == plain.shape


def test_lips_that_do_not_fit_their_base_are_refused(folder: Path, tmp_path: Path) -> None:
    tensors, header = load_checkpoint(folder / "face.safetensors")
    tensors["lips.curves_out.bias"] = torch.zeros(7)
    save_checkpoint(tmp_path / "face.safetensors", tensors, header)
    with pytest.raises(CheckpointMismatch, match="lips"):
        FaceModel.load(tmp_path)


def test_a_part_is_trained_by_itself_and_the_rest_stays_to_the_last_bit(folder: Path, tmp_path: Path) -> None:
    data = ("--audio", folder / "audio.safetensors", "--data", folder / "pack.npz")
    common = (*data, "--device", "cpu", "--batch", 4, "--config", "tiny")
    out, start = tmp_path / "face.safetensors", ("--from-weights", folder / "face.safetensors")
    train_face(*common, "--only", "beat", *start, "--out", out, "--state", tmp_path / "a", "--max-steps", 10)
    (before, _), (after, header) = load_checkpoint(folder / "face.safetensors"), load_checkpoint(out)
    assert before.keys() == after.keys()
    assert [name for name in before if not torch.equal(before[name], after[name])] == ["network.beat.weight"]
    assert (
        header["beat_training"]["steps"] == 10
        and header["training"]["steps"] == 30
        and header["lips_training"]["steps"] == 40
    )
    rest = ("--out", tmp_path / "x", "--state", tmp_path / "b", "--max-steps", 1)
    with pytest.raises(SystemExit, match="--from-weights"):
        train_face(*common, "--only", "beat", *rest)
    with pytest.raises(SystemExit, match="no parameter"):
        train_face(*common, "--only", "bet", "--from-weights", out, *rest)
