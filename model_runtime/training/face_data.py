"""Two-speaker face scenes from the speech library, packed into one file a training machine needs nothing else beside.

A scene is a conversation of two voices: turns, gaps, overlaps, sounds spoilt the way real recordings are; what the
frozen encoder hears in each; and the two faces composed for it. Test voices are never used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract import ARKIT_NAMES, EMOTIONS, FPS, RELATIONSHIPS, EmotionSpan, FloatArray
from ..corpus.faces.composer import FaceStyle, Spoken, compose_face, drawn_brows, speaking_track
from ..corpus.script.affect import AffectTrack
from ..face.gaze import LOOK_DOWN, LOOK_SIDE, LOOK_UP, glances
from ..face.mouth_shapes import MOUTH
from ..face.visemes import viseme_curves
from ..networks.face_denoiser import FACE_SIZE, FACING, VOICE_SIZE, FaceConditions, encoder_frames, speech_steps
from ..networks.face_inputs import BROWS_SIZE
from ..speech.encoders.mel_network import AudioEncoder, normalise_mels
from ..speech.phones import PHONES
from .emotion_tracks import NEUTRAL, emotion_tracks
from .speech_data import frame_labels

if TYPE_CHECKING:  # the library reads sound files; a training machine only reads the pack
    from ..corpus.voices.speech_library import Utterance

RATE = 16000
BLINK = ARKIT_NAMES.index("eyeBlinkLeft")
HELD_OUT_SHARE = 0.05  # of utterances, kept for validation scenes only
CALM_SHARE = 0.5  # of scenes in which nobody feels anything in particular
TOLD_SHARE = 0.4  # of windows in which my words are known
PHONE_COLUMNS = (64, 168)  # where the phones of each look begin in what is heard
PHONE_SCALE = 0.25
_MEL_STEP, _VOICE_STEP, _GAZE_STEP = 0.1, 1.0 / 180.0, 1.0 / 80.0  # of a stored byte: natural log, activity, radians
_INTENSITY_STEP = 1.0 / 100.0

# A wave at 16 kHz and its frames -> voice (T, 2) activity and loudness at 30 fps, log-mels (N, 80) at 50 Hz.
Listening = Callable[[FloatArray, int], tuple[FloatArray, FloatArray]]


@dataclass
class FaceScene:
    """Two actors over T frames: ``voice`` (2, T, 2), ``mels`` (2, N, 80), ``curves`` (2, T, 52), ``gaze`` (2, T, 3),
    ``style`` (2, 4), ``facing`` (2,).

    ``emotion`` (2, T): index into ``EMOTIONS``; ``intensity`` (2, T): 0 to 2, 0 where neutral. ``phones`` (2, N): index
    into ``PHONES`` of what is said in each mel frame, for networks that are told words. ``brows`` (2, T, BROWS_SIZE):
    when they beat.
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


