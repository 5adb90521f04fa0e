"""Mouth shapes on any ARKit curves: lips shut, at the teeth, apart, at rest.

Faces are (T, 52) ARKit weights at ``FPS``, columns as ``ARKIT_NAMES``. Lengths are centimetres on an adult face
(lip line about 5 cm wide), measured on the ICT face (Li et al. 2020, "Learning Formation of Physically-Based Face
Attributes"). ARKit's ``mouthClose`` brings the lips together over an open jaw: ``mouthClose == jawOpen`` is shut.
"""

from __future__ import annotations

import numpy as np

from ..contract import ARKIT_NAMES, FloatArray
from .arkit import CURVE, columns

JAW, CLOSE, FUNNEL, PUCKER = columns("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker")
ROLL_LOWER, ROLL_UPPER = columns("mouthRollLower", "mouthRollUpper")
SNEER = columns("noseSneer")
PRESS, UPPER_UP, LOWER_DOWN = columns("mouthPress"), columns("mouthUpperUp"), columns("mouthLowerDown")
PARTING = columns("mouthUpperUp", "mouthLowerDown", "mouthShrugUpper", "mouthFunnel", "noseSneer")
MOUTH = [i for i, name in enumerate(ARKIT_NAMES) if name.startswith(("jaw", "mouth")) or name == "tongueOut"]

BILABIAL = ("P", "B", "M")
LABIODENTAL = ("F", "V")
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
SILENCE = "SIL"

SHUT_JAW = 0.09  # the jaw may stay this open behind closed lips: then every rig's mouthClose can bridge it
TOUCHING = 0.075  # cm between the inner lips that still look closed; the neutral ICT face has 0.055
_CERTAIN = 0.03  # cm below touching: largest underestimate of the linear model in strong emotions

# Centimetres of inner-lip gap per unit of weight, at the middle of the mouth; from the vertices of the ICT face.
_GAP_NEUTRAL = 0.055
_GAP_PER_WEIGHT = {
    "jawOpen": 3.15, "mouthClose": -3.80, "mouthFunnel": 1.22, "mouthPucker": -0.13,
    "mouthRollLower": -0.31, "mouthRollUpper": 0.18, "mouthShrugLower": -0.67, "mouthShrugUpper": 0.50,
    "mouthPressLeft": -0.12, "mouthPressRight": -0.12, "mouthLowerDownLeft": 0.33,
    "mouthLowerDownRight": 0.33, "mouthUpperUpLeft": 0.34, "mouthUpperUpRight": 0.34,
    "noseSneerLeft": 0.30, "noseSneerRight": 0.30,
}  # fmt: skip
_GAP_COLUMNS = [CURVE[name] for name in _GAP_PER_WEIGHT]
_GAP_WEIGHTS = np.array(list(_GAP_PER_WEIGHT.values()), np.float32)


def lip_gap(face: FloatArray) -> FloatArray:
    """Return the inner-lip gap (T,) in cm by a linear model of the ICT face; 0: the lips touch."""
    return np.maximum(_apart(face) - TOUCHING, 0.0).astype(np.float32)


def press_together(face: FloatArray, weight: FloatArray) -> FloatArray:
    """Close by ``weight`` (T,) the gap that an emotion, such as a wrinkled nose, leaves between shut lips."""
    out = face.copy()
    out[:, CLOSE] += weight * np.maximum(_apart(face) - (TOUCHING - _CERTAIN), 0.0) / -_GAP_PER_WEIGHT["mouthClose"]
    return out


def _apart(face: FloatArray) -> FloatArray:
    """Return the signed distance (T,) of the inner lips in cm."""
    apart: FloatArray = _GAP_NEUTRAL + face[:, _GAP_COLUMNS] @ _GAP_WEIGHTS
    return apart


