"""Do hands beat with the voice? Strokes found in the motion alone, and how many of them end on a stressed syllable.

The same for composed, generated and captured motion: nothing that a composer noted down about its gestures is read. Not
every swing of a hand is a stroke. Arms swing in walking, a body that sits down or steps takes its hands along, and
hands that have gestured go back to rest; none of these keeps time with the voice, and counted in they hide what does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.signal import find_peaks

from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..contract import FPS
from ..refine.stroke_timing import hands_of, strokes_in
from ..speech.prosody import ENERGY, VOICING
from .labels import SIT, WALK, label_frames

BEAT_WINDOW = 0.15  # s between the end of a stroke and the stress it belongs to
AWAY = 0.1  # m from its place of rest at which a hand is in the midst of a gesture and not back from one
_GOING = 1.0  # s about walking, sitting down and standing up, in which arms swing for other reasons
_AROUND_SPEECH = 0.3  # s
_STILL = 0.12  # m/s of a hand at rest
_REST_AROUND = 5.0  # s before and after, over which a place of rest is sought
LOUD = 0.9  # of the voice's own speaking level, above which a peak stands out
_SHIFTS = np.arange(0.4, 3.0, 0.2)  # s


class Beats(NamedTuple):
    share: float  # of strokes that end near a stress
    chance: float  # the same for stresses shifted in time
    strokes: int


def stroke_ends(root: Array, rotations: Array, skeleton: Skeleton, speaking: Array) -> Array:
    """Seconds at which a hand of someone who speaks (``speaking`` (T,) bool) has swung and stops, away from where it
    rests.

    People place the stop (``refine.stroke_timing.strokes_in``), not the swing, on the stressed syllable; beat alignment
    in dance and gesture generation likewise takes the minima of speed (Li et al. 2021, "AI Choreographer"). A hand
    rests where it is still: the median of its slow frames around.
    """
    frames = len(root)
    if frames < 10:
        return np.zeros(0)
    places, speed = hands_of(root, rotations, skeleton)
    labels = label_frames(root, rotations, skeleton)
    going = np.concatenate([[False], np.diff(labels == SIT)]) | (labels == WALK)
    judged = _widened(np.asarray(speaking, bool), _AROUND_SPEECH) & ~_widened(going, _GOING)
    ends = []
    for hand in (0, 1):
        for peak, stop in strokes_in(speed[:, hand]):
            if (
                judged[peak]
                and np.linalg.norm(places[stop, hand] - _rest(places[:, hand], speed[:, hand], peak)) > AWAY
            ):
                ends.append(stop / FPS)
    return np.array(sorted(ends))


def stress_times(prosody: Array) -> Array:
    """Seconds of the syllables that stand out, from ``prosody`` (T, 28) alone: peaks of voiced loudness.

    For voices without a transcript. Of the stresses found with one it hears two in three, and four in ten that it hears
    are none; where words are known, take theirs.
    """
    loudness = np.convolve(
        prosody[:, ENERGY] * prosody[:, VOICING], np.hanning(5)[1:-1] / np.hanning(5).sum(), mode="same"
    )
    peaks, _ = find_peaks(loudness, prominence=0.15, distance=5, height=LOUD)
    return peaks / FPS


def gesture_beats(ends: Array, stresses: Array, seconds: float) -> Beats:
    """How many strokes end on a stress (both in s, in a take of ``seconds``), beside the same for stresses moved by 0.4
    to 3 s.
    """
    ends, stresses = np.asarray(ends, float), np.asarray(stresses, float)
    if not len(ends) or not len(stresses):
        return Beats(0.0, 0.0, len(ends))

    def share(times: Array) -> float:
        return float((np.abs(ends[:, None] - times).min(axis=1) <= BEAT_WINDOW).mean())

    return Beats(
        share(stresses), float(np.mean([share((stresses + s) % seconds) for s in (*_SHIFTS, *-_SHIFTS)])), len(ends)
    )


def _rest(place: Array, speed: Array, frame: int) -> Array:
    """(3,) where a hand of ``place`` (T, 3) rests around ``frame``."""
    around = slice(max(0, frame - round(_REST_AROUND * FPS)), frame + round(_REST_AROUND * FPS))
    still = place[around][speed[around] < _STILL]
    return np.median(still if len(still) > FPS // 3 else place[around], axis=0)


def _widened(mask: Array, seconds: float) -> NDArray[np.bool_]:
    return binary_dilation(mask, iterations=round(seconds * FPS)) if mask.any() else mask
