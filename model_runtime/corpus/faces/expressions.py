"""The facial expressions of 26 emotions, their course in time, and a listener's response to the speaker's emotions.

Each emotion is a set of action units, written as ARKit curves. The basic six are the prototypes of Ekman, Friesen and
Hager 2002 ("Facial Action Coding System", investigator's guide): joy 6+12, sadness 1+4+15(+17), anger 4+5+7+23/24, fear
1+2+4+5+20, disgust 9+10+15(+17), surprise 1+2+5+26. Awkwardness' controlled smile (12+24, lids lowered) is Keltner's of
embarrassment (1995, "Signs of appeasement"); confusion's 4+7 and interest's 1+2 are Rozin and Cohen 2003 ("High
frequency of facial expressions corresponding to confusion, concentration, and worry"); pain's 4+6+7+9+10+43 is Prkachin
1992 ("The consistency of facial expressions of pain"); awe's 1+2+5+26 and a trace of 12 is Cowen and Keltner 2020
("What the face displays"); the others are our own mixes of these. As curves: AU 1 browInnerUp, 2 browOuterUp, 4
browDown, 5 eyeWide, 6 cheekSquint, 7 eyeSquint, 9 noseSneer, 10 mouthUpperUp, 12 mouthSmile, 14 mouthDimple, 15
mouthFrown, 17 mouthShrugLower, 20 mouthStretch, 23/24 mouthPress, 26 jawOpen, 28 mouthRoll, 43 eyeBlink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...contract import ARKIT_NAMES, EMOTION_CHOICES, FPS, NEUTRAL, EmotionSpan, FloatArray
from ...face.arkit import columns
from ...face.brows import add_bump
from ..script.affect import BASIC_EMOTION_OF, BASIC_EMOTIONS

# Curves at intensity 1, an expression that is plain to see. A name without a side stands for both sides.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "surprise": {"browInnerUp": 0.74, "browOuterUp": 0.66, "eyeWide": 0.60, "jawOpen": 0.30, "mouthFunnel": 0.06},
    "awe": {"browInnerUp": 0.54, "browOuterUp": 0.44, "eyeWide": 0.46, "jawOpen": 0.22, "mouthSmile": 0.12},
    "confusion": {"browDownLeft": 0.52, "browDownRight": 0.42, "browInnerUp": 0.22, "browOuterUpLeft": 0.08,
        "browOuterUpRight": 0.12, "eyeSquint": 0.34, "mouthFrown": 0.14, "mouthShrugLower": 0.22,
        "mouthPucker": 0.14, "mouthLeft": 0.14},
    "excitement": {"browInnerUp": 0.46, "browOuterUp": 0.52, "eyeWide": 0.44, "cheekSquint": 0.28,
        "mouthSmile": 0.66, "mouthUpperUp": 0.16, "mouthLowerDown": 0.12, "jawOpen": 0.14},
    "anxiety": {"browInnerUp": 0.36, "browDown": 0.10, "eyeWide": 0.24, "mouthStretch": 0.28,
        "mouthRollLower": 0.26, "mouthPress": 0.24, "mouthFrown": 0.08},
    "fear": {"browInnerUp": 0.66, "browOuterUp": 0.30, "browDown": 0.18, "eyeWide": 0.64, "mouthStretch": 0.46,
        "mouthFrown": 0.14, "mouthLowerDown": 0.14, "jawOpen": 0.10},
    "horror": {"browInnerUp": 0.78, "browOuterUp": 0.24, "browDown": 0.30, "eyeWide": 0.80, "noseSneer": 0.16,
        "mouthStretch": 0.56, "mouthLowerDown": 0.24, "mouthUpperUp": 0.10, "mouthFrown": 0.22, "jawOpen": 0.34},
    "disgust": {"browDown": 0.32, "eyeSquint": 0.34, "cheekSquint": 0.28, "noseSneer": 0.64, "mouthUpperUp": 0.36,
        "mouthFrown": 0.24, "mouthShrugLower": 0.26, "mouthLowerDown": 0.06},
    "admiration": {"browInnerUp": 0.38, "browOuterUp": 0.34, "eyeWide": 0.28, "cheekSquint": 0.14,
        "mouthSmile": 0.40, "jawOpen": 0.05},
    "adoration": {"browInnerUp": 0.54, "cheekSquint": 0.30, "eyeSquint": 0.12, "eyeBlink": 0.08, "mouthSmile": 0.50,
        "mouthDimple": 0.10},
    "romance": {"browInnerUp": 0.16, "browOuterUp": 0.12, "cheekSquint": 0.26, "eyeSquint": 0.08, "eyeBlink": 0.20,
        "mouthSmile": 0.46},
    "interest": {"browInnerUp": 0.20, "browOuterUpLeft": 0.48, "browOuterUpRight": 0.44, "eyeSquint": 0.14,
        "mouthSmile": 0.16},
    "awkwardness": {"browInnerUp": 0.18, "browOuterUp": 0.14, "cheekSquint": 0.24, "eyeSquint": 0.18,
        "eyeBlink": 0.26, "mouthSmile": 0.36, "mouthPress": 0.36, "mouthRollLower": 0.22, "mouthRollUpper": 0.08,
        "mouthLeft": 0.08},
    "boredom": {"eyeBlink": 0.42, "browDown": 0.08, "browOuterUpLeft": 0.06, "mouthFrown": 0.20, "mouthPress": 0.14,
        "mouthShrugLower": 0.30, "mouthLeft": 0.16, "cheekPuff": 0.06},
    "satisfaction": {"browOuterUp": 0.20, "cheekSquint": 0.12, "eyeBlink": 0.20, "eyeSquint": 0.06, "mouthSmile": 0.36,
        "mouthPress": 0.24, "mouthDimple": 0.22, "mouthShrugLower": 0.20, "jawForward": 0.06},
    "relief": {"browInnerUp": 0.22, "browOuterUp": 0.06, "cheekSquint": 0.08, "eyeBlink": 0.36,
        "mouthSmile": 0.26, "jawOpen": 0.06, "mouthFunnel": 0.06},
    "craving": {"browInnerUp": 0.16, "browOuterUp": 0.30, "eyeWide": 0.18, "eyeSquint": 0.10, "mouthRollLower": 0.30,
        "mouthSmile": 0.22, "jawOpen": 0.06, "jawForward": 0.10},
    "nostalgia": {"browInnerUp": 0.50, "browDown": 0.06, "eyeBlink": 0.26, "cheekSquint": 0.12, "mouthSmile": 0.24,
        "mouthPress": 0.20, "mouthFrown": 0.08},
    "entrancement": {"browInnerUp": 0.22, "browOuterUp": 0.16, "eyeWide": 0.34, "jawOpen": 0.16, "mouthFunnel": 0.06},
    "calmness": {"eyeBlink": 0.28, "cheekSquint": 0.04, "mouthSmile": 0.18, "mouthPress": 0.06},
    "aesthetic appreciation": {"browInnerUp": 0.32, "browOuterUp": 0.14, "cheekSquint": 0.16, "eyeBlink": 0.24,
        "mouthSmile": 0.32, "mouthPress": 0.12, "mouthShrugLower": 0.08},
    "joy": {"cheekSquint": 0.48, "eyeSquint": 0.20, "browOuterUp": 0.06, "mouthSmile": 0.72, "mouthDimple": 0.12,
        "mouthUpperUp": 0.20, "mouthStretch": 0.08, "mouthLowerDown": 0.06},
    "amusement": {"cheekSquint": 0.44, "eyeSquint": 0.42, "browOuterUp": 0.12, "noseSneer": 0.08,
        "mouthSmile": 0.58, "mouthDimple": 0.24, "mouthUpperUp": 0.12, "mouthPress": 0.06},
    "pain": {"browDown": 0.60, "browInnerUp": 0.24, "eyeSquint": 0.60, "cheekSquint": 0.46, "eyeBlink": 0.34,
        "noseSneer": 0.34, "mouthUpperUp": 0.24, "mouthStretch": 0.44, "mouthLowerDown": 0.18, "mouthFrown": 0.14,
        "jawOpen": 0.08},
    "anger": {"browDown": 0.84, "eyeWide": 0.16, "eyeSquint": 0.34, "noseSneer": 0.30, "mouthPress": 0.36,
        "mouthRollUpper": 0.10, "mouthRollLower": 0.12, "mouthFrown": 0.20, "mouthShrugLower": 0.16,
        "jawForward": 0.12},
    "sadness": {"browInnerUp": 0.70, "browDown": 0.08, "eyeSquint": 0.10, "eyeBlink": 0.20, "mouthFrown": 0.50,
        "mouthShrugLower": 0.30},
    NEUTRAL: {},
}  # fmt: skip

# A listener's response to a partner's emotion of each group: a smile, concern, wariness.
_RESPONSES: dict[str, dict[str, float]] = {
    "anger": {"browInnerUp": 0.26, "browDown": 0.24, "eyeWide": 0.18, "mouthPress": 0.28},
    "disgust": {"browDown": 0.14, "noseSneer": 0.14, "mouthFrown": 0.14, "eyeSquint": 0.08},
    "fear": {"browInnerUp": 0.46, "browDown": 0.18, "eyeWide": 0.18, "mouthPress": 0.14},
    "joy": {"mouthSmile": 0.40, "cheekSquint": 0.24, "eyeSquint": 0.10, "browOuterUp": 0.06},
    "sadness": {"browInnerUp": 0.52, "browDown": 0.18, "mouthFrown": 0.18, "mouthPress": 0.20, "mouthShrugLower": 0.10},
    "surprise": {"browInnerUp": 0.26, "browOuterUp": 0.24, "eyeWide": 0.12},
    "neutral": {},
}  # fmt: skip

# The largest value of each curve: the 99th percentile of the iPhone captures, where they move it on purpose. Curves of
# eye directions have none.
CEILING = {
    "eyeSquint": 0.65, "eyeWide": 0.87, "jawForward": 0.26, "jawOpen": 0.90, "mouthClose": 0.50,
    "mouthFunnel": 0.48, "mouthPucker": 0.60, "mouthRight": 0.40, "mouthLeft": 0.60, "mouthSmile": 0.86,
    "mouthFrown": 0.56, "mouthDimple": 0.51, "mouthStretch": 0.67, "mouthRollLower": 0.36,
    "mouthRollUpper": 0.35, "mouthShrugLower": 0.77, "mouthShrugUpper": 0.54, "mouthPress": 0.37,
    "mouthLowerDown": 0.80, "mouthUpperUp": 0.60, "browDown": 0.94, "browInnerUp": 0.95,
    "browOuterUp": 0.88, "cheekPuff": 0.28, "cheekSquint": 0.58, "noseSneer": 0.78, "eyeBlink": 0.96,
}  # fmt: skip

# The share of an expression's curve that yields to the words while the person speaks.
_YIELD = {
    "jawOpen": 1.0, "jawForward": 0.5, "mouthPress": 0.85, "mouthRollLower": 0.9, "mouthRollUpper": 0.9,
    "mouthFunnel": 0.9, "mouthPucker": 0.9, "mouthShrugLower": 0.65, "mouthShrugUpper": 0.8,
    "mouthUpperUp": 0.75, "mouthLowerDown": 0.65, "noseSneer": 0.3, "mouthSmile": 0.35,
    "mouthFrown": 0.45, "mouthStretch": 0.45, "mouthDimple": 0.4, "mouthLeft": 0.6, "mouthRight": 0.6,
}  # fmt: skip

# Parts of the face that fluctuate independently, the mouth with a short delay.
_PARTS = (("brow",), ("eye",), ("cheek", "nose"), ("mouth", "jaw", "tongue"))
_ONSET = 0.55  # s, of emotions that are not named below
_ONSETS = {
    "fear": 0.3, "surprise": 0.3, "anger": 0.35, "disgust": 0.4, "excitement": 0.4, "amusement": 0.4,
    "horror": 0.3, "sadness": 0.8, "nostalgia": 0.8, "boredom": 0.8, "calmness": 0.8, "romance": 0.7, "relief": 0.7,
    "adoration": 0.7, "entrancement": 0.7,
}  # fmt: skip


def _table(entries: dict[str, float]) -> FloatArray:
    """Return (52,) values of the named curves, zero elsewhere."""
    row = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, value in entries.items():
        row[columns(name)] = value
    return row


_FACES = np.stack([_table(EXPRESSIONS[name]) for name in EMOTION_CHOICES])
_RESPONSE_OF = np.stack([_table(_RESPONSES[BASIC_EMOTION_OF[name]]) for name in EMOTION_CHOICES])
_CEILING = np.where(_table(CEILING) > 0.0, _table(CEILING), 1.0).astype(np.float32)
_YIELDS = _table(_YIELD)
_PART_COLUMNS = tuple(np.flatnonzero([name.startswith(part) for name in ARKIT_NAMES]) for part in _PARTS)


def expression(emotion: str, intensity: float = 1.0) -> FloatArray:
    """Return (52,) ARKit weights of an emotion at its apex; ``intensity`` 0 to 2."""
    return np.minimum(_FACES[EMOTION_CHOICES.index(emotion)] * _strength(np.array(intensity, np.float32)), _CEILING)


def _strength(intensity: FloatArray) -> FloatArray:
    """Return the scale of an expression: linear up to intensity 1, slower beyond it."""
    return np.minimum(intensity, 1.0) + 0.65 * np.clip(intensity - 1.0, 0.0, 1.2)


def emotion_curves(
    rng: np.random.Generator,
    emotions: Sequence[EmotionSpan],
    frames: int,
    speaking: FloatArray,
    moments: Sequence[tuple[float, float]],
) -> FloatArray:
    """Return (T, 52) of what ``emotions`` add to a face.

    ``speaking`` (T,) 0 to 1: there the mouth's part yields to the words; ``moments`` (s, chance): phrase ends and
    stresses, at which the expression may become stronger again. An expression has an onset of 0.3 to 0.8 s and an apex,
    decays to a lower level, and fluctuates.
    """
    out = np.zeros((frames, len(ARKIT_NAMES)), np.float32)
    for span in emotions:
        if span.emotion == NEUTRAL or span.intensity <= 0.0 or span.start * FPS >= frames:
            continue
        level = span.intensity * _course(rng, span, frames, moments)
        face = _FACES[EMOTION_CHOICES.index(span.emotion)]
        personal = face * np.exp(rng.normal(0.0, 0.08, len(ARKIT_NAMES))).astype(np.float32)
        personal = _paired(rng, personal, face)
        slow = np.clip(1.0 + 0.25 * slow_noise(rng, frames, 5.0), 0.45, 1.2)
        for number, part in enumerate(_PART_COLUMNS):
            quick = np.clip(1.0 + 0.12 * slow_noise(rng, frames, 0.9), 0.6, 1.3)
            # Smiles fluctuate more than lids and brows.
            fluctuation = quick * (slow if number >= 2 else 0.5 + 0.5 * slow)
            lag = int(rng.integers(1, 4)) if number == 3 else 0
            strength = _strength(np.concatenate([level[:1].repeat(lag), level[: frames - lag]]) * fluctuation)
            out[:, part] += strength[:, None] * personal[part]
    return np.minimum(out, _CEILING) * (1.0 - _YIELDS * speaking[:, None])


def response_curves(
    rng: np.random.Generator,
    partner: Sequence[EmotionSpan],
    frames: int,
    listening: FloatArray,
    sympathy: FloatArray,
    ends: Sequence[float],
) -> FloatArray:
    """Return (T, 52) of a listener's response to the ``partner``'s emotions, 0.4 to 0.9 s later and stronger at the
    ends of the partner's phrases.

    ``listening`` (T,) 0 to 1; ``sympathy`` (T,) 0 (none) to about 1; ``ends`` (s) of the partner's phrases.
    """
    out = np.zeros((frames, len(ARKIT_NAMES)), np.float32)
    moments = [(t + float(rng.uniform(0.0, 0.5)), 0.6) for t in ends]
    late = int(rng.uniform(0.4, 0.9) * FPS)
    attention = gaussian_filter1d(
        np.concatenate([listening[:1].repeat(late), listening[: max(frames - late, 0)]])[:frames], 8.0
    )
    for span in partner:
        if span.emotion == NEUTRAL or span.intensity <= 0.0 or span.start * FPS >= frames:
            continue
        later = replace(span, start=span.start + late / FPS, end=span.end + late / FPS)
        level = _strength(span.intensity * _course(rng, later, frames, moments))
        out += (level * attention * sympathy)[:, None] * _RESPONSE_OF[EMOTION_CHOICES.index(span.emotion)]
    return out


def limited(face: FloatArray) -> FloatArray:
    """Return (T, 52) within the captures' ranges: unchanged up to four fifths of ``CEILING``, compressed above."""
    knee = 0.8 * _CEILING
    over = np.maximum(face - knee, 0.0)
    room = _CEILING - knee
    return np.where(_CEILING < 1.0, np.minimum(face, knee) + room * np.tanh(over / room), face).astype(np.float32)


