"""Train the face on composed conversations.

    python -m model_runtime.training.face --pack corpus/face_training.npz --library corpus/speech_library.npz
    python -m model_runtime.training.face --data corpus/face_training.npz --out face.safetensors --minutes 6 --device cuda
    python -m model_runtime.training.face --data corpus/lip_training.npz --tune-lips face.safetensors --out model_runtime/weights/face.safetensors

The first command composes the scenes; the second trains the base and needs that one file and the frozen audio encoder
(``--audio``) only. The third trains a copy further on lip-accurate speech, its loss on the lips alone, and writes the
base with the copy's denoiser beside it. The averaged weights go to ``--out``, a resumable state and the log to
``--state``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into, save_checkpoint
from ..contract import FloatArray
from ..face.mouth_shapes import MOUTH, gap_weights
from ..networks.face_denoiser import CONFIGS, DENOISER, FACE_SIZE, VOICE_SIZE, FaceConditions, FaceConfig, FaceDenoiser
from ..sampling.diffusion import STEPS, add_noise, cosine_alphas
from ..speech.encoders.mel_network import AudioEncoder, AudioEncoderConfig
from .face_data import CALM_SHARE, HELD_OUT_SHARE, FacePack, FaceScene, compose_scene, save_pack
from .loop import Trainer
from .options import add_run_options, run_of

LICENCES = [
    "reader_a (Apache-2.0)",
    "synthetic voices of flite, SVOX Pico and eSpeak NG",
    "Live Link Face captures for ranges (MIT)",
]
NORMALISER = ("curve_mean", "curve_std", "heard_mean", "heard_std")
HEARD_OFTEN = {
    "reader_a": 3.0,
    "pico_us": 2.5,
    "pico_gb": 2.5,
    "espeak": 2.0,
}  # against 1 for each of flite's persons: the one real reader most
VOICE_COLUMN = VOICE_SIZE - 2  # of what is heard: activity, 0 half way
REST_WEIGHT = 6.0  # of what a tuned copy is held to: a little less movement of brows and lids shows in FDD
MOUTH_WEIGHT, VELOCITY_WEIGHT, GAP_WEIGHT = 2.0, 4.0, 0.5


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
        felt: Path | None = None,
    ) -> None:
        """``base``: the checkpoint whose copy's lips are tuned; its normaliser is kept, and whatever is no calm
        speaking mouth is held to it.

        ``felt``: the pack with feelings that the base learned from; half of the windows come from there.
        """
        self.config, self.device = config, device
        self.data = FacePack(pack, encoder, device, calm=not config.feels)
        if base is not None:
            self.data.normalise_as(*(base[name].to(device) for name in NORMALISER))
            self.felt = FacePack(felt, encoder, device) if felt is not None else None
            if self.felt is not None:
                self.felt.normalise_as(*(base[name].to(device) for name in NORMALISER))
            self.base: FaceDenoiser | None = FaceDenoiser(config).to(device).eval()
            self.base.load_state_dict(
                {k.removeprefix("network."): v for k, v in base.items() if k.startswith("network.")}
            )
        else:
            self.base, self.felt = None, None
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator(device=device).manual_seed(seed)
        self.alphas = cosine_alphas().to(device)
        weight = torch.full((FACE_SIZE,), 1.0 if base is None else REST_WEIGHT, device=device)
        weight[MOUTH] = MOUTH_WEIGHT
        self.weight = weight
        self.gap = (
            torch.from_numpy(gap_weights()).to(device) * self.data.curve_std
        )  # cm of lip gap per normalised curve
        print(f"{self.data.minutes:.0f} min of faces to train on", flush=True)

    def terms(
        self,
        network: torch.nn.Module,
        clean: Tensor,
        given: FaceConditions,
        step: Tensor,
        noise: Tensor,
        accurate: int | None = None,
    ) -> dict[str, Tensor]:
        """Losses on the clean prediction: curves, their velocity, and the gap between the lips; ``accurate``: how many
        windows, the first, have plain lips.
        """
        noisy = add_noise(clean, noise, step, self.alphas)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            predicted = network(noisy, step, given).float()
        if self.base is not None:
            clean = self._held_to_base(clean, noisy, step, given, len(clean) if accurate is None else accurate)
        error = (predicted - clean) * (1.0 - given.mask[..., None])
        velocity = error.diff(dim=1)
        gap = error @ self.gap
        return {
            "curves": (error.square() * self.weight).mean(),
            "velocity": VELOCITY_WEIGHT * (velocity.square() * self.weight).mean(),
            "gap": GAP_WEIGHT * (gap / 0.15).square().mean(),
        }

    @torch.no_grad()
    def _held_to_base(self, clean: Tensor, noisy: Tensor, step: Tensor, given: FaceConditions, accurate: int) -> Tensor:
        """``clean`` where the mouth speaks in the first ``accurate`` windows, and what the base makes of it everywhere
        else.

        A loss on the lips alone, as InterAct's, lets the other curves go where they like; a sampler hands them back to
        the network at the next step, and the lips are lost with them (LVE 26 mm^2 instead of 7).
        """
        assert self.base is not None
        speaks = (given.voice[..., VOICE_COLUMN] > 0.0).float()
        near = torch.nn.functional.max_pool1d(speaks[:, None], 5, 1, 2)[:, 0] > 0.0
        plain = torch.zeros_like(clean, dtype=torch.bool)
        plain[:accurate, :, MOUTH] = near[:accurate, :, None]
        return torch.where(plain, clean, self.base(noisy, step, given))

    def training_terms(self, network: torch.nn.Module, batch: int) -> dict[str, Tensor]:
        accurate = batch if self.felt is None else batch // 2
        clean, given = self.data.draw(accurate, self.config.window, self.rng)
        if self.felt is not None:  # the lip-accurate voice feels nothing: what feelings do is kept on faces that feel
            more, told = self.felt.draw(batch - accurate, self.config.window, self.rng, scenes=self.felt.felt)
            clean = torch.cat([clean, more])
            given = FaceConditions(
                **{f.name: torch.cat([getattr(given, f.name), getattr(told, f.name)]) for f in fields(FaceConditions)}
            )
        given = self._dropped(clean, given)
        step = torch.randint(STEPS, (batch,), device=self.device, generator=self.generator)
        noise = torch.randn(clean.shape, device=self.device, generator=self.generator)
        return self.terms(network, clean, given, step, noise, accurate)

    @torch.no_grad()
    def validate(self, network: torch.nn.Module) -> float:
        """Loss on 48 fixed windows of held-out utterances at fixed steps and noise."""
        clean, given = self.data.draw(48, self.config.window, np.random.default_rng(7), held_out=True)
        generator = torch.Generator(device=self.device).manual_seed(7)
        step = torch.linspace(20, STEPS - 20, 48, device=self.device).long()
        noise = torch.randn(clean.shape, device=self.device, generator=generator)
        return float(sum(self.terms(network, clean, given, step, noise).values()))

    def _dropped(self, clean: Tensor, given: FaceConditions) -> FaceConditions:
        """Each condition is left out now and then, and the window's head is given half of the time."""
        batch = len(clean)
        chance = torch.from_numpy(self.rng.random((batch, 8)).astype(np.float32)).to(self.device)
        both = chance[:, :1] < 0.08
        given.voices_given = ((chance[:, 1:3] > 0.06) & ~both).float()
        unaware = chance[:, 3] < 0.15  # neither where the partner is nor whether we face
        given.gaze = given.gaze * (~unaware)[:, None, None]
        given.facing = torch.where(unaware, 0, given.facing)
        given.emotion_given = (chance[:, 5] > 0.1).float()
        given.eyes = given.eyes * (chance[:, 6, None, None] > 0.1)
        given.brows = given.brows * (chance[:, 7, None, None] > 0.1)
        given.mask = given.mask.clone()
        given.mask[chance[:, 4] < 0.5, : self.config.kept] = 1.0
        given.known = clean * given.mask[..., None]
        return given


