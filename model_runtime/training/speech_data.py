"""The speech library as flat tensors on one device, which training crops are indexed from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..corpus.voices.speech_library import unpack_mels
from ..speech.encoders.log_mel import MEL_RATE as RATE
from ..speech.encoders.log_mel import MEL_STEP
from ..speech.phones import PHONES, SILENCE, Segment

REAL_VOICES = ("reader_a", "ljspeech", "librivox")


@dataclass(frozen=True)
class SpeechTensors:
    """``mels`` (N, 80) bytes and ``labels`` (N,) at 50 Hz, utterances of one voice side by side; ``real`` and
    ``synthetic`` are the ranges of the training voices, ``test_spans`` the held-out utterances.
    """

    mels: Tensor
    labels: Tensor
    real: tuple[int, int]
    synthetic: tuple[int, int]
    test_spans: list[tuple[int, int]]
    licences: list[str]
    silence: int = SILENCE

    @property
    def device(self) -> torch.device:
        return self.mels.device

    def mels_at(self, index: Tensor) -> Tensor:
        return (self.mels[index].float() - 200.0) * MEL_STEP

    def mel_range(self, first: int, last: int) -> Tensor:
        return (self.mels[first:last].float() - 200.0) * MEL_STEP


def load_speech_tensors(paths: Sequence[Path], device: str) -> SpeechTensors:
    """Read packed libraries: real training voices first, then synthetic ones by voice, then the held-out ones."""
    entries: list[dict[str, Any]] = []
    bands = []
    for path in paths:
        with np.load(path, allow_pickle=False) as packed:
            entries += json.loads(packed["meta"].tobytes().decode("utf-8"))
            bands.append(unpack_mels(packed))
    mels = np.concatenate(bands)
    ends = np.cumsum([entry["sizes"][1] for entry in entries])

    def place(index: int) -> tuple[int, str]:
        entry = entries[index]
        if entry["split"] == "test":
            return (2 if entry["voice"] in REAL_VOICES else 3), entry["voice"]
        return (0 if entry["voice"] in REAL_VOICES else 1), entry["voice"]

    order = sorted(range(len(entries)), key=lambda k: (*place(k), k))
    parts, labels, spans, at = [], [], [], 0
    for k in order:
        steps = entries[k]["sizes"][1]
        parts.append(mels[ends[k] - steps : ends[k]])
        labels.append(frame_labels(entries[k]["phones"], steps))
        spans.append((at, at + steps))
        at += steps
    kinds = [place(k)[0] for k in order]
    limits = [max((span[1] for span, kind in zip(spans, kinds) if kind <= limit), default=0) for limit in (0, 1)]
    return SpeechTensors(
        mels=torch.from_numpy(np.concatenate(parts)).to(device),
        labels=torch.from_numpy(np.concatenate(labels)).to(device),
        # In a library of one kind both ranges are the same.
        real=(0, limits[0] or limits[1]),
        synthetic=(limits[0], limits[1]) if limits[1] > limits[0] else (0, limits[0]),
        test_spans=[span for span, kind in zip(spans, kinds) if kind == 2],
        licences=sorted({_licence_of(entry) for entry in entries}),
    )


def _licence_of(entry: dict[str, Any]) -> str:
    voice, licence = entry["voice"], entry["licence"]
    return f"{voice.split('_')[0] if 'synthetic' in licence else voice}: {licence}"


def frame_labels(phones: Sequence[Segment | Sequence[Any]], steps: int) -> np.ndarray:
    """Return (steps,) the phone at the centre of each frame, k / 50 s, from (phone, start, end) entries."""
    labels = np.full(steps, SILENCE, np.int64)
    for name, start, end in phones:
        first, last = (int(np.ceil(float(time) * RATE - 1e-6)) for time in (start, end))
        labels[first:last] = PHONES.index(str(name))
    return labels


def phone_group(names: Sequence[str]) -> list[int]:
    return [PHONES.index(name) for name in names]
