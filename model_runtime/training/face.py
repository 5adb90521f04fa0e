"""Train the face on composed conversations.

    python -m model_runtime train face --pack corpus/face_training.npz --library corpus/speech_library.npz
    python -m model_runtime train face --data corpus/face_training.npz --out face.safetensors --device cuda
    python -m model_runtime train face --data corpus/lip_training.npz --tune-lips face.safetensors

The first command composes the scenes. The second trains the base and needs that one file and the frozen speech encoder
(``--audio``) only. The third trains a copy further on lip-accurate speech, with a loss on the lips alone, and writes
the base with the copy's denoiser beside it. The averaged weights go to ``--out``, a resumable state and the log to
``--state``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..common.checkpoints import WEIGHTS, load_checkpoint, save_checkpoint, tensors_under
from ..face.mouth_shapes import MOUTH, gap_weights
from ..face.voice_features import ACTIVITY
from ..networks.face_denoiser import CONFIGS, DENOISER, FACE_SIZE, FaceConditions, FaceConfig, FaceDenoiser
from ..sampling.diffusion import STEPS, add_noise, cosine_alphas
from ..speech.encoders.mel import load_encoder
from ..speech.encoders.mel_network import AudioEncoder
from .face_data import FacePack
from .face_scenes import CALM_SHARE, make_pack
from .loop import Trainer
from .options import add_run_options, run_of

LICENCES = [
    "reader_a (Apache-2.0)",
    "synthetic voices of flite, SVOX Pico and eSpeak NG",
    "Live Link Face captures for ranges (MIT)",
]
NORMALISER = ("curve_mean", "curve_std", "heard_mean", "heard_std")  # as stored: those of the curves and of the voice
BASE_WEIGHT = 6.0  # of a tuned copy's difference from its base; with less, brows and lids lose movement (FDD)
MOUTH_WEIGHT, VELOCITY_WEIGHT, GAP_WEIGHT = 2.0, 4.0, 0.5
# Chances that a condition is dropped in training.
_BOTH_VOICES, _VOICE, _GAZE, _EMOTION, _EYES, _BROWS = 0.08, 0.06, 0.15, 0.1, 0.1, 0.1


class Checkpoint(NamedTuple):
    """A checkpoint's tensors and header."""

    tensors: dict[str, Tensor]
    header: dict[str, Any]


