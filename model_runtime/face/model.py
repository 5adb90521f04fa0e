"""One actor's face from both voices: voice features, denoising window by window, lip contacts."""

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

from ..common.arrays import BoolArray, FloatArray
from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into, tensors_under
from ..conditioning.first_vocabulary import FIRST, first_emotions
from ..contract import EMOTIONS, FPS
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
from .gaze import LOOKS, eye_curves, eye_directions
from .lids import shut_blinks
from .lips import refine_lips
from .style import FaceStyle, blink_times
from .voice_features import ACTIVITY, VoiceFeatures, extract_voice_features

_FADE = 12  # frames over which a window fades in after those it shares with the one before
# Both solvers give equally good lips. With steps even in log-SNR brows move as much as those of composed faces, with
# steps even in time 17 % less.
_SAMPLERS = {"draft": "dpm5", "final": "snr12", "reference": "ddim50"}
_EYE_REACH = 0.8  # radians to either side within which the eyes can follow the partner


@dataclass(frozen=True)
class FaceGuidance:
    """Weight of each condition in classifier-free guidance: 1 is no guidance, 0 drops the condition."""

    voice: float = 1.0
    partner: float = 1.0
    emotion: float = 1.0


PLAIN = FaceGuidance()


class FaceModel:
    """The trained face. Load it once, then generate each actor's face."""

    def __init__(self, network: FaceDenoiser, tensors: dict[str, Tensor], encoder: SpeechEncoder) -> None:
        self.network, self.encoder = network.eval(), encoder
        self._voice_cache: dict[tuple[bytes, int, tuple[Segment, ...], Accents | None], VoiceFeatures] = {}
        # Two sets of denoiser weights: the expressive base, and a copy that was trained further on lips.
        self._base = {k: v.clone() for k, v in network.state_dict().items() if k.startswith(DENOISER)}
        self._tuned = tensors_under(tensors, "lips.")
        self._injected = 0.0
        self._curve_scale = tensors["curve_mean"], tensors["curve_std"]
        self._voice_scale = tensors["heard_mean"], tensors["heard_std"]

    @staticmethod
    def load(weights_dir: Path | None = None, wav2vec2: Path | None = None) -> FaceModel:
        """Return the face model of a folder of weights; ``wav2vec2``: the folder of another speech encoder.

        Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
        """
        folder = weights_dir or WEIGHTS
        tensors, header = load_checkpoint(folder / "face.safetensors")
        try:
            config = FaceConfig(**header["config"])
        except (KeyError, TypeError) as error:
            raise CheckpointMismatch(
                f"The configuration in 'face.safetensors' does not fit this code ({error}); install matching weights."
            ) from error
        network = FaceDenoiser(config)
        load_into(network, tensors_under(tensors, "network."), "face.safetensors")
        tuned = tensors_under(tensors, "lips.")
        if any(name in tuned and tuned[name].shape != value.shape for name, value in network.state_dict().items()):
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
        wave: FloatArray,
        partner_wave: FloatArray,
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
        given: tuple[FloatArray, BoolArray] | None = None,
        steady: BoolArray | None = None,
    ) -> FloatArray:
        """Return ARKit weights (T, 52) in [0, 1] at 30 fps, T = ``frames``; the same seed repeats them exactly.

        Waves are mono at 16 kHz, all zeros for silence. ``gaze`` (T, 2): yaw (to the left) and pitch (up) of the
        partner's head in the actor's head frame, radians; ``facing``: whether the two face each other, None when
        unknown. ``on_progress`` receives the share done and may raise. ``emotion`` (T, 26): intensity, 0 to 2, of each
        of ``EMOTIONS``, None for neutral; networks trained without emotions ignore it. ``phones``: phones and times (s)
        of the actor's words from the transcript. ``given``: curves (T, 52) and where (T,) they are given; windows of
        nothing else are not denoised, and those after them go on from there. ``lips``: share of the lip-tuned
        denoiser's weights, 0 for the expressive base alone. ``accents``: stresses and questions from the transcript,
        None without one. ``steady`` (T,): frames on which the eyes rest on ``gaze`` without glances away.
        """
        self.inject(lips)
        voice = self._voice_features(wave, frames, phones, accents)
        partner = self._voice_features(partner_wave, frames)
        conditions = self._conditions(voice, partner, gaze, facing, seed, emotion, steady)
        face = self._denoise(conditions, frames, seed, quality, guidance, on_progress, given)
        if self.network.config.aims:  # the network blurs saccades, so the eyes get the directions it was given
            face[:, LOOKS] = eye_curves(conditions.eyes[0, :, :2].numpy())[:, LOOKS]
        face = shut_blinks(face)
        activity = voice.frames[:, ACTIVITY]
        return refine_lips(face, voice.phones, PHONES, ENCODER_RATE, activity, voice.from_transcript)

    def inject(self, share: float) -> None:
        """Blend the denoiser's weights: ``share`` of the lip-tuned copy, the rest of the base.

        "Denoiser weight injection", InterAct (arXiv 2509.05747), section 4.3; a blend of weights is ours.
        """
        if self._tuned and share != self._injected:
            blend = {k: torch.lerp(v, self._tuned[k], share) for k, v in self._base.items()}
            self.network.load_state_dict(blend, strict=False)
            self._injected = share

    def clear_voice_cache(self) -> None:
        """Drop the cached voice features, so that the next face takes its full time."""
        self._voice_cache.clear()

    def _voice_features(
        self, wave: FloatArray, frames: int, phones: Sequence[Segment] = (), accents: Accents | None = None
    ) -> VoiceFeatures:
        """Return the features of a voice, cached, since both faces of a shot need both voices."""
        key = hashlib.blake2b(np.ascontiguousarray(wave, np.float32).tobytes()).digest(), frames, tuple(phones), accents
        if key not in self._voice_cache:
            while len(self._voice_cache) >= 4:
                del self._voice_cache[next(iter(self._voice_cache))]
            self._voice_cache[key] = extract_voice_features(wave, frames, self.encoder, phones, accents)
        return self._voice_cache[key]

    def _conditions(
        self,
        voice: VoiceFeatures,
        partner: VoiceFeatures,
        gaze: FloatArray | None,
        facing: bool | None,
        seed: int,
        emotion: FloatArray | None,
        steady: BoolArray | None = None,
    ) -> FaceConditions:
        """Return the conditions of the whole take, as a batch of one; arguments as of ``generate``."""
        frames = len(voice.frames)
        target = np.zeros((frames, 3), np.float32)
        if gaze is not None:
            in_reach = (np.abs(gaze[:, 0]) < _EYE_REACH) & (np.abs(gaze[:, 1]) < _EYE_REACH)
            target[in_reach, :2], target[in_reach, 2] = np.asarray(gaze, np.float32)[in_reach], 1.0
            facing = bool(in_reach.mean() > 0.5) if facing is None else facing
        mean, std = self._voice_scale
        style = _style(seed)
        eyes = eye_directions(
            np.random.default_rng([seed, 54]),
            voice.frames[:, ACTIVITY],
            target[:, :2] if target[:, 2].any() else None,
            target[:, 2] > 0.0,
            steady,
        )
        blink = torch.zeros(1, frames)
        blink[0, _blink_frames(voice, partner, style, seed)] = 1.0
        brows = brow_accents(np.random.default_rng([seed, 55]), *voice.accents, style, frames)
        felt = torch.zeros(frames, len(EMOTIONS)) if emotion is None else torch.from_numpy(emotion)
        if self.network.config.vocabulary == FIRST:
            felt = first_emotions(felt, neutral=False)
        return FaceConditions(
            voice=((torch.from_numpy(voice.frames) - mean) / std).clamp(-4.1, 4.1)[None],
            partner=((torch.from_numpy(partner.frames) - mean) / std).clamp(-4.1, 4.1)[None],
            gaze=torch.from_numpy(target)[None],
            blink=blink,
            style=torch.from_numpy(style.vector())[None],
            facing=torch.tensor([_facing_index(facing)]),
            voices_given=torch.ones(1, 2),
            known=torch.zeros(1, frames, FACE_SIZE),
            mask=torch.zeros(1, frames),
            emotion=felt[None],
            emotion_given=torch.ones(1),
            eyes=torch.from_numpy(np.concatenate([eyes, np.ones((frames, 1), np.float32)], 1))[None],
            brows=torch.from_numpy(brows)[None],
        )

    def _denoise(
        self,
        given: FaceConditions,
        frames: int,
        seed: int,
        quality: str,
        guidance: FaceGuidance,
        on_progress: Callable[[float], None] | None,
        kept: tuple[FloatArray, BoolArray] | None = None,
    ) -> FloatArray:
        """Return curves (T, 52) made in windows of equal length, each given the end of the one before.

        ``kept`` as ``given`` of ``generate``.
        """
        noise = torch.randn(1, frames, FACE_SIZE, generator=torch.Generator().manual_seed(seed))
        done, free = torch.zeros(1, frames, FACE_SIZE), np.ones(frames, bool)
        mean, std = self._curve_scale
        if kept is not None:
            done[0], free = (torch.from_numpy(kept[0]) - mean) / std, ~kept[1]
        shared = self.network.config.kept
        spans = overlapping_spans(frames, self.network.config.window, shared + _FADE)
        for number, (first, last) in enumerate(spans):
            if not free[first:last].any():
                continue
            part = _slice(given, first, last)
            if number > 0:
                part.mask[:, :shared] = 1.0
            part.known = done[:, first:last] * part.mask[..., None]
            mask = part.mask[..., None].expand(-1, -1, FACE_SIZE)
            fresh = sample(self._predictor(part, guidance), noise[:, first:last], part.known, mask, _SAMPLERS[quality])
            if number > 0:
                fade = slice(shared, shared + _FADE)
                weight = torch.linspace(0.0, 1.0, _FADE + 2)[1:-1, None]
                fresh[:, fade] = torch.lerp(done[:, first:last][:, fade], fresh[:, fade], weight)
            done[:, first:last] = fresh
            if on_progress is not None:
                on_progress((number + 1) / len(spans))
        return np.clip((done[0] * std + mean).numpy(), 0.0, 1.0).astype(np.float32)

    def _predictor(self, given: FaceConditions, guidance: FaceGuidance) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the network's clean prediction under classifier-free guidance, each condition weighted by itself."""
        conditions = [given]
        weights = []
        for name, weight in vars(guidance).items():
            if weight != 1.0 and (name != "emotion" or self.network.config.feels):
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
    """Return the conditions with the one of that name replaced by its learned null."""
    changed = FaceConditions(**vars(given))
    if name == "emotion":
        changed.emotion_given = torch.zeros_like(given.emotion_given)
    else:
        changed.voices_given = given.voices_given.clone()
        changed.voices_given[:, ("voice", "partner").index(name)] = 0.0
    return changed


