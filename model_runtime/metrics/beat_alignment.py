"""Beat alignment of gestures with the voice: the share of hand strokes that end on a stressed syllable, beside chance.

Strokes are found in the motion alone, so the measure is the same for composed, generated and captured motion. Not every
swing of a hand is a stroke: arms swing in walking, a body that sits down or steps takes its hands along, and hands go
back to rest after a gesture. None of these keeps time with the voice, so they are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..common.masks import expanded
from ..contract import FPS
from ..planning.motion_labels import SIT, WALK, label_frames
from ..refine.stroke_timing import hands_of, strokes_in
from ..speech.prosody import ENERGY, VOICING

ALIGNED = 0.15  # s between the end of a stroke and a stress that counts as aligned
AWAY = 0.1  # m from its place of rest at which a hand is within a gesture and not back from one
LOUD = 0.9  # of the voice's own speaking level, above which a peak stands out
_CHANGING = 1.0  # s about walking, sitting down and standing up, in which arms swing for other reasons
_AROUND_SPEECH = 0.3  # s
_STILL = 0.12  # m/s of a hand at rest
_REST_AROUND = 5.0  # s before and after, over which a place of rest is sought
_SHIFTS = np.arange(0.4, 3.0, 0.2)  # s


class BeatAlignment(NamedTuple):
    """``share`` of ``strokes`` that end near a stress, and ``chance``: the same for stresses shifted in time."""

    share: float
    chance: float
    strokes: int


def stroke_ends(root: Array, rotations: Array, skeleton: Skeleton, speaking: Array) -> Array:
    """Return the seconds at which a hand of a speaker stops after a stroke, away from its place of rest.

    ``root`` (T, 3), ``rotations`` (T, 52, 4), ``speaking`` (T,) bool. People place the stop
    (``refine.stroke_timing.strokes_in``), not the swing, on the stressed syllable; beat alignment in dance and gesture
    generation likewise takes the minima of speed (Li et al. 2021, "AI Choreographer"). The place of rest is the median
    over the slow frames around.
    """
    frames = len(root)
    if frames < 10:
        return np.zeros(0)
    places, speed = hands_of(root, rotations, skeleton)
    labels = label_frames(root, rotations, skeleton)
    changing = np.concatenate([[False], np.diff(labels == SIT)]) | (labels == WALK)
    judged = expanded(speaking, round(_AROUND_SPEECH * FPS)) & ~expanded(changing, round(_CHANGING * FPS))
    ends = []
    for hand in (0, 1):
        for peak, stop in strokes_in(speed[:, hand]):
            rest = _rest(places[:, hand], speed[:, hand], peak)
            if judged[peak] and np.linalg.norm(places[stop, hand] - rest) > AWAY:
                ends.append(stop / FPS)
    return np.array(sorted(ends))


def stress_times(prosody: Array) -> Array:
    """Return the seconds of stressed syllables from ``prosody`` (T, 28) alone: peaks of voiced loudness.

    For voices without a transcript. Against the stresses found with one, recall is two in three and precision six in
    ten; where words are known, take theirs.
    """
    loudness = np.convolve(
        prosody[:, ENERGY] * prosody[:, VOICING], np.hanning(5)[1:-1] / np.hanning(5).sum(), mode="same"
    )
    peaks, _ = find_peaks(loudness, prominence=0.15, distance=5, height=LOUD)
    return peaks / FPS


def beat_alignment(ends: Array, stresses: Array, seconds: float, window: float = ALIGNED) -> BeatAlignment:
    """Return the share of ``ends`` (N,) of strokes within ``window`` of one of ``stresses`` (M,), and chance.

    All in seconds, in a take of ``seconds``. Chance is the mean share over stresses moved by 0.4 to 3 s, both ways.
    """
    ends, stresses = np.asarray(ends, float), np.asarray(stresses, float)
    if not len(ends) or not len(stresses):
        return BeatAlignment(0.0, 0.0, len(ends))

    def share(times: Array) -> float:
        return float((np.abs(ends[:, None] - times).min(axis=1) <= window).mean())

    chance = float(np.mean([share((stresses + shift) % seconds) for shift in (*_SHIFTS, *-_SHIFTS)]))
    return BeatAlignment(share(stresses), chance, len(ends))


def _rest(place: Array, speed: Array, frame: int) -> Array:
    """Return where (3,) a hand at ``place`` (T, 3) with ``speed`` (T,) rests around ``frame``."""
    around = slice(max(0, frame - round(_REST_AROUND * FPS)), frame + round(_REST_AROUND * FPS))
    still = place[around][speed[around] < _STILL]
    return np.median(still if len(still) > FPS // 3 else place[around], axis=0)