def make_pack(
    libraries: Sequence[Path], out: Path, minutes: float, seed: int, voice: str = "", calm_share: float = CALM_SHARE
) -> None:
    """Compose ``minutes`` of two-actor scenes from the training voices, or, to tune lips on, from one ``voice`` that
    talks to itself with plain lips.
    """
    from ..corpus.voices.speech_library import load_speech_library
    from ..speech.encoders.log_mel import log_mel
    from ..speech.prosody import ENERGY, VOICE_ACTIVITY, common_level_gain, prosody

    def listen(wave: FloatArray, frames: int) -> tuple[FloatArray, FloatArray]:
        return prosody(wave, frames)[:, [VOICE_ACTIVITY, ENERGY]], log_mel(wave * np.float32(common_level_gain(wave)))

    found = [u for library in libraries if library.is_file() for u in load_speech_library(library)]
    utterances = [u for u in found if u.split == "train" and u.phones and u.wave is not None and voice in ("", u.voice)]
    rng = np.random.default_rng(seed)
    held = rng.random(len(utterances)) < HELD_OUT_SHARE
    scenes: list[FaceScene] = []
    held_out: list[bool] = []
    begin, count = time.monotonic(), max(round(minutes * 60 / 40.0), 2)
    for number in range(count):
        test = number % 20 == 19
        by_voice: dict[str, list[Any]] = {}
        for utterance, is_held in zip(utterances, held):
            if is_held == test:
                by_voice.setdefault(
                    utterance.voice.partition("_")[0] if "espeak" in utterance.voice else utterance.voice, []
                ).append(utterance)
        names = sorted(by_voice)
        share = np.array([HEARD_OFTEN.get(name, 1.0) for name in names])
        first, second = rng.choice(len(names), 2, replace=len(names) < 2, p=share / share.sum())
        scenes.append(
            compose_scene(
                rng,
                (by_voice[names[first]], by_voice[names[second]]),
                listen,
                calm_share=calm_share,
                lips_alone=bool(voice),
            )
        )
        held_out.append(test)
        if number % 10 == 9:
            print(f"{number + 1} of {count} scenes, {time.monotonic() - begin:.0f} s", flush=True)
    save_pack(
        scenes,
        held_out,
        out,
        {
            "seed": seed,
            "minutes": minutes,
            "voices": sorted({u.voice.split("_")[0] if "espeak" in u.voice else u.voice for u in utterances}),
        },
    )
    print(f"Wrote {out}: {out.stat().st_size / 1e6:.1f} MB", flush=True)


