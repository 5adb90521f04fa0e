"""Compose the face of a person in conversation: lips from phones; brows, lids, eyes and smiles by rules and at random.

Shapes and ranges were measured in iPhone Live Link captures: a blink closes in two to three frames and opens in twice
that, both eyes within 0.01; lids follow a lowered gaze; left and right correlate above 0.95; a smile lifts the cheeks.
Rates are those of conversation: 10 to 25 blinks a minute, more at phrase ends and shifts of gaze; brow accents on
stressed words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...common.easing import smoothstep
from ...contract import FPS, FloatArray
from ...face.arkit import CURVE, columns
from ...face.brows import add_bump, brow_accents
from ...face.gaze import eye_curves, gaze_shifts, glances, with_fixations
from ...face.mouth_shapes import JAW, PARTING, SILENCE, part_lips
from ...face.style import FaceStyle, blink_times
from ...face.visemes import Phone, last_sound, lay_contacts, opening_weight, viseme_curves
from ...networks.face_inputs import ASK, KNIT, UP
from ..script.affect import AffectTrack
from .expressions import emotion_curves, limited, response_curves, slow_noise, uneven


@dataclass(frozen=True)
class Spoken:
    """One utterance on the face's timeline (s): phones, stresses (time, strength), and whether it is a question."""

    phones: Sequence[Phone]
    stresses: Sequence[tuple[float, float]] = ()
    question: bool = False

    @property
    def start(self) -> float:
        return self.phones[0][1]

    @property
    def end(self) -> float:
        return self.phones[-1][2]

    @property
    def last_sound(self) -> float:
        """The end (s) of the last word."""
        return last_sound(self.phones)


@dataclass
class _Timeline:
    """Voice activity, the starts and ends of phrases (s), and affect, on which the rules below are conditioned."""

    frames: int
    speaking: FloatArray  # (T,) 0 to 1
    partner: FloatArray  # (T,) 0 to 1
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    partner_ends: list[float] = field(default_factory=list)
    valence: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))  # (T,) -1.5 to 1.5
    arousal: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))  # (T,) -1.5 to 1.5

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
    affect: AffectTrack | None = None,
    laughs: Sequence[tuple[float, float]] = (),
    partner_affect: AffectTrack | None = None,
    brows: FloatArray | None = None,
) -> FloatArray:
    """Return (T, 52) ARKit curves of a face that speaks ``spoken`` and listens to a partner.

    ``partner_activity`` (T,) in [0, 1]; ``gaze`` (T, 2) yaw (to the own left) and pitch (up) of the eyes in the head's
    frame, radians, or None for glances about a partner straight ahead; ``loudness`` (T,) as for ``viseme_curves``;
    ``affect`` of the person, None for no emotion; ``partner_affect``: the partner's, to which the face responds while
    listening; ``laughs``: (start, end) s of the person's laughter; ``brows`` (T, BROWS_SIZE) as from ``brow_accents``,
    drawn when None. The same state of ``rng`` gives the same face.
    """
    style = style or FaceStyle.draw(rng)
    phones = [phone for utterance in spoken for phone in utterance.phones]
    time = _Timeline(
        frames,
        speaking=speaking_track(phones, frames),
        partner=np.asarray(partner_activity, np.float32),
        starts=[u.start for u in spoken],
        ends=[u.end for u in spoken],
        valence=affect.track("valence", frames) if affect else np.zeros(frames, np.float32),
        arousal=affect.track("arousal", frames) if affect else np.zeros(frames, np.float32),
    )
    falls = np.flatnonzero((time.partner[:-1] > 0.5) & (time.partner[1:] <= 0.5))
    time.partner_ends = [float(f) / FPS for f in falls]

    face = viseme_curves(phones, frames, loudness, style.articulation)
    emotion = _affect_curves(rng, time, spoken, affect, partner_affect)
    _rest(face, rng)
    _smile(face, rng, time, style)
    _brows(face, rng, drawn_brows(rng, spoken, style, frames, time.arousal) if brows is None else brows, emotion)
    _listen(face, rng, time)
    rounded = np.clip(1.6 * (face[:, CURVE["mouthPucker"]] + face[:, CURVE["mouthFunnel"]]), 0.0, 1.0) * time.speaking
    # Rounded vowels narrow a smile; the cheeks yield, and return, a little more slowly than the lips.
    emotion[:, _WIDTH] *= (1.0 - 0.65 * gaussian_filter1d(rounded, 1.0, mode="nearest"))[:, None]
    face = limited(uneven(rng, face + emotion))
    _laugh(face, rng, time, laughs)
    gaze = glances(rng, frames, time.speaking, time.starts) if gaze is None else with_fixations(rng, gaze)
    face += eye_curves(gaze)
    _blink(face, rng, time, style, gaze_shifts(gaze))
    face = part_lips(np.clip(face, 0.0, 1.0), opening_weight(phones, frames))
    return np.clip(lay_contacts(face, phones), 0.0, 1.0).astype(np.float32)