def uneven(rng: np.random.Generator, face: FloatArray) -> FloatArray:
    """Return the face with a slow asymmetry of some percent, as captured faces have, larger in the mouth."""
    out = face.copy()
    for parts, size in ((("brow", "eye"), 0.012), (("cheek", "nose", "mouth"), 0.04)):
        drift = size * slow_noise(rng, len(face), 3.0)
        pairs = [pair for pair in _PAIRS if ARKIT_NAMES[pair[0]].startswith(parts)]
        out[:, [left for left, _ in pairs]] *= (1.0 + drift)[:, None]
        out[:, [right for _, right in pairs]] *= (1.0 - drift)[:, None]
    return out


def _course(
    rng: np.random.Generator, span: EmotionSpan, frames: int, moments: Sequence[tuple[float, float]]
) -> FloatArray:
    """Return (T,) the visible share of an emotion's intensity: 1 at an apex, slowly less between apexes."""
    onset = float(np.clip(_ONSETS.get(span.emotion, _ONSET) * rng.uniform(0.85, 1.2), 0.3, 0.8))
    start = span.start + float(rng.uniform(0.0, 0.3)) if span.start > 0.0 else -1.0
    t = np.arange(frames, dtype=np.float32) / FPS
    decay = np.exp(-np.clip(t - start - 3.0, 0.0, None) / 8.0)
    base = (rng.uniform(0.66, 0.74) + 0.16 * decay).astype(np.float32)
    peaks = [(start + onset, onset, float(rng.uniform(0.8, 2.2)), float(rng.uniform(1.0, 2.2)))]
    times = [t for t, chance in moments if span.start + 1.0 < t < span.end and rng.random() < chance]
    times += list(rng.uniform(span.start, span.end, rng.poisson(max(span.end - span.start, 0.0) / 7.0)))
    peaks += [
        (t, float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.1, 1.0)), float(rng.uniform(0.6, 1.6))) for t in times
    ]
    apexes = np.zeros(frames, np.float32)
    for at, rise, hold, fall in peaks:
        add_bump(apexes, 1.0, at, rise, hold, fall)
    last = frames / FPS + 5.0 if span.end * FPS >= frames - 1 else span.end
    whole = np.zeros(frames, np.float32)
    add_bump(whole, 1.0, start + onset, onset, max(last - start - onset, 0.1), float(rng.uniform(0.5, 1.0)))
    return whole * (base + (1.0 - base) * apexes)


