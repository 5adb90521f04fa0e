"""Two-person conversations with faces, composed from the speech library to train the face on.

A scene is a conversation of two voices: turns, gaps, overlaps, sound degraded as in real recordings; the log-mels of
each voice; and the two faces composed for it. Test voices are never used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..contract import EMOTION_CHOICES, FPS, NEUTRAL, RELATIONSHIPS, EmotionSpan, FloatArray
from ..corpus.faces.composer import FaceStyle, Spoken, compose_face, drawn_brows, speaking_track
from ..corpus.script.affect import AffectTrack
from ..corpus.voices.speech_library import Utterance, load_speech_library
from ..face.gaze import glances
from ..face.mouth_shapes import MOUTH
from ..face.visemes import Phone, viseme_curves
from ..networks.face_denoiser import FACING
from ..speech.encoders.log_mel import log_mel
from ..speech.prosody import ENERGY, VOICE_ACTIVITY, common_level_gain, prosody
from ..speech.wave import SAMPLE_RATE
from .emotion_tracks import emotion_tracks
from .face_data import FaceScene, save_pack
from .speech_data import frame_labels

HELD_OUT_SHARE = 0.05  # of utterances, for validation scenes only
CALM_SHARE = 0.5  # of scenes without any emotion
SCENE_SECONDS = 40.0
# How often a voice is drawn, against 1 for each of flite's; the one real reader most.
VOICE_WEIGHTS = {"reader_a": 3.0, "pico_us": 2.5, "pico_gb": 2.5, "espeak": 2.0}

# A wave at 16 kHz and its frames -> voice (T, 2) activity and loudness at 30 fps, log-mels (N, 80) at 50 Hz.
Analysis = Callable[[FloatArray, int], tuple[FloatArray, FloatArray]]


class PlacedUtterance(NamedTuple):
    """An utterance on the scene's timeline (s)."""

    phones: list[Phone]
    stresses: list[tuple[float, float]]
    question: bool
    laughed: bool
    wave: FloatArray
    start: float


def make_pack(
    libraries: Sequence[Path], out: Path, minutes: float, seed: int, voice: str = "", calm_share: float = CALM_SHARE
) -> None:
    """Compose ``minutes`` of scenes from the training voices into the file ``out``.

    With a ``voice``, to tune lips on: this voice alone in both roles, with plain lips.
    """
    found = [u for library in libraries if library.is_file() for u in load_speech_library(library)]
    utterances = [u for u in found if u.split == "train" and u.phones and u.wave is not None and voice in ("", u.voice)]
    rng = np.random.default_rng(seed)
    held = rng.random(len(utterances)) < HELD_OUT_SHARE
    scenes: list[FaceScene] = []
    held_out: list[bool] = []
    begin, count = time.monotonic(), max(round(minutes * 60 / SCENE_SECONDS), 2)
    for number in range(count):
        test = number % 20 == 19
        by_voice = _by_voice([u for u, is_held in zip(utterances, held) if is_held == test])
        names = sorted(by_voice)
        share = np.array([VOICE_WEIGHTS.get(name, 1.0) for name in names])
        first, second = rng.choice(len(names), 2, replace=len(names) < 2, p=share / share.sum())
        voices = by_voice[names[first]], by_voice[names[second]]
        scenes.append(compose_scene(rng, voices, calm_share=calm_share, plain_lips=bool(voice)))
        held_out.append(test)
        if number % 10 == 9:
            print(f"{number + 1} of {count} scenes, {time.monotonic() - begin:.0f} s", flush=True)
    meta = {"seed": seed, "minutes": minutes, "voices": sorted(_by_voice(utterances))}
    save_pack(scenes, held_out, out, meta)
    print(f"Wrote {out}: {out.stat().st_size / 1e6:.1f} MB", flush=True)