def speaking_track(phones: Sequence[Phone], frames: int) -> FloatArray:
    """Return (T,) 0 to 1: speech, smoothed over a tenth of a second."""
    active = np.zeros(frames, np.float32)
    for phone, start, end in phones:
        if phone != SILENCE:
            active[max(0, int(np.ceil((start - 0.02) * FPS))) : max(0, int((end + 0.02) * FPS) + 1)] = 1.0
    return np.clip(gaussian_filter1d(active, 3.0, mode="nearest"), 0.0, 1.0)


def _affect_curves(
    rng: np.random.Generator,
    time: _Timeline,
    spoken: Sequence[Spoken],
    affect: AffectTrack | None,
    partner: AffectTrack | None,
) -> FloatArray:
    """Return (T, 52) of the person's emotions, stronger at phrase ends and stresses, and of the response to the
    partner's.
    """
    curves = np.zeros((time.frames, len(CURVE)), np.float32)
    if affect:
        moments = [(t, 0.5) for t in time.ends] + [(t, 0.3) for t in time.partner_ends]
        moments += [(t, 0.3 * strength) for u in spoken for t, strength in u.stresses]
        curves += emotion_curves(rng, affect.emotions, time.frames, time.speaking, moments)
    if partner:
        sympathy = np.clip(0.75 + 0.35 * time.valence - 0.15 * np.abs(time.arousal), 0.1, 1.1)
        listening = np.maximum(time.partner, 0.35) * (1.0 - 0.8 * time.speaking)
        response = response_curves(rng, partner.emotions, time.frames, listening, sympathy, time.partner_ends)
        curves += response * np.clip(1.0 - 1.6 * curves, 0.0, 1.0)  # less where the face shows an emotion already
    return curves


def _rest(face: FloatArray, rng: np.random.Generator) -> None:
    """Add slow, small, correlated drift, as captured faces at rest have."""
    frames = len(face)
    for name, level in _REST_LEVELS.items():
        drift = level * np.clip(1.0 + 0.6 * slow_noise(rng, frames, 2.0), 0.0, 2.2)
        for column in columns(name):
            face[:, column] += drift * rng.uniform(0.93, 1.07)
    for left, right, level in (("mouthLeft", "mouthRight", 0.02), ("jawLeft", "jawRight", 0.01)):
        side = level * (slow_noise(rng, frames, 2.5) + rng.normal())
        face[:, CURVE[left]] += np.clip(side, 0.0, None)
        face[:, CURVE[right]] += np.clip(-side, 0.0, None)


def _smile(face: FloatArray, rng: np.random.Generator, time: _Timeline, style: FaceStyle) -> None:
    """Add the style's habitual smile and short smiles at phrase ends of either person and at random."""
    smile = np.full(time.frames, 0.02 + 0.08 * style.smile, np.float32)
    smile *= np.clip(1.0 + 0.5 * slow_noise(rng, time.frames, 3.0), 0.2, 2.0)
    moments = [(t, 0.30) for t in time.partner_ends] + [(t, 0.20) for t in time.ends]
    moments += [(float(t), 0.25) for t in rng.uniform(0.0, time.duration, rng.poisson(time.duration / 20.0))]
    for at, chance in moments:
        if rng.random() < chance + 0.5 * style.smile:
            size = rng.uniform(0.12, 0.32) * (0.6 + 0.6 * style.smile)
            add_bump(smile, size, at + rng.uniform(-0.3, 0.4), 0.45, rng.uniform(0.4, 1.6), 0.9)
    # No habitual smile with a negative emotion.
    smile *= (1.0 - 0.45 * time.speaking) * np.clip(1.0 + 2.0 * time.valence, 0.0, 1.0)
    right = rng.uniform(0.92, 1.08)
    for name, share in (("mouthSmile", 1.0), ("cheekSquint", 0.25), ("eyeSquint", 0.18), ("mouthDimple", 0.15)):
        left_column, right_column = columns(name)
        face[:, left_column] += share * smile
        face[:, right_column] += share * smile * right


