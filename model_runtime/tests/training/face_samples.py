"""Short utterances of noise, from which tests compose scenes of faces."""

from __future__ import annotations

import numpy as np

from model_runtime.corpus.voices.speech_library import Utterance
from model_runtime.speech.phones import Segment

PHONES = ["SIL", "M", "AA", "T", "F", "IY", "B", "UW", "SIL"]


def utterance(rng: np.random.Generator, name: str) -> Utterance:
    phones = [Segment(p, 0.1 * i, 0.1 * (i + 1)) for i, p in enumerate(PHONES)]
    wave = (rng.normal(size=14400) * 2000).astype(np.int16)
    none = np.zeros((27, 28), np.float32), np.zeros((45, 80), np.float32)
    return Utterance(name, name, "train", "ma teefy boo", *none, [], phones, [(0.25, 0.8)], 0.9, wave)


def analyse(wave: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return activity and loudness by level, and the log-mels of silence, in the place of slow real ones."""
    voice = np.abs(wave[: frames * 533].reshape(frames, -1)).mean(axis=1, keepdims=True).repeat(2, axis=1)
    return np.clip(8 * voice, 0.0, 1.0).astype(np.float32), np.full((frames * 5 // 3 + 1, 80), -9.0, np.float32)
