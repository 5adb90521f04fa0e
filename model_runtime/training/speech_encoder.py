"""Train the default speech encoder on the phones of the speech library.

    python -m model_runtime train speech-encoder --speech corpus/speech_library.npz corpus/more_voices.npz

Needs torch, numpy and the packed libraries only; all data lies on the device and every augmentation works on log-mels
there. An interrupted run is continued from the ``.state`` file beside its log.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from ..common.checkpoints import WEIGHTS, save_checkpoint
from ..common.files import written_whole
from ..common.masks import runs_of
from ..speech.encoders.mel import CHECKPOINT
from ..speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig, normalise_mels
from .speech_augmentation import augment
from .speech_data import SpeechTensors, load_speech_tensors, phone_group

CROP = 160  # frames: 3.2 s
BATCH = 24
PEAK_RATE = 2e-3
EMA = 0.998
CHECK_EVERY = 250  # steps between two measurements, each of which also saves
REAL_SHARE = 0.4  # of the crops are of real voices, whatever their share of the minutes
VISIBLE = ("P", "B", "M", "F", "V")  # phones that are read from the lips weigh more


def train(
    speech: Sequence[Path],
    out: Path,
    steps: int,
    device: str,
    seed: int = 0,
    width: int = AudioEncoderConfig.width,
    batch: int = BATCH,
    log: Path | None = None,
) -> dict[str, float]:
    """Train for ``steps``, write the averaged weights to ``out`` and return the measures on the held-out voices."""
    log = log or Path("checkpoints") / "audio_training.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    state_path = log.with_suffix(".state")
    torch.manual_seed(seed)
    # On CPUs with bf16 instructions half precision takes two thirds of the time.
    half = device.startswith("cuda") or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    data = load_speech_tensors(speech, device)
    encoder = AudioEncoder(AudioEncoderConfig(width=width)).to(device)
    average = {key: value.clone() for key, value in encoder.state_dict().items()}
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=PEAK_RATE, weight_decay=0.02, betas=(0.9, 0.98))
    first = _resume(state_path, encoder, average, optimiser, steps)
    weights = torch.ones(encoder.config.phones, device=device)
    weights[phone_group(VISIBLE)] = 1.5
    measures: dict[str, float] = {}
    began = time.monotonic()
    for step in range(first, steps):
        generator = torch.Generator(device).manual_seed(seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, steps)
        mels, labels = _crops(data, batch, generator)
        mels, labels = augment(mels, labels, generator)
        encoder.train()
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
            _, logits = encoder(normalise_mels(mels, labels != data.silence))
        loss = F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), weights, label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        blend = min(EMA, (1.0 + step) / (10.0 + step))
        for key, value in encoder.state_dict().items():
            average[key].lerp_(value, 1.0 - blend)
        if (step + 1) % CHECK_EVERY == 0 or step + 1 == steps:
            measures = evaluate(_averaged(encoder, average), data)
            _log(
                log,
                {
                    "step": step + 1,
                    "loss": round(loss.item(), 4),
                    "seconds": round(time.monotonic() - began, 1),
                    **measures,
                },
            )
            _save_state(state_path, encoder, average, optimiser, step + 1, steps)
            save_checkpoint(
                out,
                average,
                {
                    "model": "AudioEncoder",
                    "config": asdict(encoder.config),
                    "steps": step + 1,
                    "measures": measures,
                    "licences": data.licences,
                    "rate": 50,
                    "mels": "80 bands, 50 to 7600 Hz, 32 ms Hann, 20 ms hop, natural log of power",
                },
            )
    return measures


@torch.inference_mode()
def evaluate(encoder: AudioEncoder, data: SpeechTensors) -> dict[str, float]:
    """Return on the held-out voices the frame accuracy, the recall and precision of the lip groups by frame, and the
    share of p, b, m (f, v) that are detected in at least one frame.
    """
    encoder.eval()
    guesses, references, events = [], [], {"pbm": [0, 0], "fv": [0, 0]}
    groups = {"pbm": phone_group(("P", "B", "M")), "fv": phone_group(("F", "V"))}
    for first, last in data.test_spans:
        labels = data.labels[first:last]
        _, logits = encoder(normalise_mels(data.mel_range(first, last)[None], (labels != data.silence)[None]))
        guess = logits[0].argmax(dim=-1).cpu()
        reference = labels.cpu()
        guesses.append(guess)
        references.append(reference)
        for name, members in groups.items():
            detected, spoken = torch.isin(guess, torch.tensor(members)), torch.isin(reference, torch.tensor(members))
            for a, b in runs_of(spoken.numpy()):
                events[name][1] += 1
                events[name][0] += int(detected[max(a - 1, 0) : b + 1].any())
    guess, reference = torch.cat(guesses), torch.cat(references)
    speech = reference != data.silence
    measures = {
        "frame_accuracy": (guess == reference).float().mean().item(),
        "speech_accuracy": (guess == reference)[speech].float().mean().item(),
        "silence_recall": (guess == reference)[~speech].float().mean().item(),
    }
    for name, members in groups.items():
        detected, spoken = torch.isin(guess, torch.tensor(members)), torch.isin(reference, torch.tensor(members))
        both = (detected & spoken).sum().item()
        measures[f"{name}_recall"] = both / max(spoken.sum().item(), 1)
        measures[f"{name}_precision"] = both / max(detected.sum().item(), 1)
        measures[f"{name}_events_detected"] = events[name][0] / max(events[name][1], 1)
    return {key: round(value, 4) for key, value in measures.items()}


def _crops(data: SpeechTensors, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return log-mels (B, 1.3 * CROP, 80) and labels: long enough for the fastest speed."""
    span = int(CROP * 1.3)
    real = torch.rand(batch, generator=generator, device=data.device) < REAL_SHARE
    low = torch.where(real, data.real[0], data.synthetic[0])
    high = torch.where(real, data.real[1], data.synthetic[1]) - span
    start = low + (torch.rand(batch, generator=generator, device=data.device) * (high - low)).long()
    index = start[:, None] + torch.arange(span, device=data.device)
    return data.mels_at(index), data.labels[index]


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / max(1, min(300, steps // 10)))
    return PEAK_RATE * warm * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))