def gap_weights() -> FloatArray:
    """Return the cm of lip gap per unit of each curve (52,), for losses that need the sign."""
    weights = np.zeros(len(ARKIT_NAMES), np.float32)
    weights[_GAP_COLUMNS] = _GAP_WEIGHTS
    return weights


def close_lips(face: FloatArray, weight: FloatArray) -> FloatArray:
    """Bring the lips together by ``weight`` (T,) in [0, 1]; at 1 they touch on any face with ARKit's shapes."""
    out, w = face.copy(), weight.astype(np.float32)
    rounding = out[:, FUNNEL] * w
    out[:, JAW] = _mix(out[:, JAW], np.minimum(out[:, JAW], SHUT_JAW), w)
    out[:, PARTING] *= 1.0 - w[:, None]
    out[:, PUCKER] = np.clip(out[:, PUCKER] + 0.5 * rounding, 0.0, 1.0)  # "boo": rounded lips meet as a pucker
    out[:, PRESS] = np.maximum(out[:, PRESS], 0.16 * w[:, None])
    out[:, ROLL_UPPER] = _mix(out[:, ROLL_UPPER], np.clip(out[:, ROLL_UPPER], 0.0, 0.10), w)
    out[:, ROLL_LOWER] = np.maximum(out[:, ROLL_LOWER], 0.10 * w)
    # The power makes the gap, rather than the weight, ease.
    out[:, CLOSE] = _mix(np.minimum(out[:, CLOSE], out[:, JAW]), out[:, JAW], w**1.5)
    return out


def touch_teeth(face: FloatArray, weight: FloatArray) -> FloatArray:
    """Bring the lower lip under the upper teeth by ``weight`` (T,) for f and v; the upper lip rises a little."""
    out, w = face.copy(), weight.astype(np.float32)
    out[:, JAW] = _mix(out[:, JAW], np.clip(out[:, JAW], 0.05, 0.08), w)
    out[:, CLOSE] = _mix(out[:, CLOSE], 0.5 * out[:, JAW], w)
    out[:, FUNNEL] *= 1.0 - w
    out[:, LOWER_DOWN] *= 1.0 - w[:, None]
    out[:, PUCKER] *= 1.0 - 0.5 * w
    out[:, PRESS] *= 1.0 - w[:, None]
    out[:, ROLL_LOWER] = _mix(out[:, ROLL_LOWER], 0.30, w)
    out[:, ROLL_UPPER] *= 1.0 - w
    out[:, UPPER_UP] = np.maximum(out[:, UPPER_UP], 0.13 * w[:, None])
    return out


def part_lips(face: FloatArray, weight: FloatArray) -> FloatArray:
    """Part the lips by ``weight`` (T,): a shut mouth opens a little, an open one stays."""
    out, w = face.copy(), weight.astype(np.float32)
    shut = np.clip(1.0 - lip_gap(face) / 0.06, 0.0, 1.0) * w
    out[:, CLOSE] *= 1.0 - shut
    out[:, PRESS] *= 1.0 - shut[:, None]
    out[:, JAW] = np.maximum(out[:, JAW], 0.07 * shut)
    return out


def rest_mouth(face: FloatArray, weight: FloatArray) -> FloatArray:
    """Relax the mouth by ``weight`` (T,): jaw and speech shapes go; a smile, a frown or a wrinkled nose stays."""
    out, w = face.copy(), weight.astype(np.float32)
    for column in (JAW, FUNNEL, CURVE["tongueOut"], *(c for c in PARTING if c not in (*SNEER, *UPPER_UP))):
        out[:, column] *= 1.0 - w
    for column in UPPER_UP:
        out[:, column] *= 1.0 - 0.5 * w
    out[:, CLOSE] = _mix(out[:, CLOSE], np.minimum(out[:, CLOSE], out[:, JAW]), w)
    return press_together(out, w)


def _mix(a: FloatArray, b: FloatArray | float, w: FloatArray) -> FloatArray:
    return a + (b - a) * w