def compose_scene(
    rng: np.random.Generator,
    voices: tuple[Sequence[Utterance], Sequence[Utterance]],
    listen: Listening,
    duration: float = 40.0,
    calm_share: float = CALM_SHARE,
    lips_alone: bool = False,
) -> FaceScene:
    """A conversation of ``duration`` seconds between two voices; with a chance of ``calm_share`` nobody feels anything
    in particular.

    ``lips_alone``: mouths do what the phones ask and nothing else, to tune lips on.
    """
    frames = int(duration * FPS)
    placed = _conversation(rng, voices, duration)
    tracks = [listen(spoil(rng, _mix(actor, duration)), frames) for actor in placed]
    voice, mels = (np.stack(parts) for parts in zip(*tracks))
    activity, loudness = voice[..., 0], voice[..., 1]
    curves, gazes, styles, facings, brows = [], [], [], [], []
    relationship = str(rng.choice(RELATIONSHIPS))
    calm = rng.random() < calm_share
    emotions = [[EmotionSpan("neutral", 0.0, 0.0, duration)] if calm else _emotion_spans(rng, duration) for _ in (0, 1)]
    affect = [AffectTrack(felt, relationship, me == 0) for me, felt in enumerate(emotions)]
    for me in (0, 1):
        towards = FACING[int(rng.choice(3, p=[0.2, 0.2, 0.6]))]
        gaze = _partner_direction(rng, frames, 0.9 * np.sign(rng.normal()) if towards == "away" else 0.0)
        style = FaceStyle.draw(rng)
        spoken = [Spoken(phones, stresses, question) for phones, stresses, question, *_ in placed[me]]
        brows.append(drawn_brows(rng, spoken, style, frames, affect[me].track("arousal", frames)))
        laughs = [(phones[0][1], phones[-1][2]) for phones, _, _, laughed, *_ in placed[me] if laughed]
        speaking = speaking_track([phone for utterance in spoken for phone in utterance.phones], frames)
        eyes = glances(rng, frames, speaking, [u.start for u in spoken], gaze if towards == "towards" else None)
        curves.append(
            compose_face(
                rng,
                frames,
                spoken,
                activity[1 - me],
                eyes,
                loudness[me],
                style,
                affect[me],
                laughs,
                partner_affect=affect[1 - me] if towards == "towards" else None,
                brows=brows[me],
            )
        )
        if lips_alone:
            curves[-1][:, MOUTH] = viseme_curves(
                [p for utterance in spoken for p in utterance.phones], frames, loudness[me], style.articulation
            )[:, MOUTH]
        known = 1.0 if towards == "towards" else 0.0
        gazes.append(np.concatenate([gaze * known, np.full((frames, 1), known, np.float32)], axis=1))
        styles.append(style.vector())
        facings.append(FACING.index(towards))
    emotion, intensity = (np.stack(parts) for parts in zip(*(emotion_tracks(felt, frames, 0.0) for felt in emotions)))
    said = np.stack(
        [frame_labels([phone for phones, *_ in own for phone in phones], mels.shape[1]) for own in placed]
    ).astype(np.uint8)
    return FaceScene(
        voice,
        mels,
        np.stack(curves),
        np.stack(gazes).astype(np.float32),
        np.stack(styles),
        np.array(facings),
        emotion,
        intensity,
        said,
        np.stack(brows),
    )


def _emotion_spans(rng: np.random.Generator, duration: float) -> list[EmotionSpan]:
    """One or two feelings that fill ``duration`` s, any emotion at 0.3 to 2."""
    turn = float(rng.uniform(0.35, 0.65)) * duration if rng.random() < 0.5 else duration
    felt = [EmotionSpan(str(rng.choice(EMOTIONS)), float(rng.uniform(0.3, 2.0)), 0.0, turn)]
    if turn < duration:
        felt.append(EmotionSpan(str(rng.choice(EMOTIONS)), float(rng.uniform(0.3, 2.0)), turn, duration))
    return [f if f.emotion != "neutral" else replace(f, intensity=0.0) for f in felt]


def _conversation(
    rng: np.random.Generator, voices: tuple[Sequence[Utterance], Sequence[Utterance]], duration: float
) -> list[list[tuple[Any, ...]]]:
    """Per actor (phones, stresses, question, laughed, wave, start) on the scene's timeline; speeds and pitches vary."""
    placed: list[list[tuple[Any, ...]]] = [[], []]
    kind = rng.choice(["talk", "monologue", "silence"], p=[0.82, 0.13, 0.05])
    at, speaker = rng.uniform(0.0, 2.5), int(rng.integers(2))
    speed = [float(np.exp(rng.normal(0.0, 0.10))) for _ in range(2)]
    while at < duration - 1.0 and kind != "silence":
        for _ in range(int(rng.integers(1, 4))):
            u = voices[speaker][rng.integers(len(voices[speaker]))]
            if u.wave is None or at >= duration - 0.5:
                break
            s = float(np.clip(speed[speaker] * np.exp(rng.normal(0.0, 0.03)), 0.78, 1.28))
            phones = [(p.text, at + p.start / s, at + p.end / s) for p in u.phones]
            stresses = [(at + t / s, strength) for t, strength in u.stresses]
            placed[speaker].append(
                (phones, stresses, u.text.rstrip().endswith("?"), u.act == "laugh", _resampled(u.wave, s), at)
            )
            at += u.duration / s + rng.gamma(2.0, 0.18)
        at += rng.normal(0.25, 0.45) if rng.random() < 0.85 else rng.uniform(1.0, 3.0)
        at = max(at, 0.0)
        if kind == "talk":
            speaker = 1 - speaker
    return placed


def _mix(placed: Sequence[tuple[Any, ...]], duration: float) -> FloatArray:
    out = np.zeros(int(duration * RATE), np.float32)
    for *_, wave, start in placed:
        first = int(start * RATE)
        piece = wave[: len(out) - first]
        out[first : first + len(piece)] += piece
    return out


