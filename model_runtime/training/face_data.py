"""The face's training pack: composed scenes in one file that a training machine needs nothing else beside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..common.files import written_whole
from ..conditioning.first_vocabulary import FIRST, TODAY, first_emotions
from ..contract import ARKIT_NAMES, EMOTION_CHOICES, EMOTIONS, FIRST_EMOTIONS, FPS, FloatArray, emotion_named
from ..face.gaze import look_directions
from ..networks.face_denoiser import FACE_SIZE, VOICE_SIZE, FaceConditions, encoder_frames, speech_steps
from ..networks.face_inputs import BROWS_SIZE
from ..speech.encoders.log_mel import MEL_STEP
from ..speech.encoders.mel_network import AudioEncoder, normalise_mels
from ..speech.phones import PHONES
from .emotion_tracks import NEUTRAL

BLINK = ARKIT_NAMES.index("eyeBlinkLeft")
TRANSCRIPT_SHARE = 0.4  # of windows in which the phones of the actor's own words are certain
PHONE_COLUMNS = (64, 168)  # first columns of the phones in the voice features
PHONE_SCALE = 0.25
# Units of a stored byte: activity and loudness, radians, intensity; the zero of the log-mels.
_VOICE_STEP, _GAZE_STEP, _INTENSITY_STEP, _MEL_ZERO = 1.0 / 180.0, 1.0 / 80.0, 1.0 / 100.0, 200


@dataclass
class FaceScene:
    """Two actors over T frames.

    ``voice`` (2, T, 2): activity and loudness; ``mels`` (2, N, 80); ``curves`` (2, T, 52); ``gaze`` (2, T, 3);
    ``style`` (2, 4); ``facing`` (2,); ``emotion`` (2, T): index into ``EMOTION_CHOICES``; ``intensity`` (2, T): 0 to 2,
    0 where neutral; ``phones`` (2, N): index into ``PHONES`` of each mel frame; ``brows`` (2, T, BROWS_SIZE): accents.
    """

    voice: FloatArray
    mels: FloatArray
    curves: FloatArray
    gaze: FloatArray
    style: FloatArray
    facing: NDArray[np.int64]
    emotion: NDArray[np.uint8]
    intensity: FloatArray
    phones: NDArray[np.uint8]
    brows: FloatArray


def save_pack(scenes: Sequence[FaceScene], held_out: Sequence[bool], path: Path, meta: dict[str, Any]) -> None:
    """Write all scenes, quantised to bytes, into one ``.npz``.

    It holds log-mels, so that it does not depend on the speech encoder's training.
    """
    path.parent.mkdir(parents=True, exist_ok=True)

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(scene, name) for scene in scenes], axis=1)

    with written_whole(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(
            file,
            meta=np.array(json.dumps(meta)),
            held_out=np.array(held_out),
            lengths=np.array([s.curves.shape[1] for s in scenes]),
            steps=np.array([s.mels.shape[1] for s in scenes]),
            mels=np.clip(np.rint(joined("mels") / MEL_STEP) + _MEL_ZERO, 0, 255).astype(np.uint8),
            voice=np.clip(np.rint(joined("voice") / _VOICE_STEP), 0, 255).astype(np.uint8),
            curves=np.rint(joined("curves") * 255.0).astype(np.uint8),
            gaze=np.clip(np.rint(joined("gaze") / _GAZE_STEP), -127, 127).astype(np.int8),
            style=np.stack([s.style for s in scenes]),
            facing=np.stack([s.facing for s in scenes]),
            brows=np.rint(joined("brows") * 255.0).astype(np.uint8),
            phones=joined("phones"),
            emotion=joined("emotion").astype(np.uint8),
            emotions=np.array(EMOTION_CHOICES),
            intensity=np.rint(joined("intensity") / _INTENSITY_STEP).astype(np.uint8),
        )


class FacePack:
    """A pack on one device, its voices through a frozen speech encoder; draws windows as curves and conditions.

    ``emotion`` and ``intensity`` (2, N): those of each actor. A network without an emotion condition (``calm``) is
    trained on scenes without emotions, since it would learn the mean of 26 faces from the others. ``vocabulary``: of
    the network that is trained.
    """

    def __init__(
        self, path: Path, encoder: AudioEncoder, device: torch.device, calm: bool = False, vocabulary: int = TODAY
    ) -> None:
        self._vocabulary = vocabulary
        with np.load(path, allow_pickle=False) as data:
            self.meta: dict[str, Any] = json.loads(str(data["meta"]))
            self.lengths, held_out, steps = data["lengths"], data["held_out"], data["steps"]
            self.curves, self.gaze, self.style, self.facing = (
                torch.from_numpy(data[k]).to(device) for k in ("curves", "gaze", "style", "facing")
            )
            emotion, intensity = _emotion_of(data, tuple(self.curves.shape[:2]))
            self.emotion, self.intensity = torch.from_numpy(emotion).to(device), torch.from_numpy(intensity).to(device)
            # Older packs have no brow accents and no phones.
            self.brows = torch.from_numpy(data["brows"]).to(device) if "brows" in data else None
            self.phones = (
                _phones_of_transcript(data["phones"], steps, self.lengths, device) if "phones" in data else None
            )
            self.blink = blink_frames(self.curves[..., BLINK].float() / 255.0)
            self._raw_voices = _voice_features(data["mels"], data["voice"], steps, self.lengths, encoder, device)
        self.device = device
        self.first = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        spans = zip(self.first, self.lengths)
        neutral = np.array([bool((self.emotion[:, a : a + n] == NEUTRAL).all()) for a, n in spans])
        # Of a few scenes, as tests make, all are used.
        enough = (neutral & held_out).any() and (neutral & ~held_out).any()
        used = neutral if calm and enough else np.ones_like(neutral)
        self.train, self.test = np.flatnonzero(~held_out & used), np.flatnonzero(held_out & used)
        self.emotional = np.flatnonzero(~held_out & ~neutral)  # scenes to train on that have emotions
        flat = self.curves.reshape(-1, FACE_SIZE)[::7].float() / 255.0
        self.normalise_as(flat.mean(0), flat.std(0).clamp(min=0.03), *voice_scale(self._raw_voices))

    def normalise_as(self, curve_mean: Tensor, curve_std: Tensor, voice_mean: Tensor, voice_std: Tensor) -> None:
        """Set mean and deviation of the 52 curves and of the voice features."""
        self.curve_mean, self.curve_std, self.voice_mean, self.voice_std = curve_mean, curve_std, voice_mean, voice_std
        self.voices = ((self._raw_voices.float() - voice_mean) / voice_std).clamp(-4.1, 4.1).half()

    @property
    def minutes(self) -> float:
        return float(self.lengths[self.train].sum()) * 2 / FPS / 60

    def draw(
        self,
        count: int,
        window: int,
        rng: np.random.Generator,
        held_out: bool = False,
        scenes: NDArray[np.int64] | None = None,
    ) -> tuple[Tensor, FaceConditions]:
        """Return ``count`` windows: normalised curves (B, T, 52), and their conditions with nothing dropped or masked.

        They come from ``scenes``, by default from all that are for training or held out.
        """
        scenes = rng.choice(scenes if scenes is not None else self.test if held_out else self.train, count)
        actor = torch.from_numpy(rng.integers(0, 2, count)).to(self.device)
        first = self.first[scenes] + (rng.random(count) * (self.lengths[scenes] - window)).astype(np.int64)
        rows = torch.from_numpy(first).to(self.device)[:, None] + torch.arange(window, device=self.device)  # (B, T)
        scene = torch.from_numpy(scenes).to(self.device)
        me = actor[:, None].expand_as(rows)
        curves = self.curves[me, rows].float() / 255.0
        clean = (curves - self.curve_mean) / self.curve_std
        gaze = self.gaze[me, rows].float() * _GAZE_STEP
        gaze[..., 2] = (gaze[..., 2] > 0.5).float()
        felt = torch.nn.functional.one_hot(self.emotion[me, rows].long(), len(EMOTION_CHOICES))[..., : len(EMOTIONS)]
        felt = felt * self.intensity[me, rows][..., None]
        if self._vocabulary == FIRST:
            felt = first_emotions(felt, neutral=False)
        given = FaceConditions(
            voice=self._own_voice(me, rows, rng),
            partner=self.voices[1 - me, rows].float(),
            voices_given=torch.ones(count, 2, device=self.device),
            blink=self.blink[me, rows],
            emotion=felt,
            emotion_given=torch.ones(count, device=self.device),
            gaze=gaze,
            style=self.style[scene, actor].float(),
            facing=self.facing[scene, actor],
            known=torch.zeros_like(clean),
            mask=torch.zeros(count, window, device=self.device),
            eyes=eye_track(curves),
            brows=self._brow_track(me, rows),
        )
        return clean, given

    def _own_voice(self, me: Tensor, rows: Tensor, rng: np.random.Generator) -> Tensor:
        """Return the voice features (B, T, VOICE_SIZE) of actors ``me``, in some windows with certain phones."""
        voice = self.voices[me, rows].float()
        if self.phones is not None:
            certain = torch.from_numpy(rng.random(len(rows)) < TRANSCRIPT_SHARE).to(self.device)
            for sample, first in enumerate(PHONE_COLUMNS):
                phones = self.phones[sample, me, rows] / PHONE_SCALE
                columns = slice(first, first + len(PHONES))
                voice[..., columns] = torch.where(certain[:, None, None], phones.float(), voice[..., columns])
        return voice

    def _brow_track(self, me: Tensor, rows: Tensor) -> Tensor:
        if self.brows is None:
            return torch.zeros(*rows.shape, BROWS_SIZE, device=self.device)
        return self.brows[me, rows].float() / 255.0


def _emotion_of(data: Any, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return emotion and intensity (2, N) of a pack; older packs have none and are neutral."""
    if "emotion" not in data:
        return np.full(shape, NEUTRAL, np.uint8), np.zeros(shape, np.float32)
    names = data["emotions"].tolist() if "emotions" in data else FIRST_EMOTIONS
    today = [emotion_named(name) for name in names]
    index = np.array([EMOTION_CHOICES.index(name) for name, _ in today], np.uint8)
    share = np.array([share for _, share in today], np.float32)
    return index[data["emotion"]], data["intensity"] * np.float32(_INTENSITY_STEP) * share[data["emotion"]]


