"""Which composed scenes are good enough to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..body_model.skeleton import INDEX
from ..common.masks import runs_of
from ..contract import ACTION_LABELS, FPS
from ..datasets.scene import Scene
from ..metrics.body_motion import BodyMotion
from ..metrics.scene_measures import GOING, angular_speeds, bodies_of, contents_of, label_hits, sliding
from ..speech.prosody import VOICE_ACTIVITY

# Limits are those of captured motion of the same kinds (clips that ``studies.corpus_report`` compares with): the figure
# that one frame in ten thousand exceeds, or the one named beside it. Nothing composed of those clips need be worse.
MOST_SKATE = 0.012  # m/s, mean of an actor; the scenes are to stay below 0.01, captured feet slide 0.02
FASTEST_SLIDE = 0.50  # m/s, exceeded in one of a thousand frames with a foot on the floor; captured walks 0.58
DEEPEST_FLOOR = 0.012  # m; captured 0.010 (99th percentile)
HIGHEST_FLOAT = 0.04  # m of the lower foot's lowest point for more than ``FLOATS``; walking always has one foot down
FLOATS = 5  # frames
LEAST_AGREEMENT = 0.97  # of frames further than 0.5 s from a change of label
NEAREST = 0.45  # m between the two roots
# m/s^2 over three frames for a body of mean height: the hardest captured in 35 min of people who stay in place, and the
# one that one in ten thousand frames exceeds in 7 min of stepping, walking, sitting down and standing up (beyond are
# glitches of the captures).
HARDEST = {
    "hands": (85.0, 85.0), "elbows": (75.0, 75.0), "head": (14.0, 30.0), "root": (5.0, 23.0),
    "knees": (16.0, 104.0), "feet": (21.0, 111.0),
}  # fmt: skip
DEEPEST_SELF = 0.07  # m beyond soft contact; 99 of 100 captured clips stay below
MOST_INSIDE = 0.12  # share of frames with a self-penetration of more than 1 cm; captured 0.06
DEEPEST_PAIR = 0.03  # m
MOST_INSIDE_PAIR = 0.01  # share of frames with a penetration of the other of more than 1 cm
INSIDE = 0.01  # m
# Degrees outside ``joint_limits.RANGES`` for ``BEYOND_FRAMES``. Captured elbows reach 7.6, knees and necks 0, forearms
# 49 (stretched arms), shoulders 21, wrists 19; 8 for all that are not named here.
BEYOND = {"forearm rotation": 52.0, "shoulder rotation": 30.0, "wrist flexion": 20.0, "wrist deviation": 50.0}
BEYOND_FRAMES = 3
STILLEST = 0.12  # degrees/s, mean of the body's joints over ``STILL`` s; captured idles with breathing have over 0.14
STILL = 2.0  # s
LONGEST_SILENCE = 64.0  # s in which nobody speaks; the script has stretches of up to 60
_APART = FPS // 3  # frames between which rotation is measured here, so that rounding in storage is not taken for motion

_WATCHED = {
    "hands": ("left_wrist", "right_wrist"), "elbows": ("left_elbow", "right_elbow"), "head": ("head",),
    "root": ("pelvis",), "knees": ("left_knee", "right_knee"), "feet": ("left_ankle", "right_ankle"),
}  # fmt: skip


class Fault(NamedTuple):
    """A fault: ``text`` is a word and a figure; ``frames`` (T,) bool where it is, None for the scene as a whole."""

    text: str
    frames: NDArray[np.bool_] | None = None


def fault(scene: Scene) -> str | None:
    """Return the first fault of a scene in a word and a figure, or None. Reasons are counted by the first word."""
    found = next(faults(scene), None)
    return None if found is None else found.text


def faults(scene: Scene) -> Iterator[Fault]:
    """Yield every fault of a scene, those that are cheap to find first."""
    arrays = (scene.root_positions, scene.rotations, scene.prosody, scene.face)
    if not all(np.isfinite(array).all() for array in arrays):
        yield Fault("not-finite")
        return
    gap = np.linalg.norm(scene.root_positions[0, :, :2] - scene.root_positions[1, :, :2], axis=-1)
    if gap.min() < NEAREST:
        yield Fault(f"too-close {gap.min():.2f} m at {_second(gap.argmin())}", gap < NEAREST)
    silent = long_runs(~(scene.prosody[:, :, VOICE_ACTIVITY] > 0.5).any(axis=0), round(LONGEST_SILENCE * FPS))
    if silent.any():
        yield Fault(f"silent for more than {LONGEST_SILENCE:.0f} s from {_second(silent.argmax())} on", silent)
    bodies = bodies_of(scene)
    for actor, body in enumerate(bodies):
        for found in _faults_of(body, scene.labels[actor]):
            yield Fault(f"{found.text} of actor {actor}", found.frames)
    for actor, body in enumerate(bodies):  # expensive, so late
        for found in _inside(body.half_rate.self_depth, "self-penetration", DEEPEST_SELF, MOST_INSIDE, scene.frames):
            yield Fault(f"{found.text} of actor {actor}", found.frames)
    yield from _inside(
        bodies[0].half_rate.depth_in(bodies[1].half_rate),
        "pair-penetration",
        DEEPEST_PAIR,
        MOST_INSIDE_PAIR,
        scene.frames,
    )


def _faults_of(body: BodyMotion, labels: NDArray[np.uint8]) -> Iterator[Fault]:
    """Yield the faults of one body, but for penetration."""
    hits = label_hits(body, labels)
    if len(hits) and hits.mean() < LEAST_AGREEMENT:
        yield Fault(f"labels {hits.mean():.3f}")
    yield from _feet_faults(body)
    yield from _jumps(body)
    yield from _joint_faults(body)
    yield from _frozen(body, labels)


def _feet_faults(body: BodyMotion) -> Iterator[Fault]:
    """Yield skating, feet below the floor, and a body above it."""
    slid = sliding(body)
    slid = slid[np.isfinite(slid)]
    if len(slid) and (slid.mean() > MOST_SKATE or np.percentile(slid, 99.9) > FASTEST_SLIDE):
        yield Fault(f"skate {slid.mean():.3f} m/s, {np.percentile(slid, 99.9):.2f} at worst")
    lowest = body.soles[..., 2].min(axis=(1, 2))
    if lowest.min() < -DEEPEST_FLOOR:
        yield Fault(f"floor {-lowest.min():.3f} m at {_second(lowest.argmin())}", lowest < -DEEPEST_FLOOR)
    floating = long_runs(lowest > HIGHEST_FLOAT, FLOATS)
    if floating.any():
        yield Fault(f"floating {lowest[floating].max():.3f} m at {_second(floating.argmax())}", floating)


def _jumps(body: BodyMotion) -> Iterator[Fault]:
    """Yield accelerations beyond those of captured motion."""
    acceleration = np.linalg.norm(np.diff(body.positions, 2, axis=0), axis=-1) * (FPS**2 / body.size)
    going = np.isin(contents_of(body, np.zeros(body.frames, bool)), GOING)[1:-1]
    for part, joints in _WATCHED.items():
        size = acceleration[:, [INDEX[joint] for joint in joints]].max(axis=1)
        over = size / np.where(going, HARDEST[part][1], HARDEST[part][0])
        if over.max() > 1.0:
            worst = over.argmax()
            moving = "going" if going[worst] else "staying"
            text = f"{part}-jump {size[worst]:.0f} m/s2 at {_second(worst + 1)} {moving}"
            yield Fault(text, np.pad(over > 1.0, 1))


def _joint_faults(body: BodyMotion) -> Iterator[Fault]:
    """Yield joints outside their ranges."""
    for name, excess in body.excess.items():
        beyond = long_runs(excess > BEYOND.get(name, 8.0), BEYOND_FRAMES)
        if beyond.any():
            yield Fault(
                f"{name.split()[0]}-range {excess.max():.0f} degrees of {name} from {_second(beyond.argmax())} on",
                beyond,
            )


def _frozen(body: BodyMotion, labels: NDArray[np.uint8]) -> Iterator[Fault]:
    """Yield a body that moves less than one that stands still and breathes."""
    calm = uniform_filter1d(angular_speeds(body, _APART).mean(axis=1), round(STILL * FPS), mode="nearest")
    calm = np.pad(calm, (0, body.frames - len(calm)), mode="edge")
    if calm.min() < STILLEST:
        label = ACTION_LABELS[int(labels[calm.argmin()])]
        yield Fault(f"frozen {calm.min():.2f} degrees/s at {_second(calm.argmin())} as {label}", calm < STILLEST)


def _inside(depth: NDArray[np.float32], name: str, deepest: float, most: float, frames: int) -> Iterator[Fault]:
    """Yield penetration, of ``depth`` (T/2,) metres at half the frame rate; ``most``: share of frames allowed."""
    share = float((depth > INSIDE).mean())
    if depth.max() > deepest or share > most:
        text = f"{name} {100 * depth.max():.1f} cm at {_second(2 * int(depth.argmax()))}, {share:.2f} of frames"
        deep = np.repeat(depth > (deepest if share <= most else INSIDE), 2)[:frames]
        yield Fault(text, np.pad(deep, (0, frames - len(deep))))


def long_runs(mask: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Return ``mask`` (T,) with only its runs of at least ``frames``."""
    long = np.zeros_like(mask)
    for first, last in runs_of(mask):
        long[first:last] = last - first >= frames
    return long


def _second(frame: int | np.integer) -> str:
    return f"{int(frame) / FPS:.1f} s"
