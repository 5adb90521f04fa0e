"""Stressed syllables: detected in a voice, refined by words, given to the body as one track."""

import json
from pathlib import Path

import numpy as np
import torch

from model_runtime.contract import FPS, TimedWord
from model_runtime.speech.stress.stress_detection import STRESS_SIZE, detect_stress, stress_bumps, stress_track
from model_runtime.training.prominence import precision_and_recall, train


def voice(seed: int, frames: int = 700) -> tuple[np.ndarray, list[float]]:
    """Return prosody of a made-up voice, four syllables a second, with stressed ones louder and higher."""
    rng = np.random.default_rng(seed)
    prosody = np.zeros((frames, 28), np.float32)
    prosody[:, 0] = 1.0
    times = []
    for start in range(10, frames - 10, 8):
        strong = bool(rng.random() < 0.3)
        bell = np.exp(-0.5 * ((np.arange(frames) - start) / 1.5) ** 2)
        prosody[:, 1] += bell * (1.0 if strong else 0.5)
        prosody[:, 3] += bell * (0.4 if strong else 0.0)
        times += [start / FPS] * strong
    return prosody + rng.normal(0, 0.02, prosody.shape).astype(np.float32), times


def scenes(folder: Path, seeds: range) -> list[Path]:
    paths = []
    for seed in seeds:
        voices = [voice(2 * seed), voice(2 * seed + 1)]
        paths.append(folder / f"scene_{seed:05d}.npz")
        np.savez(
            paths[-1],
            prosody=np.stack([v[0] for v in voices]).astype(np.float16),
            meta=np.array(json.dumps({"stresses": [v[1] for v in voices]})),
        )
    return paths


def test_training_learns_to_detect_the_stresses_of_a_held_out_voice(tmp_path: Path) -> None:
    network = train(scenes(tmp_path, range(3)), 60, seed=1)
    precision, recall = precision_and_recall(network, scenes(tmp_path, range(10, 11)))
    assert precision > 0.8 and recall > 0.8


def test_silence_has_no_stresses() -> None:
    assert not detect_stress(np.zeros((90, 28), np.float32)).any()


def test_with_words_each_content_word_has_one_stress_at_most() -> None:
    prosody, _ = voice(5, 120)
    words = [TimedWord("the", 0.0, 1.0), TimedWord("house,", 1.0, 2.0), TimedWord("garden", 2.0, 3.5)]
    track = stress_track(prosody, words)
    assert track.shape == (120, STRESS_SIZE)
    assert (track[:, 1] == 1.0).all() and track[:25, 0].max() < 0.3
    peaks = (
        np.flatnonzero((track[1:-1, 0] > 0.9) & (track[1:-1, 0] >= track[:-2, 0]) & (track[1:-1, 0] > track[2:, 0])) + 1
    )
    assert len(peaks) <= 2 and all(30 <= peak <= 105 for peak in peaks)


def test_without_words_the_track_is_marked_as_detected() -> None:
    prosody, _ = voice(6, 120)
    track = stress_track(prosody)
    assert not track[:, 1].any() and np.allclose(track[:, 0], detect_stress(prosody))


def test_a_bump_is_highest_at_its_time_wherever_the_take_ends() -> None:
    bumps = stress_bumps([1.0, 4.01], 120)
    assert bumps.argmax() == 30 and bumps[-1] > 0.5 and torch.from_numpy(bumps).isfinite().all()