def _by_voice(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Return the utterances by the name of their voice; all of eSpeak's variants count as one."""
    found: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        name = utterance.voice.partition("_")[0] if "espeak" in utterance.voice else utterance.voice
        found.setdefault(name, []).append(utterance)
    return found


def analyse(wave: FloatArray, frames: int) -> tuple[FloatArray, FloatArray]:
    """Return activity and loudness (T, 2) at 30 fps and log-mels (N, 80) at 50 Hz of a wave at 16 kHz."""
    return prosody(wave, frames)[:, [VOICE_ACTIVITY, ENERGY]], log_mel(wave * np.float32(common_level_gain(wave)))


def compose_scene(
    rng: np.random.Generator,
    voices: tuple[Sequence[Utterance], Sequence[Utterance]],
    analysis: Analysis = analyse,
    duration: float = SCENE_SECONDS,
    calm_share: float = CALM_SHARE,
    plain_lips: bool = False,
) -> FaceScene:
    """Return a conversation of ``duration`` seconds between two voices; with chance ``calm_share`` without emotions.

    ``plain_lips``: the mouths follow the phones alone, to tune lips on.
    """
    frames = int(duration * FPS)
    placed = _conversation(rng, voices, duration)
    tracks = [analysis(degraded(rng, _mix(actor, duration)), frames) for actor in placed]
    voice, mels = (np.stack(parts) for parts in zip(*tracks))
    activity, loudness = voice[..., 0], voice[..., 1]
    curves, gazes, styles, facings, brows = [], [], [], [], []
    relationship = str(rng.choice(RELATIONSHIPS))
    calm = rng.random() < calm_share
    emotions = [[EmotionSpan(NEUTRAL, 0.0, 0.0, duration)] if calm else _emotion_spans(rng, duration) for _ in (0, 1)]
    affect = [AffectTrack(spans, relationship, me == 0) for me, spans in enumerate(emotions)]
    for me in (0, 1):
        towards = FACING[int(rng.choice(3, p=[0.2, 0.2, 0.6]))]
        gaze = _partner_direction(rng, frames, 0.9 * np.sign(rng.normal()) if towards == "away" else 0.0)
        style = FaceStyle.draw(rng)
        spoken = [Spoken(u.phones, u.stresses, u.question) for u in placed[me]]
        brows.append(drawn_brows(rng, spoken, style, frames, affect[me].track("arousal", frames)))
        laughs = [(u.phones[0][1], u.phones[-1][2]) for u in placed[me] if u.laughed]
        phones = [phone for utterance in placed[me] for phone in utterance.phones]
        speaking = speaking_track(phones, frames)
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
        if plain_lips:
            curves[-1][:, MOUTH] = viseme_curves(phones, frames, loudness[me], style.articulation)[:, MOUTH]
        known = 1.0 if towards == "towards" else 0.0
        gazes.append(np.concatenate([gaze * known, np.full((frames, 1), known, np.float32)], axis=1))
        styles.append(style.vector())
        facings.append(FACING.index(towards))
    emotion, intensity = (np.stack(parts) for parts in zip(*(emotion_tracks(spans, frames) for spans in emotions)))
    labels = [frame_labels([phone for u in own for phone in u.phones], mels.shape[1]) for own in placed]
    return FaceScene(
        voice,
        mels,
        np.stack(curves),
        np.stack(gazes).astype(np.float32),
        np.stack(styles),
        np.array(facings),
        emotion,
        intensity,
        np.stack(labels).astype(np.uint8),
        np.stack(brows),
    )


def _emotion_spans(rng: np.random.Generator, duration: float) -> list[EmotionSpan]:
    """Return one or two emotions that fill ``duration`` s, any emotion at 0.3 to 2."""
    change = float(rng.uniform(0.35, 0.65)) * duration if rng.random() < 0.5 else duration
    spans = [EmotionSpan(str(rng.choice(EMOTION_CHOICES)), float(rng.uniform(0.3, 2.0)), 0.0, change)]
    if change < duration:
        spans.append(EmotionSpan(str(rng.choice(EMOTION_CHOICES)), float(rng.uniform(0.3, 2.0)), change, duration))
    return [span if span.emotion != NEUTRAL else replace(span, intensity=0.0) for span in spans]


def _conversation(
    rng: np.random.Generator, voices: tuple[Sequence[Utterance], Sequence[Utterance]], duration: float
) -> list[list[PlacedUtterance]]:
    """Return the utterances of each actor; speeds and pitches vary."""
    placed: list[list[PlacedUtterance]] = [[], []]
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
            question, laughed = u.text.rstrip().endswith("?"), u.act == "laugh"
            placed[speaker].append(PlacedUtterance(phones, stresses, question, laughed, _resampled(u.wave, s), at))
            at += u.duration / s + rng.gamma(2.0, 0.18)
        at += rng.normal(0.25, 0.45) if rng.random() < 0.85 else rng.uniform(1.0, 3.0)
        at = max(at, 0.0)
        if kind == "talk":
            speaker = 1 - speaker
    return placed


def _mix(placed: Sequence[PlacedUtterance], duration: float) -> FloatArray:
    """Return the sum of the utterances' waves on the scene's timeline."""
    out = np.zeros(int(duration * SAMPLE_RATE), np.float32)
    for utterance in placed:
        first = int(utterance.start * SAMPLE_RATE)
        piece = utterance.wave[: len(out) - first]
        out[first : first + len(piece)] += piece
    return out


def _resampled(wave: NDArray[np.int16], speed: float) -> FloatArray:
    """Return the wave played at another speed; pitch and formants change with it, which makes several voices of one."""
    x = np.asarray(wave, np.float32) / 32768.0
    at = np.arange(int(len(x) / speed)) * speed
    return np.interp(at, np.arange(len(x)), x).astype(np.float32)


def degraded(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """Return the wave as a microphone in a room records it: level, spectral tilt, low-pass, coloured noise, an echo."""
    out = wave * 10.0 ** (rng.uniform(-14.0, 6.0) / 20.0)
    spectrum = np.fft.rfft(out)
    frequency = np.fft.rfftfreq(len(out), 1.0 / SAMPLE_RATE)
    if rng.random() < 0.6:
        spectrum *= (np.maximum(frequency, 60.0) / 1000.0) ** rng.uniform(-0.45, 0.45)
    if rng.random() < 0.25:
        spectrum /= np.sqrt(1.0 + (frequency / rng.uniform(3200.0, 7000.0)) ** 8)
    if rng.random() < 0.3:
        delay, gain = rng.uniform(0.012, 0.05), rng.uniform(0.1, 0.35)
        phase = -2j * np.pi * frequency * delay
        spectrum *= 1.0 + gain * np.exp(phase) + 0.5 * gain * np.exp(1.7 * phase)
    out = np.fft.irfft(spectrum, len(out)).astype(np.float32)
    level = float(np.sqrt(np.mean(np.square(out[np.abs(out) > 1e-4])))) if (np.abs(out) > 1e-4).any() else 0.01
    if rng.random() < 0.7:
        white = np.fft.rfft(rng.normal(size=len(out)))
        coloured = np.fft.irfft(white / np.maximum(frequency, 30.0) ** rng.uniform(0.0, 0.9), len(out))
        out = out + (coloured / coloured.std() * level * 10.0 ** (-rng.uniform(14.0, 40.0) / 20.0)).astype(np.float32)
    return np.clip(out, -1.0, 1.0)


def _partner_direction(rng: np.random.Generator, frames: int, aside: float) -> FloatArray:
    """Return yaw and pitch (T, 2) of the partner in the actor's head frame, while that head nods and turns a little."""
    t = np.arange(frames) / FPS
    knots = max(frames // 20, 2) + 3
    slow = [np.interp(t * FPS / 20.0, np.arange(knots), rng.normal(0.0, s, knots)) for s in (0.10, 0.06)]
    nods = np.zeros(frames)
    for at in rng.uniform(0.0, t[-1], rng.poisson(t[-1] / 5.0)):
        nods += rng.uniform(0.05, 0.15) * np.exp(-(((t - at) / 0.35) ** 2)) * np.sin(2 * np.pi * 2.2 * (t - at))
    yaw = slow[0] + rng.normal(0.0, 0.08) + aside
    return np.stack([yaw, slow[1] + nods + rng.normal(0.0, 0.08)], axis=-1).astype(np.float32)