def read_encoder(path: Path) -> AudioEncoder:
    """The frozen audio encoder, without what it takes to read sound files."""
    tensors, header = load_checkpoint(path)
    encoder = AudioEncoder(
        AudioEncoderConfig(**{**header["config"], "dilations": tuple(header["config"]["dilations"])})
    )
    load_into(encoder, tensors, path.name)
    return encoder


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    config, device, run = CONFIGS[args.config], args.device, run_of(args)
    base, base_header = load_checkpoint(args.tune_lips) if args.tune_lips else (None, {})
    if base is not None:
        config = FaceConfig(**base_header["config"])
    start, start_header = load_checkpoint(args.from_weights) if args.from_weights else (base, base_header)
    if args.only and start is None:
        raise SystemExit("--only trains a part of a network that is there: name it with --from-weights.")
    training = FaceTraining(
        config,
        args.data,
        read_encoder(args.audio),
        device,
        run.seed,
        base,
        args.felt_data if base is not None else None,
    )
    if args.only:
        training.data.normalise_as(*(start[name].to(device) for name in NORMALISER))
    network = FaceDenoiser(config).to(device)
    trainer = Trainer(network, args.state, device, run.rate)
    # What reads the conditions stays the base's, so that the copy's denoiser fits it as it was trained.
    learning = tuple(args.only) if args.only else DENOISER if base is not None else None
    if learning:
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith(learning))
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise SystemExit(
                f"The network has no parameter whose name begins with '{' or '.join(learning)}'; '--only beat' trains what tells the brows when to beat."
            )
    if start is not None:
        trainer.start_from({k.removeprefix("network."): v for k, v in start.items() if k.startswith("network.")})
    if run.resume and trainer.resume():
        print(f"Resumed at step {trainer.step}", flush=True)
    forward: Any = torch.compile(network) if run.compile else network
    trainer.run(
        lambda: training.training_terms(forward, run.batch),
        lambda: training.validate(network),
        run.minutes,
        run.max_steps,
    )
    with trainer.averaged():
        validation = training.validate(network)
        tensors = {f"network.{k}": v.detach().clone() for k, v in network.state_dict().items()}
    data = training.data
    tensors |= {name: getattr(data, name) for name in NORMALISER}
    done = {
        "steps": trainer.step,
        "batch": run.batch,
        "seed": run.seed,
        "minutes_of_faces": round(data.minutes),
        "validation_loss": round(validation, 4),
        "seconds": round(trainer.spent),
        "pack": data.meta,
    }
    header = {"network": "FaceDenoiser", "config": asdict(config), "training": done, "corpus": LICENCES}
    if base is not None:
        if args.copy:
            save_checkpoint(args.copy, tensors, header)
        header |= {key: told for key, told in base_header.items() if key.endswith("training")} | {"lips_training": done}
        copied = {
            f"lips.{k.removeprefix('network.')}": v
            for k, v in tensors.items()
            if k.removeprefix("network.").startswith(DENOISER)
        }
        tensors = {k: v for k, v in base.items() if not k.startswith("lips.")} | copied
    if args.only:  # the rest is what it was, the lips' copy with it
        header |= {key: told for key, told in start_header.items() if key.endswith("training")} | {
            f"{args.only[0]}_training": done
        }
        tensors = {**start, **tensors}
    save_checkpoint(args.out, tensors, header)
    print(f"Wrote {args.out}: validation {validation:.4f} after {trainer.step} steps", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, metavar="FILE", help="compose the training pack into this file and stop")
    parser.add_argument(
        "--pack-minutes",
        type=float,
        default=90.0,
        help="minutes of two-actor scenes in the pack, half of them without feelings",
    )
    parser.add_argument(
        "--library", type=Path, nargs="+", default=[Path("corpus/speech_library.npz"), Path("corpus/more_voices.npz")]
    )
    parser.add_argument(
        "--voice", default="", help="with --pack: this voice alone, and nobody feels anything, to tune lips on"
    )
    parser.add_argument("--data", type=Path, default=Path("corpus/face_training.npz"))
    parser.add_argument("--audio", type=Path, default=WEIGHTS / "audio.safetensors", help="the frozen audio encoder")
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
        "--felt-data",
        type=Path,
        default=Path("corpus/face_training.npz"),
        help="with --tune-lips: the pack its base learned from",
    )
    parser.add_argument("--copy", type=Path, help="with --tune-lips: write the whole copy too, to compare")
    args = parser.parse_args(arguments)
    if args.pack:
        make_pack(args.library, args.pack, args.pack_minutes, args.seed, args.voice, 1.0 if args.voice else CALM_SHARE)
    else:
        train(args)


if __name__ == "__main__":
    main()
