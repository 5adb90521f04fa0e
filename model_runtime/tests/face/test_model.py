"""The trained face: two voices in, 52 curves out, for any length, lively and repeatable."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_runtime.contract import FPS
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.face import model as face_model
from model_runtime.face.arkit import CURVE
from model_runtime.face.model import FaceModel, overlapping_spans
from model_runtime.face.mouth_shapes import JAW, lip_gap
from model_runtime.face.voice_features import VoiceFeatures
from model_runtime.metrics.held_out_speech import held_out_speech
from model_runtime.metrics.lips import measure_face
from model_runtime.networks.face_denoiser import TINY, VOICE_SIZE, FaceConditions, FaceDenoiser
from model_runtime.tests.conftest import DATA


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """12 s of a held-out reader."""
    return np.concatenate([u.wave for u, _ in zip(held_out_speech(DATA), range(3))])[: 12 * 16000]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * 16000), np.float32)


def blinks(face: np.ndarray) -> int:
    lid = face[:, CURVE["eyeBlinkLeft"]]
    return int(((lid[1:-1] > 0.6) & (lid[1:-1] >= lid[:-2]) & (lid[1:-1] > lid[2:])).sum())


def test_silence_gives_a_closed_mouth_and_a_face_that_blinks_and_moves(model: FaceModel) -> None:
    face = model.generate(silence(20), silence(20), 20 * FPS, seed=1)
    assert lip_gap(face).max() < 0.05
    assert blinks(face) >= 2
    assert face[:, CURVE["browInnerUp"]].std() > 0.003


def test_the_same_seed_repeats_exactly_and_another_differs(model: FaceModel) -> None:
    first, again, other = (model.generate(silence(5), silence(5), 150, seed, "draft") for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


@pytest.mark.data
def test_the_speaker_talks_and_the_listener_keeps_the_mouth_shut(model: FaceModel, voice: np.ndarray) -> None:
    speaker = model.generate(voice, np.zeros_like(voice), 360, seed=3)
    listener = model.generate(np.zeros_like(voice), voice, 360, seed=3)
    assert lip_gap(speaker).mean() > 0.15
    assert lip_gap(listener).max() < 0.08
    assert speaker.min() >= 0.0 and speaker.max() <= 1.0
    assert speaker[:, JAW].max() < 0.6, "the mouth gapes"


@pytest.mark.parametrize("seconds", [0.5, 7.9, 8.1, 90.0])
def test_any_length_comes_out_without_seams(model: FaceModel, seconds: float) -> None:
    frames = int(seconds * FPS) + 1
    face = model.generate(silence(seconds), silence(seconds), frames, seed=4, quality="draft")
    assert face.shape == (frames, 52)
    size, shared = model.network.config.window, model.network.config.kept + 12
    shared_frames = np.concatenate(
        [np.arange(first, first + shared) for first, _ in overlapping_spans(frames, size, shared)[1:]]
        or [np.zeros(0, int)]
    )
    if len(shared_frames):
        speed = np.abs(np.diff(face, axis=0)).max(axis=1)
        assert np.percentile(speed[shared_frames], 90) <= 2.0 * np.percentile(np.delete(speed, shared_frames), 90)
        assert np.median(speed[shared_frames]) <= 2.0 * np.median(np.delete(speed, shared_frames))


def test_a_minute_of_both_faces_takes_twelve_steps_a_window_and_encodes_each_voice_once(
    model: FaceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = 0.05 * np.random.default_rng(0).normal(size=60 * 16000).astype(np.float32)
    batches: list[int] = []
    features: list[int] = []
    hook = model.network.register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    extract = face_model.extract_voice_features

    def counted(wave: np.ndarray, *given: Any) -> VoiceFeatures:
        features.append(len(wave))
        return extract(wave, *given)

    monkeypatch.setattr(face_model, "extract_voice_features", counted)
    model.clear_voice_cache()
    model.generate(voice, silence(60), 1801, seed=0)
    model.generate(silence(60), voice, 1801, seed=0)
    hook.remove()
    spans = overlapping_spans(1801, model.network.config.window, model.network.config.kept + 12)
    assert len(batches) == 2 * 12 * len(spans) and set(batches) == {1}
    assert features == [60 * 16000] * 2


@pytest.mark.data
def test_lips_close_on_held_out_readers() -> None:
    scores = measure_face(DATA)["all"]
    assert scores.closure >= 0.85
    assert scores.teeth_contact >= 0.85
    assert scores.false_closure <= 0.04
    assert scores.jaw_correlation >= 0.85
    assert scores.gap_correlation >= 0.80


@pytest.mark.data
def test_with_a_transcript_lips_close_on_every_contact_and_nowhere_else() -> None:
    scores = measure_face(DATA, words=True)["all"]
    assert scores.closure >= 0.97 and scores.teeth_contact >= 0.97
    assert scores.false_closure <= 0.01
    assert scores.jaw_correlation >= 0.92


def test_spans_cover_every_frame_and_overlap() -> None:
    for frames in (1, 240, 241, 455, 2700):
        spans = overlapping_spans(frames, 240, 24)
        assert spans[0][0] == 0 and spans[-1][1] == frames
        assert all(b - a <= 241 for a, b in spans)
        assert all(before[1] - after[0] == 24 for before, after in pairwise(spans))


def test_missing_and_unfit_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointMissing, match="trained weights"):
        FaceModel.load(tmp_path)
    (tmp_path / "face.safetensors").write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointMismatch, match="damaged"):
        FaceModel.load(tmp_path)


def test_a_frame_attends_to_the_audio_of_its_neighbours_alone() -> None:
    torch.manual_seed(0)
    network = FaceDenoiser(TINY)
    torch.nn.init.normal_(network.curves_out.weight)
    for name, parameter in network.named_parameters():
        if ".among.out." in name:
            torch.nn.init.zeros_(parameter)

    def first_audio_effect(at: int) -> float:
        """Return the change of frame 40 when the audio changes at ``at``: one block, without self-attention."""
        given = FaceConditions(
            torch.zeros(1, 80, VOICE_SIZE),
            torch.zeros(1, 80, VOICE_SIZE),
            torch.zeros(1, 80, 3),
            torch.zeros(1, 80),
            torch.zeros(1, 4),
            torch.zeros(1, dtype=torch.long),
            torch.ones(1, 2),
            torch.zeros(1, 80, 52),
            torch.zeros(1, 80),
            torch.zeros(1, 80, 26),
            torch.ones(1),
            torch.zeros(1, 80, 3),
            torch.zeros(1, 80, 3),
        )
        noisy, step = torch.zeros(1, 80, 52), torch.tensor([500])
        before = network(noisy, step, given)[0, 40]
        given.voice[0, at] = 1.0
        return float((network(noisy, step, given)[0, 40] - before).abs().max().detach())

    assert first_audio_effect(40) > 1e-4
    assert first_audio_effect(43) > 1e-6
    assert first_audio_effect(60) == 0.0