def _phones_of_transcript(
    phones: NDArray[np.uint8], steps: NDArray[np.int64], frames: NDArray[np.int64], device: torch.device
) -> Tensor:
    """Return certain phones as ``encoder_frames`` samples them: (2 samples a frame, 2 actors, all frames, 40)."""
    out: list[list[Tensor]] = [[], []]
    for actor in (0, 1):
        at = 0
        for step_count, frame_count in zip(steps, frames):
            index = torch.from_numpy(phones[actor, at : at + step_count].astype(np.int64))
            certain = torch.nn.functional.one_hot(index, len(PHONES)).float()
            voice = encoder_frames(torch.zeros(step_count, 64), certain, torch.zeros(frame_count, 2))
            out[actor].append(torch.stack([voice[:, first : first + len(PHONES)] for first in PHONE_COLUMNS]).half())
            at += step_count
    return torch.stack([torch.cat(parts, 1) for parts in out], 1).to(device)


def eye_track(curves: Tensor) -> Tensor:
    """Return the eye directions of curves (..., T, 52) as ``FaceConditions.eyes`` (..., T, 3)."""
    yaw, pitch = look_directions(curves)
    return torch.stack([yaw, pitch, torch.ones_like(yaw)], -1)


@torch.no_grad()
def _voice_features(
    mels: NDArray[np.uint8],
    voice: NDArray[np.uint8],
    steps: NDArray[np.int64],
    frames: NDArray[np.int64],
    encoder: AudioEncoder,
    device: torch.device,
) -> Tensor:
    """Return the voice features (2, all frames, VOICE_SIZE) of all scenes in half precision."""
    encoder = encoder.to(device).eval()
    out: list[list[Tensor]] = [[], []]
    for actor in (0, 1):
        at_step, at_frame = 0, 0
        for step_count, frame_count in zip(steps, frames):
            sound = torch.from_numpy(mels[actor, at_step : at_step + step_count]).to(device).float()
            track = torch.from_numpy(voice[actor, at_frame : at_frame + frame_count]).to(device).float() * _VOICE_STEP
            speech = speech_steps(track[:, 0], len(sound))
            features, logits = encoder(normalise_mels((sound[None] - _MEL_ZERO) * MEL_STEP, speech[None]))
            out[actor].append(encoder_frames(features[0], logits[0].softmax(-1), track).half())
            at_step, at_frame = at_step + step_count, at_frame + frame_count
    return torch.stack([torch.cat(parts) for parts in out])


def blink_frames(lid: Tensor) -> Tensor:
    """Return 1 on the frame of each blink's peak, of lid closures (2, N)."""
    before, after = lid.roll(1, 1), lid.roll(-1, 1)
    return ((lid > 0.65) & (lid > before) & (lid >= after)).float()


def voice_scale(voices: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of voice features (2, N, VOICE_SIZE); those of phones and activity are fixed."""
    flat = voices.reshape(-1, VOICE_SIZE)[::11].float()
    mean, std = flat.mean(0), flat.std(0).clamp(min=0.02)
    for first in PHONE_COLUMNS:
        mean[first : first + len(PHONES)], std[first : first + len(PHONES)] = 0.0, PHONE_SCALE
    mean[-2:], std[-2:] = 0.5, 0.5
    return mean, std
