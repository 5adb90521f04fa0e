"""The default speech encoder: silence, voices that it was not trained on, and its training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_runtime.common.checkpoints import WEIGHTS
from model_runtime.corpus.voices.speech_library import Utterance, save_speech_library
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.encoders.loading import encode
from model_runtime.speech.encoders.mel import CHECKPOINT, encode_mels, load_encoder
from model_runtime.speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig, normalise_mels
from model_runtime.speech.phones import PHONES, SILENCE, Segment
from model_runtime.speech.transcript.alignment import align
from model_runtime.tests.conftest import ASSETS, DATA
from model_runtime.training import speech_encoder as audio
from model_runtime.training.speech_augmentation import augment
from model_runtime.training.speech_data import frame_labels
from model_runtime.training.speech_encoder import train

SPEECH = DATA / "speech"


@pytest.mark.parametrize("loudness", [0.0, 1e-5])
def test_silence_is_encoded_as_silence(loudness: float) -> None:
    room = loudness * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE).astype(np.float32)
    encoded = encode(room)
    assert encoded.phones.shape == (101, len(PHONES)) and encoded.features.shape == (101, 64)
    assert encoded.phones[:, SILENCE].min() > 0.8


def test_an_actors_silence_while_the_other_speaks_is_encoded_as_silence() -> None:
    phones = encode(load_speech(ASSETS / "demo_b.ogg")).phones
    assert phones[: 50 * 5, SILENCE].mean() > 0.93  # labels were smoothed by 0.05; B begins to speak at 5.2 s


def test_the_phones_do_not_depend_on_the_level_of_a_recording() -> None:
    voice = load_speech(ASSETS / "demo_a.ogg", 0.0, 6.0)
    loud, soft = encode(voice), encode(0.1 * voice)
    assert (loud.phones.argmax(axis=1) == soft.phones.argmax(axis=1)).mean() > 0.97


def test_encoding_in_blocks_gives_the_result_of_the_whole() -> None:
    torch.manual_seed(0)
    encoder = AudioEncoder(AudioEncoderConfig(width=16)).eval()
    mels = torch.randn(3100, 80)
    speech = torch.ones(3100)
    with torch.inference_mode():
        whole = encoder(normalise_mels(mels[None], speech[None]))[1][0].softmax(dim=-1).numpy()
    assert np.allclose(encode_mels(encoder, mels, speech).phones, whole, atol=1e-5)


def test_missing_truncated_or_other_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointMissing, match=CHECKPOINT):
        encode(np.zeros(SAMPLE_RATE, np.float32), tmp_path)
    (tmp_path / CHECKPOINT).write_bytes((WEIGHTS / CHECKPOINT).read_bytes()[:5000])
    with pytest.raises(CheckpointMismatch, match="damaged"):
        encode(np.zeros(SAMPLE_RATE, np.float32), tmp_path)


def test_augmented_crops_stay_finite_and_in_time_with_their_labels() -> None:
    generator = torch.Generator().manual_seed(0)
    mels = torch.full((6, 208, 80), -8.0)
    labels = torch.full((6, 208), SILENCE)
    mels[:, 100:] = -2.0  # a loud half, so that labels can be matched with their sound
    labels[:, 100:] = 0
    mels, labels = augment(mels, labels, generator)
    assert mels.shape == (6, 160, 80) and labels.shape == (6, 160) and bool(torch.isfinite(mels).all())
    for item in range(6):
        level = mels[item].mean(dim=1)
        assert level[labels[item] == 0].median() > level[labels[item] == SILENCE].median()


def test_frames_are_labelled_with_the_phone_at_their_centre() -> None:
    labels = frame_labels([["SIL", 0.0, 0.03], ["M", 0.03, 0.07], ["AA", 0.07, 0.1]], 7)
    assert [PHONES[k] for k in labels] == ["SIL", "SIL", "M", "M", "AA", "SIL", "SIL"]


def small_library(path: Path) -> Path:
    """Forty seconds of three tones that stand for three phones, as a packed library."""
    rng = np.random.default_rng(0)
    names = ("SIL", "M", "AA", "S")
    utterances = []
    for index in range(20):
        phones, rows = [], np.full((101, 80), -18.0, np.float32)
        for k in range(10):
            name = names[rng.integers(4)]
            phones.append(Segment(name, 0.2 * k, 0.2 * (k + 1)))
            if name != "SIL":
                rows[10 * k : 10 * k + 10, 20 * names.index(name) - 20 : 20 * names.index(name)] = -4.0
        voice, split = (
            ("ljspeech", "test") if index >= 16 else (("reader_a", "train") if index < 8 else ("slt", "train"))
        )
        utterances.append(
            Utterance(f"{voice}/{index}", voice, split, "", np.zeros((60, 28), np.float32), rows, [], phones, [], 2.0)
        )
    save_speech_library(utterances, path)
    return path


def test_training_learns_and_writes_weights_that_load(tmp_path: Path) -> None:
    library = small_library(tmp_path / "library.npz")
    log, out = tmp_path / "log.jsonl", tmp_path / CHECKPOINT
    measures = train([library], out, steps=60, device="cpu", width=32, batch=8, log=log)
    assert measures["frame_accuracy"] > 0.5
    assert load_encoder(out).config.width == 32
    assert json.loads(log.read_text().splitlines()[-1])["step"] == 60
    assert not list(tmp_path.glob("*.part*"))


def test_interrupted_training_continues_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, out, log = small_library(tmp_path / "library.npz"), tmp_path / CHECKPOINT, tmp_path / "log.jsonl"
    monkeypatch.setattr(audio, "CHECK_EVERY", 10)
    measure = audio.evaluate
    calls: list[int] = []

    def cut_at_the_second(*arguments: Any) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(audio, "evaluate", cut_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        train([library], out, steps=30, device="cpu", width=16, batch=4, log=log)
    train([library], out, steps=30, device="cpu", width=16, batch=4, log=log)
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [10, 20, 30]
    assert len(calls) == 4  # steps 10, 20 (cut), then 20 and 30: the first ten were not trained again


@pytest.mark.data
def test_closed_lips_of_held_out_voices_are_detected() -> None:
    lips = [PHONES.index(name) for name in ("P", "B", "M")]
    detected = events = 0
    for path in sorted((SPEECH / "librivox").glob("*.flac")):
        wave = load_speech(path)
        posterior = encode(wave).phones[:, lips].sum(axis=1)
        for phone in align(wave, path.with_suffix(".txt").read_text()).phones:
            if phone.text in ("P", "B", "M"):
                frames = posterior[round(50 * phone.start) : round(50 * phone.end) + 1]
                events += 1
                detected += bool(len(frames)) and frames.max() > 0.4
    assert events > 15
    assert detected / events > 0.7