def _paired(rng: np.random.Generator, personal: FloatArray, plain: FloatArray) -> FloatArray:
    """Return a person's expression with left and right equal within some percent, as in the captures.

    Curves that are one-sided in the ``plain`` expression stay so.
    """
    out = personal.copy()
    for left, right in _PAIRS:
        if plain[left] > 0.0 and plain[right] > 0.0:
            out[right] = out[left] * plain[right] / plain[left] * rng.uniform(0.94, 1.06)
    return out


def slow_noise(rng: np.random.Generator, frames: int, seconds: float) -> FloatArray:
    """Return (T,) smooth noise of unit variance that changes over ``seconds``."""
    step = max(int(seconds * FPS / 2), 1)
    knots = rng.normal(size=frames // step + 4)
    track = np.interp(np.arange(frames) / step, np.arange(len(knots)), gaussian_filter1d(knots, 0.6) / 0.70)
    return gaussian_filter1d(track, 0.25 * step, mode="nearest").astype(np.float32)


_PAIRS = tuple(
    (i, ARKIT_NAMES.index(name[:-4] + "Right"))
    for i, name in enumerate(ARKIT_NAMES)
    if name.endswith("Left")
    and name[:-4] + "Right" in ARKIT_NAMES
    and name not in ("jawLeft", "mouthLeft")
    and "Look" not in name
)
assert set(EXPRESSIONS) == set(EMOTION_CHOICES) and set(_RESPONSES) == set(BASIC_EMOTIONS)