class FaceTraining:
    """Data, noise and loss on one device."""

    def __init__(
        self,
        config: FaceConfig,
        pack: Path,
        encoder: AudioEncoder,
        device: torch.device,
        seed: int,
        base: dict[str, Tensor] | None = None,
        base_pack: Path | None = None,
    ) -> None:
        """``base``: the checkpoint of which a copy is tuned on lips: its normaliser is kept, and all but a calm
        speaking mouth is kept close to it. ``base_pack``: the pack that it learned from; half of the windows are drawn
        from its scenes with emotions.
        """
        self.config, self.device = config, device
        self.data = FacePack(pack, encoder, device, not config.feels, config.vocabulary)
        self.base: FaceDenoiser | None = None
        self.base_data: FacePack | None = None
        if base is not None:
            self.normalise_as(self.data, base)
            if base_pack is not None:
                self.base_data = FacePack(base_pack, encoder, device, vocabulary=config.vocabulary)
                self.normalise_as(self.base_data, base)
            self.base = FaceDenoiser(config).to(device).eval()
            self.base.load_state_dict(tensors_under(base, "network."))
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator(device=device).manual_seed(seed)
        self.alphas = cosine_alphas().to(device)
        self.weight = torch.full((FACE_SIZE,), 1.0 if base is None else BASE_WEIGHT, device=device)
        self.weight[MOUTH] = MOUTH_WEIGHT
        # Centimetres of lip gap per normalised curve.
        self.gap = torch.from_numpy(gap_weights()).to(device) * self.data.curve_std
        print(f"{self.data.minutes:.0f} min of faces to train on", flush=True)

    def normalise_as(self, data: FacePack, tensors: dict[str, Tensor]) -> None:
        """Give ``data`` the normaliser of a checkpoint."""
        data.normalise_as(*(tensors[name].to(self.device) for name in NORMALISER))

    def normaliser(self) -> dict[str, Tensor]:
        """Return the normaliser as a checkpoint stores it."""
        data = self.data
        return dict(zip(NORMALISER, (data.curve_mean, data.curve_std, data.voice_mean, data.voice_std)))

    def terms(
        self,
        network: torch.nn.Module,
        clean: Tensor,
        given: FaceConditions,
        step: Tensor,
        noise: Tensor,
        accurate: int | None = None,
    ) -> dict[str, Tensor]:
        """Return the losses of the clean prediction: curves, their velocity, and the gap between the lips.

        ``accurate``: how many windows, the first ones, have plain lips; all by default.
        """
        noisy = add_noise(clean, noise, step, self.alphas)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            predicted = network(noisy, step, given).float()
        if self.base is not None:
            clean = self._lips_of(clean, self.base, noisy, step, given, len(clean) if accurate is None else accurate)
        error = (predicted - clean) * (1.0 - given.mask[..., None])
        velocity = error.diff(dim=1)
        gap = error @ self.gap
        return {
            "curves": (error.square() * self.weight).mean(),
            "velocity": VELOCITY_WEIGHT * (velocity.square() * self.weight).mean(),
            "gap": GAP_WEIGHT * (gap / 0.15).square().mean(),
        }

    @torch.no_grad()
    def _lips_of(
        self, clean: Tensor, base: FaceDenoiser, noisy: Tensor, step: Tensor, given: FaceConditions, accurate: int
    ) -> Tensor:
        """Return ``clean`` where the mouth speaks in the first ``accurate`` windows, the base's prediction elsewhere.

        With a loss on the lips alone, as InterAct's, the other curves drift; the sampler feeds them back to the network
        at the next step, and the lips get worse with them (LVE 26 mm^2 instead of 7).
        """
        speaks = (given.voice[..., ACTIVITY] > 0.0).float()
        near = torch.nn.functional.max_pool1d(speaks[:, None], 5, 1, 2)[:, 0] > 0.0
        plain = torch.zeros_like(clean, dtype=torch.bool)
        plain[:accurate, :, MOUTH] = near[:accurate, :, None]
        return torch.where(plain, clean, base(noisy, step, given))

    def training_terms(self, network: torch.nn.Module, batch: int) -> dict[str, Tensor]:
        """Return the losses of a new batch."""
        accurate = batch if self.base_data is None else batch // 2
        clean, given = self.data.draw(accurate, self.config.window, self.rng)
        if self.base_data is not None:  # the lip-accurate voice is neutral, so expressions need the base's data
            emotional = self.base_data.emotional
            more, others = self.base_data.draw(batch - accurate, self.config.window, self.rng, scenes=emotional)
            clean = torch.cat([clean, more])
            given = FaceConditions(
                **{f.name: torch.cat([getattr(given, f.name), getattr(others, f.name)]) for f in fields(FaceConditions)}
            )
        given = self._dropped(clean, given)
        step = torch.randint(STEPS, (batch,), device=self.device, generator=self.generator)
        noise = torch.randn(clean.shape, device=self.device, generator=self.generator)
        return self.terms(network, clean, given, step, noise, accurate)

    @torch.no_grad()
    def validate(self, network: torch.nn.Module) -> float:
        """Return the loss on 48 fixed windows of held-out utterances at fixed steps and noise."""
        clean, given = self.data.draw(48, self.config.window, np.random.default_rng(7), held_out=True)
        generator = torch.Generator(device=self.device).manual_seed(7)
        step = torch.linspace(20, STEPS - 20, 48, device=self.device).long()
        noise = torch.randn(clean.shape, device=self.device, generator=generator)
        return float(sum(self.terms(network, clean, given, step, noise).values()))

    def _dropped(self, clean: Tensor, given: FaceConditions) -> FaceConditions:
        """Return the conditions with some dropped at random; half of the windows are given their first frames."""
        batch = len(clean)
        chance = torch.from_numpy(self.rng.random((batch, 8)).astype(np.float32)).to(self.device)
        both = chance[:, :1] < _BOTH_VOICES
        given.voices_given = ((chance[:, 1:3] > _VOICE) & ~both).float()
        no_gaze = chance[:, 3] < _GAZE  # neither the partner's direction nor facing
        given.gaze = given.gaze * (~no_gaze)[:, None, None]
        given.facing = torch.where(no_gaze, 0, given.facing)
        given.emotion_given = (chance[:, 5] > _EMOTION).float()
        given.eyes = given.eyes * (chance[:, 6, None, None] > _EYES)
        given.brows = given.brows * (chance[:, 7, None, None] > _BROWS)
        given.mask = given.mask.clone()
        given.mask[chance[:, 4] < 0.5, : self.config.kept] = 1.0
        given.known = clean * given.mask[..., None]
        return given


