"""One actor's face from both voices: hear, denoise window by window, hold the lips to what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into
from ..contract import EMOTIONS, FPS, FloatArray
from ..errors import CheckpointMismatch
from ..networks.face_denoiser import (
    DENOISER,
    ENCODER_RATE,
    FACE_SIZE,
    FACING,
    VOICE_SIZE,
    FaceConditions,
    FaceConfig,
    FaceDenoiser,
)
from ..sampling.diffusion import sample
from ..speech.encoders.base import SpeechEncoder
from ..speech.encoders.loading import load_speech_encoder
from ..speech.phones import PHONES, Segment
from ..speech.stress.accents import Accents
from .brows import brow_accents
from .gaze import LOOKS, eye_curves, eye_plan
from .lids import shut_blinks
from .lips import refine_lips
from .style import FaceStyle, blink_times
from .voice_features import VoiceFeatures, extract_voice_features

_FADE = 12  # frames over which a window takes over from the one before, after those it was given
# Lips fare alike with both solvers; with even steps in log-SNR brows move as much as those of composed faces, with even
# steps in time 17 % less.
_SAMPLERS = {"draft": "dpm5", "final": "snr12", "reference": "ddim50"}
_PARTNER_IN_REACH = 0.8  # radians to either side: beyond, the eyes cannot follow


@dataclass(frozen=True)
class FaceGuidance:
    """How strongly each condition is followed (classifier-free guidance): 1 is plain, more overdoes it, 0 leaves it
    out.
    """

    voice: float = 1.0
    partner: float = 1.0
    feeling: float = 1.0


PLAIN = FaceGuidance()


class FaceModel:
    """The trained face. Load once, generate for each actor with the two voices in turn."""

    def __init__(self, network: FaceDenoiser, tensors: dict[str, Tensor], ear: SpeechEncoder) -> None:
        self.network, self.ear = network.eval(), ear
        self._heard_before: dict[tuple[bytes, int, tuple[Segment, ...], Accents | None], VoiceFeatures] = {}
        # Two sets of denoiser weights: of the expressive base, and of its copy whose lips were trained further.
        self._base = {k: v.clone() for k, v in network.state_dict().items() if k.startswith(DENOISER)}
        self._tuned = {k.removeprefix("lips."): v for k, v in tensors.items() if k.startswith("lips.")}
        self._injected = 0.0
        self._curves = tensors["curve_mean"], tensors["curve_std"]
        self._heard = tensors["heard_mean"], tensors["heard_std"]

    @staticmethod
    def load(weights_dir: Path | None = None, wav2vec2: Path | None = None) -> FaceModel:
        """``wav2vec2``: a folder with another ear. Raises ``CheckpointMissing`` or ``CheckpointMismatch``."""
        folder = weights_dir or WEIGHTS
        tensors, header = load_checkpoint(folder / "face.safetensors")
        try:
            config = FaceConfig(**header["config"])
        except (KeyError, TypeError) as error:
            raise CheckpointMismatch(
                f"The configuration in 'face.safetensors' does not fit this code ({error}); install matching weights."
            ) from error
        network = FaceDenoiser(config)
        load_into(
            network,
            {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")},
            "face.safetensors",
        )
        if any(
            f"lips.{k}" in tensors and tensors[f"lips.{k}"].shape != v.shape for k, v in network.state_dict().items()
        ):
            raise CheckpointMismatch(
                "The weights of the lips in 'face.safetensors' do not fit its base; install matching weights."
            )
        if tensors["heard_mean"].shape != (VOICE_SIZE,) or tensors["curve_mean"].shape != (FACE_SIZE,):
            raise CheckpointMismatch(
                "The normaliser in 'face.safetensors' does not fit this code; install matching weights."
            )
        return FaceModel(network, tensors, load_speech_encoder(folder, wav2vec2))

    @torch.inference_mode()
    def generate(
        self,
        wave_me: FloatArray,
        wave_partner: FloatArray,
        frames: int,
        seed: int,
        quality: str = "final",
        gaze: FloatArray | None = None,
        facing: bool | None = None,
        guidance: FaceGuidance = PLAIN,
        on_progress: Callable[[float], None] | None = None,
        emotion: FloatArray | None = None,
        phones: Sequence[Segment] = (),
        lips: float = 1.0,
        accents: Accents | None = None,
    ) -> FloatArray:
        """(T, 52) ARKit weights in [0, 1] at 30 fps, T = ``frames``.

        Waves are mono at 16 kHz, all zeros for silence. ``gaze`` (T, 2): yaw (to my left) and pitch (up) of the
        partner's head in my head's frame, radians; ``facing``: whether we face each other, None when unknown. The same
        seed repeats exactly. ``on_progress`` hears the share done and may raise. ``emotion`` (T, 26): intensity, 0 to
        2, of each of ``EMOTIONS``, None for nothing in particular; networks trained without emotions ignore it.
        ``phones``: phones and times (s) of my words, where they are known. ``lips``: share of the lip-tuned denoiser's
        weights, 0 for the expressive base alone. ``accents``: stresses and questions that the words tell, None where
        nobody looked.
        """
        self.inject(lips)
        me, partner = self._hear(wave_me, frames, phones, accents), self._hear(wave_partner, frames)
        given = self._conditions(me, partner, gaze, facing, seed, emotion)
        face = self._denoise(given, frames, seed, quality, guidance, on_progress)
        if (
            self.network.config.aims
        ):  # a network's mean takes the edge off saccades: eyes point where lids and brows were told they do
            face[:, LOOKS] = eye_curves(given.eyes[0, :, :2].numpy())[:, LOOKS]
        face = shut_blinks(face)
        return refine_lips(face, me.phones, PHONES, ENCODER_RATE, me.frames[:, -2], me.told)

    def inject(self, share: float) -> None:
        """Take ``share`` of the lip-tuned copy's denoiser, the rest of the base's; everything but the denoiser stays
        the base's.

        "Denoiser weight injection", InterAct (arXiv 2509.05747), section 4.3; a blend of weights is ours.
        """
        if self._tuned and share != self._injected:
            blend = {k: torch.lerp(v, self._tuned[k], share) for k, v in self._base.items()}
            self.network.load_state_dict(blend, strict=False)
            self._injected = share

    def forget(self) -> None:
        """Hear every voice anew."""
        self._heard_before.clear()

    def _hear(
        self, wave: FloatArray, frames: int, said: Sequence[Segment] = (), accents: Accents | None = None
    ) -> VoiceFeatures:
        """The two voices of a shot are heard once, though each is needed for both faces."""
        key = hashlib.blake2b(np.ascontiguousarray(wave, np.float32).tobytes()).digest(), frames, tuple(said), accents
        if key not in self._heard_before:
            while len(self._heard_before) >= 4:
                del self._heard_before[next(iter(self._heard_before))]
            self._heard_before[key] = extract_voice_features(wave, frames, self.ear, said, accents)
        return self._heard_before[key]

    def _conditions(
        self,
        me: VoiceFeatures,
        partner: VoiceFeatures,
        gaze: FloatArray | None,
        facing: bool | None,
        seed: int,
        feeling: FloatArray | None,
    ) -> FaceConditions:
        frames = len(me.frames)
        looking = np.zeros((frames, 3), np.float32)
        if gaze is not None:
            seen = (np.abs(gaze[:, 0]) < _PARTNER_IN_REACH) & (np.abs(gaze[:, 1]) < _PARTNER_IN_REACH)
            looking[seen, :2], looking[seen, 2] = np.asarray(gaze, np.float32)[seen], 1.0
            facing = bool(seen.mean() > 0.5) if facing is None else facing
        towards = FACING.index("unknown" if facing is None else "towards" if facing else "away")
        mean, std = self._heard
        style = _style(seed)
        active = me.frames[:, -2]
        eyes = eye_plan(
            np.random.default_rng([seed, 54]),
            active,
            looking[:, :2] if looking[:, 2].any() else None,
            looking[:, 2] > 0.0,
        )
        blink = torch.zeros(1, frames)
        blink[0, _blink_frames(me, partner, style, seed)] = 1.0
        return FaceConditions(
            mine=((torch.from_numpy(me.frames) - mean) / std).clamp(-4.1, 4.1)[None],
            partner=((torch.from_numpy(partner.frames) - mean) / std).clamp(-4.1, 4.1)[None],
            gaze=torch.from_numpy(looking)[None],
            blink=blink,
            style=torch.from_numpy(style.vector())[None],
            facing=torch.tensor([towards]),
            hears=torch.ones(1, 2),
            kept=torch.zeros(1, frames, FACE_SIZE),
            keep=torch.zeros(1, frames),
            feeling=torch.from_numpy(np.zeros((frames, len(EMOTIONS)), np.float32) if feeling is None else feeling)[
                None
            ],
            felt=torch.ones(1),
            eyes=torch.from_numpy(np.concatenate([eyes, np.ones((frames, 1), np.float32)], 1))[None],
            brows=torch.from_numpy(brow_accents(np.random.default_rng([seed, 55]), *me.accents, style, frames))[None],
        )

    def _denoise(
        self,
        given: FaceConditions,
        frames: int,
        seed: int,
        quality: str,
        guidance: FaceGuidance,
        on_progress: Callable[[float], None] | None,
    ) -> FloatArray:
        """Windows of equal length; each is given the end of the one before, so there is no seam."""
        noise = torch.randn(1, frames, FACE_SIZE, generator=torch.Generator().manual_seed(seed))
        done = torch.zeros(1, frames, FACE_SIZE)
        kept = self.network.config.kept
        spans = windows(frames, self.network.config.window, kept + _FADE)
        for number, (first, last) in enumerate(spans):
            part = _slice(given, first, last)
            if number > 0:
                part.keep[:, :kept] = 1.0
            part.kept = done[:, first:last] * part.keep[..., None]
            keep = part.keep[..., None].expand(-1, -1, FACE_SIZE)
            fresh = sample(self._predictor(part, guidance), noise[:, first:last], part.kept, keep, _SAMPLERS[quality])
            if number > 0:
                join = slice(first + kept, first + kept + _FADE)
                share = torch.linspace(0.0, 1.0, _FADE + 2)[1:-1, None]
                fresh[:, kept : kept + _FADE] = torch.lerp(done[:, join], fresh[:, kept : kept + _FADE], share)
            done[:, first:last] = fresh
            if on_progress is not None:
                on_progress((number + 1) / len(spans))
        mean, std = self._curves
        return np.clip((done[0] * std + mean).numpy(), 0.0, 1.0).astype(np.float32)

    def _predictor(self, given: FaceConditions, guidance: FaceGuidance) -> Callable[[Tensor, Tensor], Tensor]:
        """The clean face with each condition weighed by itself: what it adds to the face made without it counts
        ``guidance`` times.
        """
        conditions = [given]
        weights = []
        for name, weight in vars(guidance).items():
            if weight != 1.0 and (name != "feeling" or self.network.config.feels):
                conditions.append(_without(given, name))
                weights.append(weight - 1.0)
        together = FaceConditions(
            **{f.name: torch.cat([getattr(c, f.name) for c in conditions]) for f in fields(FaceConditions)}
        )

        def predict(noisy: Tensor, step: Tensor) -> Tensor:
            n = len(conditions)
            full, *others = self.network(noisy.expand(n, -1, -1), step.expand(n), together).split(1)
            return full + sum((weight * (full - other) for weight, other in zip(weights, others)), torch.zeros(()))

        return predict


def _without(given: FaceConditions, name: str) -> FaceConditions:
    """The same conditions but for one, which is replaced by its learned null."""
    changed = FaceConditions(**vars(given))
    if name == "feeling":
        changed.felt = torch.zeros_like(given.felt)
    else:
        changed.hears = given.hears.clone()
        changed.hears[:, ("voice", "partner").index(name)] = 0.0
    return changed


def windows(frames: int, size: int, kept: int) -> list[tuple[int, int]]:
    """Spans that cover ``frames``, at most ``size`` long, each sharing ``kept`` frames with the one before."""
    if frames <= size:
        return [(0, frames)]
    count = -(-(frames - kept) // (size - kept))
    ends = np.linspace(kept, frames, count + 1).round().astype(int)
    return [(int(a) - kept, int(b)) for a, b in pairwise(ends)]


def _style(seed: int) -> FaceStyle:
    """A person drawn by the seed: how much they smile, raise their brows and blink; nobody mumbles."""
    smile, brows, blinks = np.random.default_rng([seed, 52]).uniform(0.2, 0.8, 3)
    return FaceStyle(1.05, float(smile), float(brows), float(blinks))


def _blink_frames(me: VoiceFeatures, partner: VoiceFeatures, style: FaceStyle, seed: int) -> list[int]:
    """When this person blinks: by chance, and where one of the two falls silent."""
    frames = len(me.frames)
    moments: list[tuple[float, float]] = []
    for voice in (me, partner):
        active = voice.frames[:, -2] > 0.5
        moments += [(float(f) / FPS, 0.45) for f in np.flatnonzero(active[:-1] & ~active[1:])]
    times = blink_times(np.random.default_rng([seed, 53]), frames / FPS, style, moments)
    return sorted({min(round(t * FPS), frames - 1) for t in times})


def _slice(given: FaceConditions, first: int, last: int) -> FaceConditions:
    cut = {
        name: getattr(given, name)[:, first:last]
        for name in ("mine", "partner", "gaze", "blink", "kept", "keep", "feeling", "eyes", "brows")
    }
    return FaceConditions(
        style=given.style,
        facing=given.facing,
        hears=given.hears,
        felt=given.felt,
        **{k: v.clone() for k, v in cut.items()},
    )


@lru_cache(maxsize=1)
def load_face_model(weights: Path = WEIGHTS, wav2vec2: Path | None = None) -> FaceModel:
    """Return the face model, kept between jobs. Raises ``CheckpointMissing`` or ``CheckpointMismatch``."""
    return FaceModel.load(weights, wav2vec2)
