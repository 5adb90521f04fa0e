"""How an emotion and a relationship show: parameters of posture, gestures, gaze and face.

Valence and arousal of each emotion follow Russell's circumplex (1980), power (dominance) Russell and Mehrabian 1977
("Evidence for a three-factor theory of emotions"), their bodily expression Wallbott 1998 ("Bodily expression of
emotion"): size, speed and expansion of movement increase with arousal; an upright or collapsed trunk and
averted gaze depend on valence and power. Distances are Hall's zones (1966). The figures are our choices inside those
ranges. A personality alters them (``personality``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...contract import EMOTION_CHOICES, FPS, NEUTRAL, RELATIONSHIPS, EmotionSpan, FloatArray
from .personality import Personality, influences

AVERAGE = Personality()

# valence, arousal, power, each -1..1
_AFFECT = {
    "surprise": (0.1, 0.8, -0.1), "awe": (0.5, 0.5, -0.5), "confusion": (-0.2, 0.1, -0.4),
    "excitement": (0.8, 0.9, 0.4), "anxiety": (-0.5, 0.6, -0.6), "fear": (-0.8, 0.7, -0.9),
    "horror": (-0.9, 0.9, -0.9), "disgust": (-0.7, 0.2, 0.3), "admiration": (0.7, 0.3, -0.1),
    "adoration": (0.8, 0.2, -0.1), "romance": (0.9, 0.2, 0.0), "interest": (0.3, 0.3, 0.1),
    "awkwardness": (-0.4, 0.2, -0.7), "boredom": (-0.4, -0.6, -0.1), "satisfaction": (0.7, 0.0, 0.6),
    "relief": (0.5, -0.4, 0.1), "craving": (0.3, 0.5, 0.1), "nostalgia": (0.2, -0.3, -0.2),
    "entrancement": (0.5, -0.1, -0.3), "calmness": (0.5, -0.7, 0.2), "aesthetic appreciation": (0.7, 0.0, -0.1),
    "joy": (0.9, 0.6, 0.4), "amusement": (0.8, 0.5, 0.2), "pain": (-0.8, 0.4, -0.6),
    "anger": (-0.7, 0.9, 0.8), "sadness": (-0.7, -0.5, -0.6), NEUTRAL: (0.0, 0.0, 0.0),
}  # fmt: skip
_KEEPS_AWAY = ("fear", "horror", "disgust")
# Ekman's six and neutral, by which lines are chosen, voices sound and listeners respond.
BASIC_EMOTIONS = {
    "anger": ("anger",),
    "disgust": ("disgust",),
    "fear": ("anxiety", "fear", "horror"),
    "joy": (
        "excitement", "admiration", "adoration", "romance", "satisfaction", "relief", "craving", "nostalgia",
        "aesthetic appreciation", "joy", "amusement",
    ),
    "sadness": ("awkwardness", "pain", "sadness"),
    "surprise": ("surprise", "awe", "confusion", "interest", "entrancement"),
    "neutral": ("boredom", "calmness", NEUTRAL),
}  # fmt: skip
BASIC_EMOTION_OF = {emotion: basic for basic, emotions in BASIC_EMOTIONS.items() for emotion in emotions}

# Usual distance of two standing bodies' middles (m), warmth (-1..1), power of the first over the second (-1..1).
_RELATIONSHIPS = {
    "siblings": (1.15, 0.5, 0.0), "parent / child": (1.1, 0.6, 0.5), "grandparent / child": (1.1, 0.7, 0.3),
    "cousins": (1.2, 0.4, 0.0), "in-laws": (1.4, 0.0, 0.1), "romantic partners": (1.0, 0.8, 0.0),
    "friends with similar hobbies": (1.15, 0.6, 0.0), "childhood friends": (1.05, 0.7, 0.0),
    "commuting buddies": (1.3, 0.3, 0.0), "sports teammates": (1.2, 0.5, 0.0),
    "interest group members": (1.3, 0.3, 0.0), "churchmates": (1.35, 0.3, 0.0), "co-workers": (1.35, 0.2, 0.0),
    "business partners": (1.5, 0.1, 0.0), "boss / subordinate": (1.6, -0.1, 0.7), "mentor / mentee": (1.3, 0.3, 0.5),
    "classmates": (1.2, 0.4, 0.0), "senior student / junior student": (1.3, 0.2, 0.3),
    "school bully / classmate": (1.4, -0.7, 0.8), "teacher / student": (1.45, 0.2, 0.6),
    "principal / student": (1.7, -0.2, 0.8), "doctor / patient": (1.35, 0.2, 0.5), "waiter / diner": (1.4, 0.1, -0.5),
    "neighbours": (1.45, 0.2, 0.0), "strangers": (1.8, -0.1, 0.0),
}  # fmt: skip
assert set(_AFFECT) == set(BASIC_EMOTION_OF) == set(EMOTION_CHOICES) and set(_RELATIONSHIPS) == set(RELATIONSHIPS)


@dataclass(frozen=True)
class AffectParameters:
    """How a person's emotion and relationship show at a moment; in brackets the values of a neutral person in a
    relationship of equals without warmth.

    ``valence``, ``arousal``, ``power`` -1..1, scaled by the intensity. ``gesture_rate`` (1) and ``gesture_size`` (1)
    are factors; ``tempo`` (1) of weight shifts and idle motion; ``lean`` (0) of the trunk towards the partner in
    radians; ``slump`` (0) of shoulders and neck in radians; ``gaze_listening`` (0.6) and ``gaze_speaking`` (0.45):
    shares of time with the gaze at the partner; ``nods`` (7) a minute while listening; ``steps_back`` (0) metres added
    to the distance; ``warmth`` (0) -1..1 of the relationship. Factors that a personality alone sets: ``sway`` (1) of
    the body, ``self_touch`` (1) and ``glances`` (1), how frequent these are, ``mirroring`` (1) of the other's posture,
    ``variety`` (1) of gestures, ``nod_depth`` (1).
    """

    valence: float
    arousal: float
    power: float
    gesture_rate: float
    gesture_size: float
    tempo: float
    lean: float
    slump: float
    gaze_listening: float
    gaze_speaking: float
    nods: float
    steps_back: float
    warmth: float
    sway: float
    self_touch: float
    glances: float
    mirroring: float
    variety: float
    nod_depth: float


def affect_parameters(
    emotion: str, intensity: float, relationship: str, first: bool, personality: Personality = AVERAGE
) -> AffectParameters:
    """Return the parameters of a person with ``emotion`` at ``intensity`` (0..2), the first or second of a
    relationship.
    """
    _, warmth, above = _RELATIONSHIPS[relationship]
    above = above if first else -above
    v, a, p = (float(np.clip(value * intensity, -1.5, 1.5)) for value in _AFFECT[emotion])
    p += 0.4 * above
    own = influences(personality)
    rate = (1.0 + 0.45 * a + 0.1 * p + 0.1 * warmth) * own["gesture_rate"]
    lean = 3.0 * v + 2.0 * a + 2.0 * warmth - 2.0 * max(p, 0.0) * (v > 0)
    slump = -7.0 * min(p, 0.0) - 5.0 * min(v, 0.0) * (a < 0) - 4.0 * max(p, 0.0)
    back = -0.15 * v - 0.1 * p + (0.25 if emotion in _KEEPS_AWAY else 0.0) * intensity

    def within(value: float, least: float, most: float) -> float:
        return float(np.clip(value, least, most))

    return AffectParameters(
        v,
        a,
        p,
        gesture_rate=within(rate, 0.35, 1.9),
        gesture_size=within((1.0 + 0.16 * a + 0.10 * p) * own["gesture_size"], 0.68, 1.32),
        tempo=within((1.0 + 0.3 * a) * own["tempo"], 0.6, 1.5),
        lean=within(np.radians(lean) + own["lean"], *np.radians([-8.0, 9.0])),
        slump=within(np.radians(slump) + own["slump"], *np.radians([-7.0, 14.0])),
        gaze_listening=within(0.60 + 0.07 * warmth + 0.05 * v + 0.05 * p + own["gaze_listening"], 0.42, 0.74),
        gaze_speaking=within(0.45 + 0.08 * warmth + 0.05 * v + 0.08 * p + own["gaze_speaking"], 0.22, 0.65),
        nods=within((7.0 + 1.5 * v + 1.0 * warmth - 1.5 * above) * own["nods"], 4.0, 11.0),
        steps_back=within(back + own["steps_back"], -0.2, 0.5),
        warmth=warmth,
        sway=own["sway"],
        self_touch=own["self_touch"],
        glances=own["glances"],
        mirroring=own["mirroring"],
        variety=own["variety"],
        nod_depth=own["nod_depth"],
    )


def markdown() -> str:
    """Return in Markdown what each emotion at intensity 1 does to the body of a person among equals."""
    rows = [
        "| emotion | valence | arousal | power | gestures, their size | tempo | lean, slump, degrees | nods a minute |",
        "|---|--:|--:|--:|---|--:|---|--:|",
    ]
    for emotion in EMOTION_CHOICES:
        now = affect_parameters(emotion, 1.0, "cousins", True)
        lean, slump = np.degrees([now.lean, now.slump])
        rows.append(
            f"| {emotion} | {now.valence:+.1f} | {now.arousal:+.1f} | {now.power:+.1f} | x {now.gesture_rate:.2f}, x "
            f"{now.gesture_size:.2f} | x {now.tempo:.2f} | {lean:+.1f}, {slump:+.1f} | {now.nods:.1f} |"
        )
    return "\n".join(rows)


def usual_distance(relationship: str) -> float:
    """Return the metres between two people who stand and talk."""
    return _RELATIONSHIPS[relationship][0]


class AffectTrack:
    """One actor's affect parameters over a scene, of the emotion at each time; changes take about a second."""

    def __init__(
        self,
        emotions: Sequence[EmotionSpan],
        relationship: str,
        first: bool,
        personality: Personality = AVERAGE,
    ) -> None:
        self.emotions, self.personality = list(emotions), personality
        self._parameters = [
            affect_parameters(e.emotion, e.intensity, relationship, first, personality) for e in emotions
        ]
        self._starts = np.array([e.start for e in emotions])

    def at(self, time: float) -> AffectParameters:
        """Return the parameters at ``time`` (s); before the first emotion those of the first."""
        return self._parameters[max(0, int(np.searchsorted(self._starts, time, side="right")) - 1)]

    def track(self, name: str, frames: int) -> FloatArray:
        """Return (frames,) of the field ``name`` of ``AffectParameters``."""
        index = np.clip(np.searchsorted(self._starts, np.arange(frames) / FPS, side="right") - 1, 0, None)
        values = np.array([getattr(parameters, name) for parameters in self._parameters], np.float32)
        return gaussian_filter1d(values[index], 0.4 * FPS, mode="nearest")