def train(options: argparse.Namespace) -> None:
    """Train the base, tune a copy of it on lips, or train a part of a network, and write the checkpoint."""
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    run, device = run_of(options), options.device
    base = Checkpoint(*load_checkpoint(options.tune_lips)) if options.tune_lips else None
    start = Checkpoint(*load_checkpoint(options.from_weights)) if options.from_weights else base
    if options.only and start is None:
        raise SystemExit("--only trains a part of a network that is there: name it with --from-weights.")
    config = CONFIGS[options.config] if base is None else FaceConfig(**base.header["config"])
    if start is not None:  # what it was trained with stays
        config = replace(config, vocabulary=FaceConfig(**start.header["config"]).vocabulary)
    training = FaceTraining(
        config,
        options.data,
        load_encoder(options.audio),
        device,
        run.seed,
        None if base is None else base.tensors,
        None if base is None else options.base_data,
    )
    if options.only and start is not None:
        training.normalise_as(training.data, start.tensors)
    network = FaceDenoiser(config).to(device)
    trainer = Trainer(network, options.state, device, run.rate)
    # Of a tuned copy only the denoiser is trained, so that it fits the encoding of the base's conditions.
    train_only(network, tuple(options.only) if options.only else DENOISER if base is not None else ())
    if start is not None:
        trainer.start_from(tensors_under(start.tensors, "network."))
    trainer.fit(training, run)
    with trainer.averaged():
        validation = training.validate(network)
        weights = {f"network.{k}": v.detach().clone() for k, v in network.state_dict().items()}
    record = {
        "steps": trainer.step,
        "batch": run.batch,
        "seed": run.seed,
        "minutes_of_faces": round(training.data.minutes),
        "validation_loss": round(validation, 4),
        "seconds": round(trainer.spent),
        "pack": training.data.meta,
    }
    header = {"network": "FaceDenoiser", "config": asdict(config), "training": record, "corpus": LICENCES}
    made = Checkpoint(weights | training.normaliser(), header)
    if base is not None:
        if options.copy:
            save_checkpoint(options.copy, *made)
        made = with_tuned_lips(base, made)
    if options.only and start is not None:
        made = with_trained_part(start, made, options.only[0], record)
    save_checkpoint(options.out, *made)
    print(f"Wrote {options.out}: validation {validation:.4f} after {trainer.step} steps", flush=True)


def train_only(network: torch.nn.Module, prefixes: tuple[str, ...]) -> None:
    """Freeze all parameters but those whose names begin with one of ``prefixes``; none are frozen without any."""
    if not prefixes:
        return
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(prefixes))
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise SystemExit(
            f"The network has no parameter whose name begins with '{' or '.join(prefixes)}'; "
            "'--only beat' trains the brow accents."
        )


def with_tuned_lips(base: Checkpoint, copy: Checkpoint) -> Checkpoint:
    """Return the base with the denoiser of its tuned copy beside its own."""
    denoiser = {k: v for k, v in tensors_under(copy.tensors, "network.").items() if k.startswith(DENOISER)}
    tensors = {k: v for k, v in base.tensors.items() if not k.startswith("lips.")}
    tensors |= {f"lips.{name}": value for name, value in denoiser.items()}
    return Checkpoint(tensors, copy.header | _records(base) | {"lips_training": copy.header["training"]})


def with_trained_part(start: Checkpoint, made: Checkpoint, part: str, record: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint that training began with, with the weights of the trained ``part``."""
    return Checkpoint({**start.tensors, **made.tensors}, made.header | _records(start) | {f"{part}_training": record})


def _records(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the records of training in a header."""
    return {key: value for key, value in checkpoint.header.items() if key.endswith("training")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pack", type=Path, metavar="FILE", help="compose the training pack into this file and stop")
    parser.add_argument(
        "--pack-minutes",
        type=float,
        default=90.0,
        help="minutes of two-actor scenes in the pack, half of them without emotions",
    )
    parser.add_argument(
        "--library", type=Path, nargs="+", default=[Path("corpus/speech_library.npz"), Path("corpus/more_voices.npz")]
    )
    parser.add_argument("--voice", default="", help="with --pack: this voice alone and no emotions, to tune lips on")
    parser.add_argument("--data", type=Path, default=Path("corpus/face_training.npz"))
    parser.add_argument("--audio", type=Path, default=WEIGHTS / "audio.safetensors", help="the frozen speech encoder")
    parser.add_argument("--out", type=Path, default=Path("model_runtime/weights/face.safetensors"))
    add_run_options(parser, CONFIGS, "default", 64, 6e-4, Path("checkpoints/face"))
    parser.add_argument("--from-weights", type=Path, help="begin with the weights of this checkpoint")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="PART",
        help="with --from-weights: train the parameters whose names begin so, and keep the rest",
    )
    parser.add_argument(
        "--tune-lips",
        type=Path,
        metavar="BASE",
        help="train a copy of this checkpoint further, the loss on the lips alone",
    )
    parser.add_argument(
        "--base-data",
        type=Path,
        default=Path("corpus/face_training.npz"),
        help="with --tune-lips: the pack its base learned from",
    )
    parser.add_argument("--copy", type=Path, help="with --tune-lips: write the whole copy too, to compare")


def run(options: argparse.Namespace) -> None:
    if options.pack:
        calm_share = 1.0 if options.voice else CALM_SHARE
        make_pack(options.library, options.pack, options.pack_minutes, options.seed, options.voice, calm_share)
    else:
        train(options)
