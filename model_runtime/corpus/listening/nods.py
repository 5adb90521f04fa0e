"""Head movements of speakers and listeners: beats on stresses, shakes, tilts with questions, nods, laughter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...common.easing import smoothstep
from ...contract import FPS

FloatArray = NDArray[Any]
Stress = tuple[float, float, str]
"""(scene s, strength 0..1, word)"""

NEGATIONS = frozenset((
    "no", "not", "never", "nothing", "nobody", "none", "neither", "nor", "nowhere", "don't", "didn't", "doesn't",
    "can't", "cannot", "won't", "isn't", "wasn't", "aren't", "weren't", "wouldn't", "couldn't", "shouldn't", "haven't",
    "hasn't", "impossible", "refuse",
))  # fmt: skip
AFFIRMATIONS = frozenset((
    "yes", "yeah", "yep", "sure", "right", "exactly", "okay", "absolutely", "course", "agree", "true", "indeed",
))  # fmt: skip
_PITCH, _YAW, _ROLL = 0, 1, 2
_PLANNED = 1.8  # nods planned for each one made: some come too soon after another or as the listener begins to speak


def speaker_heads(
    rng: np.random.Generator, frames: int, stresses: Sequence[Stress], questions: Sequence[float], size: FloatArray
) -> FloatArray:
    """Return (T, 3) pitch down, yaw to the left and roll to the right in radians that accompany the own speech.

    About half of the stresses get a beat of 2 to 6 degrees with its lowest point on the stress (Hadar et al. 1983: most
    stresses come with a head movement); negations a shake, affirmations a nod; a question ends with the head tilted and
    the chin up. ``size`` (T,), about 1, scales all of it; ``questions`` are their ends (s).
    """
    head = np.zeros((frames, 3))
    liveliness = rng.uniform(0.7, 1.2)
    busy_until = -1.0
    for time, strength, word in stresses:
        if time < busy_until:
            continue
        large = float(size[min(int(time * FPS), frames - 1)]) * liveliness
        if word in NEGATIONS and rng.random() < 0.85:
            cycles, rate = (
                float(rng.choice([1.0, 1.5, 2.0, 2.5], p=[0.25, 0.35, 0.25, 0.15])),
                float(rng.uniform(1.8, 2.9)),
            )
            amplitude = np.radians(rng.uniform(6.0, 12.0)) * large * float(rng.choice([-1, 1]))
            _swing(head[:, _YAW], time - 0.4 / rate, cycles, rate, amplitude)
            busy_until = time + cycles / rate
        elif word in AFFIRMATIONS and rng.random() < 0.7:
            _nod(
                head[:, _PITCH],
                time - 0.15,
                int(rng.choice([1, 2], p=[0.6, 0.4])),
                float(rng.uniform(2.0, 2.8)),
                np.radians(rng.uniform(5.0, 9.0)) * large,
            )
            busy_until = time + 0.5
        elif rng.random() < 0.2 + 0.5 * strength:
            beat = np.radians(rng.uniform(2.0, 5.5)) * (0.5 + 0.6 * strength) * large
            _bump(head[:, _PITCH], time + 0.02, 0.09, beat)
            _bump(head[:, _PITCH], time - 0.24, 0.11, -0.45 * beat)
            _bump(head[:, _YAW], time, 0.16, float(rng.normal(0.0, 0.35)) * beat)
            _bump(head[:, _ROLL], time, 0.16, float(rng.normal(0.0, 0.35)) * beat)
    for end in questions:
        large = float(size[min(int(end * FPS), frames - 1)])
        if rng.random() < 0.75:
            _hold(
                head[:, _ROLL],
                end - 0.7,
                float(rng.uniform(0.6, 1.8)),
                float(rng.choice([-1, 1])) * np.radians(rng.uniform(4.0, 9.0)) * large,
            )
        _hold(head[:, _PITCH], end - 0.5, float(rng.uniform(0.3, 0.9)), -np.radians(rng.uniform(1.5, 4.5)) * large)
    return head


def listener_heads(
    rng: np.random.Generator,
    voice: FloatArray,
    partner_voice: FloatArray,
    partner_stresses: Sequence[Stress],
    per_minute: FloatArray,
    size: FloatArray,
) -> FloatArray:
    """Return (T, 3), as ``speaker_heads``: nods, ``per_minute`` (T,) of listening, at the other's pauses, phrase ends
    and stresses, and tilts.

    A nod has 1 to 3 dips at 2 to 3.5 Hz, the first 4 to 12 degrees deep and each smaller than the one before; single
    ones at phrase ends are slow and deep, repeated ones quick and shallow (after Hadar et al. 1985, "Head
    movement during listening turns").
    """
    frames = len(voice)
    head = np.zeros((frames, 3))
    free = gaussian_filter1d(voice.astype(float), 4.0) < 0.3
    talks = gaussian_filter1d(partner_voice.astype(float), 8.0) > 0.25
    listens = free & talks
    pauses, strong = _moments(partner_voice, partner_stresses)
    nods_due = np.cumsum(listens * per_minute / 60.0 / FPS) * _PLANNED  # nods due so far
    due, last = float(rng.uniform(0.2, 1.0)), -9.0
    while len(nods_due) and due < nods_due[-1]:
        at = float(np.searchsorted(nods_due, due)) / FPS
        due += float(rng.gamma(2.0, 0.5))
        for moments, within in ((pauses, 1.8), (strong, 0.8)):
            near = moments[np.abs(moments - at) < within]
            if len(near) and (moments is strong or rng.random() < 0.85):
                at = float(near[np.argmin(np.abs(near - at))])
                break
        frame = min(int(at * FPS), frames - 1)
        if at - last < 1.6 or not free[frame]:
            at = float(np.searchsorted(nods_due, due)) / FPS
            frame = min(int(at * FPS), frames - 1)
            if at - last < 1.6 or not free[frame]:
                continue
        dips = int(rng.choice([1, 2, 3], p=[0.45, 0.37, 0.18]))
        rate = float(rng.uniform(1.9, 2.5) if dips == 1 else rng.uniform(2.1, 3.3))
        deep = np.radians(rng.uniform(6.0, 11.5) if dips == 1 else rng.uniform(5.0, 9.5)) * float(
            np.clip(size[frame], 0.85, 1.25)
        )
        _nod(head[:, _PITCH], at, dips, rate, deep)
        last = at + dips / rate
    _listening_tilts(rng, head[:, _ROLL], listens)
    return head


def listening_leans(
    rng: np.random.Generator, listens: NDArray[np.bool_], turns: Sequence[float], toward: FloatArray
) -> FloatArray:
    """Return (T,) radians by which a listener leans to the speaker, or back from him, for some seconds.

    ``listens`` (T,); ``turns`` (s): the other's turns begin; ``toward`` (T,) -1..1: listeners who like what they hear
    lean in, others sit back (Mehrabian 1969). A lean begins with some turns, and now and then inside a long one.
    """
    lean = np.zeros(len(listens))
    seconds = len(listens) / FPS
    clocks = np.arange(0.0, seconds, 12.0) + rng.uniform(0.0, 12.0, int(np.ceil(seconds / 12.0)))
    last = -9.0
    for time in sorted([*(t + float(rng.uniform(0.5, 2.0)) for t in turns), *clocks.tolist()]):
        frame = int(time * FPS)
        if time < last + 2.0 or frame >= len(listens) or not listens[frame] or rng.random() > 0.45:
            continue
        size = np.radians(rng.uniform(2.5, 6.0)) * (1.0 if rng.random() < 0.5 + 0.5 * toward[frame] else -0.7)
        length = float(rng.uniform(2.5, 8.0))
        _hold(lean, time, length, float(size), ease=0.6)
        last = time + length
    return lean


def laughing_heads(rng: np.random.Generator, frames: int, laughs: Sequence[tuple[float, float]]) -> FloatArray:
    """Return (T, 3), as ``speaker_heads``: the head is thrown back or bowed during ``laughs`` (s, s) and shakes at the
    4 to 5 Hz of laughter (Ruch and Ekman 2001).
    """
    head = np.zeros((frames, 3))
    t = np.arange(frames) / FPS
    for start, end in laughs:
        lean = np.radians(float(rng.choice([-1.0, 1.0], p=[0.65, 0.35]) * rng.uniform(4.0, 11.0)))
        _hold(head[:, _PITCH], start - 0.1, max(0.2, end - start - 0.2), lean)
        _hold(head[:, _ROLL], start, max(0.2, end - start), float(rng.normal(0.0, np.radians(4.0))))
        within = np.clip((t - start) / 0.15, 0.0, 1.0) * np.clip((end + 0.2 - t) / 0.5, 0.0, 1.0)
        head[:, _PITCH] += (
            within * np.radians(rng.uniform(1.0, 2.0)) * np.sin(2 * np.pi * rng.uniform(4.0, 5.0) * (t - start))
        )
    return head


def wander(rng: np.random.Generator, frames: int) -> FloatArray:
    """Return (T, 3) the small motion of a head at rest: a drift of a degree, jitter, and every second or two a shift by
    one or two degrees.
    """
    noise = rng.standard_normal((2, frames + 180, 3))
    slow, quick = (gaussian_filter1d(part, width, axis=0)[90 : 90 + frames] for part, width in zip(noise, (22.0, 4.0)))
    drift = slow / np.maximum(slow.std(0), 1e-6) * np.radians([0.7, 0.7, 1.3]) + quick / np.maximum(
        quick.std(0), 1e-6
    ) * np.radians(0.16)
    moments = np.cumsum(np.maximum(12, rng.gamma(2.0, 0.75 * FPS, frames // 12 + 1))).astype(int)
    steps = np.searchsorted(moments, np.arange(frames))
    places = rng.normal(0.0, np.radians([1.5, 1.7, 2.1]), (len(moments) + 1, 3))
    return drift + gaussian_filter1d(places[steps], 4.0, axis=0, mode="nearest")


def _moments(partner_voice: FloatArray, partner_stresses: Sequence[Stress]) -> tuple[FloatArray, FloatArray]:
    """Return the times (s) of likely nods: shortly into the other's pauses, and after strong stresses."""
    pauses = np.flatnonzero(np.diff((partner_voice > 0.5).astype(np.int8)) == -1) / FPS + 0.1
    return pauses, np.array([time + 0.3 for time, strength, _ in partner_stresses if strength > 0.6], float)


def _listening_tilts(rng: np.random.Generator, roll: FloatArray, listens: NDArray[np.bool_]) -> None:
    """Add tilts of some seconds to ``roll`` (T,) while the actor ``listens`` (T,), in place."""
    clock = int(rng.exponential(9.0) * FPS)
    while clock < len(roll):
        length = float(rng.uniform(1.5, 4.5))
        if listens[clock]:
            _hold(roll, clock / FPS, length, float(rng.choice([-1, 1])) * np.radians(rng.uniform(4.0, 9.0)))
        clock += int((length + rng.exponential(9.0)) * FPS)


def _nod(pitch: FloatArray, at: float, dips: int, rate: float, deep: float) -> None:
    """Add ``dips`` from ``at`` (s) on, ``rate`` a second, each two thirds as deep as the last, in place."""
    first = max(0, int(at * FPS))
    t = np.arange(first, min(len(pitch), int((at + dips / rate) * FPS) + 2)) / FPS - at
    cycle = np.clip(t * rate, 0.0, dips)
    pitch[first : first + len(t)] += (
        deep * 0.66 ** np.floor(np.minimum(cycle, dips - 1e-6)) * 0.5 * (1.0 - np.cos(2 * np.pi * cycle))
    )


def _swing(yaw: FloatArray, at: float, cycles: float, rate: float, amplitude: float) -> None:
    """Add a shake of the head: turns to both sides that decay, from and back to the middle, in place."""
    first = max(0, int(at * FPS))
    length = cycles / rate
    t = np.clip(np.arange(first, min(len(yaw), int((at + length) * FPS) + 2)) / FPS - at, 0.0, length)
    envelope = np.sin(np.pi * np.clip(t / length, 0.0, 1.0)) ** 0.5 * np.exp(-0.7 * t / length)
    yaw[first : first + len(t)] += amplitude * envelope * np.sin(2 * np.pi * rate * t)


def _bump(track: FloatArray, at: float, width: float, size: float) -> None:
    """Add a Gaussian of standard deviation ``width`` (s) at ``at`` (s), in place."""
    first, last = max(0, int((at - 4 * width) * FPS)), min(len(track), int((at + 4 * width) * FPS) + 2)
    if last > first:
        t = np.arange(first, last) / FPS - at
        track[first:last] += size * np.exp(-0.5 * (t / width) ** 2)


def _hold(track: FloatArray, at: float, length: float, size: float, ease: float = 0.45) -> None:
    """Add a rise to ``size`` within ``ease`` (s) of ``at``, held for ``length`` (s), and a slower fall, in place."""
    first, last = max(0, int(at * FPS)), min(len(track), int((at + ease + length + 2 * ease) * FPS) + 2)
    if last <= first:
        return
    t = np.arange(first, last) / FPS - at
    up, down = np.clip(t / ease, 0.0, 1.0), np.clip((t - ease - length) / (2 * ease), 0.0, 1.0)
    track[first:last] += size * smoothstep(up) * (1.0 - smoothstep(down))
