"""Keep feet planted where pieces of motion join: steps take up the difference, feet never slide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.feet import detect_contacts
from ...body_model.legs import leg_positions, reach
from ...body_model.skeleton import INDEX, Skeleton
from ...common.easing import smootherstep
from ...common.masks import runs_of
from ...contract import FPS, FloatArray
from .base_motion import Motion, inertialized, standing_half_life

_TOES = (INDEX["left_foot"], INDEX["right_foot"])
# A foot that is further off the new motion, in metres or angle, takes a step; otherwise it stays where it is.
NEAR, TURNED = 0.055, np.radians(12.0)
_LIFT = 0.055  # m, of a synthetic step
_PITCH = 0.3  # rad by which the heel comes up before the toes
_CLEARANCE = 0.05  # m; the least lift of the ball of a moving foot, in captured shuffles too
_EASY = 7.0  # m/s^2, the hardest acceleration of a lift
_SHUFFLE = 0.03  # m; a foot that moves less is not lifted
_SETTLE = 0.2  # s in which height and tilt follow the new motion
_SHIFT = 0.028  # m by which the pelvis leans over the standing foot while the other one steps


def settled(tail: Motion, motion: Motion, skeleton: Skeleton, rng: np.random.Generator) -> Motion:
    """Join an aligned ``motion``, whose first frame coincides with the last of ``tail`` (two frames), so that the feet
    start where they are. Returns it without that first frame.

    A foot keeps its offset until its own next swing and loses it in the air. Where the motion has no swing and the foot
    is off by more than ``NEAR`` or ``TURNED``, a step is made.
    """
    joined = inertialized(tail, motion, standing_half_life(tail, motion, skeleton))
    here, here_turn = leg_positions(tail.root[-1:], tail.rotations[-1:], skeleton)
    there, there_turn = leg_positions(motion.root, motion.rotations, skeleton)
    ankles, turns = there[1:, :, 2].copy(), there_turn[1:, :, 2].copy()
    off = here[0, :, 2] - there[0, :, 2]
    twist = rot.to_axis_angle(rot.multiply(here_turn[0, :, 2], rot.conjugate(there_turn[0, :, 2])))
    contacts = joined.contacts.copy()
    down = contacts.reshape(-1, 2, 2).any(-1)
    keep, lift = np.ones((len(ankles), 2), np.float32), np.zeros((len(ankles), 2), np.float32)
    pitch = np.zeros((len(ankles), 2), np.float32)
    shift = np.zeros(len(ankles), np.float32)
    clock = int(rng.uniform(0.1, 0.35) * FPS)
    for foot in np.argsort(-np.linalg.norm(off[:, :2], axis=-1)):
        own = next(iter(_swings(down[:, foot])), None)
        far = float(np.linalg.norm(off[foot, :2])) > NEAR or abs(float(twist[foot, 2])) > TURNED
        if own is not None and (not far or own[0] < 1.2 * FPS):
            start, end = own
        elif far:
            start = clock
            end = start + int((0.46 + 0.5 * min(float(np.linalg.norm(off[foot, :2])), 0.4)) * FPS)
            clock = end + int(rng.uniform(0.05, 0.2) * FPS)
            if end > len(ankles) - 2:
                continue
            contacts[start:end, 2 * foot : 2 * foot + 2] = False
            u = np.linspace(0.0, 1.0, end - start)
            pitch[start:end, foot] = _PITCH * np.sin(np.pi * u**0.75) ** 2
            ball = float(-skeleton.offsets[_TOES[foot], 1])
            lift[start:end, foot] = _LIFT * np.sin(np.pi * u) ** 2 + ball * np.sin(pitch[start:end, foot])
            _lean(shift, start, end, -1.0 if foot == 0 else 1.0)
        else:
            continue
        # Up first, then across, then down: a foot does not drag.
        first, last = start + 0.14 * (end - start), end - 0.1 * (end - start)
        u = np.clip((np.arange(len(ankles)) - first) / max(last - first, 1.0), 0.0, 1.0)
        keep[:, foot] = 1.0 - smootherstep(u)
    for foot in (0, 1):
        height = there[1:, foot, 3, 2] - float(skeleton.rest_positions[_TOES[foot], 2])
        for start, end in _swings(down[:, foot]):
            way = (
                ankles[min(end, len(ankles) - 1), foot, :2]
                - ankles[start, foot, :2]
                + off[foot, :2] * (keep[min(end, len(keep) - 1), foot] - keep[start, foot])
            )
            if float(np.hypot(*way)) > _SHUFFLE:
                missing = _CLEARANCE * skeleton.size - float(height[start:end].max())
                quickest = (
                    _EASY * ((end - start) / FPS) ** 2 / (2.0 * np.pi**2)
                )  # the lift that takes no more than that acceleration
                lift[start:end, foot] += (
                    min(max(0.0, missing), quickest) * np.sin(np.pi * np.linspace(0.0, 1.0, end - start)) ** 2
                )
    settle = np.exp(-np.arange(1, len(ankles) + 1) / (0.35 * _SETTLE * FPS))[:, None].astype(np.float32)
    ankles[..., :2] += keep[..., None] * off[:, :2]
    ankles[..., 2] += settle * off[:, 2] + lift
    spin = np.concatenate([settle[..., None] * twist[:, :2], keep[..., None] * twist[:, 2:]], -1)
    turns = rot.multiply(rot.from_axis_angle(spin), turns)
    turns = rot.multiply(turns, rot.from_axis_angle(pitch[..., None] * np.array([1.0, 0.0, 0.0], np.float32)))
    left = rot.rotate(rot.about_z(joined.heading), np.array([1.0, 0.0, 0.0], np.float32))
    root = (joined.root + shift[:, None] * left).astype(np.float32)
    return Motion(root, reach(root, joined.rotations, skeleton, ankles, turns), contacts, joined.features)


def _swings(down: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return runs of frames [start, end) in which a foot is in the air for more than a moment."""
    return [(start, end) for start, end in runs_of(~down) if end - start > 4]


def _lean(shift: FloatArray, start: int, end: int, side: float) -> None:
    """Add to ``shift`` (T,) metres to the left, in place, a sway to ``side`` (+1 left) while a foot is in the air."""
    ahead = int(0.25 * FPS)
    a, b = max(0, start - ahead), min(len(shift), end + ahead)
    shift[a:b] += side * _SHIFT * np.hanning(b - a + 2)[1:-1]


def stretched(motion: Motion, skeleton: Skeleton, scale: float) -> Motion:
    """Scale a step: pelvis and feet go ``scale`` times as far; the legs follow."""
    positions, world = leg_positions(motion.root, motion.rotations, skeleton)
    ankles = positions[:, :, 2].copy()
    grow = np.array([scale, scale, 1.0], np.float32)
    root = (motion.root[0] + (motion.root - motion.root[0]) * grow).astype(np.float32)
    ankles = ankles[0] + (ankles - ankles[0]) * grow
    return Motion(
        root,
        reach(root, motion.rotations, skeleton, ankles.astype(np.float32), world[:, :, 2]),
        motion.contacts,
        motion.features,
    )


def shown_contacts(motion: Motion, skeleton: Skeleton) -> NDArray[np.bool_]:
    """Return (T, 4) the contacts of the clips and those detected in the joined motion, none in the middle of a step."""
    contacts = motion.contacts.copy()
    seen = detect_contacts(motion.root, motion.rotations, skeleton)
    for foot in (0, 1):
        sole = slice(2 * foot, 2 * foot + 2)
        for start, end in _swings(contacts[:, sole].any(-1)):
            seen[start + 2 : end - 2, sole] = False
    return contacts | seen
