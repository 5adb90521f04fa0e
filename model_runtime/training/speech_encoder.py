"""Train the audio encoder on the phones of the speech library.

``python -m model_runtime.training.speech_encoder --speech corpus/speech_library.npz corpus/more_voices.npz --out
model_runtime/weights/audio.safetensors``

Needs torch, numpy and the packed libraries only; all data lies on the device and every augmentation works on log-mels
there. A run that was cut off goes on from the ``.state`` file beside its log.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from ..common.checkpoints import save_checkpoint
from ..speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig, normalise_mels
from .speech_augmentation import augment
from .speech_data import SpeechTensors, load_speech_tensors, phone_group

CROP = 160  # frames: 3.2 s
BATCH = 24
PEAK_RATE = 2e-3
EMA = 0.998
CHECK_EVERY = 250  # steps between two measurements, each of which also saves
REAL_SHARE = 0.4  # of the crops come from real voices, whatever their share of the minutes
VISIBLE = ("P", "B", "M", "F", "V")  # what a viewer reads on the lips weighs more


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
    """Train for ``steps``, write the averaged weights to ``out``; the measures on the held-out voices."""
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
            _note(
                log,
                {
                    "step": step + 1,
                    "loss": round(loss.item(), 4),
                    "seconds": round(time.monotonic() - began, 1),
                    **measures,
                },
            )
            _keep(state_path, encoder, average, optimiser, step + 1, steps)
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
    """On the held-out voices: frame accuracy; recall and precision of the lip groups by frame; how many p, b, m (f, v)
    are heard at all.
    """
    encoder.eval()
    guesses, truths, events = [], [], {"pbm": [0, 0], "fv": [0, 0]}
    groups = {"pbm": phone_group(("P", "B", "M")), "fv": phone_group(("F", "V"))}
    for first, last in data.test_spans:
        labels = data.labels[first:last]
        _, logits = encoder(normalise_mels(data.mel_range(first, last)[None], (labels != data.silence)[None]))
        guess = logits[0].argmax(dim=-1).cpu()
        truth = labels.cpu()
        guesses.append(guess)
        truths.append(truth)
        for name, members in groups.items():
            heard, spoken = torch.isin(guess, torch.tensor(members)), torch.isin(truth, torch.tensor(members))
            for a, b in _runs(spoken):
                events[name][1] += 1
                events[name][0] += int(heard[max(a - 1, 0) : b + 1].any())
    guess, truth = torch.cat(guesses), torch.cat(truths)
    speech = truth != data.silence
    measures = {
        "frame_accuracy": (guess == truth).float().mean().item(),
        "speech_accuracy": (guess == truth)[speech].float().mean().item(),
        "silence_recall": (guess == truth)[~speech].float().mean().item(),
    }
    for name, members in groups.items():
        heard, spoken = torch.isin(guess, torch.tensor(members)), torch.isin(truth, torch.tensor(members))
        both = (heard & spoken).sum().item()
        measures[f"{name}_recall"] = both / max(spoken.sum().item(), 1)
        measures[f"{name}_precision"] = both / max(heard.sum().item(), 1)
        measures[f"{name}_events_heard"] = events[name][0] / max(events[name][1], 1)
    return {key: round(value, 4) for key, value in measures.items()}


def _crops(data: SpeechTensors, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(B, 2 * CROP, 80) log-mels and labels: long enough for the fastest speed."""
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


def _runs(mask: Tensor) -> list[tuple[int, int]]:
    padded = torch.cat([torch.zeros(1), mask.float(), torch.zeros(1)])
    change = padded.diff()
    return list(zip((change > 0).nonzero()[:, 0].tolist(), (change < 0).nonzero()[:, 0].tolist()))


def _note(log: Path, line: dict[str, Any]) -> None:
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def _keep(
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
    partial = path.with_name(path.name + ".part")
    save_file(
        {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()} | {"step": torch.tensor([step, steps])},
        str(partial),
    )
    os.replace(partial, path)


def _resume(
    path: Path, encoder: AudioEncoder, average: dict[str, Tensor], optimiser: torch.optim.AdamW, steps: int
) -> int:
    """Take up a run of the same length and size; the step to go on from, or 0."""
    if not path.is_file():
        return 0
    kept = load_file(str(path))
    step, planned = kept["step"].tolist()
    if (
        planned != steps
        or step >= steps
        or any(kept[f"now.{k}"].shape != v.shape for k, v in encoder.state_dict().items())
    ):
        return 0
    encoder.load_state_dict({key: kept[f"now.{key}"] for key in average})
    for key, value in average.items():
        value.copy_(kept[f"mean.{key}"])
    for name, parameter in encoder.named_parameters():
        optimiser.state[parameter] = {
            "step": torch.tensor(float(step)),
            "exp_avg": kept[f"first.{name}"].to(parameter.device),
            "exp_avg_sq": kept[f"second.{name}"].to(parameter.device),
        }
    return step


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.training.speech_encoder", description="Train the audio encoder."
    )
    parser.add_argument(
        "--speech", type=Path, nargs="+", default=[Path("corpus/speech_library.npz"), Path("corpus/more_voices.npz")]
    )
    parser.add_argument("--out", type=Path, default=Path("model_runtime/weights/audio.safetensors"))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--width", type=int, default=AudioEncoderConfig.width)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("checkpoints/audio_training.jsonl"))
    given = parser.parse_args(arguments)
    train(given.speech, given.out, given.steps, given.device, given.seed, given.width, given.batch, given.log)


if __name__ == "__main__":
    main()
