"""Train the adapter of a wav2vec 2.0 from a local folder: phones, and the features of the default ear.

    python -m model_runtime.training.wav2vec2_adapter --model FOLDER [--speech corpus/speech_library.npz ...] [--out FOLDER/interact_adapter.safetensors]

The face network was trained on the default ear, so the adapter learns to give the same 64 features for the same sound,
and to name the phones from them. The wav2vec 2.0 itself stays as it is; as it is slow, a crop that was heard once is
learned from many times.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..common.checkpoints import WEIGHTS, save_checkpoint
from ..contract import FloatArray
from ..corpus.voices.speech_library import Utterance, load_speech_library
from ..errors import InterActError, InvalidRequest
from ..speech.encoders.base import speech_mask
from ..speech.encoders.log_mel import mel_steps
from ..speech.encoders.mel import CHECKPOINT, MelSpeechEncoder, load_encoder
from ..speech.encoders.wav2vec2 import ADAPTER, Adapter, AdapterConfig, FrozenWav2Vec2, fingerprint
from ..speech.phones import SILENCE
from ..speech.wave import SAMPLE_RATE
from .loop import Trainer
from .speech_data import RATE, frame_labels

STATE = Path("checkpoints/wav2vec2_adapter")
MINUTES = 20.0
BATCH, LEARNING_RATE = 16, 1e-3
CLOSENESS = 4.0  # weight of the squared distance to the default ear's features against the phones
CROP = 160  # frames: 3.2 s
_EDGE = 40  # frames of silence that a crop may begin before an utterance or end after it
_HOP = SAMPLE_RATE // RATE
_REAL_VOICES = ("reader_a", "ljspeech", "librivox")
_KEPT = 1 << 30  # bytes of crops that were heard
_HELD_OUT = 60.0  # seconds that are measured


class Lesson(NamedTuple):
    """A stretch of sound as wav2vec 2.0 hears it and what it shall become: ``states`` (L, N, W) in half precision,
    ``labels`` (N,), the default ear's ``features`` (N, 64).
    """

    states: Tensor
    labels: Tensor
    features: Tensor


def train(
    model: Path,
    speech: Sequence[Path],
    out: Path | None = None,
    minutes: float | None = MINUTES,
    max_steps: int | None = None,
    layer: int | None = None,
    device: str = "cpu",
    seed: int = 0,
    state: Path = STATE,
    weights: Path = WEIGHTS,
) -> dict[str, float]:
    """Train for ``minutes`` or ``max_steps`` and write the averaged weights to ``out``; the measures on held-out
    voices.

    ``layer``: the only hidden state to hear, 0 before the first block, negative from the end; None mixes all as
    learned. ``weights`` has the default ear. Raises ``InterActError`` where the model, the library or its sound are
    missing or unfit.
    """
    listener, default = FrozenWav2Vec2(model, device), MelSpeechEncoder(load_encoder(weights / CHECKPOINT))
    if layer is not None and not -listener.layers <= layer < listener.layers:
        raise InvalidRequest(
            f"There is no layer {layer} in a model of {listener.layers - 1}; choose one from 0 to {listener.layers - 1}."
        )
    layers = tuple(range(listener.layers)) if layer is None else (layer % listener.layers,)
    training, held_out = _utterances(speech)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    adapter = Adapter(AdapterConfig(listener.width, layers)).to(device)
    adapter.phones.load_state_dict(
        default.encoder.phones.state_dict()
    )  # features like the default ear's are read as those are
    kept: list[Lesson] = []
    held = [_hear(listener, default, layers, *_whole(utterance)) for utterance in held_out]
    trainer = Trainer(adapter, state, torch.device(device), LEARNING_RATE)

    def hear_another() -> None:
        lesson = _hear(listener, default, layers, *_crop(training, rng))
        if len(kept) < max(BATCH, _KEPT // (2 * lesson.states.numel())):
            kept.append(lesson)
        else:
            kept[trainer.step % len(kept)] = lesson

    def loss_terms() -> dict[str, Tensor]:
        adapter.train()
        hear_another()
        while len(kept) < BATCH:
            hear_another()
        drawn = [kept[k] for k in rng.integers(len(kept), size=BATCH)]
        return _losses(adapter, *(torch.stack(parts) for parts in zip(*drawn)))

    trainer.run(loss_terms, lambda: _measure(adapter, held)["loss"], minutes, max_steps)
    with trainer.averaged():
        measures = _measure(adapter, held) | {"default_frame_accuracy": _default_accuracy(default, held_out)}
        save_checkpoint(
            out or model / ADAPTER,
            adapter.state_dict(),
            {
                "model": "Wav2Vec2Adapter",
                "wav2vec2": listener.name,
                "default_ear": fingerprint(default.encoder),
                "config": asdict(adapter.config),
                "steps": trainer.step,
                "measures": measures,
                "voices": sorted({utterance.voice for utterance in training}),
            },
        )
    return measures


def _losses(adapter: Adapter, states: Tensor, labels: Tensor, features: Tensor) -> dict[str, Tensor]:
    heard, logits = adapter(states.float())
    return {
        "phones": F.cross_entropy(logits.flatten(0, -2), labels.flatten(), label_smoothing=0.05),
        "features": CLOSENESS * F.mse_loss(heard, features),
    }


@torch.inference_mode()
def _measure(adapter: Adapter, held: Sequence[Lesson]) -> dict[str, float]:
    """Over all frames of the held-out utterances: the loss; the share of frames, and of frames with speech, whose phone
    is right; the distance to the default ear's features against their own deviation, 1 for one that always says the
    mean.
    """
    adapter.eval()
    states, labels, features = (torch.cat(parts, dim=-1 if parts[0].dim() == 1 else -2) for parts in zip(*held))
    heard, logits = adapter(states.float())
    right, speech = logits.argmax(dim=-1) == labels, labels != SILENCE
    measures = {
        "loss": torch.stack(list(_losses(adapter, states, labels, features).values())).sum().item(),
        "frame_accuracy": right.float().mean().item(),
        "speech_accuracy": right[speech].float().mean().item(),
        "feature_distance": (F.mse_loss(heard, features) / features.var(dim=0).mean()).sqrt().item(),
    }
    return {key: round(value, 4) for key, value in measures.items()}


def _default_accuracy(default: MelSpeechEncoder, utterances: Sequence[Utterance]) -> float:
    right = [default.encode(wave).phones.argmax(axis=1) == labels for wave, labels, _ in map(_whole, utterances)]
    return round(float(np.concatenate(right).mean()), 4)


def _hear(
    listener: FrozenWav2Vec2,
    default: MelSpeechEncoder,
    layers: tuple[int, ...],
    wave: FloatArray,
    labels: np.ndarray,
    noise: FloatArray,
) -> Lesson:
    """The default ear hears the ``wave`` (S,), wav2vec 2.0 the ``noise`` (S,) as well."""
    speech = speech_mask(wave, mel_steps(len(wave)))
    states = torch.cat(list(listener.states(wave + noise, speech, layers)), dim=1)
    features = torch.from_numpy(default.encode(wave, speech).features)
    return Lesson(states.half(), torch.from_numpy(labels).to(states.device), features.to(states.device))


def _whole(utterance: Utterance) -> tuple[FloatArray, np.ndarray, FloatArray]:
    wave = _wave(utterance)
    return wave, frame_labels(utterance.phones, mel_steps(len(wave))), np.zeros_like(wave)


def _crop(utterances: Sequence[Utterance], rng: np.random.Generator) -> tuple[FloatArray, np.ndarray, FloatArray]:
    """A stretch of some utterance, often with silence before or after it, and for half of the crops noise 10 to 50 dB
    below. Half of the crops are of real voices, where there are any.
    """
    real = [utterance for utterance in utterances if utterance.voice in _REAL_VOICES]
    choice = (
        real
        if real and (len(real) == len(utterances) or rng.random() < 0.5)
        else [u for u in utterances if u.voice not in _REAL_VOICES]
    )
    utterance = choice[rng.integers(len(choice))]
    spoken = _wave(utterance)
    steps = mel_steps(len(spoken))
    first = int(rng.integers(-_EDGE, max(steps - CROP, 0) + _EDGE + 1))
    silence = np.full(2 * CROP, SILENCE, np.int64)
    padded = np.concatenate([silence, frame_labels(utterance.phones, steps), silence])
    wave = np.zeros((CROP - 1) * _HOP, np.float32)  # which has CROP frames
    cut = spoken[max(first, 0) * _HOP : max(first * _HOP + len(wave), 0)]
    wave[max(-first, 0) * _HOP :][: len(cut)] = cut
    level = np.float32(
        np.sqrt(np.square(spoken).mean()) * 10.0 ** (-rng.uniform(10.0, 50.0) / 20.0) * (rng.random() < 0.5)
    )
    return wave, padded[2 * CROP + first :][:CROP], level * rng.standard_normal(len(wave)).astype(np.float32)


def _wave(utterance: Utterance) -> FloatArray:
    assert utterance.wave is not None  # of a library whose sound was found
    return utterance.wave.astype(np.float32) / np.float32(32768.0)


def _utterances(paths: Sequence[Path]) -> tuple[list[Utterance], list[Utterance]]:
    """Those to train on, and a minute of the held-out voices, real ones where there are; a library without any is
    measured on what it has.
    """
    spoken: list[Utterance] = []
    for path in paths:
        spoken += load_speech_library(path)
        if any(utterance.wave is None or len(utterance.wave) == 0 for utterance in spoken):
            raise InvalidRequest(
                f"The sound of the speech library '{path}' is not beside it; build both with 'python3 build.py compose'."
            )
    training = [utterance for utterance in spoken if utterance.split == "train"] or spoken
    unheard = [utterance for utterance in spoken if utterance.split == "test"] or spoken
    held_out: list[Utterance] = []
    for utterance in sorted(unheard, key=lambda u: u.voice not in _REAL_VOICES):
        if sum(u.duration for u in held_out) < _HELD_OUT:
            held_out.append(utterance)
    return training, held_out


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="a wav2vec 2.0 in the format of transformers, as safetensors",
    )
    parser.add_argument(
        "--speech",
        type=Path,
        nargs="+",
        default=[Path("corpus/speech_library.npz")],
        help="speech libraries with their sound (default: the corpus')",
    )
    parser.add_argument("--out", type=Path, help=f"the adapter (default: {ADAPTER} in the folder of the model)")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="wall time of training (default: %(default)s)")
    parser.add_argument(
        "--layer", type=int, help="hear this hidden state alone, -1 the last, instead of a learned mix of all"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=STATE, help="folder of the log (default: %(default)s)")
    args = parser.parse_args(arguments)
    try:
        measures = train(
            args.model, args.speech, args.out, args.minutes, None, args.layer, args.device, args.seed, args.state
        )
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(measures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