def _resampled(wave: NDArray[np.int16], speed: float) -> FloatArray:
    """Played faster or slower: pitch and formants move along, which makes one voice several."""
    x = np.asarray(wave, np.float32) / 32768.0
    at = np.arange(int(len(x) / speed)) * speed
    return np.interp(at, np.arange(len(x)), x).astype(np.float32)


def spoil(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """What microphones and rooms do: level, tilt, a dull top, hiss, hum-like noise, a little echo."""
    out = wave * 10.0 ** (rng.uniform(-14.0, 6.0) / 20.0)
    spectrum = np.fft.rfft(out)
    frequency = np.fft.rfftfreq(len(out), 1.0 / RATE)
    if rng.random() < 0.6:
        spectrum *= (np.maximum(frequency, 60.0) / 1000.0) ** rng.uniform(-0.45, 0.45)
    if rng.random() < 0.25:
        spectrum /= np.sqrt(1.0 + (frequency / rng.uniform(3200.0, 7000.0)) ** 8)
    if rng.random() < 0.3:
        delay, gain = rng.uniform(0.012, 0.05), rng.uniform(0.1, 0.35)
        spectrum *= (
            1.0
            + gain * np.exp(-2j * np.pi * frequency * delay)
            + 0.5 * gain * np.exp(-2j * np.pi * frequency * 1.7 * delay)
        )
    out = np.fft.irfft(spectrum, len(out)).astype(np.float32)
    level = float(np.sqrt(np.mean(np.square(out[np.abs(out) > 1e-4])))) if (np.abs(out) > 1e-4).any() else 0.01
    if rng.random() < 0.7:
        white = np.fft.rfft(rng.normal(size=len(out)))
        coloured = np.fft.irfft(white / np.maximum(frequency, 30.0) ** rng.uniform(0.0, 0.9), len(out))
        out = out + (coloured / coloured.std() * level * 10.0 ** (-rng.uniform(14.0, 40.0) / 20.0)).astype(np.float32)
    return np.clip(out, -1.0, 1.0)


def _partner_direction(rng: np.random.Generator, frames: int, aside: float) -> FloatArray:
    """(T, 2) yaw and pitch of the partner in my head's frame: the head points at the partner roughly, nods and turns."""
    t = np.arange(frames) / FPS
    knots = max(frames // 20, 2) + 3
    slow = [np.interp(t * FPS / 20.0, np.arange(knots), rng.normal(0.0, s, knots)) for s in (0.10, 0.06)]
    nods = np.zeros(frames)
    for at in rng.uniform(0.0, t[-1], rng.poisson(t[-1] / 5.0)):
        nods += rng.uniform(0.05, 0.15) * np.exp(-(((t - at) / 0.35) ** 2)) * np.sin(2 * np.pi * 2.2 * (t - at))
    yaw = slow[0] + rng.normal(0.0, 0.08) + aside
    return np.stack([yaw, slow[1] + nods + rng.normal(0.0, 0.08)], axis=-1).astype(np.float32)


def save_pack(scenes: Sequence[FaceScene], held_out: Sequence[bool], path: Path, meta: dict[str, Any]) -> None:
    """All scenes quantised to bytes in one ``.npz``. It holds mels, so that it does not depend on the encoder's
    training.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(scene, name) for scene in scenes], axis=1)

    with open(partial, "wb") as file:
        np.savez_compressed(
            file,
            meta=np.array(json.dumps(meta)),
            held_out=np.array(held_out),
            lengths=np.array([s.curves.shape[1] for s in scenes]),
            steps=np.array([s.mels.shape[1] for s in scenes]),
            mels=np.clip(np.rint(joined("mels") / _MEL_STEP) + 200, 0, 255).astype(np.uint8),
            voice=np.clip(np.rint(joined("voice") / _VOICE_STEP), 0, 255).astype(np.uint8),
            curves=np.rint(joined("curves") * 255.0).astype(np.uint8),
            gaze=np.clip(np.rint(joined("gaze") / _GAZE_STEP), -127, 127).astype(np.int8),
            style=np.stack([s.style for s in scenes]),
            facing=np.stack([s.facing for s in scenes]),
            brows=np.rint(joined("brows") * 255.0).astype(np.uint8),
            phones=joined("phones"),
            emotion=joined("emotion").astype(np.uint8),
            intensity=np.rint(joined("intensity") / _INTENSITY_STEP).astype(np.uint8),
        )
    os.replace(partial, path)


class FacePack:
    """A pack on one device, heard by a frozen encoder; draws random windows as ``FaceConditions`` and curves.

    ``emotion`` and ``intensity`` (2, N) say what each actor felt. For a network that is not told (``calm`` alone),
    windows come from scenes in which nobody feels anything: else it would learn the mean of 26 faces.
    """

    def __init__(self, path: Path, encoder: AudioEncoder, device: torch.device, calm: bool = False) -> None:
        with np.load(path, allow_pickle=False) as data:
            self.meta: dict[str, Any] = json.loads(str(data["meta"]))
            self.lengths, held_out = data["lengths"], data["held_out"]
            self.curves, self.gaze, self.style, self.facing = (
                torch.from_numpy(data[k]).to(device) for k in ("curves", "gaze", "style", "facing")
            )
            said = "emotion" in data  # not in packs from before faces had feelings
            emotion = data["emotion"] if said else np.full(self.curves.shape[:2], NEUTRAL, np.uint8)
            intensity = (
                data["intensity"] * np.float32(_INTENSITY_STEP) if said else np.zeros(self.curves.shape[:2], np.float32)
            )
            self.emotion, self.intensity = torch.from_numpy(emotion).to(device), torch.from_numpy(intensity).to(device)
            # Not in packs from before brows were told when to beat.
            self.brows = torch.from_numpy(data["brows"]).to(device) if "brows" in data else None
            self.blink = shut_lids(self.curves[..., BLINK].float() / 255.0)
            heard = _heard(data["mels"], data["voice"], data["steps"], self.lengths, encoder.to(device).eval(), device)
            self.told = (
                _told(data["phones"], data["steps"], self.lengths, device) if "phones" in data else None
            )  # not in older packs
        self.device = device
        self.first = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        unmoved = np.array(
            [bool((self.emotion[:, a : a + n] == NEUTRAL).all()) for a, n in zip(self.first, self.lengths)]
        )
        drawn = (
            unmoved if calm and (unmoved & held_out).any() and (unmoved & ~held_out).any() else np.ones_like(unmoved)
        )  # few scenes, as tests make: all
        self.train, self.test = np.flatnonzero(~held_out & drawn), np.flatnonzero(held_out & drawn)
        self.felt = np.flatnonzero(~held_out & ~unmoved)  # scenes to train on in which somebody feels something
        self._raw = heard
        flat = self.curves.reshape(-1, FACE_SIZE)[::7].float() / 255.0
        self.normalise_as(flat.mean(0), flat.std(0).clamp(min=0.03), *heard_scale(heard))

    def normalise_as(self, curve_mean: Tensor, curve_std: Tensor, heard_mean: Tensor, heard_std: Tensor) -> None:
        """Mean and deviation of the 52 curves and of what is heard."""
        self.curve_mean, self.curve_std, self.heard_mean, self.heard_std = curve_mean, curve_std, heard_mean, heard_std
        self.heard = ((self._raw.float() - heard_mean) / heard_std).clamp(-4.1, 4.1).half()

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
        """``count`` windows: clean normalised curves (B, T, 52), and their conditions with nothing dropped or kept; of
        ``scenes`` where they are given.
        """
        scenes = rng.choice(scenes if scenes is not None else self.test if held_out else self.train, count)
        actor = torch.from_numpy(rng.integers(0, 2, count)).to(self.device)
        first = self.first[scenes] + (rng.random(count) * (self.lengths[scenes] - window)).astype(np.int64)
        rows = torch.from_numpy(first).to(self.device)[:, None] + torch.arange(window, device=self.device)  # (B, T)
        scene = torch.from_numpy(scenes).to(self.device)
        me = actor[:, None].expand_as(rows)
        clean = (self.curves[me, rows].float() / 255.0 - self.curve_mean) / self.curve_std
        mine = self.heard[me, rows].float()
        brows = (
            self.brows[me, rows].float() / 255.0
            if self.brows is not None
            else torch.zeros(count, window, BROWS_SIZE, device=self.device)
        )
        if self.told is not None:
            words = torch.from_numpy(rng.random(count) < TOLD_SHARE).to(self.device)
            for look, first_phone in enumerate(PHONE_COLUMNS):
                known = self.told[look, me, rows] / PHONE_SCALE
                columns = slice(first_phone, first_phone + len(PHONES))
                mine[..., columns] = torch.where(words[:, None, None], known.float(), mine[..., columns])
        gaze = self.gaze[me, rows].float() * _GAZE_STEP
        gaze[..., 2] = (gaze[..., 2] > 0.5).float()
        strength = self.intensity[me, rows][..., None]
        emotion = torch.nn.functional.one_hot(self.emotion[me, rows].long(), len(EMOTIONS)) * strength
        given = FaceConditions(
            blink=self.blink[me, rows],
            emotion=emotion,
            emotion_given=torch.ones(count, device=self.device),
            voice=mine,
            partner=self.heard[1 - me, rows].float(),
            gaze=gaze,
            style=self.style[scene, actor].float(),
            facing=self.facing[scene, actor],
            voices_given=torch.ones(count, 2, device=self.device),
            known=torch.zeros_like(clean),
            mask=torch.zeros(count, window, device=self.device),
            eyes=directions(self.curves[me, rows].float() / 255.0),
            brows=brows,
        )
        return clean, given


def _told(
    phones: NDArray[np.uint8], steps: NDArray[np.int64], frames: NDArray[np.int64], device: torch.device
) -> Tensor:
    """(2 looks, 2 actors, all frames, 40) half precision: what ``encoder_frames`` makes of phones that are known for
    sure.
    """
    out: list[list[Tensor]] = [[], []]
    for actor in (0, 1):
        at = 0
        for step_count, frame_count in zip(steps, frames):
            said = torch.nn.functional.one_hot(
                torch.from_numpy(phones[actor, at : at + step_count].astype(np.int64)), len(PHONES)
            ).float()
            heard = encoder_frames(torch.zeros(step_count, 64), said, torch.zeros(frame_count, 2))
            out[actor].append(torch.stack([heard[:, first : first + len(PHONES)] for first in PHONE_COLUMNS]).half())
            at += step_count
    return torch.stack([torch.cat(parts, 1) for parts in out], 1).to(device)


def directions(curves: Tensor) -> Tensor:
    """(..., T, 52) curves -> (..., T, 3) where the eyes point, as ``FaceConditions.eyes`` says it."""

    def at(*names: str) -> Tensor:
        return curves[..., [ARKIT_NAMES.index(name) for name in names]].sum(-1)

    yaw = 0.5 * LOOK_SIDE * (at("eyeLookOutLeft", "eyeLookInRight") - at("eyeLookInLeft", "eyeLookOutRight"))
    pitch = 0.5 * (
        LOOK_UP * at("eyeLookUpLeft", "eyeLookUpRight") - LOOK_DOWN * at("eyeLookDownLeft", "eyeLookDownRight")
    )
    return torch.stack([yaw, pitch, torch.ones_like(yaw)], -1)


@torch.no_grad()
def _heard(
    mels: NDArray[np.uint8],
    voice: NDArray[np.uint8],
    steps: NDArray[np.int64],
    frames: NDArray[np.int64],
    encoder: AudioEncoder,
    device: torch.device,
) -> Tensor:
    """(2, all frames, VOICE_SIZE) half precision: every scene of every actor through the encoder."""
    out: list[list[Tensor]] = [[], []]
    for actor in (0, 1):
        at_step, at_frame = 0, 0
        for step_count, frame_count in zip(steps, frames):
            sound = torch.from_numpy(mels[actor, at_step : at_step + step_count]).to(device).float()
            track = torch.from_numpy(voice[actor, at_frame : at_frame + frame_count]).to(device).float() * _VOICE_STEP
            speech = speech_steps(track[:, 0], len(sound))
            features, logits = encoder(normalise_mels((sound[None] - 200.0) * _MEL_STEP, speech[None]))
            out[actor].append(encoder_frames(features[0], logits[0].softmax(-1), track).half())
            at_step, at_frame = at_step + step_count, at_frame + frame_count
    return torch.stack([torch.cat(parts) for parts in out])


def shut_lids(lid: Tensor) -> Tensor:
    """(2, N) lid closure -> 1 on the first frame at the peak of each blink."""
    before, after = lid.roll(1, 1), lid.roll(-1, 1)
    return ((lid > 0.65) & (lid > before) & (lid >= after)).float()


def heard_scale(heard: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of (2, N, VOICE_SIZE): phones and activity keep 0 to 1 known; features are measured."""
    flat = heard.reshape(-1, VOICE_SIZE)[::11].float()
    mean, std = flat.mean(0), flat.std(0).clamp(min=0.02)
    for first in PHONE_COLUMNS:
        mean[first : first + len(PHONES)], std[first : first + len(PHONES)] = 0.0, PHONE_SCALE
    mean[-2:], std[-2:] = 0.5, 0.5
    return mean, std


assert len(ARKIT_NAMES) == FACE_SIZE
