"""Train the adapter of a wav2vec 2.0 in a local folder, to give phones and the features of the default speech encoder.

    python -m model_runtime train wav2vec2-adapter --model FOLDER

The face network was trained on the default encoder, so the adapter learns to give the same 64 features for the same
sound, and phones from them. The wav2vec 2.0 itself is frozen; as it is slow, its hidden states of a crop are used many
times.
"""

from __future__ import annotations

import argparse
import json
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
from ..errors import InvalidRequest
from ..speech.encoders.base import speech_mask
from ..speech.encoders.log_mel import mel_steps
from ..speech.encoders.mel import CHECKPOINT, MelSpeechEncoder, load_encoder
from ..speech.encoders.wav2vec2 import ADAPTER, DEFAULT_ENCODER_KEY, Adapter, AdapterConfig, FrozenWav2Vec2, fingerprint
from ..speech.phones import SILENCE
from ..speech.wave import SAMPLE_RATE
from .loop import Trainer
from .speech_data import RATE, REAL_VOICES, frame_labels

STATE = Path("checkpoints/wav2vec2_adapter")
MINUTES = 20.0
BATCH, LEARNING_RATE = 16, 1e-3
CLOSENESS = 4.0  # weight of the squared distance to the default features against the phones
CROP = 160  # frames: 3.2 s
_EDGE = 40  # frames of silence that a crop may begin before an utterance or end after it
_HOP = SAMPLE_RATE // RATE
_STORED = 1 << 30  # bytes of stored hidden states
_HELD_OUT = 60.0  # seconds of held-out voices to measure on


