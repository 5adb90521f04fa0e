"""A wav2vec 2.0 from a local folder gives features and phones at the times of the default speech encoder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Model

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import WEIGHTS, load_checkpoint, save_checkpoint
from model_runtime.contract import FloatArray
from model_runtime.corpus.voices.speech_library import Utterance, save_speech_library
from model_runtime.datasets.locations import REPOSITORY
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.face.model import FaceModel
from model_runtime.face.voice_features import extract_voice_features
from model_runtime.networks.face_denoiser import VOICE_SIZE
from model_runtime.speech.audio import SAMPLE_RATE
from model_runtime.speech.encoders import wav2vec2
from model_runtime.speech.encoders.base import SpeechEncoder, speech_mask
from model_runtime.speech.encoders.loading import encode, load_speech_encoder
from model_runtime.speech.encoders.log_mel import log_mel
from model_runtime.speech.encoders.mel import CHECKPOINT
from model_runtime.speech.encoders.wav2vec2 import ADAPTER, FrozenWav2Vec2
from model_runtime.speech.phones import PHONES, SILENCE, Segment
from model_runtime.training.wav2vec2_adapter import train

GROUP: dict[str, Any] = {"feat_extract_norm": "group"}
LAYER: dict[str, Any] = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}


def small_model(
    folder: Path, seed: int = 0, do_normalize: bool = True, kind: type = Wav2Vec2Model, **settings: Any
) -> Path:
    """A random wav2vec 2.0 as transformers keeps one: 32 wide, two blocks, the strides of all that are published."""
    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        **settings,
    )
    kind(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=do_normalize).save_pretrained(folder)
    return folder


def buzz(name: str, samples: int, rng: np.random.Generator) -> FloatArray:
    """Return a sound that stands for a phone: a low hum, a bright buzz, a hiss, or nothing."""
    times = np.arange(samples) / SAMPLE_RATE
    pitch = rng.uniform(100.0, 140.0)
    harmonics = {"M": range(1, 4), "AA": range(4, 13)}.get(name, range(0))
    wave = 0.1 * sum((np.sin(2.0 * np.pi * pitch * k * times) for k in harmonics), np.zeros(samples))
    return (wave + 0.1 * rng.standard_normal(samples) * (name == "S")).astype(np.float32)


def sentence(rng: np.random.Generator, phones: int = 10) -> tuple[FloatArray, list[Segment]]:
    names = [("SIL", "M", "AA", "S")[k] for k in rng.integers(4, size=phones)]
    wave = np.concatenate([buzz(name, SAMPLE_RATE // 5, rng) for name in names])
    return wave, [Segment(name, 0.2 * k, 0.2 * (k + 1)) for k, name in enumerate(names)]


def small_library(path: Path) -> Path:
    """Forty seconds of four sounds that stand for phones, with the sound itself beside them."""
    rng = np.random.default_rng(0)
    utterances = []
    for index in range(20):
        wave, phones = sentence(rng)
        voice, split = (
            ("ljspeech", "test") if index >= 16 else (("reader_a", "train") if index < 8 else ("slt", "train"))
        )
        sound = np.rint(wave * 32767.0).clip(-32768, 32767).astype(np.int16)
        utterances.append(
            Utterance(
                f"{voice}/{index}",
                voice,
                split,
                "",
                np.zeros((60, 28), np.float32),
                log_mel(wave),
                [],
                phones,
                [],
                2.0,
                sound,
            )
        )
    save_speech_library(utterances, path)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("speech") / "library.npz")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, library: Path) -> tuple[Path, dict[str, float], dict[str, float]]:
    """A folder with an adapter, and what was measured after its first step and after all."""
    folder = tmp_path_factory.mktemp("trained")
    small_model(folder / "model")
    began = train(folder / "model", [library], minutes=None, max_steps=1, state=folder / "state")
    ended = train(folder / "model", [library], minutes=None, max_steps=300, state=folder / "state")
    return folder / "model", began, ended


@pytest.fixture(scope="module")
def encoder(trained: tuple[Path, dict[str, float], dict[str, float]]) -> SpeechEncoder:
    return load_speech_encoder(WEIGHTS, trained[0])


def all_states(frozen: FrozenWav2Vec2, wave: FloatArray, speech: FloatArray | None = None) -> torch.Tensor:
    return torch.cat(list(frozen.states(wave, speech)), dim=1)


def noise(seconds: float, seed: int = 0) -> FloatArray:
    return 0.05 * np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE)).astype(np.float32)


def test_ten_seconds_have_501_frames_as_of_the_default_encoder_where_the_bare_model_has_499(tmp_path: Path) -> None:
    wave = noise(10.0)
    bare = Wav2Vec2Model.from_pretrained(small_model(tmp_path))
    assert bare(torch.from_numpy(wave)[None]).last_hidden_state.shape[1] == 499
    assert all_states(FrozenWav2Vec2(tmp_path), wave).shape == (3, 501, 32) and len(encode(wave).features) == 501


@pytest.mark.parametrize("settings", (GROUP, LAYER), ids=("group", "layer"))
@pytest.mark.parametrize("frame", (0, 7, 50, 73, 99, 100))
def test_a_click_changes_the_frame_of_its_time_as_in_the_log_mels(
    frame: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    frozen, quiet, speech = FrozenWav2Vec2(small_model(tmp_path, **settings)), noise(2.0), np.ones(101, np.float32)
    click = quiet.copy()
    click[min(320 * frame, len(click) - 1)] += 0.8
    changed = (all_states(frozen, click, speech) - all_states(frozen, quiet, speech))[0].norm(dim=1).argmax()
    assert changed == frame == np.abs(log_mel(click) - log_mel(quiet)).mean(axis=1).argmax()


@pytest.mark.parametrize("samples", (0, 1, 9, 319, 320, 399, 400, 401, 1000))
@pytest.mark.parametrize("settings", (GROUP, LAYER), ids=("group", "layer"))
def test_very_short_waves_have_as_many_frames_as_of_the_default_encoder(
    samples: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    frozen = FrozenWav2Vec2(small_model(tmp_path, **settings))
    for wave in (np.zeros(samples, np.float32), noise(1.0)[:samples]):
        for speech in (None, np.ones(samples // 320 + 1, np.float32)):
            states = all_states(frozen, wave, speech)
            assert states.shape == (3, samples // 320 + 1, 32) and bool(torch.isfinite(states).all())


@pytest.mark.parametrize("do_normalize", (True, False))
@pytest.mark.parametrize(("settings", "tolerance"), ((GROUP, 0.02), (LAYER, 1e-4)), ids=("group", "layer"))
def test_a_voice_without_pauses_has_the_states_of_the_bare_model(
    settings: dict[str, Any], tolerance: float, do_normalize: bool, tmp_path: Path
) -> None:
    frozen, wave = FrozenWav2Vec2(small_model(tmp_path, do_normalize=do_normalize, **settings)), noise(4.0)
    given = (1.0 if do_normalize else 0.1) * (wave - wave.mean()) / wave.std()
    bare = Wav2Vec2Model.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        states = bare(torch.from_numpy(np.pad(given, 200))[None], output_hidden_states=True).hidden_states
    expected = torch.nn.functional.layer_norm(torch.cat(states), (32,))
    assert (all_states(frozen, wave, np.ones(201, np.float32)) - expected).abs().max() < tolerance


@pytest.mark.parametrize("settings", (GROUP, LAYER), ids=("group", "layer"))
def test_long_waves_are_encoded_in_blocks_with_the_same_result_within_tolerance(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = FrozenWav2Vec2(small_model(tmp_path, **settings))
    wave = np.concatenate(
        [sentence(np.random.default_rng(1), 100)[0], noise(5.0), np.zeros(10 * SAMPLE_RATE, np.float32)]
    )
    lengths: list[int] = []
    frozen.model.register_forward_pre_hook(lambda _, given: lengths.append(given[0].shape[1]))
    blocks = all_states(frozen, wave)
    assert len(lengths) == 4 and max(lengths) <= 320 * (wav2vec2._BLOCK + 2 * wav2vec2._CONTEXT) + 400
    monkeypatch.setattr(wav2vec2, "_BLOCK", 10_000)
    whole = all_states(frozen, wave)
    assert blocks.shape == whole.shape == (3, 35 * 50 + 1, 32)
    # The first convolutions reach no further than a few frames: before attention nothing may differ.
    assert torch.allclose(blocks[0], whole[0], atol=1e-4)
    assert (blocks - whole).abs().mean() < 0.05  # of states of unit variance


@pytest.mark.parametrize("settings", (GROUP, LAYER), ids=("group", "layer"))
def test_neither_level_nor_pauses_change_the_states_of_a_voice_unlike_those_of_the_bare_model(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    frozen = FrozenWav2Vec2(small_model(tmp_path, **settings))
    bare = Wav2Vec2Model.from_pretrained(tmp_path).eval()
    voice = sentence(np.random.default_rng(2))[0]
    paused = np.concatenate([voice, np.zeros(15 * SAMPLE_RATE, np.float32)])

    @torch.no_grad()
    def bare_states(wave: FloatArray) -> torch.Tensor:
        given = torch.from_numpy(np.pad((wave - wave.mean()) / wave.std(), 200))[None]
        return torch.nn.functional.layer_norm(bare(given, output_hidden_states=True).hidden_states[0][0], (32,))

    states = all_states(frozen, voice)[0, :80]
    assert (all_states(frozen, 0.05 * voice)[0, :80] - states).abs().mean() < 1e-4
    assert (all_states(frozen, paused)[0, :80] - states).abs().mean() < 0.01
    assert (bare_states(paused)[:80] - bare_states(voice)[:80]).abs().mean() > 0.05


def test_encoding_masks_nothing_and_is_deterministic(tmp_path: Path) -> None:
    frozen, wave = (
        FrozenWav2Vec2(small_model(tmp_path, mask_time_prob=0.9, hidden_dropout=0.5, layerdrop=0.5)),
        noise(3.0),
    )
    assert not frozen.model.training and not frozen.model.config.apply_spec_augment
    assert torch.equal(all_states(frozen, wave), all_states(frozen, wave))


def test_a_model_with_the_head_of_a_task_is_read_as_well(tmp_path: Path) -> None:
    plain = FrozenWav2Vec2(small_model(tmp_path / "plain"))
    headed = FrozenWav2Vec2(small_model(tmp_path / "headed", kind=Wav2Vec2ForCTC))
    assert len(all_states(headed, noise(1.0))[0]) == len(all_states(plain, noise(1.0))[0])


def test_training_brings_the_adapter_nearer_to_the_phones_and_to_the_default_features(
    trained: tuple[Path, dict[str, float], dict[str, float]],
) -> None:
    folder, began, ended = trained
    assert ended["loss"] < 0.6 * began["loss"]
    assert ended["frame_accuracy"] > 0.6 and ended["feature_distance"] < 0.85 * began["feature_distance"]
    assert load_checkpoint(folder / ADAPTER)[1]["steps"] == 300 and not list(folder.glob("*.part*"))


def test_one_layer_alone_can_be_used(tmp_path: Path, library: Path) -> None:
    small_model(tmp_path / "model")
    train(tmp_path / "model", [library], minutes=None, max_steps=1, layer=-1, state=tmp_path / "state")
    assert load_checkpoint(tmp_path / "model" / ADAPTER)[1]["config"]["layers"] == [2]
    assert load_speech_encoder(WEIGHTS, tmp_path / "model").encode(noise(1.0)).features.shape == (51, 64)


def test_the_trained_encoder_gives_the_shapes_of_the_default_one_and_is_deterministic(encoder: SpeechEncoder) -> None:
    wave, phones = sentence(np.random.default_rng(5), 20)
    found, default = encoder.encode(wave), encode(wave)
    assert found.features.shape == default.features.shape == (201, 64)
    assert found.phones.shape == default.phones.shape == (201, 40)
    assert np.abs(found.features).max() <= 1.0 and np.allclose(found.phones.sum(axis=1), 1.0, atol=1e-4)
    again = encoder.encode(wave)
    assert (again.features == found.features).all() and (again.phones == found.phones).all()
    middles = [PHONES[found.phones[round(50 * (phone.start + 0.1))].argmax()] for phone in phones]
    assert np.mean([guess == phone.text for guess, phone in zip(middles, phones)]) > 0.6


@pytest.mark.parametrize("loudness", (0.0, 1e-5, 1e-2))
def test_silence_and_rooms_without_a_voice_are_silence(loudness: float, encoder: SpeechEncoder) -> None:
    room = loudness * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE).astype(np.float32)
    assert not speech_mask(room, 101).any()
    assert encoder.encode(room).phones[:, SILENCE].min() > 0.5


def test_the_face_network_takes_its_features(
    trained: tuple[Path, dict[str, float], dict[str, float]], encoder: SpeechEncoder
) -> None:
    me, partner = sentence(np.random.default_rng(7), 15)[0], np.zeros(3 * SAMPLE_RATE, np.float32)
    assert extract_voice_features(me, 90, encoder).frames.shape == (90, VOICE_SIZE)
    first, second = (
        FaceModel.load(wav2vec2=trained[0]).generate(me, partner, 90, seed=3, quality="draft") for _ in range(2)
    )
    assert first.shape == (90, 52) and np.isfinite(first).all() and first.min() >= 0.0 and first.max() <= 1.0
    assert (first == second).all() and first.std(axis=0).max() > 0.01
    assert not np.array_equal(first, FaceModel.load().generate(me, partner, 90, seed=3, quality="draft"))


def test_without_a_folder_the_default_encoder_is_loaded() -> None:
    wave = sentence(np.random.default_rng(8))[0]
    assert (load_speech_encoder(WEIGHTS).encode(wave).features == encode(wave).features).all()


def test_an_adapter_of_another_model_or_another_default_encoder_is_refused(
    trained: tuple[Path, dict[str, float], dict[str, float]], tmp_path: Path
) -> None:
    other = small_model(tmp_path / "other", seed=1)
    (other / ADAPTER).write_bytes((trained[0] / ADAPTER).read_bytes())
    with pytest.raises(CheckpointMismatch, match=r"another model .*train it with"):
        load_speech_encoder(WEIGHTS, other)
    tensors, header = load_checkpoint(WEIGHTS / CHECKPOINT)
    save_checkpoint(tmp_path / CHECKPOINT, {name: 1.01 * value for name, value in tensors.items()}, header)
    with pytest.raises(CheckpointMismatch, match=r"another default speech encoder .*train it with"):
        load_speech_encoder(tmp_path, trained[0])


def test_the_same_model_in_another_place_and_of_another_transformers_keeps_its_name(tmp_path: Path) -> None:
    here, there = FrozenWav2Vec2(small_model(tmp_path / "here")), small_model(tmp_path / "there")
    config = json.loads((there / "config.json").read_text())
    (there / "config.json").write_text(
        json.dumps({**config, "transformers_version": "4.9.0", "_name_or_path": "elsewhere"})
    )
    assert FrozenWav2Vec2(there).name == here.name
    assert FrozenWav2Vec2(small_model(tmp_path / "raw", do_normalize=False)).name != here.name


def spoil(folder: Path, name: str, **changes: Any) -> None:
    (folder / name).write_text(json.dumps({**json.loads((folder / name).read_text()), **changes}))


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def pickled_in_parts(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model-00001-of-00001.bin")
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"encoder": "pytorch_model-00001-of-00001.bin"}})
    )


def lacking(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    fewer = {name: value for name, value in tensors.items() if "layers.1.attention" not in name}
    save_file(fewer, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("harm", "error", "message"),
    (
        (lambda folder: folder.rename(folder.with_name("gone")), CheckpointMissing, "is not there"),
        (lambda folder: (folder / "config.json").unlink(), CheckpointMissing, "no 'config.json'"),
        (lambda folder: (folder / "config.json").write_text("{"), CheckpointMismatch, "cannot be read"),
        (lambda folder: (folder / "config.json").write_text("[]"), CheckpointMismatch, "no settings"),
        (lambda folder: spoil(folder, "config.json", model_type="hubert"), CheckpointMismatch, "of type 'hubert'"),
        (lambda folder: spoil(folder, "config.json", hidden_size="wide"), CheckpointMismatch, "cannot be read"),
        (lambda folder: spoil(folder, "config.json", hidden_size=48), CheckpointMismatch, "cannot be read"),
        (
            lambda folder: spoil(folder, "config.json", conv_stride=[5, 2, 2, 2, 2, 2, 1]),
            CheckpointMismatch,
            "every 160 samples",
        ),
        (lambda folder: spoil(folder, "preprocessor_config.json", sampling_rate=8000), CheckpointMismatch, "8000 Hz"),
        (pickled, CheckpointMismatch, "pickled"),
        (pickled_in_parts, CheckpointMismatch, "pickled"),
        (lambda folder: (folder / "model.safetensors").unlink(), CheckpointMissing, "no 'model.safetensors'"),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(b"no tensors"),
            CheckpointMismatch,
            "cannot be read",
        ),
        (lacking, CheckpointMismatch, "lack 'encoder.layers.1.attention"),
        (lambda folder: None, CheckpointMissing, "no adapter .*train it with"),
        (lambda folder: (folder / ADAPTER).write_bytes(b"no tensors"), CheckpointMismatch, "damaged"),
    ),
)
def test_the_error_names_what_is_wrong_with_a_folder_in_one_sentence(
    harm: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    folder = small_model(tmp_path / "model")
    harm(folder)
    with pytest.raises(error, match=message) as caught:
        load_speech_encoder(WEIGHTS, folder)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_library_without_its_sound_and_a_missing_layer_are_errors(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mute, model = tmp_path / "mute.npz", small_model(tmp_path / "model")
    mute.write_bytes(library.read_bytes())
    command = ["train", "wav2vec2-adapter", "--model", str(model), "--speech"]
    assert main([*command, str(mute)]) == 1
    assert "sound" in capsys.readouterr().err
    assert main([*command, str(library), "--layer", "3"]) == 1
    assert "no layer 3" in capsys.readouterr().err and not (model / ADAPTER).exists()


def test_the_command_stops_after_its_minutes(library: Path, tmp_path: Path) -> None:
    model, out = small_model(tmp_path / "model"), tmp_path / "adapter.safetensors"
    given = ("--model", str(model), "--speech", str(library), "--out", str(out), "--state", str(tmp_path / "state"))
    assert main(["train", "wav2vec2-adapter", *given, "--minutes", "0.02"]) == 0
    assert load_checkpoint(out)[1]["steps"] >= 1


def test_the_face_imports_transformers_only_for_a_wav2vec2() -> None:
    code = (
        "import sys, model_runtime.face.model;"
        "print([m for m in sys.modules if m.split('.')[0] == 'transformers' or 'wav2vec2' in m])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
