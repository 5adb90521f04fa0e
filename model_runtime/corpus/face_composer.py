"""The face of a person who talks, listens and lives: lips from phones; brows, lids, eyes and smiles by rule and chance.

Shapes and ranges were read off iPhone Live Link captures: a blink shuts in two to three frames and opens in twice that,
both eyes within 0.01; lids follow a lowered gaze; left and right correlate above 0.95; a smile lifts the cheeks.
Rates follow conversation: blinks 10 to 25 a minute and more at phrase ends, the listener looks at the speaker, the
speaker looks away when a turn starts (Kendon 1967, "Some functions of gaze-direction in social interaction").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..contract import ARKIT_NAMES, FPS, FloatArray
from ..networks.face_style import FaceStyle, blink_times
from ..refine.lips import CURVE, columns
from .visemes import Phone, lay_contacts, viseme_curves

# Radians of eye rotation per unit of ARKit's eyeLook weights, from the captures' eye angles.
LOOK_SIDE, LOOK_UP, LOOK_DOWN = 0.60, 0.43, 0.61


@dataclass(frozen=True)
class Spoken:
    """One utterance on the face's timeline (s): its phones, its stresses (time, strength), and whether it asks."""

    phones: Sequence[Phone]
    stresses: Sequence[tuple[float, float]] = ()
    question: bool = False

    @property
    def start(self) -> float:
        return self.phones[0][1]

    @property
    def end(self) -> float:
        return self.phones[-1][2]


@dataclass
class _Timeline:
    """What the rules below need to know about the moment: who speaks, and when phrases start and end."""

    frames: int
    speaking: FloatArray  # (T,) 0 to 1
    partner: FloatArray  # (T,) 0 to 1
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    partner_ends: list[float] = field(default_factory=list)

    @property
    def duration(self) -> float:
        return self.frames / FPS


def compose_face(
    rng: np.random.Generator,
    frames: int,
    spoken: Sequence[Spoken],
    partner_activity: FloatArray,
    gaze: FloatArray | None = None,
    loudness: FloatArray | None = None,
    style: FaceStyle | None = None,
) -> FloatArray:
    """(T, 52) ARKit curves of a face that says ``spoken`` and hears a partner.

    ``partner_activity`` (T,) in [0, 1]; ``gaze`` (T, 2) yaw (to my left) and pitch (up) of the partner's eyes in my head's
    frame, radians, straight ahead when None; ``loudness`` (T,) as ``viseme_curves``. Same rng state, same face.
    """
    style = style or FaceStyle.draw(rng)
    phones = [phone for utterance in spoken for phone in utterance.phones]
    time = _Timeline(
        frames, speaking=_activity(phones, frames), partner=np.asarray(partner_activity, np.float32),
        starts=[u.start for u in spoken], ends=[u.end for u in spoken],
    )  # fmt: skip
    falls = np.flatnonzero((time.partner[:-1] > 0.5) & (time.partner[1:] <= 0.5))
    time.partner_ends = [float(f) / FPS for f in falls]

    face = viseme_curves(phones, frames, loudness, style.articulation)
    _rest(face, rng)
    _smile(face, rng, time, style)
    _brows(face, rng, time, style, spoken)
    _listen(face, rng, time)
    shifts = _look(face, rng, time, gaze)
    _blink(face, rng, time, style, shifts)
    return np.clip(lay_contacts(np.clip(face, 0.0, 1.0), phones), 0.0, 1.0).astype(np.float32)


def _activity(phones: Sequence[Phone], frames: int) -> FloatArray:
    t = np.arange(frames) / FPS
    active = np.zeros(frames, np.float32)
    for phone, start, end in phones:
        if phone != "SIL":
            active[(t >= start - 0.02) & (t <= end + 0.02)] = 1.0
    return np.clip(gaussian_filter1d(active, 3.0, mode="nearest"), 0.0, 1.0)


def _rest(face: FloatArray, rng: np.random.Generator) -> None:
    """Nobody's face is ever all zeros: slow, small, correlated drift."""
    frames = len(face)
    for name, level in (("browInnerUp", 0.07), ("browOuterUp", 0.04), ("eyeSquint", 0.05), ("mouthPress", 0.03), ("noseSneer", 0.03),
                        ("mouthFrown", 0.03), ("mouthDimple", 0.03), ("mouthStretch", 0.02), ("mouthShrugLower", 0.03), ("jawForward", 0.02)):  # fmt: skip
        drift = level * np.clip(1.0 + 0.6 * _slow_noise(rng, frames, 2.0), 0.0, 2.2)
        for column in columns(name):
            face[:, column] += drift * rng.uniform(0.93, 1.07)