def drawn_brows(
    rng: np.random.Generator, spoken: Sequence[Spoken], style: FaceStyle, frames: int, arousal: FloatArray
) -> FloatArray:
    """Return (``frames``, BROWS_SIZE) brow accents for the stresses and questions of ``spoken``."""
    stresses = [(time, 1.0) for utterance in spoken for time, _ in utterance.stresses]
    return brow_accents(rng, stresses, [(u.last_sound, 1.0) for u in spoken if u.question], style, frames, arousal)


def _brows(face: FloatArray, rng: np.random.Generator, accents: FloatArray, emotion: FloatArray) -> None:
    """Add brow accents in the direction of the emotion's brows, down in anger, else up; questions raise them always."""
    raised = emotion[:, [CURVE["browInnerUp"], *columns("browOuterUp")]].mean(1)
    frowns = emotion[:, columns("browDown")].mean(1) - raised > 0.12
    share = gaussian_filter1d(frowns.astype(np.float32), 4.0, mode="nearest")
    up = np.maximum(accents[:, UP] * (1.0 - share), accents[:, ASK])
    down = np.maximum(accents[:, UP] * share * 0.6, accents[:, KNIT])
    lead = rng.uniform(0.96, 1.04)
    face[:, CURVE["browInnerUp"]] += up
    for name, amount in (("browOuterUp", 0.85 * up), ("browDown", down), ("eyeWide", 0.22 * up)):
        left_column, right_column = columns(name)
        face[:, left_column] += amount
        face[:, right_column] += amount * (lead if name == "browOuterUp" else 1.0)
    face[:, columns("browOuterUp")] *= (1.0 - np.clip(2.0 * down, 0.0, 0.8))[:, None]


def _listen(face: FloatArray, rng: np.random.Generator, time: _Timeline) -> None:
    """Add a listener's signals: raised brows, a frown, pressed lips, all with a closed mouth."""
    listening = time.partner * (1.0 - time.speaking)
    for _ in range(rng.poisson(float(listening.sum()) / FPS / 6.0)):
        at = float(rng.choice(np.arange(time.frames), p=listening / listening.sum())) / FPS
        kind = rng.choice(["brows", "frown", "press"], p=[0.5, 0.25, 0.25])
        bump = np.zeros(time.frames, np.float32)
        add_bump(bump, 1.0, at, 0.25, rng.uniform(0.2, 1.2), 0.4)
        bump *= 1.0 - time.speaking
        if kind == "brows":
            size = rng.uniform(0.12, 0.32)
            face[:, CURVE["browInnerUp"]] += size * bump
            face[:, columns("browOuterUp")] += (0.9 * size * bump)[:, None]
        elif kind == "frown":
            face[:, columns("browDown", "eyeSquint")] += (rng.uniform(0.10, 0.25) * bump)[:, None]
        else:
            face[:, columns("mouthPress")] += (rng.uniform(0.15, 0.35) * bump)[:, None]
            face[:, columns("mouthRollLower", "mouthRollUpper")] += (0.12 * bump)[:, None]


