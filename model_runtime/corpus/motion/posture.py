"""Posture: weight shifts, a trunk that leans and slumps with the emotion, resting arms, breathing.

Short captured idles lack all of this. Sizes follow measurements of quiet standing, shifts of some centimetres every few
seconds over a sway of millimetres (Duarte and Zatsiorsky 1999), and of bodily expression (Wallbott 1998).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions, reach
from ...body_model.skeleton import INDEX, Skeleton
from ...common.masks import runs_of
from ...contract import ACTION_LABELS, FPS, FloatArray
from ...planning.motion_labels import root_speed
from ..listening.laughs import ARMS, TRUNK, Laughter
from ..script.affect import AffectTrack
from .base_motion import Motion
from .fingers import live_fingers
from .held_arms import Held, chained, hold_arms
from .moments import Moments
from .resting_arms import STANDING
from .seated import with_seated_postures

_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_EASE = 0.33  # s, standard deviation of the Gaussian that turns a step into a shift of about a second
_SHORTEST_HOLD = 6.0  # s
_HELD = 0.08  # of the sway that is left while a body holds still
_BREATHES_ALREADY = 0.6  # of the breath of captured idles is in them
_SWAYS_ALREADY = 0.35  # of the sway of people who stand is added: captured idles have most of it
_SHIFTS_APART = (8.0, 30.0)  # s between two shifts of weight
_SEAT_SWAY = 0.25  # a captured pelvis strays by 2 mm within three seconds on its seat


def with_posture(
    rng: np.random.Generator,
    body: Motion,
    skeleton: Skeleton,
    labels: NDArray[np.uint8],
    affect: AffectTrack,
    partner: FloatArray | None = None,
    talks: NDArray[np.bool_] | None = None,
    moments: Sequence[float] = (),
    lean: FloatArray | None = None,
    laughs: Laughter | None = None,
) -> Motion:
    """Return ``body`` with weight shifts, seated postures, leaning and slumping by its affect, resting hands and living
    fingers.

    ``labels`` (T,) index into ``ACTION_LABELS``; ``partner`` (T, 3) is the other's pelvis, whose legs need room;
    ``talks`` (T,): where it speaks, None: nowhere; ``moments`` (s): ends of turns, at which changes of posture are
    likelier; ``lean`` (T,) radians forward beside those of the affect; ``laughs``: what laughing adds. Standing feet
    stay where they are; where the body walks, only the trunk changes.
    """
    leans = affect.track("lean", body.frames) + (0.0 if lean is None else lean)
    ends = Moments(rng, moments)
    result, held = with_seated_postures(rng, body, skeleton, labels, affect, partner, ends, leans)
    live = liveliness(rng, np.zeros(body.frames, bool) if talks is None else talks)
    standing = _standing(body, labels)
    result = _with_weight_shifts(rng, result, skeleton, standing, affect, live, ends, leans)
    result = _with_seat_sway(rng, result, skeleton, _settled_on_seat(body, labels), affect, live)
    live_fingers(rng, result.rotations)
    _slump(result, affect)
    _breathe(rng, result, affect, 1.0 - _BREATHES_ALREADY * standing)
    if laughs is not None:
        _laugh(result, laughs, standing, labels == ACTION_LABELS.index("walk"))
    held += _standing_holds(rng, body, labels, affect)
    return Motion(result.root, hold_arms(body, result, skeleton, chained(held)), result.contacts)


def liveliness(rng: np.random.Generator, talks: NDArray[np.bool_]) -> FloatArray:
    """Return (T,) 1 where the body sways and nearly 0 where it holds still: for seconds while it does not speak, for a
    moment between phrases. ``talks`` (T,): where it speaks.
    """
    live = np.ones(len(talks), np.float32)
    clock = float(rng.exponential(2.0))
    while clock * FPS < len(talks):
        if talks[int(clock * FPS)]:
            length, pause = float(rng.uniform(0.6, 1.5)), 1.5 + float(rng.exponential(3.0))
        else:
            length, pause = float(np.clip(rng.gamma(3.0, 1.7), 1.5, 10.0)), 0.6 + float(rng.exponential(1.5))
        live[int(clock * FPS) : int((clock + length) * FPS)] = _HELD
        clock += length + pause
    return gaussian_filter1d(live, 0.2 * FPS, mode="nearest")


def _standing(body: Motion, labels: NDArray[np.uint8]) -> FloatArray:
    """Return (T,) 1 where the body stands still, 0 where it walks, turns or sits, smooth between."""
    stands = labels == ACTION_LABELS.index("stand")
    moving = binary_dilation(
        (root_speed(body.root) > 0.12) | (np.abs(np.gradient(body.heading)) * FPS > 0.25), iterations=8
    )
    return gaussian_filter1d((stands & ~moving).astype(np.float32), 7.0)


def _with_weight_shifts(
    rng: np.random.Generator,
    body: Motion,
    skeleton: Skeleton,
    standing: FloatArray,
    affect: AffectTrack,
    live: FloatArray,
    ends: Moments,
    leans: FloatArray,
) -> Motion:
    """Shift the pelvis from foot to foot, the trunk upright over it or leaning to the partner; the feet stay."""
    frames = body.frames
    sway = _SWAYS_ALREADY * live * affect.track("sway", frames) * _noise(rng, frames, 0.6, 5)
    restless = float(rng.uniform(0.5, 1.3)) * (0.5 + 0.5 * affect.track("tempo", frames))

    lateral = standing * (_shifts(rng, frames, 14.0, 0.020, ends) * restless + 0.002 * sway[0])
    forward = standing * (_shifts(rng, frames, 14.0, 0.007, ends) + 0.003 * sway[1])
    turn = standing * _shifts(rng, frames, 14.0, np.radians(3.5), ends) * restless
    lean = standing * (_shifts(rng, frames, 14.0, np.radians(2.0), ends) + np.radians(0.4) * sway[2] + leans)
    twist = standing * np.radians(0.5) * sway[4]

    positions, world = leg_positions(body.root, body.rotations, skeleton)
    heading = rot.about_z(body.heading)
    root = body.root + rot.rotate(heading, np.stack([lateral, -forward, -1.5 * lateral**2], -1)).astype(np.float32)
    rotations = body.rotations.copy()
    # The hip of the leg that bears the weight rises a little; the trunk stays upright over it.
    hip = np.clip(-1.3 * lateral, -0.06, 0.06)
    pelvis = rot.multiply(rot.multiply(heading, rot.tilt(0.2 * lean, hip, turn)), rot.conjugate(heading))
    rotations[:, 0] = rot.multiply(pelvis, rotations[:, 0])
    for joint in _SPINE:
        rotations[:, joint] = rot.multiply(rotations[:, joint], rot.tilt(0.8 * lean / 3, -hip / 3, (twist - turn) / 3))
    rotations[:, INDEX["neck"]] = rot.multiply(rotations[:, INDEX["neck"]], rot.tilt(-0.6 * lean))
    rotations = rot.normalize(rotations).astype(np.float32)
    solved = reach(root.astype(np.float32), rotations, skeleton, positions[:, :, 2], world[:, :, 2])
    # Where nothing is shifted, as in walking and sitting, the legs stay as captured.
    still = (standing < 1e-3)[:, None, None]
    return Motion(root.astype(np.float32), np.where(still, rotations, solved), body.contacts)


def _settled_on_seat(body: Motion, labels: NDArray[np.uint8]) -> FloatArray:
    """Return (T,) 1 where the body sits still, 0 where it sits down, gets up or does not sit, smooth between."""
    sits = labels == ACTION_LABELS.index("sit")
    moving = binary_dilation(
        (root_speed(body.root) > 0.12) | (np.abs(np.gradient(body.root[:, 2])) * FPS > 0.1) | ~sits, iterations=15
    )
    return gaussian_filter1d((~moving).astype(np.float32), 6.0)


def _with_seat_sway(
    rng: np.random.Generator,
    body: Motion,
    skeleton: Skeleton,
    seated: FloatArray,
    affect: AffectTrack,
    live: FloatArray,
) -> Motion:
    """Roll and tilt the pelvis on its seat by a degree or two; the feet stay."""
    if seated.max() < 1e-3:
        return body
    frames = body.frames
    quick, slow = _noise(rng, frames, 0.25, 5), _noise(rng, frames, 0.9, 3)
    lively = _SEAT_SWAY * seated * float(rng.uniform(0.7, 1.2)) * (0.4 + 0.6 * affect.track("tempo", frames))
    lively = lively * affect.track("sway", frames)
    quick = live * quick
    pitch = lively * np.radians(0.9 * slow[0] + 0.35 * quick[0])
    roll = lively * (np.radians(0.8 * slow[1] + 0.3 * quick[1]) + _shifts(rng, frames, 14.0, np.radians(1.2)))
    yaw = lively * np.radians(0.7 * slow[2] + 0.25 * quick[2])
    aside, ahead = lively * 0.0022 * quick[3] + 0.10 * roll, lively * 0.0022 * quick[4] + 0.06 * pitch

    positions, world = leg_positions(body.root, body.rotations, skeleton)
    heading = rot.about_z(body.heading)
    root = (body.root + rot.rotate(heading, np.stack([aside, -ahead, np.zeros(frames)], -1))).astype(np.float32)
    rotations = body.rotations.copy()
    pelvis = rot.multiply(rot.multiply(heading, rot.tilt(pitch, roll, yaw)), rot.conjugate(heading))
    rotations[:, 0] = rot.multiply(pelvis, rotations[:, 0])
    # The lower back compensates, so that the chest follows only in part.
    for joint in _SPINE[:2]:
        rotations[:, joint] = rot.multiply(rotations[:, joint], rot.tilt(-0.35 * pitch, -0.35 * roll, -0.35 * yaw))
    rotations = rot.normalize(rotations).astype(np.float32)
    solved = reach(root, rotations, skeleton, positions[:, :, 2], world[:, :, 2])
    off = (seated < 1e-3)[:, None, None]
    return Motion(np.where(off[..., 0], body.root, root), np.where(off, body.rotations, solved), body.contacts)


def _slump(body: Motion, affect: AffectTrack) -> None:
    """Round the back and bring neck and shoulders forward by the affect's ``slump``, or draw them up where it is
    negative; in place.
    """
    slump = affect.track("slump", body.frames)
    zero = np.zeros_like(slump)
    for joint, share in (("spine2", 0.3), ("spine3", 0.4), ("neck", 0.6), ("head", -0.75)):
        body.rotations[:, INDEX[joint]] = rot.multiply(body.rotations[:, INDEX[joint]], rot.tilt(share * slump))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        collar, shoulder = INDEX[f"{side}_collar"], INDEX[f"{side}_shoulder"]
        drawn = rot.tilt(zero, 0.5 * sign * slump, -0.7 * sign * slump)
        body.rotations[:, collar] = rot.multiply(body.rotations[:, collar], drawn)
        # The arm keeps hanging: it turns back by what trunk and collar bone tilt it.
        body.rotations[:, shoulder] = rot.multiply(
            rot.conjugate(rot.tilt(0.7 * slump, 0.5 * sign * slump, -0.5 * sign * slump)), body.rotations[:, shoulder]
        )
    body.rotations[:] = rot.normalize(body.rotations)


def _breathe(rng: np.random.Generator, body: Motion, affect: AffectTrack, depth: FloatArray) -> None:
    """Add breathing of chest and collar bones, 12 to 18 breaths a minute and more with arousal, in place.

    ``depth`` (T,) 0..1 scales it.
    """
    frames = body.frames
    rate = float(rng.uniform(12.0, 16.0)) / 60.0 * (1.0 + 0.25 * np.clip(affect.track("arousal", frames), 0.0, 1.0))
    phase = 2 * np.pi * (np.cumsum(rate * (1.0 + 0.08 * _noise(rng, frames, 2.0, 1)[0])) / FPS + rng.random())
    breath = (depth * np.radians(0.45) * np.sin(phase + 0.35 * np.sin(phase))).astype(np.float32)  # faster in than out
    zero = np.zeros_like(breath)
    body.rotations[:, INDEX["spine3"]] = rot.multiply(body.rotations[:, INDEX["spine3"]], rot.tilt(-breath))
    body.rotations[:, INDEX["neck"]] = rot.multiply(body.rotations[:, INDEX["neck"]], rot.tilt(0.9 * breath))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        collar = INDEX[f"{side}_collar"]
        body.rotations[:, collar] = rot.multiply(body.rotations[:, collar], rot.tilt(zero, -0.9 * sign * breath))
    body.rotations[:] = rot.normalize(body.rotations)


def _laugh(body: Motion, laughs: Laughter, standing: FloatArray, walks: NDArray[np.bool_]) -> None:
    """Add what laughing does to trunk and shoulders, less while walking, and to the arms of who stands; in place."""
    calmer = (1.0 - 0.5 * gaussian_filter1d(walks.astype(np.float32), 6.0))[:, None, None]
    for joints, vectors in ((TRUNK, laughs.trunk * calmer), (ARMS, laughs.arms * standing[:, None, None])):
        added = rot.from_axis_angle(vectors.astype(np.float32))
        body.rotations[:, list(joints)] = rot.normalize(rot.multiply(body.rotations[:, list(joints)], added))


def _standing_holds(
    rng: np.random.Generator, body: Motion, labels: NDArray[np.uint8], affect: AffectTrack
) -> list[Held]:
    """Draw when the arms of a standing body are folded, clasped, on the hips or behind the back."""
    stands = labels == ACTION_LABELS.index("stand")
    preference = rng.dirichlet(np.full(4, 1.0)) + 0.15  # for folded, clasped, hips, behind
    inclined = float(rng.beta(1.4, 2.2))  # how much of the standing time hands are held
    held = []
    for first, last in runs_of(stands):
        clock = first / FPS + float(rng.exponential(6.0))
        while clock + _SHORTEST_HOLD < last / FPS - 0.5:
            length = float(np.clip(rng.gamma(3.0, 5.0), _SHORTEST_HOLD, 35.0))
            end = min(clock + length, last / FPS - 0.5)
            if rng.random() < 0.35 + 0.65 * inclined:
                held.append(_standing_hold(rng, preference, round(clock * FPS), round(end * FPS), affect))
            clock = end + float(rng.exponential(4.0 + 22.0 * (1.0 - inclined)))
    return held


def _standing_hold(
    rng: np.random.Generator, preference: FloatArray, start: int, stop: int, affect: AffectTrack
) -> Held:
    """Draw one way of holding the hands from frame ``start`` to ``stop``."""
    now = affect.at(start / FPS)
    names = ("folded", "clasped", "hips", "behind")
    closed, proud = max(0.0, -now.valence), max(0.0, now.power)
    likely = preference * np.array(
        [1.0 + 1.2 * closed, 1.3 + 0.8 * max(0.0, -now.power), 0.35 + 1.2 * proud, 0.45 + 0.6 * proud]
    )
    name = str(rng.choice(names, p=likely / likely.sum()))
    hands = STANDING[name][:: 1 if rng.random() < 0.5 else -1]
    one = name == "hips" and rng.random() < 0.55
    which = int(rng.integers(2))
    chosen = (hands[0] if not one or which == 0 else None, hands[1] if not one or which == 1 else None)
    lead, trail = (round(float(rng.uniform(0.9, 1.5)) / now.tempo * FPS) for _ in range(2))
    u = rng.uniform(-1.0, 1.0)
    return Held(start, stop, lead, trail, chosen, (float(u), float(u)))


def _shifts(
    rng: np.random.Generator, frames: int, every: float, size: float, ends: Moments | None = None
) -> FloatArray:
    """Return (T,) a value that changes to another, of standard deviation ``size``, about ``every`` seconds, at least
    8 and at most 30, rather at the ``ends`` of turns.
    """
    steps = np.zeros(frames, np.float32)
    clock = 0
    while clock < frames:
        steps[clock:] = rng.normal(0.0, size)
        following = clock + int(np.clip(rng.gamma(3.0, every / 3.0), *_SHIFTS_APART) * FPS)
        if ends is not None:
            following = max(clock + FPS, round(ends.near(following / FPS) * FPS))
        clock = following
    return np.clip(gaussian_filter1d(steps, _EASE * FPS, mode="nearest"), -2.2 * size, 2.2 * size)


def _noise(rng: np.random.Generator, frames: int, seconds: float, count: int) -> FloatArray:
    """Return (count, T) noise of unit deviation, low-passed by a Gaussian of ``seconds``."""
    pad = int(3 * seconds * FPS)
    noise = gaussian_filter1d(rng.standard_normal((count, frames + 2 * pad)), seconds * FPS, axis=1)[
        :, pad : pad + frames
    ]
    return noise / np.maximum(noise.std(1, keepdims=True), 1e-6)