def _smile(face: FloatArray, rng: np.random.Generator, time: _Timeline, style: FaceStyle) -> None:
    """A mood, and smiles: at the partner's phrase ends, at one's own, and when something was amusing."""
    smile = np.full(time.frames, 0.02 + 0.08 * style.smile, np.float32)
    smile *= np.clip(1.0 + 0.5 * _slow_noise(rng, time.frames, 3.0), 0.2, 2.0)
    moments = [(t, 0.30) for t in time.partner_ends] + [(t, 0.20) for t in time.ends]
    moments += [(float(t), 0.25) for t in rng.uniform(0.0, time.duration, rng.poisson(time.duration / 20.0))]
    for at, chance in moments:
        if rng.random() < chance + 0.5 * style.smile:
            size = rng.uniform(0.12, 0.32) * (0.6 + 0.6 * style.smile)
            smile = np.maximum(smile, size * _bump(time.frames, at + rng.uniform(-0.3, 0.4), 0.45, rng.uniform(0.4, 1.6), 0.9))
    smile *= 1.0 - 0.45 * time.speaking
    right = rng.uniform(0.92, 1.08)
    for name, share in (("mouthSmile", 1.0), ("cheekSquint", 0.25), ("eyeSquint", 0.18), ("mouthDimple", 0.15)):
        left_column, right_column = columns(name)
        face[:, left_column] += share * smile
        face[:, right_column] += share * smile * right


def _brows(face: FloatArray, rng: np.random.Generator, time: _Timeline, style: FaceStyle, spoken: Sequence[Spoken]) -> None:
    """Brows beat on stressed words, stay up at the end of a question, and sometimes knit."""
    up, down = np.zeros(time.frames, np.float32), np.zeros(time.frames, np.float32)
    for utterance in spoken:
        for at, strength in utterance.stresses:
            if rng.random() < (0.15 + 0.45 * style.brows) * min(1.0, 0.5 + strength):
                size = rng.uniform(0.12, 0.34) * (0.7 + 0.6 * style.brows)
                up = np.maximum(up, size * _bump(time.frames, at, 0.13, rng.uniform(0.08, 0.35), 0.25))
            elif rng.random() < 0.10:
                down = np.maximum(down, rng.uniform(0.10, 0.28) * _bump(time.frames, at, 0.15, rng.uniform(0.1, 0.6), 0.3))
        if utterance.question:
            up = np.maximum(up, rng.uniform(0.2, 0.4) * _bump(time.frames, utterance.end - 0.35, 0.3, 0.7, 0.5))
    lead = rng.uniform(0.85, 1.15)
    face[:, CURVE["browInnerUp"]] += up
    for name, amount in (("browOuterUp", 0.85 * up), ("browDown", down), ("eyeWide", 0.22 * up)):
        left_column, right_column = columns(name)
        face[:, left_column] += amount
        face[:, right_column] += amount * (lead if name == "browOuterUp" else 1.0)
    face[:, columns("browOuterUp")] *= (1.0 - np.clip(2.0 * down, 0.0, 0.8))[:, None]


def _listen(face: FloatArray, rng: np.random.Generator, time: _Timeline) -> None:
    """A listener takes part: interested brows, a thoughtful frown, lips pressed for a moment, all with a shut mouth."""
    listening = time.partner * (1.0 - time.speaking)
    for _ in range(rng.poisson(float(listening.sum()) / FPS / 6.0)):
        at = float(rng.choice(np.arange(time.frames), p=listening / listening.sum())) / FPS
        kind = rng.choice(["brows", "frown", "press"], p=[0.5, 0.25, 0.25])
        bump = _bump(time.frames, at, 0.25, rng.uniform(0.2, 1.2), 0.4) * (1.0 - time.speaking)
        if kind == "brows":
            size = rng.uniform(0.12, 0.32)
            face[:, CURVE["browInnerUp"]] += size * bump
            face[:, columns("browOuterUp")] += (0.9 * size * bump)[:, None]
        elif kind == "frown":
            face[:, columns("browDown", "eyeSquint")] += (rng.uniform(0.10, 0.25) * bump)[:, None]
        else:
            face[:, columns("mouthPress")] += (rng.uniform(0.15, 0.35) * bump)[:, None]
            face[:, columns("mouthRollLower", "mouthRollUpper")] += (0.12 * bump)[:, None]