def _laugh(face: FloatArray, rng: np.random.Generator, time: _Timeline, laughs: Sequence[tuple[float, float]]) -> None:
    """Add laughter: a wide smile, cheeks that narrow the eyes, and a jaw that opens 4 to 6 times a second with
    decreasing amplitude (Bachorowski, Smoski and Owren 2001).

    The mouth stays free for words spoken meanwhile; the smile outlasts the laugh.
    """
    t = np.arange(time.frames, dtype=np.float32) / FPS
    for start, end in laughs:
        hold = max(end - start - 0.25, 0.1)
        smile = np.zeros(time.frames, np.float32)
        add_bump(smile, 1.0, start + 0.3, 0.35, hold, float(rng.uniform(1.2, 2.2)))
        voiced = np.zeros(time.frames, np.float32)
        add_bump(voiced, 1.0, start + 0.18, 0.18, max(hold - 0.1, 0.05), 0.35)
        rate, size = rng.uniform(4.0, 5.6), rng.uniform(0.8, 1.15)
        decay = np.exp(-np.clip(t - start, 0.0, None) / max(end - start, 0.4) * 0.7)
        bounce = 0.5 - 0.5 * np.cos(2 * np.pi * rate * np.clip(t - start, 0.0, None))
        quiet = 1.0 - 0.85 * time.speaking
        jaw = voiced * quiet * size * (0.08 + 0.16 * bounce * decay)
        face[:, JAW] = np.maximum(face[:, JAW], jaw)
        for name, value in _LAUGHING_MOUTH.items():
            shown = value * size * smile * (quiet if CURVE.get(name + "Left") in PARTING else 1.0 - 0.4 * time.speaking)
            face[:, columns(name)] = np.maximum(face[:, columns(name)], np.clip(shown, 0.0, 0.86)[:, None])
        for name, value in _LAUGHING_EYES.items():
            shown = value * size * smile * (1.0 + 0.12 * bounce * voiced)
            face[:, columns(name)] = np.maximum(face[:, columns(name)], np.clip(shown, 0.0, 0.58)[:, None])
        for name in ("mouthPress", "mouthFrown", "browDown", "mouthShrugLower"):
            face[:, columns(name)] *= (1.0 - 0.8 * smile)[:, None]
        face[:, columns("mouthRollLower", "mouthRollUpper", "mouthPucker", "mouthFunnel")] *= (
            1.0 - 0.7 * smile * quiet
        )[:, None]


def _blink(
    face: FloatArray, rng: np.random.Generator, time: _Timeline, style: FaceStyle, shifts: Sequence[float]
) -> None:
    """Add blinks at the style's rate, more with arousal, about half of them at phrase ends and large shifts of gaze."""
    aroused = 1.0 + 0.12 * np.clip(time.arousal, -1.0, 1.0).mean()
    wanted = float(np.clip((12.0 + 10.0 * style.blinks) * aroused, 11.0, 23.0))
    moments = [(t, 0.45) for t in (*time.ends, *time.partner_ends)] + [(t, 0.35) for t in shifts]
    drawn = sum(chance for _, chance in moments) / max(time.duration / 60.0, 1e-3)  # a minute
    share = min(1.0, 0.55 * wanted / max(drawn, 1e-3))
    moments = [(t, chance * share) for t, chance in moments]
    # A fifth more, as blinks too close to others are left out.
    rest = replace(style, blinks=(1.2 * (wanted - share * drawn) - 12.0) / 10.0)
    lid = np.zeros(time.frames, np.float32)
    for at in blink_times(rng, time.duration, rest, moments):
        closure = rng.uniform(0.88, 0.97)
        lid = np.maximum(lid, closure * blink_shape(np.arange(time.frames) / FPS - at, rng.uniform(0.13, 0.2)))
    for column in columns("eyeBlink"):
        face[:, column] = np.clip(np.minimum(face[:, column], 0.6) * (1.0 - lid) + lid, 0.0, 1.0)
    face[:, columns("eyeWide")] *= (1.0 - lid)[:, None]


def blink_shape(t: FloatArray, duration: float) -> FloatArray:
    """Return the lid closure at ``t`` seconds after full closure; ``duration``: visible seconds, mostly of opening."""
    close, hold, reopen = 0.45 * duration, 0.12 * duration, 1.0 * duration
    shut = np.clip((t + close) / close, 0.0, 1.0)
    opened = np.clip((t - hold) / reopen, 0.0, 1.0)
    fall, rise = smoothstep(shut), (1.0 - opened) ** 2
    return np.where(t < 0.0, fall, rise).astype(np.float32)


_WIDTH = columns("mouthSmile", "mouthStretch", "mouthDimple", "mouthFrown")
_REST_LEVELS = {
    "browInnerUp": 0.07, "browOuterUp": 0.04, "eyeSquint": 0.05, "mouthPress": 0.03, "noseSneer": 0.03,
    "mouthFrown": 0.03, "mouthDimple": 0.03, "mouthStretch": 0.02, "mouthShrugLower": 0.03, "jawForward": 0.02,
}  # fmt: skip
_LAUGHING_MOUTH = {"mouthSmile": 0.74, "mouthUpperUp": 0.26, "mouthLowerDown": 0.18, "mouthDimple": 0.12}
_LAUGHING_EYES = {
    "cheekSquint": 0.50, "eyeSquint": 0.46, "eyeBlink": 0.16, "noseSneer": 0.14, "browOuterUp": 0.10,
}  # fmt: skip
