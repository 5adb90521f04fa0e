"""Mend errors of a capture: joints that leap away for a few frames and come back are interpolated."""

from __future__ import annotations

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS
from ..common.arrays import Array

LARGEST_STEP = np.radians(75)  # of a body joint in a thirtieth of a second; larger ones are errors of the capture
_LEAP = np.radians(40)
_LONGEST_BRIDGE = 14  # frames
_COME_BACK = np.radians(50)  # largest difference between the poses before and after a leap that is mended


def mend_glitches(rotations: Array) -> Array:
    """Return rotations (T, 52, 4) without glitches: runs of one to four frames in which a joint leaps away and comes
    back, and longer runs in which a body joint has steps above ``LARGEST_STEP``.
    """
    return _without_long_glitches(_without_short_glitches(rotations))


def steps(rotations: Array) -> Array:
    """Return (T - 1, J) angles in radians between neighbouring frames of (T, J, 4)."""
    return _angle(rotations[:-1], rotations[1:])


def _without_short_glitches(rotations: Array) -> Array:
    rotations = np.array(rotations)
    for frame, joint in np.argwhere(steps(rotations) > _LEAP):
        track = rotations[:, joint]
        leap = _angle(track[frame], track[min(frame + 1, len(track) - 1)])
        for back in range(frame + 2, min(frame + 6, len(track))):
            if _angle(track[frame], track[back]) < 0.4 * leap:
                _bridge(track, int(frame), back)
                break
    return rotations


def _without_long_glitches(rotations: Array) -> Array:
    rotations = np.array(rotations)
    wild = steps(rotations[:, : len(BODY_JOINTS)]) > LARGEST_STEP
    for joint in np.flatnonzero(wild.any(axis=0)):
        track, frames = rotations[:, joint], np.flatnonzero(wild[:, joint])
        for glitch in np.split(frames, np.flatnonzero(np.diff(frames) > _LONGEST_BRIDGE) + 1):
            before, after = int(glitch[0]) - 1, int(glitch[-1]) + 2
            if before < 0 or after >= len(track):  # at an end: hold the good pose
                if len(glitch) == 1 and before < 0:
                    track[: glitch[0] + 1] = track[glitch[0] + 1]
                elif len(glitch) == 1:
                    track[glitch[0] + 1 :] = track[glitch[0]]
            elif after - before <= _LONGEST_BRIDGE and _angle(track[before], track[after]) < _COME_BACK:
                _bridge(track, before, after)
    return rotations


def _bridge(track: Array, before: int, after: int) -> None:
    """Replace the frames between two of one joint's track (T, 4), in place, by spherical interpolation."""
    part = np.arange(1, after - before) / (after - before)
    track[before + 1 : after] = rot.slerp(np.repeat(track[before][None], len(part), 0), track[after], part)


def _angle(a: Array, b: Array) -> Array:
    """Return the angle between quaternions (..., 4) in radians."""
    return 2.0 * np.arccos(np.clip(np.abs(np.sum(a * b, axis=-1)), 0.0, 1.0))