def _averaged(encoder: AudioEncoder, average: dict[str, Tensor]) -> AudioEncoder:
    copy = AudioEncoder(encoder.config).to(next(encoder.parameters()).device)
    copy.load_state_dict(average)
    return copy


def _log(log: Path, line: dict[str, Any]) -> None:
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def _save_state(
    path: Path,
    encoder: AudioEncoder,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    step: int,
    steps: int,
) -> None:
    tensors = {f"now.{key}": value for key, value in encoder.state_dict().items()}
    tensors |= {f"mean.{key}": value for key, value in average.items()}
    for name, parameter in encoder.named_parameters():
        moments = optimiser.state[parameter]
        tensors |= {f"first.{name}": moments["exp_avg"], f"second.{name}": moments["exp_avg_sq"]}
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    with written_whole(path) as partial:
        save_file(tensors | {"step": torch.tensor([step, steps])}, str(partial))


def _resume(
    path: Path, encoder: AudioEncoder, average: dict[str, Tensor], optimiser: torch.optim.AdamW, steps: int
) -> int:
    """Restore an interrupted run of the same length and size and return its step, or 0 where there is none."""
    if not path.is_file():
        return 0
    saved = load_file(str(path))
    step, planned = saved["step"].tolist()
    if (
        planned != steps
        or step >= steps
        or any(saved[f"now.{k}"].shape != v.shape for k, v in encoder.state_dict().items())
    ):
        return 0
    encoder.load_state_dict({key: saved[f"now.{key}"] for key in average})
    for key, value in average.items():
        value.copy_(saved[f"mean.{key}"])
    for name, parameter in encoder.named_parameters():
        optimiser.state[parameter] = {
            "step": torch.tensor(float(step)),
            "exp_avg": saved[f"first.{name}"].to(parameter.device),
            "exp_avg_sq": saved[f"second.{name}"].to(parameter.device),
        }
    return step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    corpus = Path("corpus")
    parser.add_argument(
        "--speech", type=Path, nargs="+", default=[corpus / "speech_library.npz", corpus / "more_voices.npz"]
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS / CHECKPOINT)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--width", type=int, default=AudioEncoderConfig.width)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("checkpoints/audio_training.jsonl"))


def run(options: argparse.Namespace) -> int:
    train(
        options.speech,
        options.out,
        options.steps,
        options.device,
        options.seed,
        options.width,
        options.batch,
        options.log,
    )
    return 0
