"""Errors of a capture: joints that leap away for a few frames and come back are bridged, others make a clip unreadable."""

from __future__ import annotations

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS
from ..common.arrays import Array

LARGEST_STEP = np.radians(75)  # of a body joint in a thirtieth of a second; faster is an error of the capture
_LEAP = np.radians(40)
_LONGEST_BRIDGE = 14  # frames
_COME_BACK = np.radians(50)  # how near the pose after a leap must be to the one before it


def mend_glitches(rotations: Array) -> Array:
    """Bridge spells of one to four frames in which a joint of (T, 52, 4) leaps away and comes back, and longer ones
    where a body joint leaps farther than a body can.
    """
    return _bridge_wild_spells(_bridge_short_spells(rotations))


def steps(rotations: Array) -> Array:
    """(T - 1, J) angles in radians between neighbouring frames of (T, J, 4)."""
    return _angle(rotations[:-1], rotations[1:])


def _bridge_short_spells(rotations: Array) -> Array:
    rotations = np.array(rotations)
    for frame, joint in np.argwhere(steps(rotations) > _LEAP):
        track = rotations[:, joint]
        leap = _angle(track[frame], track[min(frame + 1, len(track) - 1)])
        for back in range(frame + 2, min(frame + 6, len(track))):
            if _angle(track[frame], track[back]) < 0.4 * leap:
                _bridge(track, int(frame), back)
                break
    return rotations


def _bridge_wild_spells(rotations: Array) -> Array:
    rotations = np.array(rotations)
    wild = steps(rotations[:, : len(BODY_JOINTS)]) > LARGEST_STEP
    for joint in np.flatnonzero(wild.any(axis=0)):
        track, frames = rotations[:, joint], np.flatnonzero(wild[:, joint])
        for spell in np.split(frames, np.flatnonzero(np.diff(frames) > _LONGEST_BRIDGE) + 1):
            before, after = int(spell[0]) - 1, int(spell[-1]) + 2
            if before < 0 or after >= len(track):  # at an end: hold the pose that is good
                if len(spell) == 1 and before < 0:
                    track[: spell[0] + 1] = track[spell[0] + 1]
                elif len(spell) == 1:
                    track[spell[0] + 1 :] = track[spell[0]]
            elif after - before <= _LONGEST_BRIDGE and _angle(track[before], track[after]) < _COME_BACK:
                _bridge(track, before, after)
    return rotations


def _bridge(track: Array, before: int, after: int) -> None:
    """Replace the frames between two of one joint's track (T, 4), in place, by a steady turn."""
    part = np.arange(1, after - before) / (after - before)
    track[before + 1 : after] = rot.slerp(np.repeat(track[before][None], len(part), 0), track[after], part)


def _angle(a: Array, b: Array) -> Array:
    return 2.0 * np.arccos(np.clip(np.abs(np.sum(a * b, axis=-1)), 0.0, 1.0))