class Example(NamedTuple):
    """A crop for training: hidden ``states`` (L, N, W) in half precision; as targets the phone ``labels`` (N,) and the
    default encoder's ``features`` (N, 64).
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
    """Train for ``minutes`` or ``max_steps``, write the averaged weights to ``out`` and return the measures on held-out
    voices.

    ``layer``: the only hidden state to use, 0 before the first block, negative from the end; None learns a mix of all.
    ``weights``: folder of the default encoder. Raises ``InterActError`` where the model, the library or its sound are
    missing or unfit.
    """
    frozen, default = FrozenWav2Vec2(model, device), MelSpeechEncoder(load_encoder(weights / CHECKPOINT))
    if layer is not None and not -frozen.layers <= layer < frozen.layers:
        last = frozen.layers - 1
        raise InvalidRequest(f"There is no layer {layer} in a model of {last}; choose one from 0 to {last}.")
    layers = tuple(range(frozen.layers)) if layer is None else (layer % frozen.layers,)
    training, held_out = _utterances(speech)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    adapter = Adapter(AdapterConfig(frozen.width, layers)).to(device)
    # The adapter learns the default features, so the default phone head fits them.
    adapter.phones.load_state_dict(default.encoder.phones.state_dict())
    stored: list[Example] = []
    held = [_example(frozen, default, layers, *_whole(utterance)) for utterance in held_out]
    trainer = Trainer(adapter, state, torch.device(device), LEARNING_RATE)

    def store_another() -> None:
        example = _example(frozen, default, layers, *_crop(training, rng))
        if len(stored) < max(BATCH, _STORED // (2 * example.states.numel())):
            stored.append(example)
        else:
            stored[trainer.step % len(stored)] = example

    def loss_terms() -> dict[str, Tensor]:
        adapter.train()
        store_another()
        while len(stored) < BATCH:
            store_another()
        drawn = [stored[k] for k in rng.integers(len(stored), size=BATCH)]
        return _losses(adapter, *(torch.stack(parts) for parts in zip(*drawn)))

    trainer.run(loss_terms, lambda: _measure(adapter, held)["loss"], minutes, max_steps)
    with trainer.averaged():
        measures = _measure(adapter, held) | {"default_frame_accuracy": _default_accuracy(default, held_out)}
        save_checkpoint(
            out or model / ADAPTER,
            adapter.state_dict(),
            {
                "model": "Wav2Vec2Adapter",
                "wav2vec2": frozen.name,
                DEFAULT_ENCODER_KEY: fingerprint(default.encoder),
                "config": asdict(adapter.config),
                "steps": trainer.step,
                "measures": measures,
                "voices": sorted({utterance.voice for utterance in training}),
            },
        )
    return measures


def _losses(adapter: Adapter, states: Tensor, labels: Tensor, features: Tensor) -> dict[str, Tensor]:
    found, logits = adapter(states.float())
    return {
        "phones": F.cross_entropy(logits.flatten(0, -2), labels.flatten(), label_smoothing=0.05),
        "features": CLOSENESS * F.mse_loss(found, features),
    }


@torch.inference_mode()
def _measure(adapter: Adapter, held: Sequence[Example]) -> dict[str, float]:
    """Return over all frames of the held-out utterances the loss, the share of frames and of speech frames whose phone
    is right, and the distance to the default features against their deviation, 1 for a constant mean.
    """
    adapter.eval()
    states, labels, features = (torch.cat(parts, dim=-1 if parts[0].dim() == 1 else -2) for parts in zip(*held))
    found, logits = adapter(states.float())
    right, speech = logits.argmax(dim=-1) == labels, labels != SILENCE
    measures = {
        "loss": torch.stack(list(_losses(adapter, states, labels, features).values())).sum().item(),
        "frame_accuracy": right.float().mean().item(),
        "speech_accuracy": right[speech].float().mean().item(),
        "feature_distance": (F.mse_loss(found, features) / features.var(dim=0).mean()).sqrt().item(),
    }
    return {key: round(value, 4) for key, value in measures.items()}


def _default_accuracy(default: MelSpeechEncoder, utterances: Sequence[Utterance]) -> float:
    right = [default.encode(wave).phones.argmax(axis=1) == labels for wave, labels, _ in map(_whole, utterances)]
    return round(float(np.concatenate(right).mean()), 4)


def _example(
    frozen: FrozenWav2Vec2,
    default: MelSpeechEncoder,
    layers: tuple[int, ...],
    wave: FloatArray,
    labels: np.ndarray,
    noise: FloatArray,
) -> Example:
    """Encode a ``wave`` (S,) by the default encoder, and with ``noise`` (S,) by wav2vec 2.0."""
    speech = speech_mask(wave, mel_steps(len(wave)))
    states = torch.cat(list(frozen.states(wave + noise, speech, layers)), dim=1)
    features = torch.from_numpy(default.encode(wave, speech).features)
    return Example(states.half(), torch.from_numpy(labels).to(states.device), features.to(states.device))


def _whole(utterance: Utterance) -> tuple[FloatArray, np.ndarray, FloatArray]:
    wave = _wave(utterance)
    return wave, frame_labels(utterance.phones, mel_steps(len(wave))), np.zeros_like(wave)


def _crop(utterances: Sequence[Utterance], rng: np.random.Generator) -> tuple[FloatArray, np.ndarray, FloatArray]:
    """Draw a stretch of an utterance, its phone labels, and noise 10 to 50 dB below for half of the crops.

    Silence may lie before or after the utterance. Half of the crops are of real voices, where there are any.
    """
    real = [utterance for utterance in utterances if utterance.voice in REAL_VOICES]
    choice = [utterance for utterance in utterances if utterance.voice not in REAL_VOICES]
    if real and (not choice or rng.random() < 0.5):
        choice = real
    utterance = choice[rng.integers(len(choice))]
    spoken = _wave(utterance)
    steps = mel_steps(len(spoken))
    first = int(rng.integers(-_EDGE, max(steps - CROP, 0) + _EDGE + 1))
    silence = np.full(2 * CROP, SILENCE, np.int64)
    padded = np.concatenate([silence, frame_labels(utterance.phones, steps), silence])
    wave = np.zeros((CROP - 1) * _HOP, np.float32)  # which has CROP frames
    cut = spoken[max(first, 0) * _HOP : max(first * _HOP + len(wave), 0)]
    wave[max(-first, 0) * _HOP :][: len(cut)] = cut
    below, noisy = 10.0 ** (-rng.uniform(10.0, 50.0) / 20.0), rng.random() < 0.5
    level = np.sqrt(np.square(spoken).mean()) * below * noisy
    return (
        wave,
        padded[2 * CROP + first :][:CROP],
        np.float32(level) * rng.standard_normal(len(wave)).astype(np.float32),
    )


def _wave(utterance: Utterance) -> FloatArray:
    assert utterance.wave is not None  # of a library whose sound was found
    return utterance.wave.astype(np.float32) / np.float32(32768.0)


def _utterances(paths: Sequence[Path]) -> tuple[list[Utterance], list[Utterance]]:
    """Return the utterances to train on and a minute of held-out ones, real voices first; all where the library has no
    held-out voices.
    """
    spoken: list[Utterance] = []
    for path in paths:
        spoken += load_speech_library(path)
        if any(utterance.wave is None or len(utterance.wave) == 0 for utterance in spoken):
            raise InvalidRequest(
                f"The sound of the speech library '{path}' is not beside it;"
                " build both with 'python3 build.py compose'."
            )
    training = [utterance for utterance in spoken if utterance.split == "train"] or spoken
    unseen = [utterance for utterance in spoken if utterance.split == "test"] or spoken
    held_out: list[Utterance] = []
    for utterance in sorted(unseen, key=lambda u: u.voice not in REAL_VOICES):
        if sum(u.duration for u in held_out) < _HELD_OUT:
            held_out.append(utterance)
    return training, held_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
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
        "--layer", type=int, help="use this hidden state alone, -1 the last, instead of a learned mix of all"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=STATE, help="folder of the log (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    measures = train(
        options.model,
        options.speech,
        options.out,
        options.minutes,
        None,
        options.layer,
        options.device,
        options.seed,
        options.state,
    )
    print(json.dumps(measures))
    return 0