def _look(face: FloatArray, rng: np.random.Generator, time: _Timeline, gaze: FloatArray | None) -> list[float]:
    """Eyes rest on the partner, hop about the face, and turn away and back. Returns the times of large shifts (s)."""
    if gaze is None:
        gaze = np.stack([0.05 * _slow_noise(rng, time.frames, 1.5), 0.03 * _slow_noise(rng, time.frames, 1.5)], axis=-1)
    offset = np.zeros((time.frames, 2), np.float32)
    shifts: list[float] = []
    at, away = 0.0, False
    while at < time.duration:
        frame = int(at * FPS)
        speaking = time.speaking[frame] > 0.5
        starts_turn = any(-0.4 < at - start < 0.6 for start in time.starts)
        away = not away and rng.random() < (0.75 if starts_turn else 0.35 if speaking else 0.15)
        length = rng.uniform(0.4, 1.5) if away else rng.gamma(3.0, 0.8 if speaking else 1.3)
        centre = np.array([rng.choice([-1, 1]) * rng.uniform(0.14, 0.34), rng.uniform(-0.24, 0.14)]) if away else np.zeros(2)
        hop = at
        while hop < at + length:  # small saccades within the fixation: eye to eye, to the mouth
            offset[int(hop * FPS) :] = centre + rng.normal(0.0, [0.03, 0.025])
            hop += rng.uniform(0.35, 1.3)
        if away:
            shifts += [at, at + length]
        at += max(length, 0.3)
    offset = gaussian_filter1d(offset, 0.55, axis=0, mode="nearest")  # a saccade takes one to two frames
    yaw, pitch = (np.asarray(gaze, np.float32) + offset).T
    side = np.clip(yaw / LOOK_SIDE, -0.9, 0.9)
    for name, value in (
        ("eyeLookOutLeft", side), ("eyeLookInRight", side), ("eyeLookInLeft", -side), ("eyeLookOutRight", -side),
        ("eyeLookUpLeft", pitch / LOOK_UP), ("eyeLookUpRight", pitch / LOOK_UP),
        ("eyeLookDownLeft", -pitch / LOOK_DOWN), ("eyeLookDownRight", -pitch / LOOK_DOWN),
    ):  # fmt: skip
        face[:, CURVE[name]] += np.clip(value, 0.0, 0.9)
    face[:, columns("eyeBlink")] += 0.30 * face[:, columns("eyeLookDown")]  # the lids follow the eyes down
    face[:, columns("eyeWide")] += 0.25 * face[:, columns("eyeLookUp")]
    return shifts


def _blink(face: FloatArray, rng: np.random.Generator, time: _Timeline, style: FaceStyle, shifts: Sequence[float]) -> None:
    """Blinks, more on phrase ends and large shifts of gaze."""
    moments = [(t, 0.45) for t in (*time.ends, *time.partner_ends)] + [(t, 0.35) for t in shifts]
    lid = np.zeros(time.frames, np.float32)
    for at in blink_times(rng, time.duration, style, moments):
        lid = np.maximum(lid, rng.uniform(0.88, 1.0) * blink_shape(np.arange(time.frames) / FPS - at, rng.uniform(0.13, 0.2)))
    for column in columns("eyeBlink"):
        face[:, column] = np.clip(face[:, column] * (1.0 - lid) + lid, 0.0, 1.0)
    face[:, columns("eyeWide")] *= (1.0 - lid)[:, None]


def blink_shape(t: FloatArray, duration: float) -> FloatArray:
    """Lid closure at ``t`` seconds from the moment it shuts; ``duration``: seconds it is seen, most of them opening."""
    close, hold, reopen = 0.45 * duration, 0.12 * duration, 1.0 * duration
    shut = np.clip((t + close) / close, 0.0, 1.0)
    opened = np.clip((t - hold) / reopen, 0.0, 1.0)
    fall, rise = shut * shut * (3.0 - 2.0 * shut), (1.0 - opened) ** 2
    return np.where(t < 0.0, fall, rise).astype(np.float32)


def _bump(frames: int, at: float, rise: float, hold: float, fall: float) -> FloatArray:
    """(T,) 0 to 1 and back: up over ``rise`` s until ``at``, held, down over ``fall`` s."""
    t = np.arange(frames) / FPS
    up, down = np.clip((t - at + rise) / rise, 0, 1), np.clip((t - at - hold) / fall, 0, 1)
    return (up * up * (3 - 2 * up) * (1 - down * down * (3 - 2 * down))).astype(np.float32)


def _slow_noise(rng: np.random.Generator, frames: int, seconds: float) -> FloatArray:
    """(T,) smooth noise of unit variance that changes over ``seconds``."""
    step = max(int(seconds * FPS / 2), 1)
    knots = rng.normal(size=frames // step + 4)
    return np.interp(np.arange(frames) / step, np.arange(len(knots)), gaussian_filter1d(knots, 0.6) / 0.73).astype(np.float32)


assert len(ARKIT_NAMES) == 52