def overlapping_spans(frames: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """Return spans, at most ``size`` long, that cover ``frames`` and share ``overlap`` frames with their neighbours."""
    if frames <= size:
        return [(0, frames)]
    count = -(-(frames - overlap) // (size - overlap))
    ends = np.linspace(overlap, frames, count + 1).round().astype(int)
    return [(int(a) - overlap, int(b)) for a, b in pairwise(ends)]


def _facing_index(facing: bool | None) -> int:
    return FACING.index("unknown" if facing is None else "towards" if facing else "away")


def _style(seed: int) -> FaceStyle:
    """Return the random style of a seed, with clear articulation."""
    smile, brows, blinks = np.random.default_rng([seed, 52]).uniform(0.2, 0.8, 3)
    return FaceStyle(1.05, float(smile), float(brows), float(blinks))


def _blink_frames(own: VoiceFeatures, partner: VoiceFeatures, style: FaceStyle, seed: int) -> list[int]:
    """Return the frames of blinks, which come at random and where one of the two voices stops."""
    frames = len(own.frames)
    moments: list[tuple[float, float]] = []
    for voice in (own, partner):
        active = voice.frames[:, ACTIVITY] > 0.5
        moments += [(float(f) / FPS, 0.45) for f in np.flatnonzero(active[:-1] & ~active[1:])]
    times = blink_times(np.random.default_rng([seed, 53]), frames / FPS, style, moments)
    return sorted({min(round(t * FPS), frames - 1) for t in times})


def _slice(given: FaceConditions, first: int, last: int) -> FaceConditions:
    """Return a copy of the conditions of frames ``first`` to ``last``."""
    cut = {
        name: getattr(given, name)[:, first:last]
        for name in ("voice", "partner", "gaze", "blink", "known", "mask", "emotion", "eyes", "brows")
    }
    return FaceConditions(
        style=given.style,
        facing=given.facing,
        voices_given=given.voices_given,
        emotion_given=given.emotion_given,
        **{k: v.clone() for k, v in cut.items()},
    )


@lru_cache(maxsize=1)
def load_face_model(weights: Path = WEIGHTS, wav2vec2: Path | None = None) -> FaceModel:
    """Return the face model; the last one is cached. Raises ``CheckpointMissing`` or ``CheckpointMismatch``."""
    return FaceModel.load(weights, wav2vec2)
